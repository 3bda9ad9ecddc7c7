"""What observers have seen on the way to a state.

It is no part of the state, so that paths that differ in it only are explored once. It is carried along the transitions
afterwards: for each state the set of all that can have been seen on the way to it.
"""

from collections.abc import Iterable, Sequence

from pcstate.check.skeleton import Chained, Noted
from pcstate.model.network import Network, Part

__all__ = ["History", "along", "beginning", "histories", "seen", "turned"]

History = tuple[int, ...]
"""The configuration of each observer."""


def histories(graph: Chained) -> list[set[History]]:
    """For each kept state what the observers can have seen on the way there. Cost: arrows times histories of a state."""
    found: list[set[History]] = [set() for _ in graph.states]
    fresh: list[set[History]] = [set() for _ in graph.states]
    fresh[0].add(beginning(graph.network))
    after: dict[Noted, dict[History, History]] = {}
    queue = [0]
    while queue:
        number = queue.pop()
        news, fresh[number] = fresh[number], set()
        found[number] |= news
        for noted, target in graph.noted_of(number):
            known = after.setdefault(noted, {})
            for history in news:
                if history not in known:
                    known[history] = along(graph.network, history, *noted)
            more = {known[history] for history in news} - found[target] - fresh[target]
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


def along(network: Network, history: History, vectors: Iterable[int], turn: Sequence[int]) -> History:
    """The history after these vectors, once callers have changed places as `turn` says, if it says anything."""
    for vector in vectors:
        if network.vectors[vector].notes:
            history = seen(network, history, network.vectors[vector].notes)
    return turned(network, history, turn) if turn else history


def turned(network: Network, history: History, turn: Sequence[int]) -> History:
    """The history after the callers have changed places: caller i is now at `turn[i]`."""
    width = network.parameters["requests"]
    changed = list(history)
    for caller, place in enumerate(turn):
        changed[place * width : (place + 1) * width] = history[caller * width : (caller + 1) * width]
    return tuple(changed)
