"""What observers have seen on the way to a state.

It is no part of the state, so that paths that differ in it only are explored once. It is carried along the transitions
afterwards: for each state the set of all that can have been seen on the way to it.
"""

import heapq
import math
import time
from collections.abc import Iterable, Iterator, Sequence

from pcstate.check.bits import bits
from pcstate.check.decoded import Decoded
from pcstate.check.skeleton import Chained, Noted
from pcstate.model.network import Network, Part

__all__ = ["History", "along", "beginning", "histories", "seen", "turned"]

History = tuple[int, ...]
"""The configuration of each observer."""


def histories(graph: Chained, until: float = math.inf) -> Sequence[set[History]]:
    """For each kept state what the observers can have seen on the way there. Cost: arrows times histories of a state. Raises:
    TimeoutError if `time.monotonic()` comes to `until` first.

    A set of histories is a number meanwhile, with a bit for each: most states share theirs with many others, so that what an
    arrow makes of a set is seldom worked out. Earlier states come first, as most arrows lead to later ones.
    """
    sets = _Sets(graph.network)
    found, fresh = [0] * len(graph.states), [0] * len(graph.states)
    fresh[0] = sets.only(beginning(graph.network))
    queue = [0]
    while queue:
        if time.monotonic() > until:
            raise TimeoutError
        number = heapq.heappop(queue)
        news, fresh[number] = fresh[number], 0
        found[number] |= news
        for noted, target in graph.noted_of(number):
            more = sets.after(news, noted) & ~found[target]
            if more:
                if not fresh[target]:
                    heapq.heappush(queue, target)
                fresh[target] |= more
    return Decoded(len(found), lambda number: set(sets.members(found[number])))


class _Sets:
    """Sets of histories as bits: bit k is the k-th history that was met."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._met: list[History] = []
        self._bit: dict[History, int] = {}
        self._after: dict[tuple[int, Noted], int] = {}
        self._one_after: dict[tuple[History, Noted], int] = {}

    def only(self, history: History) -> int:
        """The set of one history."""
        bit = self._bit.setdefault(history, 1 << len(self._met))
        if bit == 1 << len(self._met):
            self._met.append(history)
        return bit

    def members(self, among: int) -> Iterator[History]:
        """The histories in a set."""
        return map(self._met.__getitem__, bits(among))

    def after(self, before: int, noted: Noted) -> int:
        """What each history of a set is after an arrow of which the observers see that."""
        if not any(noted):
            return before
        found = self._after.get((before, noted))
        if found is None:
            found = 0
            for history in self.members(before):
                found |= self._after_one(history, noted)
            self._after[before, noted] = found
        return found

    def _after_one(self, history: History, noted: Noted) -> int:
        found = self._one_after.get((history, noted))
        if found is None:
            found = self._one_after[history, noted] = self.only(along(self._network, history, *noted))
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
