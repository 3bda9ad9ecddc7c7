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
    """Whether private steps are taken at once (see `fuse`)."""
    visible: frozenset[str] = frozenset()
    """States that a formula looks at, by name or as `component:state`: no private step begins or ends there."""
    read: frozenset[str] = frozenset()
    """Names of data that formulas read."""
    _led: list[list[int]] = field(default_factory=list, repr=False)
    _leads: list[dict[int, list[tuple[int, "_Table"]]]] = field(default_factory=list, repr=False)
    _parts: list["_Parts"] = field(default_factory=list, repr=False)
    _mentioned: list[dict[Event, list[int]]] = field(default_factory=list, repr=False)
    _passive: list[set[Event]] = field(default_factory=list, repr=False)
    """The events of each component that others look at (`unless`) or move it with (`also`)."""
    _settled: list[dict[int, tuple[int, tuple[int, ...]]]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        tables: dict[int, dict[Event, dict[int, int]]] = {id(component.behaviour): {} for component in self.components}
        owner = [tables[id(component.behaviour)] for component in self.components]
        self._led = [[] for _ in self.components]
        self._leads = [{} for _ in self.components]
        self._mentioned = [{} for _ in self.components]
        self._passive = [set() for _ in self.components]
        self._settled = [{} for _ in self.components]
        for number, vector in enumerate(self.vectors):
            for component, event in (*vector.who, *vector.also, *vector.unless):
                self._mentioned[component].setdefault(event, []).append(number)
            for component, event in (*vector.also, *vector.unless):
                self._passive[component].add(event)
            self._led[vector.who[0][0]].append(number)
            self._parts.append(
                (
                    tuple((c, event, owner[c].setdefault(event, {})) for c, event in vector.who),
                    tuple((c, event, owner[c].setdefault(event, {})) for c, event in vector.unless),
                    tuple((c, event, owner[c].setdefault(event, {})) for c, event in vector.also),
                )
            )

    def fuse(self, visible: frozenset[str], data: frozenset[str] = frozenset()) -> None:
        """From now on run each step on to where no private step is left, except from states that a formula looks at.

        A component's step is private if it is the only one that the component offers there, moves nobody else, changes no
        datum that a formula reads, and leads to where the component is neither in anybody's way nor moved by others
        (`unless`, `also`): it is always enabled, disables nothing and is not looked at, so it commutes with every other
        step, and taking it at once keeps deadlocks and every stutter-insensitive property over the visible states (singleton
        ample sets; Peled 1993, C2: neither end is visible; C3: a cycle of private steps is left alone). Steps that the
        lifecycle chart sees are never private. Not kept: that a partner is unable while the component is where it passes.
        """
        self.fused, self.visible, self.read = True, visible, data
        self._settled = [{} for _ in self.components]

    def settle(self, component: int, local: int) -> tuple[int, tuple[int, ...]]:
        """Where private steps lead from `local`, and the vectors they are."""
        memory = self._settled[component]
        if local not in memory:
            chain: list[int] = []
            seen, here = {local}, local
            while (step := self._private(component, here)) is not None and step[1] not in seen:
                chain.append(step[0])
                here = step[1]
                seen.add(here)
            memory[local] = (local, ()) if self._private(component, here) is not None else (here, tuple(chain))
        return memory[local]

    def _private(self, component: int, local: int) -> tuple[int, int] | None:
        behaviour = self.components[component].behaviour
        if not self.fused or self._seen(component, local):
            return None
        offered = [event for event in self._mentioned[component] if behaviour.step(local, event) >= 0]
        if len(offered) != 1:
            return None
        numbers = self._mentioned[component][offered[0]]
        vector = self.vectors[numbers[0]]
        alone = len(numbers) == 1 and len(vector.who) == 1 and not vector.also and not vector.unless
        if not alone or vector.abstract or vector.kind or vector.who[0][0] != component:
            return None
        target = behaviour.step(local, offered[0])
        before, after = behaviour.configuration(local), behaviour.configuration(target)
        changed = {name for name, value in after.data if dict(before.data)[name] != value}
        if self._seen(component, target) or changed & self.read:
            return None
        if any(behaviour.step(target, event) >= 0 for event in self._passive[component]):
            return None
        return numbers[0], target

    def _seen(self, component: int, local: int) -> bool:
        """Whether a formula looks at this state of the component."""
        name = self.components[component].behaviour.configuration(local).state
        family = self.components[component].name
        return not self.visible.isdisjoint((name, f"{family}:{name}", f"{family}:"))

    def initial(self) -> GlobalState:
        """The state in which everything begins."""
        return tuple(component.initial for component in self.components)

    def steps(self, state: GlobalState) -> Iterator[tuple[int, GlobalState]]:
        """The vectors that can fire in `state`, by number, with the states they lead to; in a fixed order."""
        leads = self._leads
        for lead, local in enumerate(state):
            groups = leads[lead].get(local)
            if groups is None:
                groups = self._group(lead, local)
            for second, table in groups:
                other = state[second]
                candidates = table.get(other)
                if candidates is None:
                    candidates = table[other] = self._pairs(table[-1], second, other)
                for number, target, moved, parts in candidates:
                    successor = self._fire(parts, lead, target, second, moved, state)
                    if successor is not None:
                        yield number, successor

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
            who = self._parts[number][0]
            target = self._step(who[0], local)
            if target >= 0:
                second = who[1][0] if len(who) > 1 else lead
                groups.setdefault(second, []).append((number, target, -1, self._parts[number]))
        found: list[tuple[int, _Table]] = [(second, {-1: rows}) for second, rows in groups.items()]
        self._leads[lead][local] = found
        return found

    def _pairs(self, rows: "list[_Candidate]", second: int, local: int) -> "list[_Candidate]":
        """Those of `rows` whose second component can take part from `local`, with where it goes."""
        found = []
        for number, target, _, parts in rows:
            moved = self._step(parts[0][1], local) if len(parts[0]) > 1 else target
            if moved >= 0:
                found.append((number, target, moved, parts))
        return found

    def _step(self, part: "_PartRow", local: int) -> int:
        component, event, row = part
        target = row.get(local)
        if target is None:
            target = row[local] = self.components[component].behaviour.step(local, event)
        return target

    def _fire(self, parts: "_Parts", lead: int, target: int, second: int, moved: int, state: GlobalState) -> GlobalState | None:
        who, unless, also = parts
        successor = list(state)
        successor[lead] = target
        successor[second] = moved
        for part in who[2:]:
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
        if self.fused:
            for part in (*who, *also):
                component = part[0]
                local = successor[component]
                known = self._settled[component].get(local)
                successor[component] = (known or self.settle(component, local))[0]
        return tuple(successor)

    def passed(self, number: int, state: GlobalState) -> list[tuple[int, GlobalState]]:
        """The steps that firing vector `number` in `state` is made of: itself, then the private ones, with their states."""
        vector, parts = self.vectors[number], self._parts[number]
        lead, second = parts[0][0][0], parts[0][min(1, len(parts[0]) - 1)][0]
        target, moved = (self._step(parts[0][k], state[c]) for k, c in ((0, lead), (min(1, len(parts[0]) - 1), second)))
        fused, self.fused = self.fused, False
        after = self._fire(parts, lead, target, second, moved, state)
        self.fused = fused
        assert after is not None, "the vector fires in that state"
        steps = [(number, after)]
        for component in (c for c, _ in (*vector.who, *vector.also)):
            for private in self.settle(component, after[component])[1] if fused else ():
                event = self.vectors[private].who[0][1]
                target = self.components[component].behaviour.step(after[component], event)
                after = (*after[:component], target, *after[component + 1 :])
                steps.append((private, after))
        return steps


_PartRow = tuple[int, Event, dict[int, int]]
_Parts = tuple[tuple[_PartRow, ...], tuple[_PartRow, ...], tuple[_PartRow, ...]]
_Candidate = tuple[int, int, int, _Parts]
"""A vector's number, where its first and its second component go, and its parts."""
_Table = dict[int, list[_Candidate]]
"""By the second component's configuration; under -1 all candidates, not yet looked at."""
