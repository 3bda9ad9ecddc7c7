"""Global states as words: a field of bits for each group of a network, and the tables of what each group offers.

In: the groups (check/merged.py). Out: arrays that compiled loops run on (check/kernels.py), kept up while groups grow: a row is
made when a state first needs it, a step is worked out when it first fires, and a field that has become too narrow makes a new
layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pcstate.check.merged import SHARED, Group, Masks
from pcstate.model.network import GlobalState, Network

__all__ = ["KNOWN", "STEPS", "UNKNOWN", "Fields", "Layout", "Packing", "Rows", "Tables"]

WORD = 63
"""Bits of a word that are used: the sign stays clear."""
MERGED, MERGED_SHARED = 1 << 21, 1 << 12
"""The most configurations that a merged connection or caller may have, and the most that what they share may have."""

Ints = npt.NDArray[np.int64]


class Fields(NamedTuple):
    """Where each group's configuration is in a state, and where its configurations begin among all."""

    word: Ints
    shift: Ints
    mask: Ints
    base: Ints


@dataclass(frozen=True, slots=True)
class Layout:
    """Fields of so many bits each, in so many words."""

    bits: tuple[int, ...]
    at: Fields
    words: int

    @staticmethod
    def of(bits: Sequence[int]) -> "Layout":
        """Fields of that many bits, side by side, none across two words."""
        word, shift, used, words = [], [], 0, 1
        for width in bits:
            if used + width > WORD:
                words, used = words + 1, 0
            word.append(words - 1)
            shift.append(used)
            used += width
        base = np.concatenate(([0], np.cumsum([1 << width for width in bits])))
        masks = [(1 << width) - 1 for width in bits]
        at = Fields(np.array(word), np.array(shift), np.array(masks), base[:-1].astype(np.int64))
        return Layout(tuple(bits), at, words)

    @property
    def places(self) -> int:
        """How many configurations there is room for."""
        return sum(1 << width for width in self.bits)

    def fields(self, states: Ints, group: int) -> Ints:
        """The configuration of one group in each of the states."""
        found: Ints = (states[:, self.at.word[group]] >> self.at.shift[group]) & self.at.mask[group]
        return found


KNOWN, STEPS = range(2)
"""What a cell of the tables holds."""

UNKNOWN = -(1 << 31)
"""What a step is that was not worked out yet."""


class Rows(NamedTuple):
    """What each group does in each of its configurations, a row each; `row_of[base[g] + local]` is the row's number or -1.

    Vectors that one group alone has a part in are its own: a row lists those that it can take. For all others, the joint ones, it
    has bits, 64 to a word. One is set in `allowed` where the group does not stand in the way of that vector: it offers it, or is
    not needed for it. So the joint vectors of a state are the conjunction of its rows. A step is by how much the number of the
    configuration grows; of the joint ones, only those that were worked out are there.
    """

    row_of: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    """Where what each row can take of its own begins, and behind the last row the place that is free."""
    own: npt.NDArray[np.int32]
    """Vectors that are a group's own."""
    own_by: npt.NDArray[np.int32]
    """The step that each of them is, or UNKNOWN."""
    allowed: npt.NDArray[np.uint64]
    cells: npt.NDArray[np.uint64]
    """By row and word: the vectors whose step is KNOWN; at STEPS their steps begin, by vector."""
    by: npt.NDArray[np.int32]
    parties: npt.NDArray[np.uint64]
    """The groups that have a part in joint vector v are `party[parties[v] : parties[v + 1]]`."""
    party: Ints
    name: npt.NDArray[np.int32]
    """The number in the network of each vector, the joint ones first."""


@dataclass(slots=True)
class Tables:
    """The rows that there are so far, in arrays that have room for more."""

    arrays: Rows
    joint: Ints
    """The joint vectors' numbers in the network; a joint vector is known by its place here."""
    own: list[Ints]
    """By group."""
    rows: int = 0
    steps: int = 0
    """How much of `by` is taken."""

    @staticmethod
    def of(places: int, parties: Sequence[Sequence[int]], groups: int) -> "Tables":
        """Tables without rows; `parties` has the groups of each vector."""
        joint = np.array([v for v, having in enumerate(parties) if len(having) != 1], np.int64)
        own = [np.array([v for v, having in enumerate(parties) if [*having] == [g]], np.int64) for g in range(groups)]
        ends = np.cumsum([0, *(len(parties[v]) for v in joint)]).astype(np.uint64)
        room, words = 1 << 10, max(1, -(-len(joint) // 64))
        arrays = Rows(
            row_of=np.full(places, -1, np.int32), first=np.zeros(room + 1, np.int32), own=np.zeros(room, np.int32),
            own_by=np.zeros(room, np.int32), allowed=np.zeros((room, words), np.uint64),
            cells=np.zeros((room, words, 2), np.uint64), by=np.zeros(room, np.int32), parties=ends,
            party=np.array([g for v in joint for g in parties[v]], np.int64), name=np.concatenate((joint, *own), dtype=np.int32),
        )  # fmt: skip
        return Tables(arrays, joint, own)

    def known(self) -> Rows:
        """The rows that there are, without the room for more."""
        rows, own = slice(self.rows), slice(self.arrays.first[self.rows])
        known = self.arrays._replace(allowed=self.arrays.allowed[rows], cells=self.arrays.cells[rows])
        known = known._replace(own=known.own[own], own_by=known.own_by[own])
        return known._replace(first=known.first[: self.rows + 1], by=known.by[: self.steps])

    def add(self, g: int, places: Ints, allowed: Masks) -> None:
        """New rows of a group, none of whose steps is known."""
        may = _bits(allowed)
        place, column = np.nonzero(may[:, self.own[g]])
        high, begin = self.rows + len(places), int(self.arrays.first[self.rows])
        end = begin + len(place)
        self._room(rows=high, own=end)
        to, rows = self.arrays, slice(self.rows, high)
        to.own[begin:end], to.own_by[begin:end] = self.own[g][column], UNKNOWN
        to.first[self.rows + 1 : high + 1] = begin + np.searchsorted(place, np.arange(len(places)), side="right")
        to.allowed[rows] = _words(may[:, self.joint])
        to.row_of[places] = np.arange(self.rows, high)
        self.rows = high

    def learn(self, rows: Ints, vectors: Ints, by: Ints) -> None:
        """Steps of these rows with these joint vectors. Each row's steps are written anew, behind all others."""
        rows, place = np.unique(rows, return_inverse=True)
        known, old, slots = self.learnt(rows)
        place, vectors = np.concatenate((known, place)), np.concatenate((old, vectors))
        by, order = np.concatenate((self.arrays.by[slots], by)), np.lexsort((vectors, place))
        self._room(steps=self.steps + len(by))
        cells = self.arrays.cells
        self.arrays.by[self.steps : self.steps + len(by)] = by[order]
        bits = np.zeros((len(rows), 64 * cells.shape[1]), np.uint8)
        bits[place, vectors] = 1
        cells[rows, :, KNOWN] = masks = _words(bits)
        counts = np.bitwise_count(masks).astype(np.int64).ravel()
        cells[rows, :, STEPS] = (self.steps + counts.cumsum() - counts).reshape(masks.shape)
        self.steps += len(by)

    def learnt(self, rows: npt.NDArray[np.integer]) -> tuple[Ints, Ints, Ints]:
        """The joint steps of these rows: for each the place in `rows` of its row, the vector, and its place in `by`."""
        place, vector = np.nonzero(_bits(self.arrays.cells[rows, :, KNOWN]))
        begins = np.searchsorted(place, np.arange(len(rows)))
        return place, vector, self.arrays.cells[rows, 0, STEPS].astype(np.int64)[place] + np.arange(len(place)) - begins[place]

    def owned(self, rows: npt.NDArray[np.integer]) -> tuple[Ints, Ints]:
        """What these rows can take of their own: for each the place in `rows` of its row, and its place in `own`."""
        begins = self.arrays.first[rows].astype(np.int64)
        counts = self.arrays.first[rows + 1] - begins
        place = np.repeat(np.arange(len(rows)), counts)
        return place, np.arange(len(place)) + (begins - counts.cumsum() + counts)[place]

    def _room(self, rows: int = 0, own: int = 0, steps: int = 0) -> None:
        grown = self.arrays
        while rows > len(grown.allowed):
            bigger = {"allowed": _doubled(grown.allowed), "cells": _doubled(grown.cells), "first": _doubled(grown.first)[:-1]}
            grown = grown._replace(**bigger)
        while own > len(grown.own):
            grown = grown._replace(own=_doubled(grown.own), own_by=_doubled(grown.own_by))
        while steps > len(grown.by):
            grown = grown._replace(by=_doubled(grown.by))
        self.arrays = grown


def _doubled(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate((array, np.zeros_like(array)))


def _bits(words: Masks) -> npt.NDArray[np.uint8]:
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little")


def _words(bits: npt.NDArray[np.uint8]) -> Masks:
    """Rows of bits, 64 to a word; one word at least."""
    padded = np.zeros((len(bits), 64 * max(1, -(-bits.shape[1] // 64))), np.uint8)
    padded[:, : bits.shape[1]] = bits
    return np.packbits(padded, axis=1, bitorder="little").view(np.uint64)


@dataclass(slots=True)
class Packing:
    """A network as its groups, a layout for their configurations, and the tables of what they do."""

    network: Network
    groups: list[Group]
    layout: Layout = field(init=False)
    tables: Tables = field(init=False)
    _met: list[int] = field(init=False)
    """How many rows each group has."""

    def __post_init__(self) -> None:
        self.layout = Layout.of([_width(group) for group in self.groups])
        self._met = [0] * len(self.groups)
        self._clear()

    def _clear(self) -> None:
        vectors = range(len(self.network.vectors))
        parties = [[g for g, group in enumerate(self.groups) if v in group.vectors] for v in vectors]
        self.tables = Tables.of(self.layout.places, parties, len(self.groups))

    def restore(self, bits: Sequence[int], members: Sequence[npt.NDArray[np.int32]]) -> None:
        """Number the groups' configurations as they were: `members[g]` is what `members(g)` gave, `bits` are the layout's."""
        for group, rows in zip(self.groups, members, strict=True):
            for row in rows.tolist():
                group.number(tuple(row))
        self.layout = Layout.of(bits)
        self._clear()

    def let_stand(self, representatives: Sequence[Ints]) -> None:
        """From now on, one configuration for each class of those that are the same, the first. All steps must be known."""
        for g, (group, first) in enumerate(zip(self.groups, representatives, strict=True)):
            group.stands = {n: one for n, one in enumerate(first.tolist()) if n != one}
            local, rows = self._worked_out(g)
            arrays, (place, own), (of, _, slots) = self.tables.arrays, self.tables.owned(rows), self.tables.learnt(rows)
            arrays.own_by[own] = first[local[place] + arrays.own_by[own]] - local[place]
            arrays.by[slots] = first[local[of] + arrays.by[slots]] - local[of]

    def words(self, state: GlobalState) -> tuple[int, ...]:
        """A global state as words."""
        found = [0] * self.layout.words
        for g, group in enumerate(self.groups):
            local = group.number(tuple(state[c] for c in group.members))
            found[self.layout.at.word[g]] |= local << int(self.layout.at.shift[g])
        return tuple(found)

    def initial(self) -> Ints:
        """The initial state, as words."""
        return np.zeros(self.layout.words, np.int64)

    def work_out(self, places: Ints) -> None:
        """Make the rows of these places."""
        owner = self._owner(places)
        for g in np.unique(owner).tolist():
            own = places[owner == g]
            self.tables.add(g, own, self.groups[g].offers((own - self.layout.at.base[g]).tolist()))
            self._met[g] += len(own)

    def take(self, steps: Ints) -> None:
        """Work out these steps: for each the place of its row, its vector, and its place in `own_by`, or -1 for a joint one's."""
        owner = self._owner(steps[:, 0])
        by, joint = np.empty(len(steps), np.int64), steps[:, 2] < 0
        for g in np.unique(owner).tolist():
            place, vector, _ = steps[owner == g].T
            local, target = place - self.layout.at.base[g], self.groups[g].target
            by[owner == g] = list(map(target, local.tolist(), vector.tolist())) - local
        self.tables.arrays.own_by[steps[~joint, 2]] = by[~joint]
        if joint.any():
            rows, vectors = self.tables.arrays.row_of[steps[joint, 0]], np.searchsorted(self.tables.joint, steps[joint, 1])
            self.tables.learn(rows, vectors, by[joint])

    def complete(self) -> None:
        """Work out all steps of all rows."""
        for g, base in enumerate(self.layout.at.base):
            local, rows = self._worked_out(g)
            tables, with_it = self.tables, [v in self.groups[g].vectors for v in self.tables.joint.tolist()]
            place, slot = tables.owned(rows)
            own = np.stack((base + local[place], tables.arrays.own[slot], slot), axis=1)
            self.take(own[tables.arrays.own_by[slot] == UNKNOWN])
            lacks = _bits(tables.arrays.allowed[rows] & ~tables.arrays.cells[rows, :, KNOWN])[:, : len(tables.joint)]
            place, vector = np.nonzero(lacks & np.array(with_it, np.uint8))
            self.take(np.stack((base + local[place], tables.joint[vector], np.full(len(place), -1)), axis=1))

    def _owner(self, places: Ints) -> Ints:
        """The group that each place belongs to."""
        found: Ints = np.searchsorted(self.layout.at.base, places, side="right") - 1
        return found

    def _worked_out(self, g: int) -> tuple[Ints, npt.NDArray[np.int32]]:
        """The configurations of a group that have rows, and these."""
        base = int(self.layout.at.base[g])
        rows = self.tables.arrays.row_of[base : base + (1 << self.layout.bits[g])]
        local = np.flatnonzero(rows >= 0)
        return local, rows[local]

    @property
    def crowded(self) -> bool:
        """Whether a group has more configurations than its field can tell apart."""
        return any(len(group.configurations) > 1 << width for group, width in zip(self.groups, self.layout.bits, strict=True))

    @property
    def blown_up(self) -> frozenset[str]:
        """The groups that meet more configurations than merging is worth: their members have too little to do with each other."""
        found = zip(self.groups, self._met, strict=True)
        limits = {group.name: MERGED_SHARED if group.name == SHARED else MERGED for group in self.groups}
        return frozenset(group.name for group, met in found if len(group.members) > 1 and met > limits[group.name])

    def relaid(self, states: Ints) -> Ints:
        """Give every group the room that it needs by now; the states in the new layout."""
        old, known = self.layout, self.tables.arrays
        self.layout = new = Layout.of([max(_width(group), width) for group, width in zip(self.groups, old.bits, strict=True)])
        packed = np.zeros((len(states), new.words), np.int64)
        row_of = np.full(new.places, -1, np.int32)
        for g, width in enumerate(old.bits):
            packed[:, new.at.word[g]] |= old.fields(states, g) << new.at.shift[g]
            row_of[new.at.base[g] : new.at.base[g] + (1 << width)] = known.row_of[old.at.base[g] : old.at.base[g] + (1 << width)]
        self.tables.arrays = known._replace(row_of=row_of)
        return packed

    def state(self, words: Ints) -> GlobalState:
        """The global state behind the words."""
        found = [0] * len(self.network.components)
        for g, group in enumerate(self.groups):
            local = int(self.layout.fields(words[None, :], g)[0])
            for component, own in zip(group.members, group.configurations[local], strict=True):
                found[component] = own
        return tuple(found)

    def members(self, g: int) -> npt.NDArray[np.int32]:
        """The configurations of a group, one row each, one column a member."""
        return np.array(self.groups[g].configurations, dtype=np.int32).reshape(-1, len(self.groups[g].members))


def _width(group: Group) -> int:
    """Bits for a group's configurations, with room for twice as many."""
    return max(2, (2 * len(group.configurations) - 1).bit_length())
