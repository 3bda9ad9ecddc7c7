"""What need not be told apart when only the states at rest count: the reduction that `predict` uses.

* Of the steps that are possible only those of a stubborn set are taken (`check.stubborn`).
* Connections are interchangeable: a state stands for all that differ in their order only (`check.symmetry`).
* What is over is forgotten: what the objects of a connection or of a request hold when nothing can ever look at it again.

The network file states the facts that the first and the last rest on ([[apart]], [[spent]]). Tests compare `predict` with and
without the reduction, and hold the facts against explored networks.
"""

from collections.abc import Sequence

from pcstate.check.stubborn import Steps, StubbornSets
from pcstate.check.symmetry import ConnSymmetry
from pcstate.model.formula import compile_formula
from pcstate.model.network import GlobalState, Network

__all__ = ["Reduction"]


class Reduction:
    """The reduction for one network; `kinds` are the classes of the vectors that it chooses among."""

    def __init__(self, network: Network, kinds: Sequence[str]) -> None:
        self.stubborn = StubbornSets(network, kinds)
        self.symmetry = ConnSymmetry(network)
        self._spent = [(compile_formula(s.formula, network, s.names), s.objects) for s in network.spent]
        self._initial = network.initial()
        self._kept: dict[tuple[int, ...], tuple[int, ...]] = {}

    def choose(self, state: GlobalState, steps: Steps) -> Steps:
        """The steps to take, of those that are possible: enough to find every state at rest."""
        return self.stubborn.choose(state, steps)

    def canonical(self, state: GlobalState) -> GlobalState:
        """One of the states that differ from `state` in nothing that counts.

        What is spent holds from then on what it held when that was first seen, which is what it can hold.
        """
        for formula, objects in self._spent:
            if formula(state):
                kept = self._kept.setdefault(objects, tuple(state[c] for c in objects))
                if any(state[c] != local for c, local in zip(objects, kept, strict=True)):
                    changed = list(state)
                    for component, local in zip(objects, kept, strict=True):
                        changed[component] = local
                    state = tuple(changed)
        return self.symmetry.sort(state)

    def form(self, state: GlobalState) -> GlobalState:
        """The same for all states that differ in nothing that counts: what is spent as it began, connections sorted.

        Unlike what `canonical` gives, it does not depend on what was seen before; the network may never be in it.
        """
        for formula, objects in self._spent:
            if formula(state):
                state = tuple(self._initial[c] if c in objects else local for c, local in enumerate(state))
        return self.symmetry.sort(state)
