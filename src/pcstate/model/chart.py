"""A chart as read from its file: what a reader sees, before anything runs."""

from dataclasses import dataclass

from pcstate.errors import Place
from pcstate.model.lts import Value

__all__ = ["Chart", "ChartState", "ChartTransition"]


@dataclass(frozen=True, slots=True)
class ChartState:
    """A state; `parent` is the enclosing compound state, or `""` at the top."""

    name: str
    parent: str
    initial: bool
    final: bool
    compound: bool
    note: str
    """The comment on the state's line."""
    place: Place


@dataclass(frozen=True, slots=True)
class ChartTransition:
    """A transition; `guard` is `""` where there is none, `updates` are (datum, expression) pairs."""

    source: str
    event: str
    target: str
    guard: str
    updates: tuple[tuple[str, str], ...]
    clauses: tuple[str, ...]
    note: str
    """The comment behind the transition, without its clause numbers."""
    place: Place


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart file: states and transitions in document order, data with their initial values."""

    name: str
    about: str
    states: tuple[ChartState, ...]
    transitions: tuple[ChartTransition, ...]
    data: tuple[tuple[str, Value], ...]
    path: str
    text: str
    meanings: tuple[tuple[str, str], ...] = ()
    """What a profile says by setting a datum, as the comment behind it explains: `# profile: 1 when ...`."""

    @property
    def events(self) -> tuple[str, ...]:
        """The names of its events, in order of first appearance."""
        return tuple(dict.fromkeys(transition.event for transition in self.transitions))

    def offers(self, state: str) -> frozenset[str]:
        """The events that a state or one that encloses it has transitions on, guards aside."""
        inside = {state}
        while parents := {s.parent for s in self.states if s.name in inside and s.parent} - inside:
            inside |= parents
        return frozenset(t.event for t in self.transitions if t.source in inside)
