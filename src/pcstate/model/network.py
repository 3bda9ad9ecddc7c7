"""Networks of labelled transition systems with synchronisation vectors (Arnold and Nivat; CADP's EXP.OPEN).

A vector fires when every component in `who` offers its event and none in `unless` does; then all of `who` move, and of
`also` those that can (broadcast). Components are deterministic; what is not determined is which vector fires next.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pcstate.model.lts import Behaviour, Configuration, Event

__all__ = ["Component", "GlobalState", "Network", "Part", "Vector"]

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

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={value}" for key, value in self.args)
        return f"{self.name}({inside})" if inside else self.name


class _Table:
    """The memory of one behaviour: for each configuration, what each of the network's events leads to."""

    __slots__ = ("behaviour", "rows")

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.rows: dict[Event, dict[int, int]] = {}

    def row(self, event: Event) -> dict[int, int]:
        return self.rows.setdefault(event, {})


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
    fused: bool = False
    """Take private steps first (see `transient`)."""
    _led: list[list[int]] = field(default_factory=list, repr=False)
    _leads: list[dict[int, list[tuple[int, int]]]] = field(default_factory=list, repr=False)
    _parts: list["_Parts"] = field(default_factory=list, repr=False)
    _mentioned: list[dict[Event, list[int]]] = field(default_factory=list, repr=False)
    _transient: list[dict[int, tuple[int, int] | None]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        tables = {id(component.behaviour): _Table(component.behaviour) for component in self.components}
        owner = [tables[id(component.behaviour)] for component in self.components]
        self._led = [[] for _ in self.components]
        self._leads = [{} for _ in self.components]
        self._mentioned = [{} for _ in self.components]
        self._transient = [{} for _ in self.components]
        for number, vector in enumerate(self.vectors):
            for component, event in (*vector.who, *vector.also, *vector.unless):
                self._mentioned[component].setdefault(event, []).append(number)
            self._led[vector.who[0][0]].append(number)
            self._parts.append(
                (
                    tuple((c, event, owner[c].row(event)) for c, event in vector.who),
                    tuple((c, event, owner[c].row(event)) for c, event in vector.unless),
                    tuple((c, event, owner[c].row(event)) for c, event in vector.also),
                )
            )

    def transient(self, component: int, local: int) -> tuple[int, int] | None:
        """The one vector that this component can be part of from `local`, if it moves the component alone: (vector, target).

        Such a step is private, always enabled and disables nothing, so it commutes with every other step: taking it first
        keeps deadlocks and every stutter-insensitive property that does not look at `local` itself (partial-order
        reduction with singleton ample sets; Peled 1993, condition C3 by the absence of cycles of such steps).
        Vectors that the lifecycle chart sees are never taken first.
        """
        memory = self._transient[component]
        if local not in memory:
            memory[local] = self._find_transient(component, local)
        return memory[local]

    def _find_transient(self, component: int, local: int) -> tuple[int, int] | None:
        behaviour = self.components[component].behaviour
        offered = {event for event in self._mentioned[component] if behaviour.step(local, event) >= 0}
        if len(offered) != 1:
            return None
        (event,) = offered
        numbers = self._mentioned[component][event]
        if len(numbers) != 1:
            return None
        vector = self.vectors[numbers[0]]
        alone = len(vector.who) == 1 and not vector.also and not vector.unless
        if not alone or vector.abstract or vector.kind or vector.who[0][0] != component:
            return None
        return numbers[0], behaviour.step(local, event)

    def initial(self) -> GlobalState:
        """The state in which everything begins."""
        return tuple(component.initial for component in self.components)

    def steps(self, state: GlobalState) -> Iterator[tuple[int, GlobalState]]:
        """The vectors that can fire in `state`, by number, with the states they lead to; in a fixed order."""
        if self.fused:
            for component, local in enumerate(state):
                step = self.transient(component, local)
                if step is not None:
                    yield step[0], (*state[:component], step[1], *state[component + 1 :])
                    return
        for lead, local in enumerate(state):
            candidates = self._leads[lead].get(local)
            if candidates is None:
                candidates = self._candidates(lead, local)
            for number, target in candidates:
                successor = self._fire(number, lead, target, state)
                if successor is not None:
                    yield number, successor

    def number(self, key: str) -> int:
        """The position of the component with that key. Raises KeyError."""
        return next(i for i, component in enumerate(self.components) if component.key == key)

    def configuration(self, component: int, state: GlobalState) -> Configuration:
        """What component number `component` looks like in `state`."""
        return self.components[component].behaviour.configuration(state[component])

    def _candidates(self, lead: int, local: int) -> list[tuple[int, int]]:
        found = []
        for number in self._led[lead]:
            target = self._step(self._parts[number][0][0], local)
            if target >= 0:
                found.append((number, target))
        self._leads[lead][local] = found
        return found

    def _step(self, part: "_PartRow", local: int) -> int:
        component, event, row = part
        target = row.get(local)
        if target is None:
            target = row[local] = self.components[component].behaviour.step(local, event)
        return target

    def _fire(self, number: int, lead: int, target: int, state: GlobalState) -> GlobalState | None:
        who, unless, also = self._parts[number]
        successor = list(state)
        successor[lead] = target
        for part in who[1:]:
            moved = self._step(part, state[part[0]])
            if moved < 0:
                return None
            successor[part[0]] = moved
        for part in unless:
            if self._step(part, state[part[0]]) >= 0:
                return None
        for part in also:
            moved = self._step(part, state[part[0]])
            if moved >= 0:
                successor[part[0]] = moved
        return tuple(successor)


_PartRow = tuple[int, Event, dict[int, int]]
_Parts = tuple[tuple[_PartRow, ...], tuple[_PartRow, ...], tuple[_PartRow, ...]]
