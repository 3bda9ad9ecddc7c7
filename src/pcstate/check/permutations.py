"""Which states of a packed network are the same but for the numbers of connections and callers (Ip and Dill 1996, scalarsets).

In: a network and its groups. Out: for every permutation of connections and of callers (with their requests) where it takes each
configuration of each group. Data that are numbers of others, as the network file says (`Network.references`), are renamed with
them. Connections are numbered in the order in which they are dialled, so that only those that are born may change places.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pcstate.check.merged import Group
from pcstate.check.packing import Layout
from pcstate.model.network import GlobalState, Network

__all__ = ["Permutations"]

NOWHERE = -1

_Places = dict[str, tuple[int, ...]]
"""For each index set where each of its members goes."""


class Permutations:
    """All permutations of one network's connections and callers; number 0 changes nothing."""

    def __init__(self, network: Network, groups: Sequence[Group]) -> None:
        self.network = network
        self.groups = groups
        self.places = list(_every_place(network))
        number = {component.key: n for n, component in enumerate(network.components)}
        self.component = [
            [number[_key(component.name, component.over, component.index, places)] for component in network.components]
            for places in self.places
        ]
        """For each permutation where each component goes."""
        owner = {group.members: g for g, group in enumerate(groups)}
        self.target = np.array(
            [[owner[tuple(moves[c] for c in group.members)] for group in groups] for moves in self.component], dtype=np.int64
        )
        self.inverse = [self._number({over: _inverse(moves) for over, moves in places.items()}) for places in self.places]
        self._image = [[np.empty(0, np.int64) for _ in groups] for _ in self.places]
        self._layout: Layout | None = None
        self._table = np.empty((0, 0), np.int64)
        self._filled: list[int] = []
        self._renamed: list[list[dict[int, int]]] = [[{} for _ in network.components] for _ in self.places]

    def __len__(self) -> int:
        return len(self.places)

    def after(self, second: int, first: int) -> int:
        """The permutation that does what `first` does, then what `second` does."""
        return self._number(
            {over: tuple(self.places[second][over][n] for n in moves) for over, moves in self.places[first].items()}
        )

    def state(self, permutation: int, state: GlobalState) -> GlobalState:
        """The state that `permutation` makes of a state."""
        moved = list(state)
        for component, local in enumerate(state):
            moved[self.component[permutation][component]] = self._rename(permutation, component, local)
        return tuple(moved)

    def complete(self) -> None:
        """Work out where all configurations go that the groups have by now, and those that they go to, too."""
        while any(len(self._image[0][g]) < len(group.configurations) for g, group in enumerate(self.groups)):
            for g, group in enumerate(self.groups):
                self._complete(g, group)

    def table(self, layout: Layout) -> npt.NDArray[np.int64]:
        """For each permutation, by place of a configuration in the layout: what it puts into its word, or NOWHERE.

        Complete as far as `complete` was. The same array as the last time, filled up, while the layout is the same.
        """
        if layout is not self._layout:
            self._layout, self._filled = layout, [0] * len(self.groups)
            self._table = np.full((len(self), layout.places), NOWHERE, np.int64)
        for g in range(len(self.groups)):
            low, begin = self._filled[g], int(layout.at.base[g])
            for p in range(len(self)):
                image = self._image[p][g][low:]
                moved = np.where(image < 0, NOWHERE, image << layout.at.shift[self.target[p, g]])
                self._table[p, begin + low : begin + low + len(image)] = moved
            self._filled[g] = len(self._image[0][g])
        return self._table

    def _number(self, places: _Places) -> int:
        return self.places.index(places)

    def _complete(self, g: int, group: Group) -> None:
        done, known = len(self._image[0][g]), len(group.configurations)
        if done == known:
            return
        rows = np.array(group.configurations[done:known], dtype=np.int64).reshape(-1, len(group.members))
        for p in range(len(self)):
            moved = np.empty_like(rows)
            for column, component in enumerate(group.members):
                values, back = np.unique(rows[:, column], return_inverse=True)
                moved[:, column] = np.array([self._rename(p, component, int(own)) for own in values])[back]
            goal = self.groups[self.target[p, g]]
            image = np.array([goal.number(tuple(row)) for row in moved.tolist()], dtype=np.int64)
            if done == 0 and self.target[p, g] != g and self.network.components[group.members[0]].over == "conns":
                image[0] = NOWHERE  # unborn
            self._image[p][g] = np.concatenate((self._image[p][g], image))

    def _rename(self, permutation: int, component: int, local: int) -> int:
        known = self._renamed[permutation][component]
        if local not in known:
            own = self.network.components[component]
            behaviour, renamed = own.behaviour, local
            data = dict(behaviour.configuration(local).data)
            for datum, over in self.network.references.get(own.name, ()):
                value = data.get(datum)
                if isinstance(value, int) and value >= 0:
                    renamed = behaviour.renamed(renamed, datum, self.places[permutation][over][value])
            known[local] = renamed
        return known[local]


def _every_place(network: Network) -> list[_Places]:
    sizes = network.parameters
    width = sizes.get("requests", 1)
    conns, callers = range(sizes.get("conns", 0)), range(sizes.get("callers", 0))
    return [
        {"conns": c, "callers": k, "all_requests": tuple(i * width + r for i in k for r in range(width))}
        for k in itertools.permutations(callers)
        for c in itertools.permutations(conns)
    ]


def _inverse(moves: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(moves)), key=moves.__getitem__))


def _key(name: str, over: str, index: int | None, places: _Places) -> str:
    if index is None:
        return name
    return f"{name}[{places[over][index] if over in places else index}]"
