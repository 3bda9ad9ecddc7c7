"""Which steps of a network real Go shows, and as what."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pcstate.model.formula import Formula
from pcstate.model.lts import Value
from pcstate.model.network import GlobalState

__all__ = ["Label", "Sighting", "Told"]


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """An entry that a goroutine has still to write. Facts that it does not name may be anything."""

    entry: str
    request: int
    facts: tuple[tuple[str, Value], ...] = ()

    def fits(self, other: "Label") -> bool:
        """Whether this one, of the network, is what was seen."""
        return self.entry == other.entry and self.request == other.request and set(self.facts) <= set(other.facts)

    def __str__(self) -> str:
        facts = ", ".join(f"{key} {value or 'none' if key == 'error' else value}" for key, value in self.facts)
        return f"{self.entry} of request {self.request}{': ' if facts else ''}{facts}"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one vector of a network shows (a [[seen]] of spec/conformance)."""

    entry: str
    writer: int
    """The number of the component."""
    request: Formula
    shows: tuple[tuple[str, Formula], ...] = field(default=())
    when: Formula | None = None

    def label(self, before: GlobalState) -> Label | None:
        """What is written when the vector fires in `before`; None if nothing is."""
        if self.when is not None and not self.when(before):
            return None
        return Label(self.entry, self.request(before), tuple((key, formula(before)) for key, formula in self.shows))


@dataclass(frozen=True, slots=True)
class Told:
    """What servers may do from an entry on (a [[told]] of spec/conformance): vectors by number, each only where its formula
    holds; `holds` must at the entry."""

    may: Mapping[int, Formula]
    holds: Formula | None = None
