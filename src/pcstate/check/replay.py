"""Runs of a network: found behind a path of a reduced graph, and tried in another network.

A path of a reduced graph is no run: its states stand for others that differ in the order of their connections, callers and
requests, so that each of these may change its number from one step to the next. `real_run` steps through the network itself,
urgently as the graph was explored, and remembers where in the graph's states each of them is now.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from pcstate.check.explore import StateGraph, urgent_steps
from pcstate.check.history import History, beginning, seen, turned
from pcstate.check.predict import Rests
from pcstate.check.reduction import Reduction
from pcstate.check.symmetry import CALLERS, CONNS, REQUESTS, Places
from pcstate.check.tracing import Run, follow
from pcstate.model.network import Network
from pcstate.model.scenario import Outcome

__all__ = ["Run", "Way", "common_steps", "real_run", "shortest_ways"]


@dataclass(frozen=True, slots=True)
class Way:
    """A path of a graph to an outcome: the number of each state, with the place among its edges of the one that is taken."""

    steps: tuple[tuple[int, int], ...]
    callers: tuple[int, ...]
    """In which place of the last state each caller of the outcome is."""


def shortest_ways(graph: StateGraph, rests: Rests, wanted: Collection[Outcome]) -> dict[Outcome, Way]:
    """For each of `wanted` that `graph` has, a shortest path to it.

    An outcome shows in a state at rest and what was seen on the way there, so that these are searched together, breadth first.
    Cost: transitions times histories of a state.
    """
    vectors = graph.network.vectors
    missing = set(wanted)
    found: dict[Outcome, Way] = {}
    first = (0, beginning(graph.network))
    came: dict[tuple[int, History], tuple[tuple[int, History], int]] = {first: (first, 0)}
    queue = [first]
    for node in queue:
        for outcome, callers in rests.outcomes(*node):
            if outcome in missing:
                found[outcome] = Way(_steps(came, node), callers)
                missing.discard(outcome)
        if not missing:
            break
        number, history = node
        for place, (vector, target) in enumerate(graph.edges[number] if number < len(graph.edges) else ()):
            after = seen(graph.network, history, vectors[vector].notes)
            after = turned(graph.network, after, graph.turns.get((number, place), ()))
            if (target, after) not in came:
                came[target, after] = node, place
                queue.append((target, after))
    return found


def _steps(
    came: dict[tuple[int, History], tuple[tuple[int, History], int]], node: tuple[int, History]
) -> tuple[tuple[int, int], ...]:
    steps = []
    while came[node][0] != node:
        node, place = came[node]
        steps.append((node[0], place))
    return tuple(reversed(steps))


def real_run(graph: StateGraph, reduction: Reduction, way: Way) -> Run:
    """The run of the network that `way` stands for, step by step, with its callers in the outcome's order.

    Cost: one look at the steps of each state on the way.
    """
    network, symmetry = graph.network, reduction.symmetry
    where = _first_places(graph, way)
    state, history = network.initial(), beginning(network)
    run: Run = []
    for number, place in way.steps:
        vector, _ = graph.edges[number][place]
        reached = network.fire(vector, graph.states[number])
        shown = seen(network, turned(network, history, where[CALLERS]), network.vectors[vector].notes)
        for found, after in urgent_steps(network, state):
            past = seen(network, history, network.vectors[found].notes)
            alike = reduction.forget(symmetry.moved(after, where)) == reduction.forget(reached)
            if alike and turned(network, past, where[CALLERS]) == shown:
                break
        else:
            raise AssertionError(f"the network has no step {network.vectors[vector]} where the reduction took one")
        run.append((found, after))
        state, history = after, past
        if len(graph.edges[number]) > 1:  # where there is one step, `explore` leaves the order as it is
            places = reduction.places(reached)
            where = {over: [places[over][n] for n in numbers] for over, numbers in where.items()}
    return run


def _first_places(graph: StateGraph, way: Way) -> Places:
    """Where everything is in the graph's first state, if its callers come to be where the way's end has them."""
    parameters = graph.network.parameters
    ends = list(range(parameters["callers"]))
    for step in way.steps:
        turn = graph.turns.get(step)
        if turn:
            ends = [turn[place] for place in ends]
    callers = [ends.index(place) for place in way.callers]
    width = parameters["requests"]
    requests = [place * width + k for place in callers for k in range(width)]
    return {CONNS: range(parameters["conns"]), CALLERS: callers, REQUESTS: requests}


def common_steps(actions: Sequence[str], network: Network, urgent: bool) -> int:
    """How many of the first `actions` of another network's run this one can take too, by vectors that are written alike."""
    steps = partial(urgent_steps, network) if urgent else network.steps
    return len(follow(network, actions, steps))
