"""Runs of a network: found behind a path of a reduced graph, and tried in another network.

A path of a reduced graph is no run: its states stand for others that differ in the order of their connections, callers and
requests, so that each of these may change its number from one step to the next. `real_run` steps through the network itself,
urgently as the graph was explored, and remembers where in the graph's states each of them is now.
"""

import heapq
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pcstate.check.explore import urgent_steps
from pcstate.check.history import History, along, beginning, seen, turned
from pcstate.check.predict import Rests
from pcstate.check.reduction import Reduction
from pcstate.check.skeleton import Arrow, Chained
from pcstate.check.symmetry import CALLERS, CONNS, REQUESTS, Places
from pcstate.check.tracing import Run, follow
from pcstate.model.network import Network
from pcstate.model.scenario import Outcome

__all__ = ["Run", "Way", "common_steps", "real_run", "shortest_ways"]


@dataclass(frozen=True, slots=True)
class Way:
    """A path of a graph to an outcome: arrows, the first from the initial state."""

    arrows: tuple[Arrow, ...]
    callers: tuple[int, ...]
    """In which place of the last state each caller of the outcome is."""

    @property
    def length(self) -> int:
        """How many steps it stands for."""
        return sum(len(arrow.vectors) for arrow in self.arrows)


_Node = tuple[int, History]


def shortest_ways(graph: Chained, rests: Rests, wanted: Collection[Outcome]) -> dict[Outcome, Way]:
    """For each of `wanted` that `graph` has, a shortest path to it.

    An outcome shows in a state at rest and what was seen on the way there, so that these are searched together, nearest first
    (Dijkstra 1959). Cost: arrows times histories of a state.
    """
    missing = set(wanted)
    found: dict[Outcome, Way] = {}
    first = (0, beginning(graph.network))
    came: dict[_Node, tuple[int, _Node, Arrow | None]] = {first: (0, first, None)}
    queue: list[tuple[int, _Node]] = [(0, first)]
    while queue and missing:
        length, node = heapq.heappop(queue)
        if length > came[node][0]:
            continue
        number, history = node
        for outcome, callers in rests.outcomes(*node):
            if outcome in missing:
                found[outcome] = Way(_arrows(came, node), callers)
                missing.discard(outcome)
        for arrow in graph.arrows_of(number):
            after = (arrow.target, along(graph.network, history, arrow.vectors, arrow.turn))
            further = length + len(arrow.vectors)
            if after not in came or further < came[after][0]:
                came[after] = further, node, arrow
                heapq.heappush(queue, (further, after))
    return found


def _arrows(came: Mapping[_Node, tuple[int, _Node, Arrow | None]], node: _Node) -> tuple[Arrow, ...]:
    arrows = []
    while (arrow := came[node][2]) is not None:
        arrows.append(arrow)
        node = came[node][1]
    return tuple(reversed(arrows))


def real_run(graph: Chained, reduction: Reduction, way: Way) -> Run:
    """The run of the network that `way` stands for, step by step, with its callers in the outcome's order.

    Cost: one look at the steps of each state on the way.
    """
    network, symmetry = graph.network, reduction.symmetry
    where = _first_places(graph.network, way)
    state, history = network.initial(), beginning(network)
    shown_in = state
    run: Run = []
    for arrow in way.arrows:
        for vector in arrow.vectors:
            shown_in = network.fire(vector, shown_in)
            shown = seen(network, turned(network, history, where[CALLERS]), network.vectors[vector].notes)
            for found, after in urgent_steps(network, state):
                past = seen(network, history, network.vectors[found].notes)
                alike = reduction.forget(symmetry.moved(after, where)) == reduction.forget(shown_in)
                if alike and turned(network, past, where[CALLERS]) == shown:
                    break
            else:
                raise AssertionError(f"the network has no step {network.vectors[vector]} where the reduction took one")
            run.append((found, after))
            state, history = after, past
        places = arrow.places or reduction.places(shown_in)
        where = {over: [places[over][n] for n in numbers] for over, numbers in where.items()}
        shown_in = graph.states[arrow.target]
    return run


def _first_places(network: Network, way: Way) -> Places:
    """Where everything is in the initial state, if its callers come to be where the way's end has them."""
    parameters = network.parameters
    ends = list(range(parameters["callers"]))
    for arrow in way.arrows:
        if arrow.turn:
            ends = [arrow.turn[place] for place in ends]
    callers = [ends.index(place) for place in way.callers]
    width = parameters["requests"]
    requests = [place * width + k for place in callers for k in range(width)]
    return {CONNS: range(parameters["conns"]), CALLERS: callers, REQUESTS: requests}


def common_steps(actions: Sequence[str], network: Network, urgent: bool) -> int:
    """How many of the first `actions` of another network's run this one can take too, by vectors that are written alike."""
    steps = partial(urgent_steps, network) if urgent else network.steps
    return len(follow(network, actions, steps))
