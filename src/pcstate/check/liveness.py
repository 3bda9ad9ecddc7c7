"""Leads-to under fairness: after P, does Q come in the end?

A run owes nothing to the environment: the user may stop calling, the server may stop sending. Each goroutine is treated fairly:
weakly, so that one that can move all the time moves in the end, or strongly, so that one that can move again and again does. A
run that breaks `P leads to Q` stays where Q is false for ever: it stops where no goroutine can move, or goes round in a strongly
connected component in which every goroutine moves, or is unable to: somewhere, or, under strong fairness, everywhere (Emerson
and Lei 1985).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pcstate.check.arrows import Explored, Followed, Ints, Mask, Steps, shortest
from pcstate.check.components import strong_components
from pcstate.check.safety import stuck_states

__all__ = ["Lasso", "leads_to", "leads_to_turned"]

Movers = Mapping[int, frozenset[int]]
"""For each vector that is owed, the goroutines that move with it."""


@dataclass(frozen=True, slots=True)
class Lasso:
    """A run that never keeps its promise: the state it begins from, the steps, and where the loop starts (None: it stops)."""

    start: int
    steps: tuple[tuple[int, int], ...]
    """(vector, state reached) pairs from the initial state."""
    loop: int | None


def leads_to(graph: Explored, begin: Mask, end: Mask, movers: Movers, strong: bool = False) -> Lasso | None:
    """A run through a `begin` state, weakly or strongly fair, after which no `end` state comes; None if there is none.

    Vectors that `movers` does not have are the environment's. States that a stopped search did not expand neither stop nor go
    round. Cost: linear in the graph, and once for each goroutine in what is cyclic; under strong
    fairness again for what is left when states are taken out. Order: the lasso's stem is a shortest one to
    the first state of its component; of several components it is the one with the nearest first state.
    """
    found = _broken(graph.arrows(), begin, end, movers, stuck_states(graph, movers), strong)
    if found is None:
        return None
    start, stem, loop = found
    steps = (*graph.path(start), *stem)
    end_of_stem = steps[-1][1] if steps else 0
    return Lasso(end_of_stem, (*steps, *loop), len(steps) if loop else None)


def leads_to_turned(graph: Explored, begin: Mask, end: Mask, movers: Movers, strong: bool = False) -> Lasso | None:
    """The same where a reduction has turned states: `begin[n, p]` is what begins in state n for whoever sees it turned by p.

    Theory of operation: a run of turned states is followed with the permutation that leads back to who is who, so that a
    goroutine, and the connection or caller that the promise is made to, stay the same along it. Cost: as above, times the
    permutations.
    """
    assert graph.permutations is not None, "something was turned"
    turns = len(graph.permutations)
    lifted = {
        vector * turns + p: frozenset(graph.permutations.component[p][c] for c in moving)
        for vector, moving in movers.items()
        for p in range(turns)
    }
    stuck = np.repeat(stuck_states(graph, movers), turns)
    found = _broken(_Turned(graph), begin.reshape(-1), end.reshape(-1), lifted, stuck, strong)
    if found is None:
        return None
    start, *parts = found
    stem, loop = ([(vector // turns, state // turns) for vector, state in steps] for steps in parts)
    steps = (*graph.path(start // turns), *stem)
    return Lasso(steps[-1][1] if steps else 0, (*steps, *loop), len(steps) if loop else None)


class _Turned:
    """Transitions between pairs of a state and a permutation, `n * len(permutations) + p`."""

    def __init__(self, graph: Explored) -> None:
        assert graph.permutations is not None
        self.arrows, self.turned, self.turns = graph.arrows(), graph.turned, len(graph.permutations)
        way = graph.permutations
        self.next = np.array([[way.after(p, way.inverse[q]) for q in range(len(way))] for p in range(len(way))])

    def of(self, states: Ints) -> tuple[Ints, Ints]:
        """The transitions of these pairs, by number, and for each the place in `states` of the pair that it leads from."""
        steps, place = self.arrows.of(states // self.turns)
        return steps * self.turns + (states % self.turns)[place], place

    def leads(self, steps: Ints) -> Ints:
        """The pairs that these transitions lead to."""
        own = steps // self.turns
        found: Ints = self.arrows.leads(own) * np.int64(self.turns) + self.next[steps % self.turns, self.turned(own)]
        return found

    def fires(self, steps: Ints) -> Ints:
        """The vectors that these transitions are by, with the permutation that they are seen with."""
        found: Ints = self.arrows.fires(steps // self.turns) * np.int64(self.turns) + steps % self.turns
        return found


def _broken(
    arrows: Followed, begin: Mask, end: Mask, movers: Movers, stuck: Mask, strong: bool
) -> tuple[int, Steps, Steps] | None:
    """The `begin` state, the stem and the loop of a run that breaks the promise; the loop is empty where the run stops."""
    starts = np.flatnonzero(begin & ~end)
    region = _region(arrows, starts, end)
    stops = region & stuck
    if stops.any():
        return (*_stem(arrows, starts, stops, ~end), [])
    loop = _loop(arrows, region, movers, strong)
    if loop is None:
        return None
    return (*_stem(arrows, starts, _only(loop[-1][1], len(end)), ~end), loop)


def _loop(arrows: Followed, region: Mask, movers: Movers, strong: bool) -> Steps | None:
    """A closed walk in the region that treats every goroutine fairly; None if there is none.

    Where a goroutine can move now and then, but never does within a component, a strongly fair run is at last in none of those
    states: they are taken out, and what is left is looked at again.
    """
    while True:
        loops = _Loops(arrows, region, movers, strong)
        fair, unfair = loops.treated()
        if fair is not None:
            return loops.walk(fair)
        if not unfair.any():
            return None
        region = region & ~unfair


def _stem(arrows: Followed, starts: Ints, goal: Mask, inside: Mask) -> tuple[int, Steps]:
    """A path from one of `starts` to a `goal` state, which must be there."""
    found = shortest(arrows, starts, goal, inside)
    assert found is not None, "what is in the region is reached from its starts"
    return found


def _only(state: int, size: int) -> Mask:
    mask = np.zeros(size, dtype=np.bool_)
    mask[state] = True
    return mask


def _region(arrows: Followed, starts: Ints, end: Mask) -> Mask:
    """The states that are reached from `starts` without an `end` state."""
    region = np.zeros(len(end), dtype=np.bool_)
    front = starts
    while len(front):
        region[front] = True
        targets = arrows.leads(arrows.of(front)[0])
        front = np.unique(targets[~region[targets] & ~end[targets]])
    return region


class _Loops:
    """The strongly connected components of a region that have a cycle. Nodes are its states that may lie on one, in order."""

    def __init__(self, arrows: Followed, region: Mask, movers: Movers, strong: bool) -> None:
        self.arrows = arrows
        self.movers = movers
        self.strong = strong
        self.goroutines = sorted(set().union(*movers.values()))
        self.size = len(region)
        source, target = _around(arrows, region, movers)
        self.nodes = np.unique(source)
        place = np.zeros(len(region), dtype=np.int64)
        place[self.nodes] = np.arange(len(self.nodes))
        first = np.searchsorted(source, np.append(self.nodes, self.size))
        self.label = np.full(len(region), -1, dtype=np.int64)
        self.label[self.nodes] = strong_components(first, place[target])
        self.cyclic = np.unique(self.label[source[self.label[source] == self.label[target]]])

    def treated(self) -> tuple[int | None, Mask]:
        """The first state of the first component that treats every goroutine fairly, None if there is none; and, under strong
        fairness, the states where a goroutine can move that never does within their component."""
        fair, unfair = np.zeros(len(self.nodes), dtype=np.bool_), np.zeros(self.size, dtype=np.bool_)
        fair[self.cyclic] = True
        steps, place = self.arrows.of(self.nodes)
        label = self.label[self.nodes]
        here, there = label[place], self.label[self.arrows.leads(steps)]
        vectors = self.arrows.fires(steps)
        for goroutine in self.goroutines:
            by = np.isin(vectors, [v for v, moving in self.movers.items() if goroutine in moving])
            able, treated = np.zeros(len(self.nodes), dtype=np.bool_), np.zeros(len(fair), dtype=np.bool_)
            able[place[by]] = True
            if self.strong:
                treated[:] = True
                treated[label[able]] = False
            else:
                treated[label[~able]] = True
            treated[here[by & (here == there)]] = True
            if self.strong:
                unfair[self.nodes[able & ~treated[label]]] = True
            fair &= treated
        found = np.flatnonzero(fair[label])
        return (int(self.nodes[found[0]]) if len(found) else None), unfair

    def walk(self, start: int) -> Steps:
        """A closed walk from there, in its component, on which every goroutine moves or is unable to."""
        inside = self.label == self.label[start]
        members = np.flatnonzero(inside).tolist()
        here, steps = start, Steps()
        for goroutine in self.goroutines:
            state, step = self._witness(members, inside, goroutine)
            steps += self._within(inside, here, state)
            here = state
            if step is not None:
                steps.append(step)
                here = step[1]
        steps += self._within(inside, here, start)
        if not steps:
            step = next(step for step in self._out(start) if inside[step[1]])
            steps = [step, *self._within(inside, step[1], start)]
        return steps

    def _witness(self, members: list[int], inside: Mask, goroutine: int) -> tuple[int, tuple[int, int] | None]:
        """A state of the component where the goroutine moves within it, with the step, or one where it is unable: that only if
        it never moves, under strong fairness."""
        unable = None
        for state in members:
            own = [step for step in self._out(state) if goroutine in self.movers.get(step[0], ())]
            if not own and not self.strong:
                return state, None
            if not own and unable is None:
                unable = state
            for step in own:
                if inside[step[1]]:
                    return state, step
        assert unable is not None, "the component was found fair"
        return unable, None

    def _out(self, state: int) -> Steps:
        steps, _ = self.arrows.of(np.array([state]))
        return list(zip(self.arrows.fires(steps).tolist(), self.arrows.leads(steps).tolist(), strict=True))

    def _within(self, inside: Mask, source: int, target: int) -> Steps:
        found = shortest(self.arrows, np.array([source]), _only(target, self.size), inside)
        assert found is not None, "the component is strongly connected"
        return found[1]


def _around(arrows: Followed, region: Mask, movers: Movers) -> tuple[Ints, Ints]:
    """The steps of the region that may lie on a cycle in it: those left when what has no way in or out is taken away.

    Left out is a step of the environment that changes nothing: a goroutine that can move there is treated unfairly by
    whoever takes it for ever, and where none can the run stops.
    """
    states = np.flatnonzero(region)
    steps, place = arrows.of(states)
    source, target = states[place], arrows.leads(steps)
    kept = region[target] & ((source != target) | np.isin(arrows.fires(steps), list(movers)))
    while True:
        source, target = source[kept], target[kept]
        left, entered = np.zeros(len(region), dtype=np.bool_), np.zeros(len(region), dtype=np.bool_)
        left[source] = entered[target] = True
        kept = left[target] & entered[source]
        if kept.all():
            return source, target
