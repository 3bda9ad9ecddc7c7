"""Leads-to under weak fairness: after P, does Q come in the end?

A run owes nothing to the environment: the user may stop calling, the server may stop sending. Each goroutine is weakly
fair: one that can move all the time moves in the end. A run that breaks `P leads to Q` stays where Q is false for ever: it
stops where no goroutine can move, or goes round in a strongly connected component in which every goroutine moves, or is
unable to somewhere (Emerson and Lei 1985, for weak fairness).
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pcstate.check.explore import StateGraph
from pcstate.check.safety import stuck_states

__all__ = ["Lasso", "leads_to", "strong_components"]

Mask = npt.NDArray[np.bool_]
Successors = Callable[[int], list[int]]


@dataclass(frozen=True, slots=True)
class Lasso:
    """A run that never keeps its promise: the state it begins from, the steps, and where the loop starts (None: it stops)."""

    start: int
    steps: tuple[tuple[int, int], ...]
    """(vector, state reached) pairs from the initial state."""
    loop: int | None


def leads_to(graph: StateGraph, begin: Mask, end: Mask, movers: Mapping[int, frozenset[int]]) -> Lasso | None:
    """A fair run through a `begin` state after which no `end` state comes; None if there is none.

    `movers` gives for each vector that is owed the goroutines that move with it; vectors absent from it are the
    environment's. States that a stopped search did not expand neither stop nor go round.
    Cost: linear in the graph. Order: the lasso's stem is a shortest one to its component.
    """
    starts = np.flatnonzero(begin & ~end)
    region = _region(graph, starts, end)
    if (stops := region & stuck_states(graph, movers)).any():
        inside, parent = _closure(graph, starts, end)
        number = next(number for number in inside if stops[number])
        return Lasso(number, _walk(graph, number, parent), None)
    around = _around(graph, region, movers)
    for component in strong_components(sorted(around), lambda number: around.get(number, [])):
        loop = _fair_loop(graph, component, movers)
        if loop is not None:
            stem = _walk(graph, component[0], _closure(graph, starts, end)[1])
            return Lasso(component[0], stem + loop, len(stem))
    return None


def _region(graph: StateGraph, starts: npt.NDArray[np.intp], end: Mask) -> Mask:
    """The states that are reached from `starts` without an `end` state."""
    arrows = graph.arrows()
    region = np.zeros(len(graph.states), dtype=np.bool_)
    front = starts
    while len(front):
        region[front] = True
        targets = arrows.target[arrows.of(front)[0]]
        front = np.unique(targets[~region[targets] & ~end[targets]])
    return region


def _around(graph: StateGraph, region: Mask, movers: Mapping[int, frozenset[int]]) -> dict[int, list[int]]:
    """The steps of the region that may lie on a cycle in it, by state: those left when what has no way in or out is taken away.

    Left out is a step of the environment that changes nothing: a goroutine that can move there is treated unfairly by
    whoever takes it for ever, and where none can the run stops.
    """
    arrows = graph.arrows()
    idle = (arrows.source == arrows.target) & ~arrows.by(movers)
    kept = region[arrows.source] & region[arrows.target] & ~idle
    source, target = arrows.source[kept], arrows.target[kept]
    while not kept.all():
        left, entered = np.zeros(len(region), dtype=np.bool_), np.zeros(len(region), dtype=np.bool_)
        left[source] = entered[target] = True
        kept = left[target] & entered[source]
        source, target = source[kept], target[kept]
    found: dict[int, list[int]] = {}
    for here, there in zip(source.tolist(), target.tolist(), strict=True):
        found.setdefault(here, []).append(there)
    return found


def _closure(
    graph: StateGraph, starts: Sequence[int] | npt.NDArray[np.intp], end: Mask
) -> tuple[list[int], dict[int, tuple[int, int]]]:
    """The states reachable from `starts` without an `end` state, breadth first, and how they were reached."""
    parent: dict[int, tuple[int, int]] = {int(n): (-1, -1) for n in starts}
    queue = list(parent)
    for number in queue:
        if number >= len(graph.edges):
            continue
        for vector, target in graph.edges[number]:
            if not end[target] and target not in parent:
                parent[target] = (number, vector)
                queue.append(target)
    return queue, parent


def _walk(graph: StateGraph, number: int, parent: Mapping[int, tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    steps = []
    while parent[number][0] >= 0:
        previous, vector = parent[number]
        steps.append((vector, number))
        number = previous
    return (*graph.path(number), *reversed(steps))


def strong_components(nodes: Sequence[int], successors: Successors) -> list[list[int]]:
    """The strongly connected components with a cycle, in reverse topological order (Tarjan 1972, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(successors(root)))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, remaining = work[-1]
            for target in remaining:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(successors(target))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = _pop_until(node, stack, on_stack)
                    if len(component) > 1 or node in successors(node):
                        found.append(component)
    return found


def _pop_until(node: int, stack: list[int], on_stack: set[int]) -> list[int]:
    component = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        component.append(member)
        if member == node:
            return sorted(component)


def _fair_loop(
    graph: StateGraph, component: list[int], movers: Mapping[int, frozenset[int]]
) -> tuple[tuple[int, int], ...] | None:
    """A closed walk through the component that treats every goroutine fairly, from its first state; None if unfair."""
    members = set(component)
    goroutines: set[int] = set().union(*movers.values()) if movers else set()
    goals: list[tuple[int, int, int]] = []  # (state, vector or -1, state): a step to take, or a state to visit
    for goroutine in sorted(goroutines):
        goal = _witness(graph, component, members, goroutine, movers)
        if goal is None:
            return None
        goals.append(goal)
    here, steps = component[0], []
    for state, vector, target in goals:
        steps += _within(graph, members, here, state)
        here = state
        if vector >= 0:
            steps.append((vector, target))
            here = target
    back = _within(graph, members, here, component[0])
    steps += back
    if not steps:
        vector, target = next((v, t) for v, t in graph.edges[here] if t in members)
        steps = [(vector, target), *_within(graph, members, target, here)]
    return tuple(steps)


def _witness(
    graph: StateGraph,
    component: list[int],
    members: set[int],
    goroutine: int,
    movers: Mapping[int, frozenset[int]],
) -> tuple[int, int, int] | None:
    for number in component:
        can_move = False
        for vector, target in graph.edges[number]:
            if goroutine in movers.get(vector, ()):
                can_move = True
                if target in members:
                    return number, vector, target
        if not can_move:
            return number, -1, number
    return None


def _within(graph: StateGraph, members: set[int], source: int, target: int) -> list[tuple[int, int]]:
    """A shortest walk inside the component; empty when source is target."""
    parent: dict[int, tuple[int, int]] = {source: (-1, -1)}
    queue = deque([source])
    while queue and target not in parent:
        number = queue.popleft()
        for vector, successor in graph.edges[number]:
            if successor in members and successor not in parent:
                parent[successor] = (number, vector)
                queue.append(successor)
    steps = []
    while parent[target][0] >= 0:
        previous, vector = parent[target]
        steps.append((vector, target))
        target = previous
    return steps[::-1]
