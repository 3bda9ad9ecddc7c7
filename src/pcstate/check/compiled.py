"""The compiled search: the same states, in the same order, as check/explore.py, on packed words and numba's loops.

Theory of operation: breadth first, a batch of states at a time. The threads expand parts of the batch; look up the candidates of
partitions of the states, by hash; and number the new ones in the order in which they were found, so that neither threads nor
batches show in the result (check/batch_kernels.py). A table holds numbers and 32 bits of hash, the states are compared in full:
the search is exact. No parent is kept: the first transition into a state is the one that it was found by.
"""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from pcstate.check import batch_kernels as at
from pcstate.check import kernels
from pcstate.check.expand_kernels import unexpanded, unknown
from pcstate.check.limits import Limits, Progress, installed
from pcstate.check.merged import merge
from pcstate.check.minimise import Looks, representatives
from pcstate.check.packing import Layout, Packing, Rows
from pcstate.check.permutations import Permutations
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds

__all__ = ["Search", "lacking"]

PARTS, PART = 8, 1 << 12
"""A batch has so many parts, of so many states."""
WORTH = 1 << 13
"""A level of so many states is worth waking a second thread for."""
ASKED = 1 << 16
"""So many steps are worked out at a time, and those that one state needs more."""
AT_ONCE = 16
"""Batches between two looks at the limits, where transitions are not kept."""

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
        self._tables = [np.zeros(1 << 12, np.uint64) for _ in range(kernels.PARTITIONS)]
        self._work = _batch(self.threads, len(self.network.vectors), self.packing.layout.words)

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
                before = self.total, self.expanded, self.transitions, self.levels[:]
                try:
                    self._search_on(pool, bounds.max_states)
                except BaseException:
                    self.total, self.expanded, self.transitions, self.levels = before
                    self._work.register[at.STAGE] = 0
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
        while (full := np.ceil(search.total / len(search._tables) / at.FULL_AT * 2)) > len(search._tables[0]):
            search._tables = [np.zeros(2 * len(table), np.uint64) for table in search._tables]
            assert full < 1 << 32
        search._work = _batch(search.threads, len(network.vectors), search.packing.layout.words)
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
        states = np.empty((rows + PARTS * PART * 256, self.packing.layout.words), np.int64)
        states[: self.total] = self.states[: self.total]
        self.states = states
        self._place_all()

    def _place_all(self) -> None:
        """Enter all states into the tables anew."""
        for p, table in enumerate(self._tables):
            table[:] = 0
            self._work.filled[p] = kernels.place_all(self.states, self.total, p, table)

    def _search_on(self, pool: ThreadPoolExecutor, most: int) -> None:
        """Some batches; one where transitions are kept. Or see to it that there can be one."""
        work, end = self._work, self.levels[-1]
        threads = self.threads if end - self.expanded >= WORTH else 1
        known = {at.TOTAL: self.total, at.EXPANDED: self.expanded, at.TRANSITIONS: self.transitions, at.LEVEL_END: end}
        limits = {at.LEFT: 1 if self.keep else AT_ONCE, at.MOST: most, at.WIDER: WORTH if threads < self.threads else sys.maxsize}
        others = {at.ARRIVED: 0, at.TAKEN: 0, at.STOPPED: 0, at.LEVELS: 0, at.KEEPS: self.keep}
        for register, value in (known | limits | others).items():
            work.register[register] = value
        images, target = np.empty((0, 0), np.int64), np.empty((0, 0), np.int64)
        if self.permutations:
            images, target = self.permutations.table(self.packing.layout), self.permutations.target
        tables = self.states, tuple(self._tables), self.packing.layout.at, self.packing.tables.arrays, self.first
        parts = [(me, threads, *tables, images, target, work) for me in range(threads)]
        why: int = _shared_out(pool, work, at.search_on, parts)
        low, self.expanded, self.total = self.expanded, int(work.register[at.EXPANDED]), int(work.register[at.TOTAL])
        self.levels += work.levels[: work.register[at.LEVELS]].tolist()
        if self.keep and self.expanded > low:
            self._keep(low)
        self.transitions = int(work.register[at.TRANSITIONS])
        match why:
            case at.LACKS:
                self._work_out(self.expanded, min(self.expanded + PARTS * PART, self.levels[-1]))
            case at.CROWDED:
                self._work = _roomier(work)
            case at.FULL:
                self._make_room(pool, work.filled + work.count[: work.register[at.PARTS]].sum(axis=0))

    def _make_room(self, pool: ThreadPoolExecutor, needed: Ints) -> None:
        """Room in the tables for as many entries each."""

        def grow(tables: range) -> None:
            for p in tables:
                while needed[p] > at.FULL_AT * len(self._tables[p]):
                    bigger = np.zeros(2 * len(self._tables[p]), np.uint64)
                    kernels.rehash(self._tables[p], bigger)
                    self._tables[p] = bigger

        _shared_out(pool, self._work, grow, [(range(n, len(needed), self.threads),) for n in range(self.threads)])

    def _work_out(self, low: int, high: int) -> None:
        """Make the rows that these states need and work out the steps, and a new layout of all states where groups have grown."""
        packing = self.packing
        places, steps = lacking(self.states, low, high, packing.layout, packing.tables.arrays)
        if len(places):
            packing.work_out(places)
            _, steps = lacking(self.states, low, high, packing.layout, packing.tables.arrays)
        packing.take(steps)
        if self.permutations:
            self.permutations.complete()
        room = len(self.states)
        if packing.blown_up:
            self._begin(self.apart | packing.blown_up)
            self._reserve(room)
        elif packing.crowded:
            self.states = packing.relaid(self.states[: self.total])
            if packing.layout.words > self._work.keys.shape[1]:
                self._work = _batch(self.threads, len(self.network.vectors), packing.layout.words)
            self._reserve(room)

    def _keep(self, low: int) -> None:
        """Keep the transitions of the batch that began with this state."""
        work, parts = self._work, int(self._work.register[at.PARTS])
        room, cuts = len(work.keys) // len(work.ends), [low + (self.expanded - low) * k // parts for k in range(parts + 1)]
        for k, (first, last) in enumerate(pairwise(cuts)):
            own = slice(k * room, int(work.ends[k]))
            self.degrees.append(work.degree[k, : last - first].copy())
            self.vectors.append(work.vectors[own].astype(self._label))
            self.targets.append(work.target[own].copy())
            if self.permutations:
                self.turns.append(work.turn[own].copy())


def _shared_out(pool: ThreadPoolExecutor, batch: at.Batch, work: Callable[..., _T], parts: Sequence[tuple[Any, ...]]) -> _T:
    """Do all parts of some work; what the first comes to, which is done by this thread, as it costs time to wake another."""
    others = []
    try:
        for part in parts[1:]:
            others.append(pool.submit(work, *part))
        return work(*parts[0])
    except BaseException:
        batch.register[at.STOPPED] = 1  # where they wait for this one they need not
        raise
    finally:
        wait(others)


def lacking(states: Ints, low: int, high: int, layout: Layout, rows: Rows) -> tuple[Ints, Ints]:
    """The places without a row that the states from `low` to `high` need; where there are none, unknown steps that they need.

    For each of these the place of its row, its vector, and its place in `own_by`, or -1 for a joint one's.
    """
    places, steps = np.empty(layout.places, np.int64), np.empty((ASKED + len(rows.party) + len(rows.name), 3), np.int64)
    if found := unexpanded(states, low, high, layout.at, rows.row_of, places):
        return np.sort(places[:found]), steps[:0]
    found = unknown(states, low, high, layout.at, rows, steps)
    return places[:0], steps[:found]


def _batch(threads: int, vectors: int, words: int) -> at.Batch:
    """Room for what is found in one batch. Memory that is never written costs nothing."""
    room, tables = PARTS * PART * vectors, kernels.PARTITIONS
    return at.Batch(
        register=np.zeros(at.REGISTERS, np.int64), levels=np.zeros(64, np.int64), keys=np.empty((room, words), np.int64),
        vectors=np.empty(room, np.int32), turn=np.empty(room, np.uint8), target=np.empty(room, np.int32),
        ends=np.zeros(PARTS, np.int64), degree=np.zeros((PARTS, PART), np.int32),
        recent=np.zeros((threads, kernels.RECENT), np.uint64), order=np.empty((PARTS, tables, 1), np.uint64),
        count=np.zeros((PARTS, tables), np.int64), new=np.empty((tables, 1), np.uint64), news=np.zeros(tables, np.int64),
        fresh=np.zeros((tables, PARTS), np.int64), filled=np.zeros(tables, np.int64),
    )  # fmt: skip


def _roomier(work: at.Batch) -> at.Batch:
    """With twice the room in `order` that the last parts need: all that one found may be of one partition, and behind that one
    more is written, to no effect."""
    parts, tables = work.count.shape
    begins = np.arange(parts) * (len(work.keys) // parts)
    most = 2 * int((work.ends - begins)[: work.register[at.PARTS]].max()) + 1
    return work._replace(order=np.empty((parts, tables, most), np.uint64), new=np.empty((tables, parts * most), np.uint64))
