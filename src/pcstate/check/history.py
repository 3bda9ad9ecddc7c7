"""What observers have seen on the way to a state.

It is no part of the state, so that paths that differ in it only are explored once. It is carried along the transitions
afterwards: for each state the set of all that can have been seen on the way to it.
"""

from collections.abc import Sequence

from pcstate.check.explore import StateGraph
from pcstate.model.network import Network, Part

__all__ = ["History", "beginning", "histories", "seen", "turned"]

History = tuple[int, ...]
"""The configuration of each observer."""


def histories(graph: StateGraph) -> list[set[History]]:
    """For each state what the observers can have seen on the way there. Cost: transitions times histories of a state."""
    network = graph.network
    noted: dict[int, tuple[Part, ...]] = {number: v.notes for number, v in enumerate(network.vectors) if v.notes}
    found: list[set[History]] = [set() for _ in graph.states]
    fresh: list[set[History]] = [set() for _ in graph.states]
    fresh[0].add(beginning(network))
    queue = [0]
    while queue:
        number = queue.pop()
        news, fresh[number] = fresh[number], set()
        found[number] |= news
        for place, (vector, target) in enumerate(graph.edges[number] if number < len(graph.edges) else ()):
            after = {seen(network, history, noted[vector]) for history in news} if vector in noted else news
            turn = graph.turns.get((number, place))
            if turn:
                after = {turned(network, history, turn) for history in after}
            more = after - found[target] - fresh[target]
            if more:
                if not fresh[target]:
                    queue.append(target)
                fresh[target] |= more
    return found


def beginning(network: Network) -> History:
    """What observers hold before anything has happened."""
    return tuple(observer.initial for observer in network.observers)


def seen(network: Network, history: History, notes: Sequence[Part]) -> History:
    """The history after one more step, of which the observers see `notes`."""
    changed = list(history)
    for observer, event in notes:
        target = network.observers[observer].behaviour.step(changed[observer], event)
        if target >= 0:
            changed[observer] = target
    return tuple(changed)


def turned(network: Network, history: History, turn: Sequence[int]) -> History:
    """The history after the callers have changed places: caller i is now at `turn[i]`."""
    width = network.parameters["requests"]
    changed = list(history)
    for caller, place in enumerate(turn):
        changed[place * width : (place + 1) * width] = history[caller * width : (caller + 1) * width]
    return tuple(changed)
