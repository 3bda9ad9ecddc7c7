"""Refinement: does the network only do what the lifecycle chart says, connection by connection?

Stutter-insensitive trace inclusion: a step that the network file maps to a lifecycle event must be one that the chart takes
from where it stands; every other step leaves the chart alone. The chart is deterministic, so that the pairs (network state,
lifecycle state) are enough: they are explored breadth first, a level at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pcstate.check.explore import StateGraph
from pcstate.model.lts import Behaviour, Event, explore_behaviour

__all__ = ["Refinement", "refines"]

STUTTER, REFUSED = -1, -2


@dataclass(frozen=True, slots=True)
class Refinement:
    """What the pairs came to. `steps` is a shortest trace whose last step the chart refuses; None when there is none."""

    pairs: int
    steps: tuple[tuple[int, int], ...] | None
    refused: str = ""
    at: str = ""
    seen: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    """For each lifecycle state the network states that it is seen with, as a mask; as far as was looked."""
    moves: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The chart's transitions: (state, event name) -> state."""


def refines(graph: StateGraph, lifecycle: Behaviour, initial: int, conn: int) -> Refinement:
    """Does connection `conn` in the explored network refine the chart? Cost: linear in transitions times pairs a state.

    Order: breadth first, so the counterexample is a shortest one. Bounds: none; the chart must be finite.
    """
    vectors = graph.network.vectors
    events = {n: Event(v.abstract[0]) for n, v in enumerate(vectors) if v.abstract and v.abstract[1] == conn}
    chart = explore_behaviour(lifecycle, initial, list(dict.fromkeys(events.values())))
    names = [configuration.state for configuration in chart.configurations]
    table = np.full((len(names), len(vectors)), STUTTER, dtype=np.int64)
    for vector, event in events.items():
        table[:, vector] = [chart.transitions.get((local, event), REFUSED) for local in range(len(names))]
    arrows = graph.arrows()
    width = len(names)
    parent = np.full(len(graph.states) * width, -1, dtype=np.int64)
    by = np.full(len(graph.states) * width, -1, dtype=np.int64)
    front = np.zeros(1, dtype=np.int64)
    parent[0] = 0
    moves = {(names[local], event.name): names[target] for (local, event), target in chart.transitions.items()}

    def found(steps: tuple[tuple[int, int], ...] | None, refused: str = "", at: str = "") -> Refinement:
        seen = (parent >= 0).reshape(-1, width)
        return Refinement(int(seen.sum()), steps, refused, at, {name: seen[:, n] for n, name in enumerate(names)}, moves)

    while len(front):
        steps, place = arrows.of(front // width)
        local = front[place] % width
        moved = table[local, arrows.vector[steps]]
        wrong = np.flatnonzero(moved == REFUSED)
        if len(wrong):
            step = int(steps[wrong[0]])
            last = (int(arrows.vector[step]), int(arrows.target[step]))
            path = (*_walk(parent, by, width, int(front[place[wrong[0]]])), last)
            return found(path, events[last[0]].name, names[int(local[wrong[0]])])
        reached = arrows.target[steps] * width + np.where(moved == STUTTER, local, moved)
        fresh, first = np.unique(reached, return_index=True)
        new = parent[fresh] < 0
        fresh, first = fresh[new], first[new]
        parent[fresh], by[fresh] = front[place[first]], arrows.vector[steps[first]]
        front = fresh[np.argsort(first)]
    return found(None)


def _walk(parent: npt.NDArray[np.int64], by: npt.NDArray[np.int64], width: int, pair: int) -> tuple[tuple[int, int], ...]:
    steps = []
    while by[pair] >= 0:
        steps.append((int(by[pair]), pair // width))
        pair = int(parent[pair])
    return tuple(reversed(steps))
