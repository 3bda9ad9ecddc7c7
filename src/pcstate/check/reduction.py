"""What need not be told apart when only the states at rest count: the reduction that `predict` uses.

Connections are interchangeable, so that a state stands for all that differ in their order only (`check.symmetry`). And two
facts that the network file states (`[retired]`), each with a formula over the state:

* a connection is let go of: nobody outside can touch its components before it moves itself;
* a request is past: only the goroutines that still serve it touch what belongs to it.

While they hold, the steps of such a group alone are a persistent set (Godefroid 1996): all else commutes with them, so
taking them first reaches every state without steps. A group that was let go of and has come to its end is forgotten: what
its objects hold is never looked at again. Tests compare `predict` with and without the reduction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pcstate.check.symmetry import ConnSymmetry
from pcstate.model.formula import Formula
from pcstate.model.network import GlobalState, Network

__all__ = ["Group", "Reduction"]

Steps = list[tuple[int, GlobalState]]


@dataclass(frozen=True, slots=True)
class Group:
    """Components that only they themselves can touch while `formula` holds."""

    formula: Formula
    members: frozenset[int]


class Reduction:
    """The reduction for one network. `conns` are its connections, `requests` what belongs to
    each request, `final` the states in which a goroutine is done."""

    def __init__(self, network: Network, conns: Sequence[Group], requests: Sequence[Group], final: Sequence[str]) -> None:
        self.network = network
        self.conns = conns
        self.final = frozenset(final)
        self.requests = requests
        self.of_requests = frozenset().union(*(group.members for group in requests))
        self.touched = [frozenset(c for c, _ in (*v.who, *v.also)) for v in network.vectors]
        self.goroutines = [n for n, c in enumerate(network.components) if c.kind == "goroutine"]
        self._around: list[dict[int, frozenset[int]]] = [{} for _ in network.components]
        self.symmetry = ConnSymmetry(network)
        self._ends: dict[tuple[int, ...], tuple[int, ...]] = {}

    def choose(self, state: GlobalState, steps: Steps) -> Steps:
        """The steps of one group that keeps to itself, if there is one; otherwise all."""
        moved = [self._moved(state, vector, target) for vector, target in steps]
        for group in self.conns:
            own = [n for n, components in enumerate(moved) if not group.members.isdisjoint(components)]
            allowed = group.members | self.of_requests
            if own and all(moved[n] <= allowed for n in own) and group.formula(state):
                return [steps[n] for n in own]
        past: frozenset[int] = frozenset().union(*(g.members for g in self.requests if g.formula(state)))
        if past:
            for goroutine in self.goroutines:
                if self._surroundings(goroutine, state[goroutine]) <= past:
                    own = [n for n, components in enumerate(moved) if goroutine in components]
                    if own:
                        return [steps[n] for n in own]
        return steps

    def _moved(self, state: GlobalState, number: int, target: GlobalState) -> frozenset[int]:
        """The components that take part in a step: all of `who`, and of `also` those that move."""
        vector = self.network.vectors[number]
        return frozenset([c for c, _ in vector.who] + [c for c, _ in vector.also if state[c] != target[c]])

    def _surroundings(self, goroutine: int, local: int) -> frozenset[int]:
        """All components that take part in whatever the goroutine could do from `local`, without itself."""
        found = self._around[goroutine].get(local)
        if found is None:
            behaviour = self.network.components[goroutine].behaviour
            found = frozenset(
                component
                for number, vector in enumerate(self.network.vectors)
                if goroutine in self.touched[number]
                and all(c != goroutine or behaviour.step(local, e) >= 0 for c, e in (*vector.who, *vector.also))
                for component in self.touched[number]
                if component != goroutine
            )
            self._around[goroutine][local] = found
        return found

    def canonical(self, state: GlobalState) -> GlobalState:
        """`state`, with what a dead connection's and its past requests' objects hold replaced by one of its values."""
        for group in self.conns:
            moving = [c for c in self.goroutines if c in group.members]
            if all(self._final(c, state[c]) for c in moving) and group.formula(state):
                state = self._forget(state, group.members, moving)
        served = {self._serves(c, state[c]) for c in self.goroutines}
        for number, group in enumerate(self.requests):
            if number not in served and group.formula(state):
                state = self._forget(state, group.members, ())
        return self.symmetry.sort(state)

    def _forget(self, state: GlobalState, members: frozenset[int], kept: Sequence[int]) -> GlobalState:
        ordered = sorted(members)
        key = (ordered[0], *(state[c] for c in kept))
        values = self._ends.setdefault(key, tuple(state[c] for c in ordered))
        if all(state[c] == value for c, value in zip(ordered, values, strict=True)):
            return state
        changed = list(state)
        for component, value in zip(ordered, values, strict=True):
            changed[component] = value
        return tuple(changed)

    def _final(self, goroutine: int, local: int) -> bool:
        """Whether it never moves again: it is done, and has begun."""
        configuration = self.network.components[goroutine].behaviour.configuration(local)
        return configuration.state in self.final

    def _serves(self, goroutine: int, local: int) -> int:
        """The request that a goroutine works on, or -1."""
        data = dict(self.network.components[goroutine].behaviour.configuration(local).data)
        return int(data.get("req", -1))
