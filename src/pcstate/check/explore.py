"""Exhaustive breadth-first exploration of a network, in plain Python: the oracle for any faster one.

In: a network and limits. Out: its state graph. Theory of operation: states are numbered in breadth-first order, so the
first path found to a state is a shortest one, and parent links are enough for shortest traces.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pcstate.check.arrows import Arrows, Ints, Steps, numbered
from pcstate.check.limits import Limits, Progress
from pcstate.check.permutations import Permutations
from pcstate.check.reduction import AT_ONCE, TIMERS
from pcstate.model.network import GlobalState, Network
from pcstate.model.verdict import Bounds

__all__ = ["StateGraph", "explore", "urgent_steps"]


@dataclass(slots=True)
class StateGraph:
    """The explored part of a network.

    `states[0]` is initial; `edges[n]` are the (vector, target) pairs of state n, `parents[n]` the (state, vector) that first
    led to it. `stopped` says which limit ended the search, `""` when it is complete.
    """

    network: Network
    states: list[GlobalState]
    edges: list[tuple[tuple[int, int], ...]] = field(default_factory=list)
    parents: list[tuple[int, int]] = field(default_factory=list)
    depth: int = 0
    seconds: float = 0.0
    stopped: str = ""
    permutations: Permutations | None = field(default=None, repr=False)
    reductions: tuple[str, ...] = ()
    _arrows: Arrows | None = field(default=None, repr=False, compare=False)
    _matrix: Ints | None = field(default=None, repr=False, compare=False)

    @property
    def expanded(self) -> int:
        """How many states have their edges."""
        return len(self.edges)

    @property
    def transitions(self) -> int:
        """How many transitions were taken."""
        return sum(map(len, self.edges))

    def arrows(self) -> Arrows:
        """The transitions as arrays, made once the search is over."""
        if self._arrows is None:
            counts = np.fromiter(map(len, self.edges), dtype=np.int64, count=len(self.edges))
            flat = np.fromiter(itertools.chain.from_iterable(itertools.chain.from_iterable(self.edges)), dtype=np.int64)
            first = np.concatenate((np.zeros(1, dtype=np.int64), counts.cumsum()))
            self._arrows = Arrows(first, np.repeat(np.arange(len(counts)), counts), flat[::2], flat[1::2])
        return self._arrows

    def run(self, steps: Sequence[tuple[int, int]]) -> list[tuple[int, GlobalState]]:
        """What happens along a path from the initial state."""
        return [(vector, self.states[number]) for vector, number in steps]

    def turned(self, steps: Ints) -> Ints:
        """Nothing is."""
        return np.zeros(len(steps), dtype=np.int64)

    def classes(self, components: Sequence[int]) -> tuple[Ints, Ints]:
        """The states by what these components do in them. Cost: one sort of the projections, or none if they are few."""
        if self._matrix is None or len(self._matrix) != len(self.states):
            self._matrix = np.array(self.states, dtype=np.int32)
        key = numbered(self._matrix[:, components])
        if len(key) and (most := int(key.max())) < 4 * len(key):
            place = np.full(most + 1, -1, dtype=np.int64)
            place[key[::-1]] = np.arange(len(key))[::-1]  # the last one written is the first one met
            there = place >= 0
            return (there.cumsum() - 1)[key], place[there]
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        return inverse, first

    def path(self, number: int) -> Steps:
        """A shortest path from the initial state to state `number`, as (vector, state reached) pairs."""
        steps = []
        while number:
            parent, vector = self.parents[number]
            steps.append((vector, number))
            number = parent
        return steps[::-1]


def explore(
    network: Network,
    bounds: Bounds,
    urgent: bool = False,
    progress: Progress | None = None,
) -> StateGraph:
    """Every state that `network` reaches, within the bounds.

    With `urgent`, time is ordered: a timer fires only where nothing else can happen, `settle` only where no timer can
    either.
    Order: breadth first, vectors in the network's order. Cost: one pass over the transitions. Bounds: stops at
    one of the limits in `bounds`, and says so.
    """
    limits = Limits(bounds, progress)
    initial = network.initial()
    graph = StateGraph(network, [initial], parents=[(0, -1)])
    steps = _Clock(network).steps if urgent else network.steps
    number = {initial: 0}
    levels = [0]
    for current, state in enumerate(graph.states):
        if current % 256 == 0 or len(graph.states) > bounds.max_states:
            graph.stopped = limits.reached(len(graph.states), current, levels[current])
        if graph.stopped:
            break
        found: list[tuple[int, int]] = []
        for vector, successor in steps(state):
            target = number.get(successor)
            if target is None:
                target = number[successor] = len(graph.states)
                graph.states.append(successor)
                graph.parents.append((current, vector))
                levels.append(levels[current] + 1)
            found.append((vector, target))
        graph.edges.append(tuple(found))
    graph.depth = levels[-1]
    graph.seconds = limits.seconds
    return graph


def urgent_steps(network: Network, state: GlobalState) -> list[tuple[int, GlobalState]]:
    """The steps from `state` that an urgent exploration takes when nothing is reduced."""
    return _Clock(network).steps(state)


class _Clock:
    """Time in order: what happens at once comes before any timer, and a timer before anybody is sure that all is quiet."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def steps(self, state: GlobalState) -> list[tuple[int, GlobalState]]:
        """The steps of the first urgency that has any."""
        steps = self.network.steps(state)
        for kinds in (AT_ONCE, TIMERS, ("settle",)):
            found = [step for step in steps if self.network.vectors[step[0]].kind in kinds]
            if found:
                return found
        return []
