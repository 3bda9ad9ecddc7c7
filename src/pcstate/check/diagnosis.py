"""A census -> groups of connections, each with the state it is in.

Theory of operation: the states of spec/diagnosis are tried in their order; each takes all connections that fit it. What a
pointer ties together is one connection from the start. Where there are none (debug=1, pprof), a readLoop is a connection
whose writeLoop and caller are still to be found: a state that wants them takes them from the loose ones, as many as there
are. If there are more than it takes, and their code is not the same, all of that is what may be its code. Where there are
more writeLoops than readLoops, that many are a connection without one: those that stand where a state says that a writeLoop
outlives its readLoop. What is left over is tried on its own.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from pcstate.check.census import AWAITING, WRITES, Census, Parts, Seen, Tally
from pcstate.model.diagnosis import CONFIDENCES, Group, State

__all__ = ["groups"]

KEPT = 12
"""User's functions of a group that are shown."""
HELD = 6
"""Places at which someone stands who may have a body in hand, that are shown."""
SHOWN = 6
"""Connections that `predict` is asked for, at most: more take longer and tell nothing new."""
_ANCHORS = ("read-loop", "dial", "h2")
"""Roles of which each goroutine is a connection."""


@dataclass(slots=True)
class _Kind:
    """Connections that are alike, and not grouped yet."""

    parts: dict[str, Seen]
    left: int
    minutes: int | None
    tied: bool
    """Whether pointers, or numbers, tie the parts together."""

    @property
    def disowned(self) -> bool:
        """Whether it was begun for somebody who does not wait for it: whoever does is not known."""
        return "dial" in self.parts and self.parts["dial"].named and AWAITING not in self.parts


@dataclass(slots=True)
class _Found:
    """What one state has taken."""

    state: State
    connections: int = 0
    goroutines: int = 0
    callers: int = 0
    minutes: int | None = None
    sure: bool = True
    guess: bool = False
    part: bool = False
    """Whether the dump may be a part of one."""
    proved: bool = True
    """Whether Go says of each that nothing can wake it any more."""
    half: bool = False
    """Whether it has a connection whose writeLoop is not in the dump, which would tell whether the request is written."""
    frames: dict[str, int] = field(default_factory=dict)
    candidates: dict[tuple[str, ...], int] = field(default_factory=dict)
    """How many it has of those of whom some were to be taken, by the code of all."""
    holders: dict[str, int] = field(default_factory=dict)
    """Who else may have the bodies in hand."""

    @property
    def doubted(self) -> bool:
        """Whether there are so many of those that nothing is certain."""
        held = sum(self.holders.values())
        return held > 0 and not (self.state.crowd and self.connections >= max(self.state.crowd, 2 * held + 1))

    @property
    def told(self) -> str:
        """What can be claimed of it, as far as the dump goes, and how many it has found."""
        if self.guess or self.reaches(self.state.many):
            return "guess"
        return "certain" if self.sure and not self.reaches(self.state.several) else "likely"

    def reaches(self, number: int) -> bool:
        """Whether it has found so many connections; none do where the state does not say how many."""
        return 0 < number <= self.connections

    def take(self, seen: Collection[Seen], count: int, minutes: int | None) -> None:
        self.proved = self.proved and any(each.leaked for each in seen)
        for each in seen:
            self.goroutines += each.weight * count
            self.sure = self.sure and each.sure
            for frame in each.frames:
                self.frames[frame] = self.frames.get(frame, 0) + count
            if each.candidates:
                self.candidates[each.candidates] = self.candidates.get(each.candidates, 0) + count
        if minutes is not None:
            self.minutes = max(minutes, self.minutes or 0)


class _Loose:
    """Goroutines that belong to no connection yet."""

    def __init__(self, found: dict[tuple[str, Seen], Tally]) -> None:
        self._tallies = dict(sorted(found.items(), key=lambda item: item[0]))
        self.alike: dict[tuple[str, ...], int] = {}
        """How many there may be of those of whom some were to be taken, by the code of all."""

    def total(self, role: str) -> int:
        """How many of a role there are, wherever they are."""
        return sum(tally.count for (its, _), tally in self._tallies.items() if its == role)

    def count(self, role: str, points: Iterable[str], others: bool = True) -> int:
        """How many of a role are at some points; without `others` only those that do not say they belong to another one."""
        return sum(tally.count for _, tally in self._fitting(role, points, others))

    def take(
        self,
        found: _Found,
        role: str,
        points: Iterable[str],
        wanted: int,
        others: bool = True,
        timed: bool = False,
        doubtful: bool = False,
    ) -> int:
        """Give up to `wanted` of them to `found`; says how many there were. If `timed`, they are who waits; if `doubtful`,
        one who is not there may be meant."""
        if 0 < wanted < self.count(role, points, others):
            self._blur(role, points, others)
        taken = 0
        for seen, tally in self._fitting(role, points, others):
            count = min(tally.count, wanted - taken)
            if count > 0:
                tally.count -= count
                taken += count
                given = self._doubtful(seen, seen.frames + seen.candidates, count + 1) if doubtful else seen
                found.take([given], count, tally.minutes if timed else None)
        return taken

    def _blur(self, role: str, points: Iterable[str], others: bool) -> None:
        """Where some of them are to be taken and their code is not the same: let that of all be what each may have."""
        there = [(seen, tally) for seen, tally in self._fitting(role, points, others) if tally.count]
        if len({(seen.frames, seen.candidates) for seen, _ in there}) < 2:
            return
        there.sort(key=lambda item: -item[1].count)
        code = tuple(dict.fromkeys(frame for seen, _ in there for frame in seen.frames + seen.candidates))
        for seen, tally in there:
            del self._tallies[role, seen]
            key = role, self._doubtful(seen, code, tally.count)
            self._tallies.setdefault(key, Tally()).add(tally.count, tally.minutes)
        self._tallies = dict(sorted(self._tallies.items(), key=lambda item: item[0]))

    def _doubtful(self, seen: Seen, code: tuple[str, ...], count: int) -> Seen:
        """One of `count` more that may have that code."""
        self.alike[code] = self.alike.get(code, 0) + count
        return replace(seen, frames=(), candidates=code)

    def part(self, role: str, points: Iterable[str], wanted: int) -> Iterator[tuple[Seen, int, int | None]]:
        """Give up to `wanted` of them away, as connections of their own."""
        for seen, tally in self._fitting(role, points, others=True):
            count = min(tally.count, wanted)
            if count > 0:
                tally.count -= count
                wanted -= count
                yield seen, count, tally.minutes

    def _fitting(self, role: str, points: Iterable[str], others: bool) -> Iterator[tuple[Seen, Tally]]:
        for (its, seen), tally in self._tallies.items():
            if its == role and seen.at in points and (others or not seen.named):
                yield seen, tally


def groups(census: Census, whole: bool, lacking: bool = False, proved: bool = False) -> tuple[tuple[Group, ...], int]:
    """The groups, the worst first, and how many goroutines are neither in one of them nor a server's.

    `whole`: whether what is not in the dump is not there; else what is missing proves nothing. `lacking`: whether goroutines are
    known to be missing: who would tell may be among them. `proved`: whether Go says of all of them that nothing can wake them.
    """
    tied, loose = census.connections()
    kinds = [_Kind(dict(parts), each.count, each.minutes, True) for parts, each in sorted(tied.items(), key=_by_parts)]
    for (role, seen), each in sorted(loose.items(), key=lambda item: item[0]):
        if role in _ANCHORS:
            kinds.append(_Kind({role: seen}, each.count, each.minutes, False))
    rest = _Loose({key: each for key, each in loose.items() if key[0] not in _ANCHORS})
    states = [state for state in census.knowledge.states if state.only in ("", "whole" if whole else "part")]
    kinds += list(_outlasting(states, kinds, rest))
    found = [_shared(state, kinds, rest) if state.shared else _each(state, kinds, rest) for state in states]
    for taken in found:
        there = {each.state.name for each in found if each.connections}
        if not taken.state.shared and taken.state.after in ("", *there):
            _alone(taken.state, taken, rest, sum(map(_under_way, found)) if taken.state.beyond else 0)
        taken.sure = taken.sure and (whole or not (taken.state.alone or taken.half))
        taken.guess, taken.part = lacking and taken.state.alone, not whole
        taken.proved = taken.proved or proved
        if taken.goroutines and taken.state.held_why and not taken.proved:
            taken.holders = census.holders(taken.minutes)
        taken.sure = taken.sure and not taken.doubted
    said = census.knowledge.fresh if census.timed else census.knowledge.untimed
    merged = _merged([taken for taken in found if taken.goroutines], said, rest.alike)
    others = census.goroutines - census.server - sum(group.goroutines for group in merged)
    return merged, max(0, others)


def _by_parts(item: tuple[Parts, Tally]) -> Parts:
    return item[0]


def _outlasting(states: list[State], kinds: list[_Kind], loose: _Loose) -> Iterator[_Kind]:
    """The writeLoops for which there is no readLoop, as connections: of those that a state says to be all that is left."""
    readers = sum(kind.left for kind in kinds if not kind.tied and "read-loop" in kind.parts)
    more = loose.total("write-loop") - readers
    for state in states:
        if state.parts.get("read-loop") == state.parts.get("caller") == ("none",):
            for seen, count, minutes in loose.part("write-loop", state.parts["write-loop"], more):
                more -= count
                yield _Kind({"write-loop": seen}, count, minutes, False)


def _each(state: State, kinds: list[_Kind], loose: _Loose) -> _Found:
    """All connections that fit a state, one set of goroutines each; of its points of a readLoop the first has first choice."""
    found = _Found(state)
    for kind in sorted(kinds, key=lambda kind: _rank(state, kind)):
        count = _fitting(state, kind, loose)
        if not count:
            continue
        lacking = [
            role for role in ("write-loop", "caller") if role not in kind.parts and "none" not in state.parts.get(role, ("none",))
        ]
        _move(kind, count, found, timed=not lacking)
        found.sure = found.sure and (kind.tied or kind.parts.keys().isdisjoint(("read-loop", "write-loop"))) and not lacking
        for role in lacking:
            loose.take(found, role, state.parts[role], count, not kind.tied, timed=True)
        if "read-loop" in kind.parts and "write-loop" not in kind.parts and "write-loop" not in state.parts:
            taken = loose.take(found, "write-loop", ("select",), count, not kind.tied)
            taken += loose.take(found, "write-loop", WRITES, count - taken, not kind.tied)
            found.half = found.half or taken < count
        if _caller(kind) in state.takes:
            count = 0
        for point in state.takes:
            if AWAITING not in kind.parts or kind.parts[AWAITING].at != point:
                loose.take(found, "caller", (point,), count, not kind.tied, doubtful=kind.disowned)
    return found


def _rank(state: State, kind: _Kind) -> int:
    """At which of the points that a state has for a readLoop that of a connection is."""
    points = state.parts.get("read-loop", ())
    at = kind.parts["read-loop"].at if "read-loop" in kind.parts else "none"
    return points.index(at) if at in points else len(points)


def _fitting(state: State, kind: _Kind, loose: _Loose) -> int:
    """How many connections of a kind fit a state."""
    count = 0 if state.young and any(seen.old for seen in kind.parts.values()) else kind.left
    for role in (*_ANCHORS, "write-loop", "caller"):
        wanted, seen = state.parts.get(role), kind.parts.get(role)
        if seen is not None:
            if (wanted is None and role in _ANCHORS) or (wanted is not None and seen.at not in wanted):
                return 0
        elif wanted is not None and "none" not in wanted:
            if role in _ANCHORS:
                return 0
            count = min(count, loose.count(role, wanted, not kind.tied))
    return count


def _under_way(found: _Found) -> int:
    """How many requests a state has taken whose response, at least, is still to be read or closed."""
    if found.state.shared:
        return found.callers
    return found.connections if found.state.leak or found.state.stuck or "caller" in found.state.parts else 0


def _alone(state: State, found: _Found, loose: _Loose, spared: int) -> None:
    """Loose goroutines that a state takes without any connection, once all connections have theirs; `spared` are not its."""
    if any("none" not in state.parts[role] for role in _ANCHORS if role in state.parts):
        return
    needed = [role for role in ("write-loop", "caller") if "none" not in state.parts.get(role, ("none",))]
    if len(needed) != 1:
        return
    count = max(0, loose.count(needed[0], state.parts[needed[0]]) - spared)
    loose.take(found, needed[0], state.parts[needed[0]], count, timed=True)
    found.connections += count
    found.sure = found.sure and not count
    if needed == ["caller"]:
        loose.take(found, "write-loop", state.parts.get("write-loop", ()), count, others=False)
    for point in state.takes if count else ():
        loose.take(found, "caller", (point,), count)


def _shared(state: State, kinds: list[_Kind], loose: _Loose) -> _Found:
    """The connections of a state whose callers share them: those that pointers tie to one, and of the others no more than there
    are callers left."""
    found = _Found(state)
    wanted, loops = state.parts["caller"], state.parts["h2"]
    here = [kind for kind in kinds if kind.left and "h2" in kind.parts and kind.parts["h2"].at in loops]
    if not here and "none" not in loops:
        return found
    for kind in here:
        if _caller(kind) in wanted:
            found.callers += kind.left
            _move(kind, kind.left, found)
    left = loose.count("caller", wanted, others=False)
    found.callers += loose.take(found, "caller", wanted, loose.count("caller", wanted), timed=True)
    more = found.callers
    for point in state.takes:
        for kind in here:
            if _caller(kind) == point:
                taken = min(kind.left, left, more)
                left, more = left - taken, more - taken
                _move(kind, taken, found, timed=False)
        more -= loose.take(found, "caller", (point,), more)
    for kind in here:
        if _caller(kind) == "":
            taken = min(kind.left, left)
            left -= taken
            _move(kind, taken, found, timed=False)
    return found


def _caller(kind: _Kind) -> str:
    """Where the caller is that pointers tie to the connection, if there is one."""
    return kind.parts["caller"].at if "caller" in kind.parts else ""


def _move(kind: _Kind, count: int, found: _Found, timed: bool = True) -> None:
    """Give so many connections of a kind to `found`; if `timed`, how long they have waited, too."""
    kind.left -= count
    found.connections += count
    found.take(kind.parts.values(), count, kind.minutes if timed else None)


def _merged(found: list[_Found], fresh: str, alike: Mapping[tuple[str, ...], int]) -> tuple[Group, ...]:
    """One group for each state, phase and title; those that share connections are told apart by what they wait for."""
    together: dict[tuple[str, str, str, str], list[_Found]] = {}
    for each in found:
        state = each.state
        together.setdefault((state.name, state.phase, state.title, state.remark), []).append(each)
    made = [_group(each, fresh, alike) for each in together.values()]
    return tuple(sorted(made, key=lambda group: (not group.leak, not group.stuck, -group.connections)))


def _group(found: list[_Found], fresh: str, alike: Mapping[tuple[str, ...], int]) -> Group:
    """What is said of a group; `fresh` too if none of its goroutines is known to have waited. Who is `alike` is named for sure
    if all of them are in it."""
    states = [each.state for each in found]
    connections = sum(each.connections for each in found)
    many = [each.state for each in found if each.reaches(each.state.many)]
    several = [each.state for each in found if each.reaches(each.state.several) and each.state not in many]
    mixed: Counter[tuple[str, ...]] = Counter()
    for each in found:
        mixed.update(each.candidates)
    codes = [dict.fromkeys(code, count) for code, count in mixed.items() if count == alike[code]]
    frames = _commonest(chain((each.frames for each in found), codes))
    candidates = dict.fromkeys(chain.from_iterable(mixed))
    held = next((each for each in found if each.holders), found[0])
    doubts = (held.state.held_why, "" if held.doubted else held.state.crowd_why) if held.holders else ()
    waited = [each.minutes for each in found if each.minutes is not None]
    old = [state for state in states if state.old and max(waited, default=0) >= state.old]
    hang = any(state.leak or state.stuck for state in states)
    recent = (fresh,) if hang and not (waited or all(each.proved for each in found)) else ()
    claims = [max(each.state.confidence, each.told, key=CONFIDENCES.index) for each in found]
    predict = next((state.predict for state in states if state.predict), "")
    parts = (each.state.part_why for each in found if each.part)
    more = (each.several_why for each in several), (each.many_why for each in many), (each.old_why for each in old), recent
    remarks = (*(state.many_is for state in many), *map(_requests, found), held.state.held_is if held.doubted else "")
    return Group(
        states[0].name,
        states[0].phase,
        connections,
        sum(each.goroutines for each in found),
        any(state.leak for state in states),
        any(state.stuck for state in states),
        max(claims, key=CONFIDENCES.index),
        max(waited, default=None),
        frames[:KEPT],
        _prose(chain((state.why for state in states), parts, doubts, *more)),
        _prose(state.many_fix if state in many else state.fix for state in states),
        f"pcstate predict {predict.format(n=min(connections, SHOWN))}" if predict else "",
        "; ".join(filter(None, remarks)),
        states[0].title,
        states[0].unit,
        sum(held.holders.values()),
        bool(many),
        tuple(f"{count} at {where}" for where, count in held.holders.items())[:HELD],
        tuple(frame for frame in candidates if frame not in frames)[:KEPT],
    )


def _commonest(counts: Iterable[Mapping[str, int]]) -> tuple[str, ...]:
    """All keys, those first that are counted most."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return tuple(key for key, _ in total.most_common())


def _requests(found: _Found) -> str:
    return found.state.remark and f"{found.callers} request{'s' * (found.callers != 1)} {found.state.remark}"


def _prose(sentences: Iterable[str]) -> str:
    """Each sentence once, one after the other."""
    return " ".join(dict.fromkeys(each if each[-1] in ".?" else f"{each}." for each in sentences if each))
