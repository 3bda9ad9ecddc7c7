"""An explored state graph as arrays: what every checker reads, whichever search made it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from pcstate.check.permutations import Permutations
from pcstate.model.network import GlobalState, Network

__all__ = ["Arrows", "Explored", "Followed", "Ints", "Levels", "Mask", "Steps", "numbered", "shortest"]

Ints = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]
Steps = list[tuple[int, int]]
"""A path: the vector of each step, and the state that it reaches."""


@dataclass(frozen=True, slots=True)
class Arrows:
    """Transition k leads from `source[k]` by `vector[k]` to `target[k]`; those of state n are `first[n]` to `first[n + 1]`."""

    first: Ints
    source: Ints
    vector: Ints
    target: Ints

    def leads(self, steps: Ints) -> Ints:
        """The states that these transitions lead to."""
        return self.target[steps]

    def fires(self, steps: Ints) -> Ints:
        """The vectors that these transitions are by."""
        return self.vector[steps]

    def by(self, vectors: Iterable[int]) -> Mask:
        """Which transitions are by one of `vectors`."""
        chosen = np.zeros(int(self.vector.max(initial=0)) + 1, dtype=np.bool_)
        chosen[[number for number in vectors if number < len(chosen)]] = True
        return chosen[self.vector]

    def of(self, states: Ints) -> tuple[Ints, Ints]:
        """The transitions of `states`, by number, and for each the place in `states` of the state that it leads from.

        States that were not expanded have none.
        """
        states_ = np.minimum(states, len(self.first) - 1)
        begin, end = self.first[states_], self.first[np.minimum(states_ + 1, len(self.first) - 1)]
        counts = end - begin
        place = np.repeat(np.arange(len(states)), counts)
        within = np.arange(len(place)) - np.repeat(counts.cumsum() - counts, counts)
        return begin[place] + within, place


class Followed(Protocol):
    """Transitions that can be followed from states given by number."""

    def of(self, states: Ints) -> tuple[Ints, Ints]:
        """The transitions of `states`, by number, and for each the place in `states` of the state that it leads from."""
        ...

    def leads(self, steps: Ints) -> Ints:
        """The states that these transitions lead to."""
        ...

    def fires(self, steps: Ints) -> Ints:
        """The vectors that these transitions are by."""
        ...


@runtime_checkable
class Explored(Protocol):
    """The explored part of a network. State 0 is the initial one; the numbers are in breadth-first order."""

    network: Network
    depth: int
    seconds: float
    stopped: str
    """Which limit ended the search; empty when it is complete."""

    permutations: Permutations | None
    """What a reduction has taken for the same; None if it has taken nothing so."""
    reductions: tuple[str, ...]
    """What was left out without a loss: `symmetry`, `minimisation`."""

    @property
    def states(self) -> Sequence[GlobalState]:
        """The states that were found, by number."""
        ...

    @property
    def expanded(self) -> int:
        """How many of the states were looked at for their transitions: the first ones."""
        ...

    @property
    def transitions(self) -> int:
        """How many transitions were taken."""
        ...

    def arrows(self) -> Arrows:
        """The transitions as arrays."""
        ...

    def turned(self, steps: Ints) -> Ints:
        """The permutation that a reduction applied to what these transitions reach; 0 where there was none."""
        ...

    def classes(self, components: Sequence[int]) -> tuple[Ints, Ints]:
        """The states by what these components do in them: for each state its class, and for each class its first state."""
        ...

    def path(self, number: int) -> Steps:
        """A shortest path from the initial state to state `number`."""
        ...

    def run(self, steps: Sequence[tuple[int, int]]) -> list[tuple[int, GlobalState]]:
        """What happens along a path from the initial state: each vector, and the state of the network that it reaches.

        Where a reduction has put one state in the place of others, this is what the network itself does.
        """
        ...


def shortest(arrows: Followed, starts: Ints, goal: Mask, inside: Mask) -> tuple[int, Steps] | None:
    """A shortest path from one of `starts` to a `goal` state by `inside` states only: where it starts, and its steps.

    None if there is no path. Order: that of a breadth-first search which begins with `starts` in their order. Cost: linear in the
    transitions inside, a level at a time.
    """
    seen = np.zeros(len(goal), dtype=np.bool_)
    seen[starts] = True
    levels = Levels(starts)
    while len(front := levels.last):
        hits = np.flatnonzero(goal[front])
        if len(hits):
            start, path = levels.back(int(hits[0]))
            return start, [(int(arrows.fires(np.array([step]))[0]), state) for step, state in path]
        steps, place = arrows.of(front)
        targets = arrows.leads(steps)
        fresh = np.flatnonzero(inside[targets] & ~seen[targets])
        levels.add(targets, steps, place, fresh)
        seen[levels.last] = True
    return None


def numbered(rows: Ints) -> Ints:
    """A number for each row, the same for the same rows only."""
    number = np.zeros(len(rows), np.int64)
    for column in rows.T:
        size = int(column.max(initial=0)) + 1
        if number.max(initial=0) >= np.iinfo(np.int64).max // size:
            _, number = np.unique(number, return_inverse=True)  # so many that their numbers would overflow
        number = number * size + column
    return number


class Levels:
    """A breadth-first search a level at a time, and the way back from any of its nodes. No more is kept than what it found."""

    def __init__(self, starts: Ints) -> None:
        self.nodes = [starts]
        self._by: list[tuple[Ints, Ints]] = []

    @property
    def last(self) -> Ints:
        """The nodes of the last level, in the order in which they were found."""
        return self.nodes[-1]

    def add(self, reached: Ints, steps: Ints, place: Ints, fresh: Ints) -> None:
        """One level more: of what `steps` reached from the places in the last level, what is at `fresh`, each node once."""
        nodes, first = np.unique(reached[fresh], return_index=True)
        order = np.argsort(first)
        chosen = fresh[first[order]]
        self.nodes.append(nodes[order])
        self._by.append((steps[chosen], place[chosen]))

    def back(self, at: int) -> tuple[int, list[tuple[int, int]]]:
        """The way to the node at that place of the last level: where it starts, then each step and the node that it reaches."""
        path = []
        for nodes, (steps, place) in zip(self.nodes[:0:-1], reversed(self._by), strict=True):
            path.append((int(steps[at]), int(nodes[at])))
            at = int(place[at])
        return int(self.nodes[0][at]), path[::-1]
