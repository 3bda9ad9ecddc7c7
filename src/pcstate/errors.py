"""What can go wrong, and where.

Three families, never mixed: `SpecError` (a file of yours is wrong), `GoError` (a toolchain or a Go program is wrong),
`AssertionError` (we are wrong). A violated property is a verdict, not an exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["GoError", "Mistake", "Place", "SpecError"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a text: 1-based line and column, and how many characters to underline.

    Line 0 is no line: the place is an option, a name, or a file that cannot be read.
    """

    path: str
    line: int = 1
    column: int = 1
    width: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with a file: where, what, the line it stands in, and what would be right."""

    place: Place
    message: str
    source_line: str = ""
    hint: str = ""

    def __str__(self) -> str:
        rows = [f"{self.place}: {self.message}"]
        if self.source_line:
            room = max(1, len(self.source_line) - self.place.column + 1)
            underline = "^" + "~" * (min(self.place.width, room) - 1)
            rows += [f"    {self.source_line}", "    " + " " * (self.place.column - 1) + underline]
        if self.hint:
            rows += [f"  {line}" for line in self.hint.splitlines()]
        return "\n".join(rows)


class SpecError(Exception):
    """Everything that is wrong with one or more files, found in one pass."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        assert mistakes, "a SpecError names at least one mistake"
        self.mistakes = tuple(dict.fromkeys(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class GoError(Exception):
    """No usable Go toolchain, or a Go program of ours that did not build or run; the message says what to do."""
