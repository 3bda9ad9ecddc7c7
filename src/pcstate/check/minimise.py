"""Configurations of a merged component between which nothing can tell, before the whole is searched.

In: a packing as far as a search has worked it out, and what the properties asked look at. Out: for each group, for each of its
configurations, one that stands for it. Two are the same where the properties see the same in both, and both offer the same
vectors, with the same effect, to configurations that are the same: the coarsest strong bisimulation (Kanellakis and Smolka 1983)
with the vectors as labels, so that every verdict is kept, with who moves and who must; it is a congruence for synchronisation.

What a configuration that was not worked out yet offers is not known; it is the same as itself only. So the partition is a
bisimulation of all of the component, however little of it a search has met, and only less coarse than it might be.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from pcstate.check.merged import Group
from pcstate.check.packing import Packing
from pcstate.model.formula import Formula

__all__ = ["Looks", "looked_at", "representatives"]

Ints = npt.NDArray[np.int64]
Looks = Mapping[int, frozenset[str]]
"""The components that somebody looks at, with the data that are looked at; their states are, too."""


def looked_at(formulas: Iterable[Formula]) -> Looks:
    """What these formulas look at: of each component that one mentions all data that it mentions of any."""
    found: dict[int, frozenset[str]] = {}
    for formula in formulas:
        for component in formula.components:
            found[component] = found.get(component, frozenset()) | formula.data
    return found


def representatives(packing: Packing, looks: Looks) -> list[Ints]:
    """For each group, for each of its configurations, the first one that is the same. The packing must be complete.

    Cost: one sort of the rows a round.
    """
    return [_representatives(packing, g, looks) for g in range(len(packing.groups))]


def _representatives(packing: Packing, g: int, looks: Looks) -> Ints:
    group, tables = packing.groups[g], packing.tables
    size = len(group.configurations)
    base = int(packing.layout.at.base[g])
    rows = tables.arrays.row_of[base : base + size]
    known = np.flatnonzero(rows >= 0)
    number = _labels(group, looks)
    number[rows < 0] = size + np.flatnonzero(rows < 0)  # each one alone
    number = np.unique(number, return_inverse=True)[1].astype(np.int64)
    allowed = tables.arrays.allowed[rows[known]].view(np.int64)
    (place, own), (of, joint, slots) = tables.owned(rows[known]), tables.learnt(rows[known])
    by = np.concatenate((tables.arrays.own_by[own], tables.arrays.by[slots]))
    vector = np.concatenate((tables.arrays.own[own], tables.joint[joint]))
    place = np.concatenate((place, of))
    order = np.lexsort((vector, place))
    place, by, vector = place[order], by[order], vector[order]
    column = np.arange(len(place)) - np.searchsorted(place, np.arange(len(known)))[place]
    vectors, targets = np.full((2, len(known), int(column.max(initial=-1)) + 1), -1, np.int64)
    vectors[place, column] = vector
    while True:
        targets[place, column] = number[known[place] + by]
        together = np.concatenate((number[known, None], allowed, vectors, targets), axis=1)
        finer = number.copy()
        finer[known] = size + _classes(together)
        finer = np.unique(finer, return_inverse=True)[1].astype(np.int64)
        if finer.max(initial=0) == number.max(initial=0):
            break
        number = finer
    first = np.full(int(number.max(initial=0)) + 1, size, np.int64)
    np.minimum.at(first, number, np.arange(size))
    return first[number]


def _labels(group: Group, looks: Looks) -> Ints:
    """A number for what is seen of each configuration."""
    names: dict[tuple[object, ...], int] = {}
    views: list[dict[int, object]] = [{} for _ in group.members]
    found = []
    for configuration in group.configurations:
        seen = []
        for place, (component, own) in enumerate(zip(group.members, configuration, strict=True)):
            if component in looks:
                if own not in views[place]:
                    shown = group.network.components[component].behaviour.configuration(own)
                    data = tuple(value for name, value in shown.data if name in looks[component])
                    views[place][own] = (shown.state, data)
                seen.append(views[place][own])
        found.append(names.setdefault(tuple(seen), len(names)))
    return np.array(found, dtype=np.int64)


def _classes(rows: Ints) -> Ints:
    """A number for each row, the same for the same rows only."""
    whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).reshape(-1)
    return np.unique(whole, return_inverse=True)[1].astype(np.int64)
