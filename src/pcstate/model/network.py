"""Networks of labelled transition systems with synchronisation vectors (Arnold and Nivat; CADP's EXP.OPEN).

A vector fires when every component in `who` offers its event and none in `unless` does; then all of `who` move, and of
`also` those that can (broadcast). Components are deterministic; what is not determined is which vector fires next.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from pcstate.model.lts import Behaviour, Configuration, Event, Value
from pcstate.model.written import Written

__all__ = ["Apart", "Component", "GlobalState", "Named", "Network", "Part", "Spent", "Vector", "getter"]

GlobalState = tuple[int, ...]
"""The configuration number of every component, in the network's order."""

Part = tuple[int, Event]
"""A component's number and the event it takes part with."""


@dataclass(frozen=True, slots=True)
class Component:
    """One running chart: `read_loop[0]`. `kind` is `goroutine`, `object` or `environment`."""

    name: str
    index: int | None
    kind: str
    behaviour: Behaviour
    initial: int
    over: str = ""
    """The index set that there is one of it for each member of, such as `conns`."""

    @property
    def key(self) -> str:
        """The name that properties and traces use."""
        return self.name if self.index is None else f"{self.name}[{self.index}]"


@dataclass(frozen=True, slots=True)
class Vector:
    """One synchronisation vector, fully instantiated. `kind` is its class in the network file, `""` for a plain step."""

    name: str
    args: tuple[tuple[str, int | str], ...]
    who: tuple[Part, ...]
    also: tuple[Part, ...] = ()
    unless: tuple[Part, ...] = ()
    kind: str = ""
    abstract: tuple[str, int] | None = None
    """The event of the lifecycle chart that this step is, and which connection's."""
    notes: tuple[Part, ...] = ()
    """What the network's observers see of it."""
    first: str = ""
    """Strongly confluent, so that nothing is lost where it is taken before all else: `always`, or `before-timers`, before all but
    what a clock does."""

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={value}" for key, value in self.args)
        return f"{self.name}({inside})" if inside else self.name


class Named(NamedTuple):
    """All vectors of a name that have these arguments, among others."""

    name: str
    args: tuple[tuple[str, Value], ...]

    def means(self, vector: Vector) -> bool:
        """Whether it is one of them."""
        return vector.name == self.name and all(arg in vector.args for arg in self.args)


@dataclass(frozen=True, slots=True)
class Apart:
    """A fact: while `formula` (under `names`) holds, a vector that joins one of `these` with one of `those`, and each of `off`,
    stays off until one of `until` has moved, or a vector of `steps` has fired. `wholly`: until then, a vector that needs an event
    of one side moves nothing on the other, and nothing there is in its way."""

    formula: Written
    names: Mapping[str, Value]
    these: frozenset[int]
    those: frozenset[int]
    until: frozenset[int]
    steps: tuple[Named, ...] = ()
    off: tuple[Named, ...] = ()
    wholly: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """A fact: once `formula` (under `names`) holds it goes on to, what `objects` hold makes no difference any more, and nothing
    moves them that moves nobody else. `again`: they are all that a connection is, and one like it may yet begin. With a `datum`
    it is about this one alone, a number of others, for as long as the formula holds: nobody asks for it before it is set anew."""

    formula: Written
    names: Mapping[str, Value]
    objects: tuple[int, ...]
    again: bool = False
    datum: str = ""


@dataclass(slots=True)
class Network:
    """Components and vectors, and the two questions every checker asks: `initial()` and `steps(state)`.

    A value in all but its memory: it remembers which vectors a component can lead from where (lead-indexed, as in
    OPEN/CAESAR-like explorers), so that a state costs only its candidates.
    """

    name: str
    components: tuple[Component, ...]
    vectors: tuple[Vector, ...]
    parameters: dict[str, int] = field(default_factory=dict)
    apart: tuple[Apart, ...] = ()
    spent: tuple[Spent, ...] = ()
    references: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """By name of a component: its data that are numbers of others, each with the index set that these are of."""
    observers: tuple[Component, ...] = ()
    """Components that see what happens (`Vector.notes`) and that nothing depends on: they are no part of the states."""
    names: frozenset[str] = frozenset()
    """What vectors can be called: those that there are, and those of other sizes and programs, none of which can fire here."""
    _named: dict[str, list[int]] = field(default_factory=dict, init=False, repr=False)
    _led: list[list[int]] = field(default_factory=list, init=False, repr=False)
    _leads: list[tuple[int, dict[int, list[tuple[int, "_Table"]]]]] = field(default_factory=list, init=False, repr=False)
    _parts: list["_Parts"] = field(default_factory=list, init=False, repr=False)
    _fired: list["_Fired"] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        tables: dict[int, dict[Event, dict[int, int]]] = {id(component.behaviour): {} for component in self.components}
        owner = [tables[id(component.behaviour)] for component in self.components]
        self._led = [[] for _ in self.components]
        for number, vector in enumerate(self.vectors):
            self._named.setdefault(vector.name, []).append(number)
            self._led[vector.who[0][0]].append(number)
            self._parts.append(
                (
                    tuple((c, event, owner[c].setdefault(event, {})) for c, event in vector.who),
                    tuple((c, event, owner[c].setdefault(event, {})) for c, event in vector.unless),
                    tuple((c, event, owner[c].setdefault(event, {})) for c, event in vector.also),
                )
            )

        self.names |= self._named.keys()
        self._leads = [(lead, {}) for lead, led in enumerate(self._led) if led]
        self._fired = [(getter([c for c, _ in (*vector.who, *vector.also)]), {}) for vector in self.vectors]

    def initial(self) -> GlobalState:
        """The state in which everything begins."""
        return tuple(component.initial for component in self.components)

    def steps(self, state: GlobalState) -> list[tuple[int, GlobalState]]:
        """The vectors that can fire in `state`, with the states they lead to; in their order."""
        found = []
        for lead, known in self._leads:
            local = state[lead]
            groups = known.get(local)
            if groups is None:
                groups = known[local] = self._group(lead, local)
            for second, table in groups:
                other = state[second]
                candidates = table.get(other)
                if candidates is None:
                    candidates = table[other] = self._pairs(table[-1], second, other)
                for number, target, moved, further in candidates:
                    successor = list(state)
                    successor[lead] = target
                    successor[second] = moved
                    if further is None or self._join(further, state, successor):
                        found.append((number, tuple(successor)))
        found.sort()
        return found

    def meant(self, step: Named) -> list[int]:
        """The vectors that `step` means, by number."""
        return [number for number in self._named.get(step.name, ()) if step.means(self.vectors[number])]

    def can_fire(self, number: int, state: GlobalState) -> bool:
        """Whether vector `number` can fire in `state`."""
        who, unless, _ = self._parts[number]
        if any(self._step(part, state[part[0]]) < 0 for part in who):
            return False
        return all(self._step(part, state[part[0]]) < 0 for part in unless)

    def moved(self, number: int, state: GlobalState) -> list[tuple[int, int]]:
        """Where vector `number`, which must be able to fire in `state`, leads those that have a part in it."""
        who, _, also = self._parts[number]
        found = [(part[0], self._step(part, state[part[0]])) for part in (*who, *also)]
        return [(component, target) for component, target in found if target >= 0]

    def fire(self, number: int, state: GlobalState) -> GlobalState:
        """The state that vector `number`, which must be able to fire in `state`, leads to."""
        get, known = self._fired[number]
        key = get(state)
        moves = known.get(key)
        if moves is None:
            moves = known[key] = self.moved(number, state)
        successor = list(state)
        for component, target in moves:
            successor[component] = target
        return tuple(successor)

    def observed(self) -> "Network":
        """A network without vectors whose states are those of this one with those of its observers behind them."""
        return Network(self.name, self.components + self.observers, (), self.parameters)

    def number(self, key: str) -> int:
        """The position of the component with that key. Raises KeyError."""
        return next(i for i, component in enumerate(self.components) if component.key == key)

    def configuration(self, component: int, state: GlobalState) -> Configuration:
        """What component number `component` looks like in `state`."""
        return self.components[component].behaviour.configuration(state[component])

    def _group(self, lead: int, local: int) -> "list[tuple[int, _Table]]":
        """The vectors that `lead` can lead from `local`, by the component that comes second (itself where there is none)."""
        groups: dict[int, list[_Candidate]] = {}
        for number in self._led[lead]:
            first, *others = self._parts[number][0]
            target = self._step(first, local)
            if target >= 0:
                further = (tuple(others[1:]), *self._parts[number][1:])
                second = others[0][0] if others else lead
                groups.setdefault(second, []).append((number, target, target, further if any(further) else None))
        return [(second, {-1: candidates}) for second, candidates in groups.items()]

    def _pairs(self, candidates: "list[_Candidate]", second: int, local: int) -> "list[_Candidate]":
        """Those of `candidates` whose second component can take part from `local`, with where it goes."""
        found = []
        for number, target, _, further in candidates:
            who = self._parts[number][0]
            moved = self._step(who[1], local) if len(who) > 1 else target
            if moved >= 0:
                found.append((number, target, moved, further))
        return found

    def _step(self, part: "_PartRow", local: int) -> int:
        component, event, row = part
        target = row.get(local)
        if target is None:
            target = row[local] = self.components[component].behaviour.step(local, event)
        return target

    def _join(self, further: "_Parts", state: GlobalState, successor: list[int]) -> bool:
        """Move the third and further components; False if one of them is not able, or one is in the way."""
        who, unless, also = further
        for part in who:
            moved = self._step(part, state[part[0]])
            if moved < 0:
                return False
            successor[part[0]] = moved
        for part in unless:
            if self._step(part, state[part[0]]) >= 0:
                return False
        for part in also:
            moved = self._step(part, state[part[0]])
            if moved >= 0:
                successor[part[0]] = moved
        return True


def getter(components: Collection[int]) -> Callable[[GlobalState], tuple[int, ...]]:
    """What these components hold in a state, in that order."""
    if len(components) > 1:
        return itemgetter(*components)
    return lambda state: tuple([state[c] for c in components])


_Fired = tuple[Callable[[GlobalState], tuple[int, ...]], dict[tuple[int, ...], list[tuple[int, int]]]]
"""What the components of a vector hold, and by that where it leads them."""
_PartRow = tuple[int, Event, dict[int, int]]
_Parts = tuple[tuple[_PartRow, ...], tuple[_PartRow, ...], tuple[_PartRow, ...]]
_Candidate = tuple[int, int, int, _Parts | None]
"""A vector's number, where its first and its second component go, and its further parts if there are any."""
_Table = dict[int, list[_Candidate]]
"""By the second component's configuration; under -1 all candidates, not yet looked at."""
