"""Runs of a network: found behind a path of a reduced graph, and tried in another network.

A path of a reduced graph is no run: its states stand for others that differ in the order of their connections, so that a
connection may change its number from one step to the next. `real_run` steps through the network itself, urgently as the graph
was explored, and keeps to what the path's states stand for.
"""

from collections.abc import Sequence

from pcstate.check.explore import StateGraph, urgent_steps
from pcstate.check.reduction import Reduction
from pcstate.model.network import GlobalState, Network

__all__ = ["Run", "common_steps", "real_run"]

Run = list[tuple[int, GlobalState]]
"""(vector, state reached) pairs from the initial state."""


def real_run(graph: StateGraph, number: int, reduction: Reduction | None) -> Run:
    """A run of the network, as short as any, to a state that state `number` of an urgent exploration stands for.

    Method: forwards, level by level, every state that a run can be in that goes by vectors of the path's names through what
    its states stand for. Cost: about one look at the steps of each state on the path.
    """
    path = graph.path(number)
    if reduction is None:
        return [(vector, graph.states[reached]) for vector, reached in path]
    vectors = graph.network.vectors
    levels: list[dict[GlobalState, tuple[int, GlobalState]]] = [{graph.states[0]: (-1, graph.states[0])}]
    for vector, reached in path:
        goal = reduction.form(graph.states[reached])
        levels.append(
            {
                after: (found, before)
                for before in levels[-1]
                for found, after in urgent_steps(graph.network, before)
                if vectors[found].name == vectors[vector].name and reduction.form(after) == goal
            }
        )
        assert levels[-1], f"the network has no step {vectors[vector]} where the reduction took one"
    run: Run = []
    state = next(iter(levels[-1]))
    for level in levels[:0:-1]:
        vector, before = level[state]
        run.append((vector, state))
        state = before
    return run[::-1]


def common_steps(actions: Sequence[str], network: Network, urgent: bool) -> int:
    """How many of the first `actions` of another network's run this one can take too, by vectors that are written alike."""
    state = network.initial()
    for count, action in enumerate(actions):
        steps = urgent_steps(network, state) if urgent else network.steps(state)
        target = next((after for number, after in steps if str(network.vectors[number]) == action), None)
        if target is None:
            return count
        state = target
    return len(actions)
