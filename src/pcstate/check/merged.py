"""The components of one object, merged into one: a connection with its goroutines, a caller with its requests, and the rest.

In: a network. Out: its groups, each a single component whose configurations are tuples of its members'. What a group's
configuration allows is worked out when it is first met, and where a vector leads it when that first fires, so that only what the
whole network reaches is ever merged: the merge that FDR and CADP do before a search, without the configurations that only a free
environment would reach.

A vector fires where all groups allow it. One does where each member of it that is needed (`who`) offers its event, and none is in
the way (`unless`); where it has no part in the vector it does, too.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pcstate.model.lts import Event
from pcstate.model.network import Component, GlobalState, Network, Part, getter

__all__ = ["SHARED", "Group", "Masks", "mask", "merge"]

SHARED = "shared"
"""The group of all that is not a connection's and not a caller's."""

Masks = npt.NDArray[np.uint64]
"""Sets of vectors, 64 to a word."""

_Part = tuple[int, Component, Event, dict[int, int]]
"""A member's place, what it is, its event, and where that leads from each of its configurations as far as it is known."""
_Parts = tuple[tuple[_Part, ...], tuple[_Part, ...], tuple[_Part, ...]]
_Moves = dict[tuple[int, ...], list[tuple[int, int]]]
"""By what the members of a vector hold: where it leads those that it moves, by place."""

_TOGETHER = 128
"""Configurations whose masks are combined at a time: what that takes stays near the processor."""


@dataclass(slots=True)
class Group:
    """Components merged into one. Its configurations are numbered from 0, the initial one, as they are met."""

    network: Network
    name: str
    members: tuple[int, ...]
    vectors: dict[int, _Parts]
    """The vectors that members have a part in: who, unless and also, as far as they are members; places instead of numbers."""
    configurations: list[GlobalState] = field(default_factory=list)
    stands: dict[int, int] = field(default_factory=dict)
    """Configurations that another one stands for (check/minimise.py)."""
    _numbers: dict[GlobalState, int] = field(default_factory=dict)
    _parts: list[tuple[list[tuple[int, _Part]], ...]] = field(default_factory=list)
    """For each member its parts in who, unless and also, with the vectors that these are in."""
    _rows: list[dict[int, int]] = field(default_factory=list)
    """For each member, by its configuration: where `_masks` has what it allows."""
    _masks: Masks = field(init=False)
    _moves: dict[int, tuple[Callable[[GlobalState], tuple[int, ...]], _Moves]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._parts = [([], [], []) for _ in self.members]
        self._rows = [{} for _ in self.members]
        for vector, parts in self.vectors.items():
            for role, each in enumerate(parts):
                for part in each:
                    self._parts[part[0]][role].append((vector, part))
        self._masks = np.empty((16, len(mask((), len(self.network.vectors)))), np.uint64)
        self.number(tuple(self.network.components[c].initial for c in self.members))

    def number(self, configuration: GlobalState) -> int:
        """The number of a configuration, or of the one that stands for it."""
        found = self._numbers.get(configuration)
        if found is None:
            found = self._numbers[configuration] = len(self.configurations)
            self.configurations.append(configuration)
        return self.stands.get(found, found)

    def offers(self, locals_: Sequence[int]) -> Masks:
        """What each of these configurations allows.

        Cost: one step for each configuration of a member that is new, then some microseconds a configuration.
        """
        rows = np.array([self._rows_of(self.configurations[local]) for local in locals_], dtype=np.int64)
        allowed = np.empty((len(rows), self._masks.shape[1]), np.uint64)
        for low in range(0, len(rows), _TOGETHER):
            some = slice(low, low + _TOGETHER)
            np.bitwise_and.reduce(self._masks[rows[some]], axis=1, out=allowed[some])
        return allowed

    def target(self, local: int, vector: int) -> int:
        """Where a vector that configuration number `local` takes part in leads it."""
        configuration = self.configurations[local]
        if vector not in self._moves:
            who, _, also = self.vectors[vector]
            self._moves[vector] = getter([part[0] for part in (*who, *also)]), {}
        get, known = self._moves[vector]
        held = get(configuration)
        moves = known.get(held)
        if moves is None:
            who, _, also = self.vectors[vector]
            steps = [(part[0], _step(part, configuration[part[0]])) for part in (*who, *also)]
            moves = known[held] = [(place, target) for place, target in steps if target >= 0]
        moved = list(configuration)
        for place, target in moves:
            moved[place] = target
        return self.number(tuple(moved))

    def _rows_of(self, configuration: GlobalState) -> list[int]:
        try:
            return [rows[own] for rows, own in zip(self._rows, configuration, strict=True)]
        except KeyError:
            return [self._row(place, own) for place, own in enumerate(configuration)]

    def _row(self, place: int, own: int) -> int:
        rows = self._rows[place]
        if own not in rows:
            who, unless, _ = self._parts[place]
            against = {v for v, part in who if _step(part, own) < 0} | {v for v, part in unless if _step(part, own) >= 0}
            found, vectors = sum(map(len, self._rows)), len(self.network.vectors)
            if found == len(self._masks):
                self._masks = np.concatenate((self._masks, np.empty_like(self._masks)))
            self._masks[found] = mask(set(range(vectors)) - against, vectors)
            rows[own] = found
        return rows[own]


def mask(vectors: Iterable[int], count: int) -> Masks:
    """Some of so many vectors, as a set."""
    chosen = np.zeros(64 * max(1, -(-count // 64)), np.bool_)
    chosen[[*vectors]] = True
    return np.packbits(chosen, bitorder="little").view(np.uint64)


def merge(network: Network, apart: Collection[str] = ()) -> list[Group]:
    """The groups of a network: one a connection, one a caller (with its requests), and one of all that is shared.

    The members of the groups named in `apart` are left alone, each a group of its own.
    """
    members: dict[str, list[int]] = {}
    for n, component in enumerate(network.components):
        name = _group_of(component, network.parameters.get("requests", 1))
        members.setdefault(component.key if name in apart else name, []).append(n)
    return [Group(network, name, tuple(found), dict(_within(network, found))) for name, found in members.items()]


def _group_of(component: Component, requests: int) -> str:
    match component.over, component.index:
        case ("conns" | "callers", int(index)):
            return f"{component.over[:-1]}[{index}]"
        case ("all_requests", int(index)):
            return f"caller[{index // requests}]"
        case _:
            return SHARED


def _step(part: _Part, own: int) -> int:
    _, component, event, targets = part
    target = targets.get(own)
    if target is None:
        target = targets[own] = component.behaviour.step(own, event)
    return target


def _within(network: Network, members: list[int]) -> Iterator[tuple[int, _Parts]]:
    place = {component: n for n, component in enumerate(members)}
    targets: dict[Part, dict[int, int]] = {}

    def parts(asked: Collection[Part]) -> tuple[_Part, ...]:
        known = [part for part in asked if part[0] in place]
        return tuple((place[c], network.components[c], event, targets.setdefault((c, event), {})) for c, event in known)

    for number, vector in enumerate(network.vectors):
        found = parts(vector.who), parts(vector.unless), parts(vector.also)
        if any(found):
            yield number, found
