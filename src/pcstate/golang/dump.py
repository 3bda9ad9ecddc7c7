"""A file with goroutines in it, whatever its form -> `Goroutine`s, and what it says of itself."""

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import BinaryIO

from pcstate.errors import GoError
from pcstate.golang.lines import APART, ARGUMENT, HEADER, TAIL, function_of, kind_of
from pcstate.golang.profile import is_profile, read_profile
from pcstate.golang.stacks import Facts, TextDump
from pcstate.golang.unwrapping import lines
from pcstate.model.stack import Goroutine

__all__ = ["Dump"]

LARGEST = 1 << 29
"""Bytes of an uncompressed profile, which is read at once; text is read line by line, and has no limit."""
LOOK = 2_000
"""Lines within which the first goroutine has its header, or it is not looked for which way round they are, nor whose."""
_SOURCE = re.compile(
    r"((?=\S*[A-Za-z])[\w.-]+(?= +\| )|\[pod/[^\]]+\](?= ))"
    r"|(?:[A-Z][a-z]{2} +\d+ [\d:.]+|\d{4}-\d\d-\d\d[T ][\w:.,+-]+) ((?:\S+ )?[\w./@-]+\[[\w.-]+\]): ?"
)
"""Whose line it is: Docker Compose and kubectl put it before each (`web-1  | `, `[pod/web-6b7/web] `), and journald, syslog and
Heroku behind the time (`host web[123]: `, `app[web.1]: `)."""


class Dump:
    """A file to be read once: go through `goroutines` first; then `facts` are known."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._text = TextDump()
        self._profile = ""
        self._cut = False

    def facts(self, number: int) -> Facts:
        """What one of its dumps says of itself: the number is its goroutines' `dump`."""
        if self._profile:
            return Facts("pprof", self._cut, counted=True, leaked=self._profile != "goroutine")
        facts = self._text.dumps[number]
        return replace(facts, truncated=facts.truncated or (self._cut and number == len(self._text.dumps) - 1))

    def goroutines(self) -> Iterator[Goroutine]:
        """Every goroutine, in the order of the file. Raises: GoError for a pprof profile that is damaged or of something else."""
        stream: BinaryIO = io.BufferedReader(_Bytes(self._stream.read), 1 << 20)
        for _ in range(3):  # a proxy may have compressed it once more
            if _peek(stream)[:2] != b"\x1f\x8b":
                break
            stream = io.BufferedReader(_Bytes(gzip.GzipFile(fileobj=stream).read1, self), 1 << 20)
        if is_profile(_peek(stream)):
            data = stream.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise GoError(f"a pprof profile of more than {LARGEST >> 20} MiB")
            self._profile, found = read_profile(data)
            yield from found
        else:
            yield from self._text.goroutines(_forwards(_apart(lines(stream))))

    def cut_off(self) -> None:
        """Told by the decompression when the compressed bytes end too early."""
        self._cut = True


def _peek(stream: BinaryIO) -> bytes:
    assert isinstance(stream, io.BufferedReader)
    return stream.peek(4)[:4]


def _apart(found: Iterator[str]) -> Iterator[str]:
    """The lines, those of each source together where a log has several, whose dumps may lie in each other.

    Memory: all of them, where there are several.
    """
    head = list(islice(found, LOOK))
    told = [source for line in head if (source := _source(line))]
    if len(set(told)) < 2 or 2 * len(told) < len(head):
        return chain(head, found)
    sources: dict[str, list[str]] = {}
    for line in chain(head, found):
        sources.setdefault(_source(line), []).append(line)
    return chain.from_iterable((*each, APART) for each in sources.values())


def _source(line: str) -> str:
    found = _SOURCE.match(line)
    return found[1] or found[2] if found else ""


def _forwards(found: Iterator[str]) -> Iterator[str]:
    """The lines, turned round where a log shows the newest first: there the header of a goroutine stands behind its functions.

    Memory: all of them, where they are turned round.
    """
    head = list(islice(found, LOOK))
    at = next((number for number, line in enumerate(head) if HEADER.search(line)), 0)
    before, behind = _nearest(head[:at][::-1]), _nearest(head[at + 1 :])
    if _is_call(before) and not _is_call(behind):
        return reversed([*head, *found])
    return chain(head, found)


def _nearest(found: Iterable[str]) -> str:
    """The first function or place among the lines: a log in JSON may have others between, which say whose it is, and when."""
    stripped = (line.rstrip(TAIL) for line in found)
    return next((line for line in stripped if _is_call(line) or kind_of(line)[0] == "place"), "")


def _is_call(line: str) -> bool:
    name, _, arguments = line.rpartition("(")
    return line.endswith(")") and arguments[0] in ARGUMENT and bool(function_of(name))


class _Bytes(io.RawIOBase):
    """A stream of what `read` gives. Where that unpacks what may be damaged, `dump` is told, and it ends there."""

    def __init__(self, read: Callable[[int], bytes], dump: Dump | None = None) -> None:
        self._read, self._dump = read, dump

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io passes nothing else
        try:
            chunk = self._read(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            if self._dump is None:
                raise
            self._dump.cut_off()
            chunk = b""
        buffer[: len(chunk)] = chunk
        return len(chunk)
