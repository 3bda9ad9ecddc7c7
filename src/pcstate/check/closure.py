"""A network -> a finite one for other tools, found without exploring its global states.

Theory of operation: Cartesian abstraction (Cousot and Cousot 1979). For each component the local configurations that it may be
in are collected, as if any of them went with any of the others': a vector counts once each of `who` offers its event somewhere,
and then moves those that can from all of their configurations, whatever `unless` says. So the result holds every local
configuration that is really reached, and a few more; it does not rest on the explorer that other tools are to check.

A counter that only its partners keep in bounds has none here (the spec's own are bounded in their charts). Of a datum with more
values than a limit the first ones are kept, of a component with more configurations than another the nearest to its first one;
the tables say where it would leave them, and a tool that gets there must stop. An explorer's states could not be used instead:
one that misses configurations would export a model that misses them too.
"""

import sys

from pcstate.model.finite import OFF, FiniteComponent, FiniteNetwork, FinitePart, FiniteVector
from pcstate.model.lts import Event
from pcstate.model.network import Network, Part

__all__ = ["NEAR", "finite", "possible"]

NEAR = 250
"""How many configurations are kept of a component that has too many; a byte holds their numbers."""
VALUES = 64
"""How many values are kept of a datum that has too many."""


def finite(network: Network, limit: int = 1000, values: int = VALUES) -> FiniteNetwork:
    """`network` with at most `limit` configurations of each component (of one that has more, the nearest `NEAR`), and at most so
    many `values` of each datum.

    Cost: local configurations times events. Order: configurations by when they were found, vectors as in the network.
    """
    closure = _Closure(network, limit, values)
    closure.run()
    keep = [len(found) if len(found) < limit else min(NEAR, limit) for found in closure.found]
    rows = _Rows(network, [found[:size] for found, size in zip(closure.found, keep, strict=True)])
    vectors = tuple(
        FiniteVector(number, v.name, str(v), *(tuple(map(rows.part, parts)) for parts in (v.who, v.also, v.unless)))
        for number, v in enumerate(network.vectors)
        if number in closure.alive
    )
    moves = [(c, row) for vector in vectors for c, row in (*vector.who, *vector.also)]
    left = {c for c, row in moves if len(rows.kept[c]) in row}
    components = []
    for number, component in enumerate(network.components):
        locals_ = rows.kept[number]
        configurations = tuple(component.behaviour.configuration(local) for local in locals_)
        components.append(FiniteComponent(component.key, configurations, tuple(locals_), number not in left))
    return FiniteNetwork(network.name, tuple(components), vectors)


def possible(network: Network, limit: int = 1000) -> list[set[tuple[int, Event]]]:
    """For each component from which of its configurations it may take part with which event: no interleaving has any others.

    Of a component with more than `limit` configurations only those of the first ones it is found to have."""
    closure = _Closure(network, limit)
    closure.run()
    found: list[set[tuple[int, Event]]] = [set() for _ in network.components]
    for number in sorted(closure.alive):
        vector = network.vectors[number]
        for component, event in (*vector.who, *vector.also):
            step = network.components[component].behaviour.step
            found[component].update((local, event) for local in closure.found[component] if step(local, event) >= 0)
    return found


class _Closure:
    """The least fixpoint: where each component may be, and which vectors may fire."""

    def __init__(self, network: Network, limit: int, values: int = sys.maxsize) -> None:
        self.network, self.limit, self.values = network, limit, values
        self.found = [[component.initial] for component in network.components]
        self.known = [{component.initial} for component in network.components]
        self.alive: set[int] = set()
        self._offered: set[Part] = set()
        self._taken: dict[Part, int] = {}
        """From how many of its component's configurations a part has been taken."""
        self._values: list[dict[str, set[object]]] = [{} for _ in network.components]
        """What each component's data have been."""

    def run(self) -> None:
        grown = True
        while grown:
            grown = False
            for number, vector in enumerate(self.network.vectors):
                if number not in self.alive:
                    if not all(map(self._offers, vector.who)):
                        continue
                    self.alive.add(number)
                    grown = True
                for part in (*vector.who, *vector.also):
                    grown |= self._take(part)

    def _offers(self, part: Part) -> bool:
        component, event = part
        step = self.network.components[component].behaviour.step
        if part not in self._offered and any(step(local, event) >= 0 for local in self.found[component]):
            self._offered.add(part)
        return part in self._offered

    def _take(self, part: Part) -> bool:
        """Take a part from the configurations that are new since it was last taken."""
        component, event = part
        found, known = self.found[component], self.known[component]
        before = len(found)
        step = self.network.components[component].behaviour.step
        for local in found[self._taken.get(part, 0) : before]:
            target = step(local, event)
            if target >= 0 and target not in known and len(found) < self.limit and self._has_room(component, target):
                known.add(target)
                found.append(target)
        self._taken[part] = before
        return len(found) > before

    def _has_room(self, component: int, local: int) -> bool:
        """Whether no datum has had too many values; those of that configuration are counted then."""
        had = self._values[component]
        data = self.network.components[component].behaviour.configuration(local).data
        if any(value not in had.setdefault(name, set()) and len(had[name]) >= self.values for name, value in data):
            return False
        for name, value in data:
            had[name].add(value)
        return True


class _Rows:
    """Tables over the configurations that are kept, each made once."""

    def __init__(self, network: Network, kept: list[list[int]]) -> None:
        self.network, self.kept = network, kept
        self.numbers = [{local: number for number, local in enumerate(locals_)} for locals_ in kept]
        self._made: dict[Part, FinitePart] = {}

    def part(self, part: Part) -> FinitePart:
        if part not in self._made:
            component, event = part
            step, numbers = self.network.components[component].behaviour.step, self.numbers[component]
            beyond = len(numbers)
            targets = (step(local, event) for local in self.kept[component])
            row = tuple(OFF if target < 0 else numbers.get(target, beyond) for target in targets)
            self._made[part] = component, row
        return self._made[part]
