"""A formula as it stands in a file, before anything of it is understood, and what can be wrong with one."""

import ast
from dataclasses import dataclass

from pcstate.errors import Mistake, Place

__all__ = ["FormulaError", "Written"]


class FormulaError(ValueError):
    """A formula that cannot be compiled: what is wrong, on which line and column (from 0), over how many characters."""

    def __init__(self, message: str, node: ast.AST | None = None, hint: str = "", line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line: int = getattr(node, "lineno", line) - 1
        # the first line begins with a bracket of ours
        self.column: int = max(0, getattr(node, "col_offset", column) - (1 if self.line == 0 else 0))
        start = getattr(node, "col_offset", 0)
        self.width: int = max(1, getattr(node, "end_col_offset", start + 1) - start)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Written:
    """A formula as it stands in a file: its text, where that begins, and the lines of the file."""

    text: str
    place: Place
    lines: tuple[str, ...]

    def mistake(self, error: FormulaError) -> Mistake:
        """What is wrong with it, at its place in the file."""
        line = self.place.line + error.line
        column = error.column + (1 if error.line else self.place.column)
        place = Place(self.place.path, line, column, error.width)
        return Mistake(place, str(error), self.lines[line - 1] if line <= len(self.lines) else "", error.hint)
