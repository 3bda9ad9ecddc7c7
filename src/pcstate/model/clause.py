"""Clauses: the numbered sentences that the spec formalises."""

from dataclasses import dataclass

from pcstate.errors import Place

__all__ = ["Clause"]


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence about Go, and the symbol (never a line) of Go's tree that it was read from."""

    number: str
    sentence: str
    file: str
    symbol: str
    version: str
    place: Place

    @property
    def source(self) -> str:
        """How the source is cited."""
        return f"{self.file} {self.symbol} @ go{self.version}"
