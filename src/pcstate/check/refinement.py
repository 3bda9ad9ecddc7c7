"""Refinement: does the network only do what the lifecycle chart says, connection by connection?

Stutter-insensitive trace inclusion: a step that the network file maps to a lifecycle event must be one that the chart takes
from where it stands; every other step leaves the chart alone. The chart is deterministic, so that the pairs (network state,
lifecycle state) are enough: they are explored breadth first, a level at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from pcstate.check.arrows import Explored, Levels, Mask, Steps
from pcstate.model.lts import Behaviour, Configuration, Event, Lts, explore_behaviour
from pcstate.model.network import Component, Network

__all__ = ["Refinement", "beside", "refines"]

STUTTER, WRONG = -1, -2
REFUSED = Configuration(("refused",))
"""What the chart beside a network is in once it has refused an event."""


@dataclass(frozen=True, slots=True)
class Refinement:
    """What the pairs came to. `steps` is a shortest trace whose last step the chart refuses; None when there is none."""

    pairs: int
    steps: tuple[tuple[int, int], ...] | None
    refused: str = ""
    at: str = ""
    seen: tuple[Mapping[str, Mask], ...] = ()
    """For each connection, for each lifecycle state, the network states that it is seen with, as a mask; as far as was looked."""
    moves: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The chart's transitions: (state, event name) -> state."""


def beside(network: Network, lifecycle: Behaviour, initial: int) -> Network:
    """The network with the chart beside each connection, behind its components. What the chart refuses leads it to `REFUSED`, so
    that it is in nobody's way."""
    events = {vector.abstract[0]: Event(vector.abstract[0]) for vector in network.vectors if vector.abstract}
    chart = explore_behaviour(lifecycle, initial, list(events.values()))
    refused = len(chart.configurations)
    steps = {(local, event): refused for local in range(refused + 1) for event in events.values()}
    judge = Lts(0, (*chart.configurations, REFUSED), {**steps, **chart.transitions})
    conns = 1 + max((vector.abstract[1] for vector in network.vectors if vector.abstract), default=0)
    first = len(network.components)
    vectors = (
        replace(v, who=(*v.who, (first + v.abstract[1], events[v.abstract[0]]))) if v.abstract else v for v in network.vectors
    )
    charts = (Component("lifecycle", conn, "object", judge, 0, "conns") for conn in range(conns))
    return replace(network, components=(*network.components, *charts), vectors=tuple(vectors))


def refines(graph: Explored, lifecycle: Behaviour, initial: int) -> Refinement:
    """Does every connection of the explored network refine the chart? Cost: linear in transitions times pairs a state.

    Order: breadth first, so the counterexample is a shortest one. Bounds: none; the chart must be finite.
    """
    vectors = graph.network.vectors
    events = {n: (Event(v.abstract[0]), v.abstract[1]) for n, v in enumerate(vectors) if v.abstract}
    conns = 1 + max((conn for _, conn in events.values()), default=0)
    chart = explore_behaviour(lifecycle, initial, list(dict.fromkeys(event for event, _ in events.values())))
    names = [configuration.state for configuration in chart.configurations]
    table = np.full((conns, len(names), len(vectors)), STUTTER, dtype=np.int64)
    for vector, (event, conn) in events.items():
        table[conn, :, vector] = [chart.transitions.get((local, event), WRONG) for local in range(len(names))]
    arrows, width = graph.arrows(), conns * len(names)
    goes = np.array([p["conns"] for p in graph.permutations.places]) if graph.permutations else np.arange(conns)[None, :]
    seen = np.zeros(len(graph.states) * width, dtype=np.bool_)
    levels = Levels(np.arange(conns, dtype=np.int64) * len(names))
    seen[levels.last] = True
    moves = {(names[local], event.name): names[target] for (local, event), target in chart.transitions.items()}

    def found(steps: Steps | None, refused: str = "", at: str = "") -> Refinement:
        masks = seen.reshape(-1, conns, len(names))
        by_name = tuple({name: masks[:, conn, n] for n, name in enumerate(names)} for conn in range(conns))
        return Refinement(int(seen.sum()), None if steps is None else tuple(steps), refused, at, by_name, moves)

    while len(front := levels.last):
        steps, place = arrows.of(front // width)
        own, local = front[place] % width // len(names), front[place] % len(names)
        moved = table[own, local, arrows.fires(steps)]
        wrong = np.flatnonzero(moved == WRONG)
        if len(wrong):
            _, path = levels.back(int(place[wrong[0]]))
            way = np.array([*(arrow for arrow, _ in path), int(steps[wrong[0]])])
            taken = list(zip(arrows.fires(way).tolist(), arrows.leads(way).tolist(), strict=True))
            return found(taken, events[taken[-1][0]][0].name, names[int(local[wrong[0]])])
        own = goes[graph.turned(steps), own]
        reached = arrows.leads(steps) * np.int64(width) + own * len(names) + np.where(moved == STUTTER, local, moved)
        levels.add(reached, steps, place, np.flatnonzero(~seen[reached]))
        seen[levels.last] = True
    return found(None)
