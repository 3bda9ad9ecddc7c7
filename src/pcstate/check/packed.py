"""What a compiled search found, as an explored state graph."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pcstate.check import kernels
from pcstate.check.arrows import Arrows, Ints, Steps, numbered
from pcstate.check.compiled import Search
from pcstate.check.decoded import Decoded
from pcstate.model.network import GlobalState, Network

__all__ = ["PackedGraph"]

_DENSE = 1 << 26
"""So many combinations of classes are counted in a table; more are sorted."""


class PackedGraph:
    """The states and transitions of a search that kept both (`check.arrows.Explored`)."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._arrows: Arrows | None = None
        self._members = [search.packing.members(g) for g in range(len(search.packing.groups))]
        self.network: Network = search.network
        self.states = Decoded(search.total, lambda number: search.packing.state(search.states[number]))
        self.depth = search.depth
        self.seconds = search.seconds
        self.stopped = search.stopped
        self.expanded = search.expanded
        self.transitions = search.transitions
        self.permutations = search.permutations
        self.reductions = search.reductions
        self._turns: Ints = np.empty(0, np.uint8)

    def arrows(self) -> Arrows:
        """The transitions as arrays, put together once; the search's own blocks of them are gone then."""
        if self._arrows is None:
            degrees = _joined(self._search.degrees)
            first = np.concatenate((np.zeros(1, np.int64), np.cumsum(degrees, dtype=np.int64)))
            source = np.repeat(np.arange(len(degrees), dtype=np.int32), degrees)
            self._turns = _joined(self._search.turns) if self.permutations else self._turns
            self._arrows = Arrows(first, source, _joined(self._search.vectors), _joined(self._search.targets))
        return self._arrows

    def classes(self, components: Sequence[int]) -> tuple[Ints, Ints]:
        """The states by what these components do in them. Cost: two passes over the states, one sort of each group's members."""
        packing, total = self._search.packing, self._search.total
        code, count = np.zeros(total, np.int64), 1
        for g, group in enumerate(packing.groups):
            columns = [place for place, component in enumerate(group.members) if component in components]
            if columns:
                kinds, kind_of = np.unique(numbered(self._members[g][:, columns]), return_inverse=True)
                if count > np.iinfo(np.int64).max // len(kinds):
                    _, code = np.unique(code, return_inverse=True)
                    count = int(code.max()) + 1
                kernels.add_class(self._search.states, total, packing.layout.at.word[g], packing.layout.at.shift[g],
                                  packing.layout.at.mask[g], kind_of * count, code)  # fmt: skip
                count *= len(kinds)
        if count > _DENSE:
            _, first, code = np.unique(code, return_index=True, return_inverse=True)
            return code, first
        first = np.full(count, -1, np.int64)
        kernels.first_of_each(code, first)
        met = np.flatnonzero(first >= 0)
        number = np.zeros(count, np.int64)
        number[met] = np.arange(len(met))
        return number[code], first[met]

    def turned(self, steps: Ints) -> Ints:
        """The permutation that was applied to what these transitions reached."""
        return self._turns[steps] if self.permutations else np.zeros(len(steps), np.int64)

    def run(self, steps: Sequence[tuple[int, int]]) -> list[tuple[int, GlobalState]]:
        """What the network does along a path from the initial state.

        What was kept of a state is what `held` makes of the state that is reached: so the next one is known, and fired for.
        """
        state, found = self.network.initial(), []
        if self.permutations is None:
            for vector, _ in steps:
                state = self.network.fire(vector, state)
                found.append((vector, state))
            return found
        arrows, way, words = self.arrows(), self.permutations, self._search.packing.words
        source = held = 0
        for vector, number in steps:
            own = slice(arrows.first[source], arrows.first[source + 1])
            place = int(np.flatnonzero((arrows.vector[own] == vector) & (arrows.target[own] == number))[0]) + own.start
            held = way.after(held, way.inverse[int(self._turns[place])])
            goal, name = words(way.state(held, self.states[number])), self._name(vector)
            step = next(step for step in self.network.steps(state) if self._name(step[0]) == name and words(step[1]) == goal)
            found.append(step)
            source, state = number, step[1]
        return found

    def _name(self, vector: int) -> str:
        return self.network.vectors[vector].name

    def path(self, number: int) -> Steps:
        """A shortest path from the initial state: back by the first transition into each state, level by level."""
        arrows, levels = self.arrows(), self._search.levels
        steps = []
        for level in range(int(np.searchsorted(levels, number, side="right")) - 2, -1, -1):
            low, high = arrows.first[levels[level]], arrows.first[min(levels[level + 1], self.expanded)]
            arrow = int(low + np.argmax(arrows.target[low:high] == number))
            steps.append((int(arrows.vector[arrow]), number))
            number = int(arrows.source[arrow])
        return steps[::-1]


def _joined(blocks: list[Any]) -> Ints:
    """One array of many, which are given up one by one: no moment has all of it twice."""
    whole: Ints = np.empty(sum(map(len, blocks)), blocks[0].dtype)
    at = 0
    blocks.reverse()
    while blocks:
        block = blocks.pop()
        whole[at : at + len(block)] = block
        at += len(block)
    return whole
