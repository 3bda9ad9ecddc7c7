"""The components of one object, merged into one: a connection with its goroutines, a caller with its requests, and the rest.

In: a network. Out: its groups, each a single component whose configurations are tuples of its members'. What a group's
configuration offers is worked out when it is first met, so that only what the whole network reaches is ever merged: the merge
that FDR and CADP do before a search, without the configurations that only a free environment would reach.

A vector needs one offer of every group that one of its `who` is in. A group that only has a broadcast receiver of it (`also`)
or somebody in its way (`unless`) offers it too, as something to add or as a veto.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from pcstate.model.lts import Event
from pcstate.model.network import Component, GlobalState, Network, Part

__all__ = ["ALSO", "NEEDED", "SHARED", "VETO", "Group", "Offer", "merge"]

NEEDED, ALSO, VETO = 1, 1 << 8, 1 << 16
"""What an offer counts for: a vector fires where the offers of it come to as many NEEDED as it has groups, with no VETO."""

SHARED = "shared"
"""The group of all that is not a connection's and not a caller's."""

Offer = tuple[int, int, int]
"""A vector's number, what the offer counts for, and the configuration of the group that it leads to."""

_Part = tuple[int, Component, Event, dict[int, int]]
"""A member's place, what it is, its event, and where that leads from each of its configurations as far as it is known."""
_Parts = tuple[tuple[_Part, ...], tuple[_Part, ...], tuple[_Part, ...]]


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
    _leads: list[dict[int, tuple[int, ...]]] = field(default_factory=list)
    """For each member, by its configuration: the vectors that are to be looked at because of it."""
    _leaders: list[list[tuple[int, _Part]]] = field(default_factory=list)
    """For each member the vectors that it may lead: those of which it is the first who, or anybody where there is no who here."""

    def __post_init__(self) -> None:
        self._leads = [{} for _ in self.members]
        self._leaders = [[] for _ in self.members]
        for vector, (who, unless, also) in self.vectors.items():
            for part in who[:1] or (*unless, *also):
                self._leaders[part[0]].append((vector, part))
        self.number(tuple(self.network.components[c].initial for c in self.members))

    def number(self, configuration: GlobalState) -> int:
        """The number of a configuration, or of the one that stands for it."""
        found = self._numbers.get(configuration)
        if found is None:
            found = self._numbers[configuration] = len(self.configurations)
            self.configurations.append(configuration)
        return self.stands.get(found, found)

    def offers(self, local: int) -> list[Offer]:
        """What configuration number `local` offers, by vector. Cost: some ten microseconds a vector that can be led."""
        configuration = self.configurations[local]
        looked = {v for place, own in enumerate(configuration) for v in self._led(place, own)}
        return [offer for v in sorted(looked) if (offer := self._offer(v, configuration)) is not None]

    def _led(self, place: int, own: int) -> tuple[int, ...]:
        known = self._leads[place]
        if own not in known:
            known[own] = tuple(vector for vector, part in self._leaders[place] if _step(part, own) >= 0)
        return known[own]

    def _offer(self, vector: int, configuration: GlobalState) -> Offer | None:
        who, unless, also = self.vectors[vector]
        moved = list(configuration)
        for part in who:
            target = _step(part, configuration[part[0]])
            if target < 0:
                return None
            moved[part[0]] = target
        if unless and any(_step(part, configuration[part[0]]) >= 0 for part in unless):
            return None if who else (vector, VETO, self._numbers[configuration])
        for part in also:
            target = _step(part, configuration[part[0]])
            if target >= 0:
                moved[part[0]] = target
        target = self.number(tuple(moved))
        return (vector, NEEDED, target) if who else (vector, ALSO, target) if tuple(moved) != configuration else None


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
