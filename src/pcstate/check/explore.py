"""Exhaustive breadth-first exploration of a network, in plain Python: the oracle for any faster one.

In: a network and limits. Out: its state graph. Theory of operation: states are numbered in breadth-first order, so the
first path found to a state is a shortest one, and parent links are enough for shortest traces.
"""

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pcstate.check.reduction import AT_ONCE, TIMERS
from pcstate.model.network import GlobalState, Network
from pcstate.model.verdict import Bounds

__all__ = ["Arrows", "StateGraph", "explore", "urgent_steps"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arrows:
    """Transition k leads from `source[k]` by `vector[k]` to `target[k]`; those of state n are `first[n]` to `first[n + 1]`."""

    first: Ints
    source: Ints
    vector: Ints
    target: Ints

    def by(self, vectors: Iterable[int]) -> npt.NDArray[np.bool_]:
        """Which transitions are by one of `vectors`."""
        chosen = np.zeros(int(self.vector.max(initial=-1)) + 1, dtype=np.bool_)
        chosen[[number for number in vectors if number < len(chosen)]] = True
        return chosen[self.vector]

    def of(self, states: Ints) -> tuple[Ints, Ints]:
        """The transitions of `states`, by number, and for each the place in `states` of the state that it leads from.

        States that were not expanded have none.
        """
        states_ = np.minimum(states, len(self.first) - 1)
        begin, end = self.first[states_], self.first[np.minimum(states_ + 1, len(self.first) - 1)]
        counts = end - begin
        place = np.repeat(np.arange(len(states)), counts)
        within = np.arange(len(place)) - np.repeat(counts.cumsum() - counts, counts)
        return begin[place] + within, place


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
    _arrows: Arrows | None = field(default=None, repr=False, compare=False)

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

    def matrix(self) -> npt.NDArray[np.int32]:
        """The states as an array, one row a state, one column a component."""
        return np.array(self.states, dtype=np.int32)

    def path(self, number: int) -> list[tuple[int, int]]:
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
    progress: Callable[[int, float], None] | None = None,
) -> StateGraph:
    """Every state that `network` reaches, within the bounds.

    With `urgent`, time is ordered: a timer fires only where nothing else can happen, `settle` only where no timer can
    either, and IdleConnTimeout never.
    Order: breadth first, vectors in the network's order. Cost: one pass over the transitions. Bounds: stops at
    `bounds.max_states` states or after `bounds.timeout` seconds, and says so.
    """
    begin = time.monotonic()
    initial = network.initial()
    graph = StateGraph(network, [initial], parents=[(0, -1)])
    steps = _Clock(network).steps if urgent else network.steps
    number = {initial: 0}
    levels = [0]
    for current, state in enumerate(graph.states):
        if current % 256 == 0:
            elapsed = time.monotonic() - begin
            if progress:
                progress(current, elapsed)
            if elapsed > bounds.timeout:
                graph.stopped = f"timeout of {bounds.timeout:g} s"
        if len(graph.states) > bounds.max_states:
            graph.stopped = f"limit of {bounds.max_states:,} states"
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
    graph.seconds = time.monotonic() - begin
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
