"""A file with goroutines in it, whatever its form -> `Goroutine`s, and what it says of itself."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from pcstate.errors import GoError
from pcstate.golang.profile import is_profile, profile_goroutines
from pcstate.golang.stacks import TextDump
from pcstate.golang.unwrapping import lines
from pcstate.model.stack import Goroutine

__all__ = ["Dump"]

LARGEST = 1 << 29
"""Bytes of an uncompressed profile, which is read at once; text is read line by line, and has no limit."""


class Dump:
    """A dump to be read once: go through `goroutines` first; then `format`, `truncated` and `unresolved` are known."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._text = TextDump()
        self._profile = False
        self._cut = False

    @property
    def format(self) -> str:
        """`debug=1`, `debug=2` (so is runtime.Stack's), `pprof`, `traces`, `SIGQUIT`, `panic`, `goleak`, `stacks`; `""`: none."""
        return "pprof" if self._profile else self._text.format

    @property
    def truncated(self) -> bool:
        """Whether it ends before its end."""
        return self._cut or self._text.truncated

    @property
    def counted(self) -> bool:
        """Whether it says how many goroutines there are, and has as many; a pprof profile always does."""
        return self._profile or self._text.counted

    @property
    def unresolved(self) -> int:
        """How many goroutines have addresses where functions should be."""
        return self._text.unresolved

    @property
    def parents(self) -> bool:
        """Whether it says which goroutine created another, as Go 1.21 and later do."""
        return self._text.parents

    def goroutines(self) -> Iterator[Goroutine]:
        """Every goroutine, in the order of the file. Raises: GoError for a pprof profile that is damaged or of something else."""
        stream: BinaryIO = io.BufferedReader(_Bytes(self._stream), 1 << 20)
        for _ in range(3):  # a proxy may have compressed it once more
            if _peek(stream)[:2] != b"\x1f\x8b":
                break
            stream = io.BufferedReader(_Bytes(gzip.GzipFile(fileobj=stream), self), 1 << 20)
        if is_profile(_peek(stream)):
            self._profile = True
            data = stream.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise GoError(f"a pprof profile of more than {LARGEST >> 20} MiB")
            yield from profile_goroutines(data)
        else:
            yield from self._text.goroutines(lines(stream))

    def cut_off(self) -> None:
        """Told by the decompression when the compressed bytes end too early."""
        self._cut = True


def _peek(stream: BinaryIO) -> bytes:
    assert isinstance(stream, io.BufferedReader)
    return stream.peek(4)[:4]


class _Bytes(io.RawIOBase):
    """A stream of bytes whose compressed part may be damaged: it ends there, then."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile, dump: Dump | None = None) -> None:
        self._stream, self._dump = stream, dump

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            chunk = self._stream.read1(len(buffer)) if self._dump is not None else self._stream.read(len(buffer))  # type: ignore[union-attr]
        except (EOFError, zlib.error, gzip.BadGzipFile):
            if self._dump is None:
                raise
            self._dump.cut_off()
            chunk = b""
        buffer[: len(chunk)] = chunk
        return len(chunk)
