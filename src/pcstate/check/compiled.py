"""The compiled search: the same states, in the same order, as check/explore.py, on packed words and numba's loops.

Theory of operation: breadth first, a batch of states at a time. Each thread expands its part of the batch; each thread looks up
the candidates of its partitions of the states, by hash; then the new ones are numbered in the order in which they were found, so
that neither threads nor batches show in the result. A table holds numbers and 32 bits of hash, the states are compared in full:
the search is exact. No parent is kept: the first transition into a state is the one that it was found by.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from pcstate.check import kernels
from pcstate.check.limits import Limits, Progress, installed
from pcstate.check.merged import merge
from pcstate.check.minimise import Looks, representatives
from pcstate.check.packing import Layout, Packing, Tables
from pcstate.check.permutations import Permutations
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds

__all__ = ["Search", "lacking"]

BATCH = 1 << 14
"""States that one thread expands at a time."""
WORTH = 1 << 13
"""A batch of so many states is worth waking a second thread for: half of them take it a millisecond."""
FULL = 0.7
"""How full a table of states may get."""

LARGEST = (1 << 31) - (1 << 25)
"""States are numbered with 31 bits."""

WIDEST = 32
"""Bytes that a state of two words takes, with its place in the tables: no more states than memory could hold are searched for."""

Ints = npt.NDArray[np.int64]
_T = TypeVar("_T")


class Search:
    """A search under way, or at its end: `states[:total]` are found, those below `expanded` have their transitions.

    With `keep`, these are in `degrees`, `vectors` and `targets`, block by block; else they are only counted. With `symmetry`, of
    states that a permutation of connections or callers makes of each other one is kept; `turns` has for each transition the
    permutation that makes the state that was kept of the one that was reached. Where one of the vectors `first` leads
    elsewhere, it alone is taken (`check.confluence`). With `like`, a search of the same network that is over, what its groups
    offer is known from the beginning.
    """

    def __init__(
        self,
        network: Network,
        keep: bool = True,
        threads: int = 2,
        symmetry: bool = False,
        like: "Search | None" = None,
        first: Collection[int] = (),
    ) -> None:
        self.network = network
        self.symmetry = symmetry
        self.first = np.array([number in first for number in range(len(network.vectors))] if first else [], np.bool_)
        self.keep = keep
        self.threads = threads
        self.seconds = 0.0
        self.stopped = ""
        self._label = np.uint16 if len(network.vectors) <= 1 << 16 else np.int32
        self._workers = [_Worker(BATCH * threads) for _ in range(threads)]
        self._begin(like.apart if like else frozenset(), like)

    def _begin(self, apart: frozenset[str], like: "Search | None" = None) -> None:
        """Begin the search (anew, if a group has turned out to be better left in parts)."""
        self.apart = apart
        self.packing: Packing = like.packing if like else Packing(self.network, merge(self.network, apart))
        self.permutations: Permutations | None = None
        if self.symmetry:
            self.permutations = like.permutations if like else None
            self.permutations = self.permutations or Permutations(self.network, self.packing.groups)
        self.states = self.packing.initial()[None, :]
        self.total = 1
        self.expanded = 0
        self.transitions = 0
        self.levels = [0, 1]
        """Level k holds the states `levels[k]` to `levels[k + 1]`."""
        self.degrees: list[npt.NDArray[np.int32]] = []
        self.vectors: list[npt.NDArray[np.integer]] = []
        self.targets: list[npt.NDArray[np.int32]] = []
        self.turns: list[npt.NDArray[np.uint8]] = []
        self._table = np.empty((0, 0), np.int64)
        self._tables = [np.zeros(1 << 8, np.uint64) for _ in range(kernels.PARTITIONS)]
        self._filled = [0] * kernels.PARTITIONS
        self._new = [np.empty(0, np.uint64)] * kernels.PARTITIONS
        self._candidates = _Candidates(0, self.packing.layout.words)

    def run(self, bounds: Bounds, progress: Progress | None = None, each: Callable[[], None] = lambda: None) -> None:
        """Search on, to the end or to one of the limits; `stopped` says which. `each` is called after every batch.

        An interrupt leaves the search as it was before the batch that it fell into.
        """
        bounds = replace(bounds, max_states=min(bounds.max_states, LARGEST, max(self.total, installed() // WIDEST)))
        limits = Limits(bounds, progress, self.seconds)
        self.stopped = ""
        self._reserve(bounds.max_states)
        with ThreadPoolExecutor(max(1, self.threads - 1)) as pool:
            while self.expanded < self.total and not self.stopped:
                before = self.total
                try:
                    self._batch(pool)
                except BaseException:
                    self.total = before
                    self.transitions = sum(map(len, self.targets)) if self.keep else self.transitions
                    self._place_all()
                    raise
                self.stopped = limits.reached(self.total, self.expanded, self.depth)
                self.seconds = limits.seconds
                each()

    def saved(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """All that it takes to go on with this search later: plain values, and arrays by name."""
        groups = self.packing.groups
        header = {
            "symmetry": self.symmetry,
            "apart": sorted(self.apart),
            "bits": self.packing.layout.bits,
            "seconds": self.seconds,
            "levels": self.levels,
        }
        arrays: dict[str, npt.NDArray[Any]] = {f"group{g}": self.packing.members(g) for g in range(len(groups))}
        arrays |= {f"stands{g}": np.array([*group.stands.items()], np.int64).reshape(-1, 2) for g, group in enumerate(groups)}
        arrays["states"] = self.states[: self.total]
        for name in ("degrees", "vectors", "targets", "turns"):
            blocks = getattr(self, name)
            arrays[name] = np.concatenate(blocks) if blocks else np.empty(0, np.int32)
        return header, arrays

    @staticmethod
    def restored(network: Network, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> "Search":
        """The search that gave `saved`, on the same network with its charts' configurations numbered as they were."""
        search = Search(network, symmetry=header["symmetry"])
        search._begin(frozenset(header["apart"]))
        search.packing.restore(header["bits"], [arrays[f"group{g}"] for g in range(len(search.packing.groups))])
        for g, group in enumerate(search.packing.groups):
            group.stands = {int(n): int(one) for n, one in arrays[f"stands{g}"]}
        search.states, search.total = arrays["states"], len(arrays["states"])
        search.expanded, search.transitions = len(arrays["degrees"]), len(arrays["targets"])
        for name in ("degrees", "vectors", "targets", "turns"):
            setattr(search, name, [arrays[name]] if len(arrays[name]) else [])
        search.levels, search.seconds = list(header["levels"]), header["seconds"]
        while (full := np.ceil(search.total / len(search._tables) / FULL * 2)) > len(search._tables[0]):
            search._tables = [np.zeros(2 * len(table), np.uint64) for table in search._tables]
            assert full < 1 << 32
        search._candidates = _Candidates(0, search.packing.layout.words)
        return search

    def minimise(self, looks: Looks) -> None:
        """Begin anew, with one configuration for all of a group's that are the same, as far as the search knows them."""
        self.packing.complete()
        self.packing.relaid(self.states[:0])
        self.packing.let_stand(representatives(self.packing, looks))
        self._begin(self.apart, self)

    @property
    def reductions(self) -> tuple[str, ...]:
        """What the search leaves out."""
        turned = self.permutations is not None and len(self.permutations) > 1
        merged = any(group.stands for group in self.packing.groups)
        return ("symmetry",) * turned + ("minimisation",) * merged + ("confluence",) * bool(len(self.first))

    @property
    def depth(self) -> int:
        """The number of the last level in which there is a state."""
        return len(self.levels) - 2 + (self.total > self.levels[-1])

    @property
    def nbytes(self) -> int:
        """The bytes that the states and the tables of them take."""
        return self.total * 8 * self.packing.layout.words + sum(table.nbytes for table in self._tables)

    def _reserve(self, rows: int) -> None:
        """Room for that many states and what a batch adds to them. Memory that is never written costs nothing."""
        states = np.empty((rows + self.threads * BATCH * 256, self.packing.layout.words), np.int64)
        states[: self.total] = self.states[: self.total]
        self.states = states
        self._place_all()

    def _place_all(self) -> None:
        """Enter all states into the tables anew."""
        for p, table in enumerate(self._tables):
            table[:] = 0
            self._filled[p] = kernels.place_all(self.states, self.total, p, table)

    def _batch(self, pool: ThreadPoolExecutor) -> None:
        """Expand some states of the present level; or see to it that they can be next, with all that they need in the tables."""
        low = self.expanded
        high = min(low + BATCH * self.threads, self.levels[-1])
        threads = self.threads if high - low >= WORTH else 1
        cuts = [int(cut) for cut in np.linspace(low, high, threads + 1)]
        parts = self._expand(pool, cuts)
        if any(end < 0 for _, end in parts):
            self._work_out(low, high)
            return
        self._look_up(pool, threads, parts)
        self._keep(cuts, parts)
        self.expanded = high
        if high == self.levels[-1] and self.total > high:
            self.levels.append(self.total)

    def _work_out(self, low: int, high: int) -> None:
        """Make the rows that these states need and work out the steps, and a new layout of all states where groups have grown."""
        packing = self.packing
        known = packing.tables, packing.parties, packing.party
        places, steps = lacking(self.states, low, high, packing.layout, *known)
        if len(places):
            packing.work_out(places)
            _, steps = lacking(self.states, low, high, packing.layout, *known)
        packing.take(steps)
        if self.permutations:
            self.permutations.complete()
        room = len(self.states)
        if packing.blown_up:
            self._begin(self.apart | packing.blown_up)
            self._reserve(room)
        elif packing.crowded:
            self.states = packing.relaid(self.states[: self.total])
            self._candidates = _Candidates(0, packing.layout.words)
            self._reserve(room)

    def _expand(self, pool: ThreadPoolExecutor, cuts: list[int]) -> list[tuple[int, int]]:
        """Where the candidates of each part of the states are."""
        room = len(self.network.vectors) * BATCH
        if len(self._candidates.keys) < room * self.threads:
            self._candidates = _Candidates(room * self.threads, self.packing.layout.words)
        if self.permutations:
            self._table = self.permutations.table(self.packing.layout)
        parts = zip(cuts, cuts[1:], self._workers, range(0, room * self.threads, room), strict=False)
        ends = _shared_out(pool, self._expand_part, [*parts])
        return [(n * room, end) for n, end in enumerate(ends)]

    def _expand_part(self, low: int, high: int, worker: "_Worker", begin: int) -> int:
        at, tables, found = self.packing.layout, self.packing.tables, self._candidates
        places = (at.word, at.shift, at.mask, at.base)
        rows = (tables.row_of, tables.cells, tables.step, self.packing.parties, self.packing.party, self.first)
        end: int = kernels.expand(self.states, low, high, *places, *rows, found.keys, found.vectors, worker.degree, begin)
        if self.permutations and end > begin:
            kernels.canonical(found.keys, begin, end, *places, self._table, self.permutations.target, found.turn)
        worker.make_room(end - begin)
        kernels.spread(found.keys, begin, max(begin, end), worker.recent, worker.order, worker.count, found.target)
        return end

    def _look_up(self, pool: ThreadPoolExecutor, threads: int, parts: list[tuple[int, int]]) -> None:
        """Give every candidate its number, and every new state a place."""
        own = [range(n, kernels.PARTITIONS, threads) for n in range(threads)]
        _shared_out(pool, self._look_up_in, [(partitions, parts) for partitions in own])
        found = self._candidates
        for begin, end in parts:
            self.total = kernels.number_new(self.states, self.total, found.keys, begin, end, found.target)
        _shared_out(pool, self._settle_in, [(partitions,) for partitions in own])

    def _look_up_in(self, partitions: range, parts: list[tuple[int, int]]) -> None:
        found = self._candidates
        for p in partitions:
            workers = self._workers[: len(parts)]
            most = sum(int(worker.count[p]) for worker in workers)
            self._make_room(p, most)
            new, count = np.empty(most, np.uint64), 0
            for worker in workers:
                asked = worker.order[p], worker.count[p]
                count = kernels.look_up(self.states, self._tables[p], found.keys, *asked, found.target, new, count)
            self._new[p] = new[:count]
            self._filled[p] += count

    def _make_room(self, p: int, more: int) -> None:
        while self._filled[p] + more > FULL * len(self._tables[p]):
            bigger = np.zeros(2 * len(self._tables[p]), np.uint64)
            kernels.rehash(self._tables[p], bigger)
            self._tables[p] = bigger

    def _settle_in(self, partitions: range) -> None:
        for p in partitions:
            kernels.settle_new(self._tables[p], self._new[p], self._candidates.target)

    def _keep(self, cuts: list[int], parts: list[tuple[int, int]]) -> None:
        for low, high, (begin, end), worker in zip(cuts, cuts[1:], parts, self._workers, strict=False):
            self.transitions += end - begin
            if self.keep:
                self.degrees.append(worker.degree[: high - low].copy())
                self.vectors.append(self._candidates.vectors[begin:end].astype(self._label))
                self.targets.append(self._candidates.target[begin:end].copy())
                if self.permutations:
                    self.turns.append(self._candidates.turn[begin:end].copy())


def _shared_out(pool: ThreadPoolExecutor, work: Callable[..., _T], parts: Sequence[tuple[Any, ...]]) -> list[_T]:
    """What each part of some work comes to; one thread is this one, as it costs time to wake another."""
    others = [pool.submit(work, *part) for part in parts[1:]]
    try:
        own = work(*parts[0])
    finally:
        wait(others)
    return [own, *(other.result() for other in others)]


def lacking(
    states: Ints, low: int, high: int, at: Layout, tables: Tables, parties: npt.NDArray[np.uint64], party: Ints
) -> tuple[Ints, Ints]:
    """The places without a row that the states from `low` to `high` need; where there are none, their unknown steps.

    For each of these the place of its row, its vector, and where it is in `tables.step`.
    """
    places, steps = np.empty(at.places, np.int64), np.empty((tables.steps, 3), np.int64)
    fields = at.word, at.shift, at.mask, at.base, tables.row_of
    if found := kernels.unexpanded(states, low, high, *fields, places):
        return np.sort(places[:found]), steps[:0]
    found = kernels.unknown(states, low, high, *fields, tables.cells, tables.step, parties, party, steps)
    return places[:0], steps[:found]


class _Worker:
    """What one thread expands with."""

    def __init__(self, room: int) -> None:
        self.degree = np.empty(room, np.int32)
        self.count = np.zeros(kernels.PARTITIONS, np.int64)
        self.order = np.empty((kernels.PARTITIONS, 0), np.uint64)
        self.recent = np.zeros(kernels.RECENT, np.uint64)

    def make_room(self, candidates: int) -> None:
        """So many candidates may be all of one partition; and behind them one more is written, to no effect."""
        if candidates >= self.order.shape[1]:
            self.order = np.empty((kernels.PARTITIONS, 2 * candidates + 1), np.uint64)


class _Candidates:
    """What the threads find in one batch."""

    def __init__(self, room: int, words: int) -> None:
        self.keys = np.empty((room, words), np.int64)
        self.vectors = np.empty(room, np.int32)
        self.turn = np.empty(room, np.uint8)
        self.target = np.empty(room, np.int32)
