"""What Graphviz's C code writes to stderr, less the lines that mean nothing for a picture: the rest is said, not hidden."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator

__all__ = ["hushed"]

_HARMLESS = re.compile(
    rb"^Fontconfig (warning|error): "  # fonts change no size and no place: lettering.py measures
    rb"|^Warning: node '[^']*', graph '[^']*' size too small for label$"
    rb"|^Warning: no hard-coded metrics for "
    rb"|^Error: remove_overlap: Graphviz not built with triangulation library"  # the wheels' sfdp; it scales instead
)


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Hold back what is written to file descriptor 2 meanwhile; then write all of it but the harmless lines."""
    try:
        kept = os.dup(2)
    except OSError:  # closed: there is nobody to read it
        yield
        return
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            said.seek(0)
            os.write(2, b"".join(line for line in said if not _HARMLESS.match(line)))
