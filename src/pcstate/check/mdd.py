"""Sets of states as multi-valued decision diagrams, and what events make of them.

A state has a value at each level, from 1 at the bottom up; an event has, for each level that it touches, where each value leads,
or -1 where it cannot be taken. A set is a number. All of it is compiled (`mdd_kernels`, `mdd_query_kernels`).

Theory of operation: saturation (Ciardo, Luettgen, Siminiceanu 2001). Events that touch only what is low are taken there for good
before anything is built on top, so that most of a network's steps are taken once for all states that share what is below, and
hardly a node is made that the result does not have. What is reached takes as many nodes as the components know little of each
other, often a few thousand for a hundred million states. Cost: with the nodes, not with the states.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import numpy.typing as npt

from pcstate.check import mdd_kernels as kernels
from pcstate.check import mdd_query_kernels as queries
from pcstate.check.limits import installed

__all__ = ["Diagrams", "Stopped"]

Ints = npt.NDArray[np.int32]

POLL = 0.1
"""Seconds between two looks at the limits."""
LARGEST = 1 << 24
"""Nodes that there is room for, if that is no more than half of the memory: they take none before they are used."""
BYTES = 60
"""What a node takes with its edges and its place in the tables, without a word for 64 chains."""
STACK = 1 << 26
"""Bytes for the calls of a thread: one for each level, and some."""


class Stopped(Exception):
    """A limit was reached, which it names; nothing can be asked of these sets any more."""


class Diagrams:
    """The sets of one system: `sizes[l - 1]` values at level l, and its events. `reached` says which limit is, told
    how many nodes there are."""

    def __init__(self, sizes: Sequence[int], events: Sequence[Mapping[int, Ints]], reached: Callable[[int], str]) -> None:
        self.sizes = np.array([0, *sizes])
        self.reached = reached
        self._stopped = ""
        self._projections = 0
        tables = _Tables(self.sizes, events)
        self.events = tables.events
        words, last = (len(tables.links) + 63) // 64, len(sizes)
        room = LARGEST
        while room * (8 * words + BYTES) > installed() // 2:
            room //= 2
        self.store = kernels.Store(
            nodes=np.zeros((room, 3), np.int32), edges=np.zeros((4 * room, 2), np.int32),
            able=np.zeros((room, words), np.uint64), unique=np.zeros(2 * room, np.int32),
            cache=np.zeros((room // 2, 2), np.int64), counts=np.zeros(3, np.int64),
            work=np.zeros((last + 1, kernels.WORK, int(self.sizes.max()) + 1), np.int32), sizes=self.sizes,
            links=tables.links, of_level=tables.of_level, rows=tables.rows, first=tables.first, begins=tables.begins,
            taken=tables.taken,
        )  # fmt: skip
        self.store.counts[kernels.NODES] = 2

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return int(self.store.counts[kernels.NODES])

    @property
    def nbytes(self) -> int:
        """The bytes of the nodes, their edges and what can be taken from them; the caches are of one size."""
        nodes, edges, _ = self.store.counts.tolist()
        return int(nodes * (self.store.nodes[0].nbytes + self.store.able[0].nbytes) + edges * self.store.edges[0].nbytes)

    def _ask(self, kernel: Callable[..., Any], *arguments: Any) -> Any:
        """What a kernel says of the store. Raises: Stopped."""
        found = kernel(self.store, *arguments)
        if self.store.counts[kernels.STOPPED]:  # and what the cache says may be half
            raise Stopped(self._stopped or f"limit of {len(self.store.nodes):,} nodes")
        return found

    def _watch(self, kernel: Callable[..., Any], *arguments: Any) -> Any:
        """The same of one that may take long. Raises: Stopped."""
        stack = threading.stack_size(STACK)
        try:
            with ThreadPoolExecutor(1) as pool:
                asked = pool.submit(self._ask, kernel, *arguments)
                try:
                    while not wait([asked], POLL).done:
                        self._stopped = self.reached(self.nodes)
                        if self._stopped:
                            raise Stopped(self._stopped)
                except BaseException:
                    self.store.counts[kernels.STOPPED] = 1
                    raise
                return asked.result()
        finally:
            threading.stack_size(stack)

    def saturated(self, state: Sequence[int]) -> int:
        """All that is reached from a state, whose values are given by level. Raises: Stopped."""
        return int(self._watch(kernels.saturate, np.array([0, *state])))

    def only(self, state: Sequence[int]) -> int:
        """The set of one state, by level from 1."""
        node = 1
        for level, value in enumerate(state, 1):
            node = int(self._ask(kernels.node, level, np.array([value], np.int32), np.array([node], np.int32)))
        return node

    def image(self, node: int) -> int:
        """All that one event leads to. Raises: Stopped."""
        return int(self._watch(kernels.image, node))

    def merge(self, one: int, other: int) -> int:
        """What is in either set."""
        return int(self._ask(kernels.merge, one, other))

    def restrict(self, one: int, other: int) -> int:
        """What is in both sets."""
        return int(self._ask(queries.restrict, one, other))

    def minus(self, one: int, other: int) -> int:
        """What is in the one and not in the other."""
        return int(self._ask(queries.minus, one, other))

    def unable(self, node: int, events: Sequence[int]) -> int:
        """The states of the set that can take none of the events."""
        for number in events:
            if node:
                node = int(self._ask(queries.unable, self.events[number], number, node))
        return node

    def those_of(self, node: int, levels: Sequence[int], wanted: Callable[[tuple[int, ...]], bool]) -> int:
        """The states of the set whose values at `levels`, the highest first, are `wanted`: asked once of all that there are."""
        if not node or not levels:
            return node if node and wanted(()) else 0
        asked = np.zeros(len(self.sizes), np.bool_)
        asked[list(levels)] = True
        self._projections += 1
        projected = int(self._ask(queries.project, node, asked, min(levels), self._projections))
        return self.restrict(node, self._chosen(projected, asked, (), wanted))

    def _chosen(
        self, node: int, asked: npt.NDArray[np.bool_], above: tuple[int, ...], wanted: Callable[[tuple[int, ...]], bool]
    ) -> int:
        """A projected set without what is not wanted; `above` are the values at higher levels that were asked."""
        if node == 1:
            return int(wanted(above))
        level = int(self.store.nodes[node, 0])
        kept = [
            (value, left)
            for value, below in self._edges(node)
            if (left := self._chosen(below, asked, (*above, value) if asked[level] else above, wanted))
        ]
        if not kept:
            return 0
        values, below = np.array(kept, np.int32).T
        return int(self._ask(kernels.node, level, values, below))

    def _edges(self, node: int) -> Iterator[tuple[int, int]]:
        _, begin, size = self.store.nodes[node].tolist()
        yield from map(tuple, self.store.edges[begin : begin + size].tolist())

    def has(self, node: int, state: Sequence[int]) -> bool:
        """Whether a state, by level from 1, is in the set."""
        while node > 1:
            node = next((below for value, below in self._edges(node) if value == state[int(self.store.nodes[node, 0]) - 1]), 0)
        return node == 1

    def any_of(self, node: int) -> tuple[int, ...]:
        """One of the states of a set that is not empty."""
        state = []
        while node > 1:
            value, node = next(self._edges(node))
            state.append(value)
        return tuple(reversed(state))

    def count(self, node: int) -> tuple[int, int]:
        """How many states the set has, and how many events can be taken from them; beyond 2 ** 53 to 16 digits."""
        live, states, ways = self._ask(queries.below, node)
        some = np.zeros(node + 1)
        steps = sum(self._ask(queries.enabled, event, live, ways, some) for event in self.events)
        return int(states[node]), int(steps)


class _Tables:
    """The events as the kernels need them: chains that share their ends, and for each value what can be taken from there."""

    def __init__(self, sizes: npt.NDArray[np.int64], events: Sequence[Mapping[int, Ints]]) -> None:
        rows: list[np.int32] = []
        row_of: dict[bytes, int] = {}
        ends: dict[tuple[int, int, int], int] = {}
        chains = [(0, 0, 0)]

        def row(leads: Ints) -> int:
            """Where the row begins; the value beyond all leads nowhere."""
            leads = np.append(leads, -1).astype(np.int32)
            begin = row_of.setdefault(leads.tobytes(), len(rows))
            if begin == len(rows):
                rows.extend(leads)
            return begin

        found = []
        for event in events:
            links = [(level, row(event[level])) for level in sorted(event)]
            rest = 0
            for level, begin in links[:-1]:
                chain = (level, begin, rest)
                if chain not in ends:
                    ends[chain] = len(chains)
                    chains.append(chain)
                rest = ends[chain]
            found.append((*links[-1], rest))
        order = sorted(range(len(chains)), key=lambda chain: chains[chain][0])
        new = {old: number for number, old in enumerate(order)}
        self.links = np.array([(level, begin, new[rest]) for level, begin, rest in (chains[old] for old in order)], np.int32)
        self.events = np.array([(level, begin, new[rest]) for level, begin, rest in found], np.int64).reshape(-1, 3)
        self.rows = np.array(rows, np.int32)
        self.of_level = np.searchsorted(self.links[:, 0], np.arange(len(sizes) + 1))
        self.first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        taken, begins = [], [0]
        for level in range(1, len(sizes)):
            starts = np.unique(self.events[self.events[:, 0] == level][:, 1:], axis=0)
            for value in range(sizes[level]):
                leads = [(int(rest), int(self.rows[begin + value])) for begin, rest in starts]
                taken += [(rest, to) for rest, to in leads if to >= 0 and (rest or to != value)]
                begins.append(len(taken))
        self.begins, self.taken = np.array(begins), np.array(taken, np.int32).reshape(-1, 2)
