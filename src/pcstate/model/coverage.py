"""What an exploration did not show: transitions that were never taken, and properties that say less than they seem to."""

from collections.abc import Sequence
from dataclasses import dataclass

from pcstate.errors import Place

__all__ = ["Coverage", "Untaken", "Vacuous", "merged", "transition_text", "vacuous_text"]


@dataclass(frozen=True, slots=True)
class Untaken:
    """A chart's transition that no step of any component took, though each component by itself could get there."""

    chart: str
    state: str
    event: str
    target: str
    guard: str
    reached: bool
    """Whether any component was ever in that state."""
    place: Place
    why: str = ""
    """Why that is as it should be; empty where nothing says so."""

    @property
    def text(self) -> str:
        """What it is called by."""
        return transition_text(self.chart, self.state, self.event, self.target, self.guard)


@dataclass(frozen=True, slots=True)
class Vacuous:
    """A property that holds, but says less than it seems to: whatever `part` of its formula says, or, of a leads-to, because its
    `premise` is never true."""

    name: str
    part: str
    premise: bool = False
    why: str = ""
    """Why that is as it should be; empty where nothing says so."""

    @property
    def text(self) -> str:
        """What it is called by."""
        return vacuous_text(self.name, self.part)


def transition_text(chart: str, state: str, event: str, target: str, guard: str) -> str:
    """A transition, as `spec/coverage` and the report have it."""
    return f"{chart}: {state} -{event}-> {target}" + (f" if {guard}" if guard else "")


def vacuous_text(name: str, part: str) -> str:
    """A part of a property, as `spec/coverage` and the report have it."""
    return f"{name}: {part}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was covered under one profile, or under several (`merged`)."""

    taken: frozenset[Place]
    """The transitions that some component took."""
    untaken: tuple[Untaken, ...]
    off: int
    """How many transitions no component can take in this network, whatever the others do: they are for other profiles, or for
    programs with other steps."""
    judged: frozenset[str]
    """The properties that hold and can be vacuous."""
    vacuous: tuple[Vacuous, ...]
    complete: bool
    """Whether the search came to its end; properties are judged only then."""

    @property
    def possible(self) -> int:
        """How many transitions could have been taken."""
        return len(self.taken) + len(self.untaken)


def merged(found: Sequence[Coverage]) -> Coverage:
    """What several profiles of one spec cover together: a transition is taken if it is under any of them, and a property is
    vacuous if it is under all under which it was judged."""
    taken = frozenset[Place]().union(*(coverage.taken for coverage in found))
    untaken = {each.place: each for coverage in found for each in coverage.untaken if each.place not in taken}
    every = found[0].possible + found[0].off
    vacuous = dict.fromkeys(
        each
        for coverage in found
        for each in coverage.vacuous
        if all(each in other.vacuous for other in found if each.name in other.judged)
    )
    return Coverage(
        taken,
        tuple(untaken[place] for place in sorted(untaken)),
        every - len(taken) - len(untaken),
        frozenset[str]().union(*(coverage.judged for coverage in found)),
        tuple(vacuous),
        all(coverage.complete for coverage in found),
    )
