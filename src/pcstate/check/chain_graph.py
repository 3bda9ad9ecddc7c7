"""What a compiled search for chains found, as a skeleton: made of its arrays where it is asked for."""

import functools
import itertools
from collections.abc import Sequence

import numpy as np

from pcstate.check import plan
from pcstate.check.chain_plan import KINDS
from pcstate.check.chains import Chains
from pcstate.check.decoded import Decoded
from pcstate.check.skeleton import Arrow, Noted
from pcstate.check.symmetry import CALLERS
from pcstate.model.network import GlobalState

__all__ = ["ChainGraph"]


class ChainGraph:
    """What the compiled search found (`check.skeleton.Chained`)."""

    def __init__(self, search: Chains) -> None:
        self.network = search.network
        self.seconds, self.stopped, self.short = search.seconds, search.stopped, search.short
        kept, real = search.kept, search.real
        self.states = Decoded(int(search.reg[plan.KEPT]), lambda number: _state(real, kept[number].tolist()))
        self._expanded = int(search.reg[plan.CURRENT])
        self._first = search.first_arrow
        self._arrows, self._vectors = search.arrows, search.vectors[: search.reg[plan.FOLLOWED]]
        chains = slice(int(search.reg[plan.CHAINS]))
        self._end, self._target = search.chain_end[chains], search.chain_target[chains]
        self._places = search.chain_places[chains]
        self._order = np.array(search.order)
        ends = itertools.accumulate([0, *(len(search.reduction.symmetry.blocks[kind].components) for kind in KINDS)])
        self._spans = {kind: slice(*span) for kind, span in zip(KINDS, itertools.pairwise(ends), strict=True)}
        self._is_noted = np.array([bool(self.network.vectors[number].notes) for number in search.order], np.bool_)

    def arrows_of(self, number: int) -> list[Arrow]:
        """The arrows from a state, none where it was not expanded."""
        found = []
        for first, chain in self._steps_of(number):
            begin, end = (int(self._end[chain - 1]) if chain else 0), int(self._end[chain])
            moved = self._places[chain].tolist()
            places = {kind: moved[span] for kind, span in self._spans.items()}
            fired = (first, *self._vectors[begin:end].tolist())
            found.append(
                Arrow(tuple(self._order[list(fired)].tolist()), _turn(places[CALLERS]), int(self._target[chain]), places)
            )
        return found

    def noted_of(self, number: int) -> set[tuple[Noted, int]]:
        """What observers see of each of them, and where it leads."""
        found = set()
        for first, chain in self._steps_of(number):
            (vectors, turn), target = self._noted[chain]
            if self._is_noted[first]:
                vectors = (int(self._order[first]), *vectors)
            found.add(((vectors, turn), target))
        return found

    @functools.cached_property
    def _noted(self) -> list[tuple[Noted, int]]:
        """What observers see on each chain, and where it leads."""
        seen = self._is_noted[self._vectors].nonzero()[0]
        vectors = self._order[self._vectors[seen]].tolist()
        ends = np.searchsorted(seen, self._end).tolist()
        turns = map(_turn, self._places[:, self._spans[CALLERS]].tolist())
        each = zip(itertools.pairwise([0, *ends]), turns, self._target.tolist(), strict=True)
        return [((tuple(vectors[begin:end]), turn), target) for (begin, end), turn, target in each]

    def _steps_of(self, number: int) -> list[tuple[int, int]]:
        """The first vector of each arrow from a state, and its chain."""
        if number >= self._expanded:
            return []
        found: list[tuple[int, int]] = self._arrows[self._first[number] : self._first[number + 1]].tolist()
        return found

    def rests(self, number: int) -> bool:
        """Whether nothing more happens in a state."""
        return number < self._expanded and bool(self._first[number] == self._first[number + 1])

    def fired(self) -> set[int]:
        """The vectors that fire somewhere."""
        found = np.zeros(len(self._order), np.bool_)
        found[self._arrows[: self._first[self._expanded], 0]] = True
        found[self._vectors] = True
        return set(self._order[found].tolist())


def _turn(callers: list[int]) -> tuple[int, ...]:
    """Where each caller is moved, () if nowhere else."""
    return () if callers == sorted(callers) else tuple(callers)


def _state(real: Sequence[Sequence[int]], numbers: Sequence[int]) -> GlobalState:
    """The state that the loops know by these numbers of configurations."""
    return tuple([locals_[number] for locals_, number in zip(real, numbers, strict=True)])
