"""What a compiled search for chains found, as a skeleton: made of its arrays where it is asked for."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from pcstate.check import plan
from pcstate.check.arrows import Ints
from pcstate.check.chains import KINDS, Chains
from pcstate.check.skeleton import Arrow
from pcstate.check.symmetry import CALLERS
from pcstate.model.network import GlobalState

__all__ = ["ChainGraph"]


class ChainGraph:
    """What the compiled search found (`check.skeleton.Chained`)."""

    def __init__(self, search: Chains) -> None:
        self.network = search.network
        self.seconds, self.stopped, self.short = search.seconds, search.stopped, search.short
        self.states = _States(search)
        self._expanded = int(search.reg[plan.CURRENT])
        self._first = search.first_arrow
        self._arrows, self._vectors = search.arrows, search.vectors[: search.reg[plan.FOLLOWED]]
        self._end, self._target, self._places = search.chain_end, search.chain_target, search.chain_places
        self._order = np.array(search.order)
        ends = itertools.accumulate([0, *(len(search.reduction.symmetry.blocks[kind].components) for kind in KINDS)])
        self._spans = {kind: slice(*span) for kind, span in zip(KINDS, itertools.pairwise(ends), strict=True)}
        noted = np.array([bool(self.network.vectors[number].notes) for number in search.order], np.bool_)
        self._seen = noted[self._vectors].nonzero()[0]
        """The places of the vectors on chains that observers see."""

    def arrows_of(self, number: int) -> list[Arrow]:
        """The arrows from a state, none where it was not expanded."""
        return self._arrows_of(number, self._followed)

    def noted_of(self, number: int) -> list[Arrow]:
        """The same, with nothing that observers do not see but the first vector."""
        return self._arrows_of(number, self._noted)

    def _arrows_of(self, number: int, vectors: Callable[[int, int], Ints]) -> list[Arrow]:
        if number >= self._expanded:
            return []
        found = []
        for first, chain in self._arrows[self._first[number] : self._first[number + 1]].tolist():
            begin, end = (int(self._end[chain - 1]) if chain else 0), int(self._end[chain])
            moved = self._places[chain].tolist()
            places = {kind: moved[span] for kind, span in self._spans.items()}
            callers = places[CALLERS]
            fired = (first, *vectors(begin, end).tolist())
            turn = () if callers == sorted(callers) else tuple(callers)
            found.append(Arrow(tuple(self._order[list(fired)].tolist()), turn, int(self._target[chain]), places))
        return found

    def _followed(self, begin: int, end: int) -> Ints:
        return self._vectors[begin:end]

    def _noted(self, begin: int, end: int) -> Ints:
        low, high = np.searchsorted(self._seen, (begin, end))
        return self._vectors[self._seen[low:high]]

    def rests(self, number: int) -> bool:
        """Whether nothing more happens in a state."""
        return number < self._expanded and bool(self._first[number] == self._first[number + 1])

    def fired(self) -> set[int]:
        """The vectors that fire somewhere."""
        found = np.zeros(len(self._order), np.bool_)
        found[self._arrows[: self._first[self._expanded], 0]] = True
        found[self._vectors] = True
        return set(self._order[found].tolist())


class _States(Sequence[GlobalState]):
    """The kept states, decoded when they are asked for."""

    def __init__(self, search: Chains) -> None:
        self._kept, self._total = search.kept, int(search.reg[plan.KEPT])
        self._real = search.real

    def __len__(self) -> int:
        return self._total

    def __getitem__(self, number: int) -> GlobalState:  # type: ignore[override]  # nobody asks for a slice
        return tuple([real[local] for real, local in zip(self._real, self._kept[number].tolist(), strict=True)])
