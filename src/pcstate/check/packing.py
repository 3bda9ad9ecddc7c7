"""Global states as words: a field of bits for each group of a network, and the tables of what each group offers.

In: the groups (check/merged.py). Out: arrays that compiled loops run on (check/kernels.py), kept up while groups grow: a row is
made when a state first needs it, a step is worked out when it first fires, and a field that has become too narrow makes a new
layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pcstate.check.merged import SHARED, Group, Masks, mask
from pcstate.model.network import GlobalState, Network

__all__ = ["ALLOWED", "MOVED", "STEPS", "UNKNOWN", "Layout", "Packing", "Tables"]

WORD = 63
"""Bits of a word that are used: the sign stays clear."""
MERGED, MERGED_SHARED = 1 << 21, 1 << 12
"""The most configurations that a merged connection or caller may have, and the most that what they share may have."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each group's configuration is in a state, and where its configurations begin among all."""

    bits: tuple[int, ...]
    word: Ints
    shift: Ints
    mask: Ints
    base: Ints
    words: int

    @staticmethod
    def of(bits: Sequence[int]) -> "Layout":
        """Fields of that many bits, side by side, none across two words."""
        word, shift, at, words = [], [], 0, 1
        for width in bits:
            if at + width > WORD:
                words, at = words + 1, 0
            word.append(words - 1)
            shift.append(at)
            at += width
        base = np.concatenate(([0], np.cumsum([1 << width for width in bits])))
        masks = [(1 << width) - 1 for width in bits]
        return Layout(tuple(bits), np.array(word), np.array(shift), np.array(masks), base[:-1].astype(np.int64), words)

    @property
    def places(self) -> int:
        """How many configurations there is room for."""
        return sum(1 << width for width in self.bits)

    def fields(self, states: Ints, group: int) -> Ints:
        """The configuration of one group in each of the states."""
        found: Ints = (states[:, self.word[group]] >> self.shift[group]) & self.mask[group]
        return found


ALLOWED, MOVED, STEPS = range(3)
"""What a cell of the tables holds."""

UNKNOWN = -(1 << 31)
"""What a step is that was not worked out yet."""


@dataclass(slots=True)
class Tables:
    """What each group does in each of its configurations, a row each; `row_of[base[g] + local]` is the row's number or -1.

    A row has a cell for every 64 vectors. Bit v of ALLOWED is set where the group does not stand in the way of vector v: it
    offers it, or is not needed for it; of MOVED where it goes somewhere with it; at STEPS the steps of those begin, by vector.
    So a state's vectors are the conjunction of its rows, and what is read of one cell is side by side.
    """

    row_of: npt.NDArray[np.int32]
    cells: npt.NDArray[np.uint64]
    first: npt.NDArray[np.int32]
    """Where the steps of each row begin."""
    step: npt.NDArray[np.int32]
    """By how much the configuration's number grows, or UNKNOWN."""
    rows: int = 0
    steps: int = 0

    @staticmethod
    def empty(places: int, vectors: int) -> "Tables":
        """Tables without rows."""
        room = 1 << 10
        cells = np.zeros((room, len(mask((), vectors)), 3), np.uint64)
        return Tables(np.full(places, -1, np.int32), cells, np.zeros(room, np.int32), np.full(room, UNKNOWN, np.int32))

    def add(self, places: Ints, allowed: Masks, moved: Masks) -> None:
        """New rows, none of whose steps is known."""
        counts = np.bitwise_count(moved).astype(np.int64)
        ends = self.steps + counts.cumsum().reshape(counts.shape)
        high = self.rows + len(places)
        self._room(high, int(ends.max(initial=self.steps)))
        self.cells[self.rows : high] = np.stack((allowed, moved, (ends - counts).astype(np.uint64)), axis=2)
        self.first[self.rows : high] = (ends - counts)[:, 0]
        self.row_of[places] = np.arange(self.rows, high)
        self.rows, self.steps = high, int(ends.max(initial=self.steps))

    def slots(self, rows: npt.NDArray[np.integer]) -> tuple[Ints, Ints, Ints]:
        """All steps of these rows: for each the place in `rows` of its row, its vector, and where in `step` it is."""
        moved = np.ascontiguousarray(self.cells[rows, :, MOVED]).view(np.uint8)
        place, vector = np.nonzero(np.unpackbits(moved, axis=1, bitorder="little"))
        begins = np.searchsorted(place, np.arange(len(rows)))
        return place, vector, self.first[rows][place] + np.arange(len(place)) - begins[place]

    def _room(self, rows: int, steps: int) -> None:
        while rows > len(self.first):
            self.cells = np.concatenate((self.cells, np.zeros_like(self.cells)))
            self.first = np.concatenate((self.first, np.zeros_like(self.first)))
        while steps > len(self.step):
            self.step = np.concatenate((self.step, np.full_like(self.step, UNKNOWN)))


@dataclass(slots=True)
class Packing:
    """A network as its groups, a layout for their configurations, and the tables of what they do."""

    network: Network
    groups: list[Group]
    layout: Layout = field(init=False)
    tables: Tables = field(init=False)
    parties: npt.NDArray[np.uint64] = field(init=False)
    party: Ints = field(init=False)
    """The groups that have a part in vector v: `party[parties[v] : parties[v + 1]]`."""
    _met: list[int] = field(init=False)
    """How many rows each group has."""

    def __post_init__(self) -> None:
        vectors = len(self.network.vectors)
        self.layout = Layout.of([_width(group) for group in self.groups])
        self.tables = Tables.empty(self.layout.places, vectors)
        having = [[g for g, group in enumerate(self.groups) if v in group.vectors] for v in range(vectors)]
        self.parties = np.concatenate(([0], np.cumsum([len(groups) for groups in having]))).astype(np.uint64)
        self.party = np.array([g for groups in having for g in groups], dtype=np.int64)
        self._met = [0] * len(self.groups)

    def restore(self, bits: Sequence[int], members: Sequence[npt.NDArray[np.int32]]) -> None:
        """Number the groups' configurations as they were: `members[g]` is what `members(g)` gave, `bits` are the layout's."""
        for group, rows in zip(self.groups, members, strict=True):
            for row in rows.tolist():
                group.number(tuple(row))
        self.layout = Layout.of(bits)
        self.tables = Tables.empty(self.layout.places, len(self.network.vectors))

    def let_stand(self, representatives: Sequence[Ints]) -> None:
        """From now on, one configuration for each class of those that are the same, the first. All steps must be known."""
        for g, (group, first) in enumerate(zip(self.groups, representatives, strict=True)):
            group.stands = {n: one for n, one in enumerate(first.tolist()) if n != one}
            local, rows = self._worked_out(g)
            place, _, slots = self.tables.slots(rows)
            self.tables.step[slots] = first[local[place] + self.tables.step[slots]] - local[place]

    def words(self, state: GlobalState) -> tuple[int, ...]:
        """A global state as words."""
        found = [0] * self.layout.words
        for g, group in enumerate(self.groups):
            local = group.number(tuple(state[c] for c in group.members))
            found[self.layout.word[g]] |= local << int(self.layout.shift[g])
        return tuple(found)

    def initial(self) -> Ints:
        """The initial state, as words."""
        return np.zeros(self.layout.words, np.int64)

    def work_out(self, places: Ints) -> None:
        """Make the rows of these places."""
        owner = self._owner(places)
        for g in np.unique(owner).tolist():
            own = places[owner == g]
            self.tables.add(own, *self.groups[g].offers((own - self.layout.base[g]).tolist()))
            self._met[g] += len(own)

    def take(self, steps: Ints) -> None:
        """Work out these steps: for each the place of its row, its vector, and where in `step` it is."""
        owner = self._owner(steps[:, 0])
        for g in np.unique(owner).tolist():
            place, vector, slot = steps[owner == g].T
            local, target = place - self.layout.base[g], self.groups[g].target
            self.tables.step[slot] = list(map(target, local.tolist(), vector.tolist())) - local

    def complete(self) -> None:
        """Work out all steps of all rows."""
        for g, base in enumerate(self.layout.base):
            local, rows = self._worked_out(g)
            place, vector, slot = self.tables.slots(rows)
            steps = np.stack((base + local[place], vector, slot), axis=1)
            self.take(steps[self.tables.step[slot] == UNKNOWN])

    def _owner(self, places: Ints) -> Ints:
        """The group that each place belongs to."""
        found: Ints = np.searchsorted(self.layout.base, places, side="right") - 1
        return found

    def _worked_out(self, g: int) -> tuple[Ints, npt.NDArray[np.int32]]:
        """The configurations of a group that have rows, and these."""
        base = int(self.layout.base[g])
        rows = self.tables.row_of[base : base + (1 << self.layout.bits[g])]
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
        old, tables = self.layout, self.tables
        self.layout = new = Layout.of([max(_width(group), width) for group, width in zip(self.groups, old.bits, strict=True)])
        packed = np.zeros((len(states), new.words), np.int64)
        row_of = np.full(new.places, -1, np.int32)
        for g, width in enumerate(old.bits):
            packed[:, new.word[g]] |= old.fields(states, g) << new.shift[g]
            row_of[new.base[g] : new.base[g] + (1 << width)] = tables.row_of[old.base[g] : old.base[g] + (1 << width)]
        tables.row_of = row_of
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
