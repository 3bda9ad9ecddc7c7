"""Refinement: does the network only do what the lifecycle chart says, connection by connection?

Stutter-insensitive trace inclusion: a step that the network file maps to a lifecycle event must be one that the chart takes
from where it stands; every other step leaves the chart alone. The chart is deterministic, so that the pairs (network state,
lifecycle state) are enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pcstate.check.explore import StateGraph
from pcstate.model.lts import Behaviour, Event

__all__ = ["Refinement", "refines"]


@dataclass(frozen=True, slots=True)
class Refinement:
    """What the pairs came to. `steps` is a shortest trace whose last step the chart refuses; None when there is none."""

    pairs: int
    steps: tuple[tuple[int, int], ...] | None
    refused: str = ""
    at: str = ""
    mapping: Mapping[int, frozenset[int]] | None = None
    """For each network state the lifecycle configurations it is seen with."""
    moves: Mapping[tuple[int, str], int] = field(default_factory=dict)
    """The lifecycle transitions that the network uses: (configuration, event name) -> configuration."""


def refines(graph: StateGraph, lifecycle: Behaviour, initial: int, conn: int) -> Refinement:
    """Does connection `conn` in the explored network refine the chart? Cost: linear in transitions times pairs a state.

    Order: breadth first, so the counterexample is a shortest one.
    """
    vectors = graph.network.vectors
    events = [Event(v.abstract[0]) if v.abstract and v.abstract[1] == conn else None for v in vectors]
    start = (0, initial)
    parent: dict[tuple[int, int], tuple[tuple[int, int], int]] = {start: (start, -1)}
    moves: dict[tuple[int, str], int] = {}
    queue = [start]
    for pair in queue:
        number, abstract = pair
        if number >= len(graph.edges):
            continue
        for vector, target in graph.edges[number]:
            event, successor = events[vector], abstract
            if event is not None:
                successor = lifecycle.step(abstract, event)
                if successor < 0:
                    steps = (*_walk(parent, pair), (vector, target))
                    return Refinement(len(queue), steps, event.name, lifecycle.configuration(abstract).state)
                moves[abstract, event.name] = successor
            reached = (target, successor)
            if reached not in parent:
                parent[reached] = (pair, vector)
                queue.append(reached)
    mapping: dict[int, set[int]] = {}
    for number, abstract in queue:
        mapping.setdefault(number, set()).add(abstract)
    frozen = {number: frozenset(found) for number, found in mapping.items()}
    return Refinement(len(queue), None, mapping=frozen, moves=moves)


def _walk(parent: Mapping[tuple[int, int], tuple[tuple[int, int], int]], pair: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    steps = []
    while parent[pair][1] >= 0:
        previous, vector = parent[pair]
        steps.append((vector, pair[0]))
        pair = previous
    return tuple(reversed(steps))
