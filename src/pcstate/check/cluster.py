"""The search beyond one machine: each state belongs to one actor of a Ray cluster, by its hash.

In: a network, and where the cluster is. Out: the counts of any other search, and verdicts on what single states say. Theory of
operation: breadth first, in lockstep. Every actor expands its states of the present level and sends each successor to the one
that it belongs to, which looks whether it is new. Components are merged by the driver alone (check/packing.py): what an actor
misses in the tables of a level it says before, and all get them anew. So each row is worked out once, and a word means the same
everywhere. Where a field becomes too narrow the search begins anew, with the tables that there are: hashes would change.

Transitions are counted, not kept. The way to a state is found backwards, by expanding each level before it again.
"""

import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from pcstate.check import kernels
from pcstate.check.arrows import Mask, numbered
from pcstate.check.batch_kernels import FULL_AT
from pcstate.check.compiled import LARGEST, PART, lacking
from pcstate.check.expand_kernels import expand
from pcstate.check.judge import judgement, met, movers, not_asked, unmet
from pcstate.check.limits import Limits, Progress, resident
from pcstate.check.merged import merge
from pcstate.check.packing import Fields, Layout, Packing, Rows
from pcstate.check.tracing import Run, Tracer
from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.formula import Formula
from pcstate.model.network import Network
from pcstate.model.property import CompiledProperty
from pcstate.model.verdict import Bounds, Judgement, Verdict

__all__ = ["ClusterGraph", "ClusterJudge", "Share", "actors"]

Ints = npt.NDArray[np.int64]
Kinds = list[tuple[int, Ints]]
"""Groups, and for each a number for what is to be told apart of each of its configurations."""

ROUND = 1 << 18
"""States that an actor expands before their successors are looked up."""


@dataclass(frozen=True, slots=True)
class Report:
    """How far one actor is."""

    found: int
    expanded: int
    transitions: int
    left: int
    """States of the present level that it has not expanded."""
    memory: int


class Share:
    """The states of one actor: number `number` of `shares`. `owed` says of each vector whether a goroutine must take it."""

    def __init__(self, number: int, shares: int, owed: Mask) -> None:
        self.number, self.shares, self.owed = number, shares, owed

    def begin(self, layout: Layout, initial: Ints) -> None:
        """Forget all states but the initial one, and that where it belongs to another actor.

        (What Ray hands over cannot be written to; numba would compile all kernels again for that. So it is copied, below too.)
        """
        self.layout = replace(layout, at=Fields(*(array.copy() for array in layout.at)))
        self.states = np.empty((0, layout.words), np.int64)
        self.resting = np.empty(0, np.bool_)
        """The states that were expanded, and have no vector that is owed."""
        self.total = self.expanded = self.transitions = self.filled = 0
        self.levels = [0]
        self.table = np.zeros(1 << 8, np.uint64)
        room = PART * len(self.owed)
        self.keys, self.vectors = np.empty((room, layout.words), np.int64), np.empty(room, np.int32)
        self.degree = np.empty(PART, np.int32)
        self.take(self._by_owner(initial[None, :].copy())[self.number])

    def learn(self, *rows: npt.NDArray[Any]) -> None:
        """What the groups do, as far as it is known: the arrays of `Rows`."""
        self.rows = Rows(*(array.copy() for array in rows))

    def advance(self) -> int:
        """Begin the next level: how many states it has here."""
        self.levels.append(self.total)
        return self.total - self.expanded

    def lacks(self) -> tuple[Ints, Ints]:
        """The places without a row that this level needs; where there are none, the steps that are unknown."""
        places, steps = lacking(self.states, self.expanded, self.total, self.layout, self.rows)
        return places.copy(), steps.copy()

    def expand(self) -> Any:
        """The successors of some states of this level, for each actor those that belong to it; few of them more than once."""
        blocks: list[list[Ints]] = [[] for _ in range(self.shares)]
        last = min(self.expanded + ROUND, self.levels[-1])
        while self.expanded < last:
            low, high = self.expanded, min(self.expanded + PART, last)
            end = self._successors(low, high)
            self.transitions += end
            moving = np.repeat(np.arange(low, high), self.degree[: high - low])[self.owed[self.vectors[:end]]]
            self.resting[low:high] = True
            self.resting[moving] = False
            for mine, block in zip(blocks, self._by_owner(self.keys[:end]), strict=True):
                mine.append(block)
            self.expanded = high
        empty = self.keys[:0]
        found = tuple(np.concatenate((empty, *mine)) for mine in blocks)
        return found if self.shares > 1 else found[0]

    def take(self, *blocks: Ints) -> Report:
        """Look the candidates up, and keep the new ones."""
        keys = np.concatenate(blocks)
        self._make_room(len(keys))
        order, (asked,), target = _spread(keys, 1)
        new = np.empty(asked, np.uint64)
        count = kernels.look_up(self.states, self.table, keys, order[0], asked, target, new, 0)
        self.total = kernels.number_new(self.states, self.total, keys, 0, len(keys), target)
        kernels.settle_new(self.table, new, count, target)
        self.filled += count
        return Report(self.total, self.expanded, self.transitions, self.levels[-1] - self.expanded, resident())

    def classes(self, kinds: Kinds, at_rest: bool) -> tuple[Ints, Ints]:
        """One of the first states of each kind, among all or among those at rest: its words, and its level."""
        code, count = np.zeros(self.total, np.int64), 1
        for g, kind_of in kinds:
            size = int(kind_of.max()) + 1
            if count > np.iinfo(np.int64).max // size:
                _, code = np.unique(code, return_inverse=True)
                count = int(code.max(initial=0)) + 1
            word, shift, mask, _ = (array[g] for array in self.layout.at)
            kernels.add_class(self.states, self.total, word, shift, mask, kind_of * count, code)
            count *= size
        among = np.flatnonzero(self.resting[: self.expanded]) if at_rest else np.arange(self.total)
        first = among[np.unique(code[among], return_index=True)[1]]
        return self.states[first], np.searchsorted(self.levels, first, side="right") - 1

    def before(self, goal: Ints, level: int) -> tuple[int, Ints] | None:
        """A vector and a state of that level that lead to `goal`."""
        for low in range(self.levels[level], self.levels[level + 1], PART):
            high = min(low + PART, self.levels[level + 1])
            end = self._successors(low, high)
            found = np.flatnonzero((self.keys[:end] == goal).all(axis=1))
            if len(found):
                state = low + np.searchsorted(self.degree[: high - low].cumsum(), found[0], side="right")
                return int(self.vectors[found[0]]), self.states[state]
        return None

    def _successors(self, low: int, high: int) -> int:
        """Into `keys`, `vectors` and `degree`; how many they are."""
        first, found = np.empty(0, np.bool_), (self.keys, self.vectors, self.degree)
        end: int = expand(self.states, low, high, self.layout.at, self.rows, first, *found, 0)
        assert end >= 0, "all that this level needs has been asked for"
        return end

    def _by_owner(self, keys: Ints) -> list[Ints]:
        order, count, _ = _spread(keys, self.shares)
        place = np.uint64((1 << 32) - 1)
        return [keys[(row[:some] & place).astype(np.int64)] for row, some in zip(order, count, strict=True)]

    def _make_room(self, more: int) -> None:
        if self.total + more > len(self.states):
            room = max(2 * len(self.states), self.total + more)
            states, resting = np.empty((room, self.layout.words), np.int64), np.zeros(room, np.bool_)
            states[: self.total], resting[: self.total] = self.states[: self.total], self.resting[: self.total]
            self.states, self.resting = states, resting
        while self.filled + more > FULL_AT * len(self.table):
            bigger = np.zeros(2 * len(self.table), np.uint64)
            kernels.rehash(self.table, bigger)
            self.table = bigger


def _spread(keys: Ints, partitions: int) -> tuple[npt.NDArray[np.uint64], Ints, npt.NDArray[np.int32]]:
    """The tags and places of the keys, a row for each partition, how many each row has, and which are left out."""
    order, count = np.empty((partitions, len(keys) + 1), np.uint64), np.zeros(partitions, np.int64)
    recent, target = np.zeros(kernels.RECENT, np.uint64), np.empty(len(keys), np.int32)
    kernels.spread(keys, 0, len(keys), recent, order, count, target)
    return order, count, target


@contextlib.contextmanager
def actors(where: str) -> Iterator[list[Any]]:
    """Ray's handles on the actors: one a processor of the cluster at `where`, or N in this machine for `local:N`.

    Raises: SpecError if Ray is not there, if no cluster answers, or if one of the actors is lost.
    """
    try:
        import ray
    except ImportError:
        raise _mistake("Ray is not installed", "pip install 'pcstate[cluster]'") from None
    _connect(ray, where)
    try:
        count = int(ray.cluster_resources()["CPU"])
        yield [ray.remote(num_cpus=1)(Share).options(scheduling_strategy="SPREAD") for _ in range(count)]
    except (ray.exceptions.RayActorError, ray.exceptions.ObjectLostError) as error:
        lost = str(error).partition("\n")[0]
        raise _mistake(f"the cluster has lost states: {lost}", "--memory GB ends a search before a machine does") from None
    finally:
        ray.shutdown()


def _connect(ray: Any, where: str) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    kind, _, rest = where.rpartition(":")
    quiet = {"log_to_driver": False, "logging_level": "error"}
    if kind == "local":
        if not (rest.isdecimal() and int(rest)):
            raise _mistake(f"{rest!r} is no number of actors", "--cluster local:2")
        ray.init("local", num_cpus=int(rest), include_dashboard=False, **quiet)
        return
    try:
        socket.create_connection((kind, int(rest)), timeout=5).close()  # Ray would wait for minutes, and then end the process
        ray.init(address=where, **quiet)
    except (OSError, ValueError) as error:
        raise _mistake(f"no Ray cluster answers at {where!r}: {error}", "HOST:PORT of a running one, or local:N") from None


def _mistake(message: str, hint: str) -> SpecError:
    return SpecError([Mistake(Place("--cluster", 0), message, hint=hint)])


class ClusterGraph:
    """What a search by actors has found. Its states are only counted here; they stay with the actors."""

    reductions: tuple[str, ...] = ()

    def __init__(self, network: Network, handles: Sequence[Any]) -> None:
        self.network = network
        owed = np.zeros(len(network.vectors), np.bool_)
        owed[list(movers(network))] = True
        self._shares = [handle.remote(number, len(handles), owed) for number, handle in enumerate(handles)]
        self._apart: frozenset[str] = frozenset()
        self._packing = Packing(network, merge(network))
        self.states = range(0)
        self.expanded = self.transitions = self.depth = 0
        self.seconds, self.stopped = 0.0, ""

    def search(self, bounds: Bounds, progress: Progress | None = None) -> None:
        """Find every state, within the bounds; that on memory is for each actor. Cost: some 10 ms a level on top of the work."""
        limits = Limits(replace(bounds, max_states=min(bounds.max_states, LARGEST * len(self._shares))), progress)
        while not self._search(limits):
            pass
        self.seconds = limits.seconds

    def _search(self, limits: Limits) -> bool:
        """Search from the initial state; False where that must be done anew."""
        self._each("begin", self._packing.layout, self._packing.initial())
        self._teach()
        self.states, level = range(1), 0
        while True:
            if not any(self._each("advance")):
                return True
            if not self._complete():
                return False
            left = True
            while left:
                reports = self._round()
                left = any(report.left for report in reports)
                self.states = range(sum(report.found for report in reports))
                self.expanded = sum(report.expanded for report in reports)
                self.transitions = sum(report.transitions for report in reports)
                self.depth = level + (len(self.states) > self.expanded + sum(report.left for report in reports))
                memory = max(report.memory for report in reports)
                self.stopped = limits.reached(len(self.states), self.expanded, self.depth, memory)
                if self.stopped:
                    return True
            level += 1

    def _complete(self) -> bool:
        """Teach the actors what they lack of the tables: rows, then steps. False where that makes a new layout, too."""
        packing = self._packing
        while any(map(len, lacks := self._lacks())):
            packing.work_out(lacks[0])
            packing.take(lacks[1])
            self._teach()
        if packing.blown_up:
            self._apart |= packing.blown_up
            self._packing = Packing(self.network, merge(self.network, self._apart))
            return False
        if packing.crowded:
            packing.relaid(np.empty((0, packing.layout.words), np.int64))
            return False
        return True

    def _lacks(self) -> tuple[Ints, Ints]:
        places, steps = map(np.concatenate, zip(*self._each("lacks"), strict=True))
        return np.unique(places), np.unique(steps, axis=0)

    def _teach(self) -> None:
        import ray

        self._each("learn", *map(ray.put, self._packing.tables.known()))

    def _round(self) -> list[Report]:
        import ray

        sent = [share.expand.options(num_returns=len(self._shares)).remote() for share in self._shares]
        blocks = zip(*(sent if len(sent) > 1 else [sent]), strict=True)
        taken = [share.take.remote(*own) for share, own in zip(self._shares, blocks, strict=True)]
        return cast(list[Report], ray.get(taken))

    def _each(self, method: str, *arguments: Any) -> list[Any]:
        import ray

        return cast(list[Any], ray.get([getattr(share, method).remote(*arguments) for share in self._shares]))

    def nearest(self, formula: Formula, wanted: bool, at_rest: bool) -> tuple[int, tuple[int, ...]] | None:
        """The level and the words of a nearest state (at rest) in which the formula is `wanted`. Cost: one evaluation a class."""
        kinds: Kinds = []
        for g, group in enumerate(self._packing.groups):
            columns = [place for place, component in enumerate(group.members) if component in formula.components]
            if columns:
                rows = self._packing.members(g)[:, columns]
                kinds.append((g, np.unique(numbered(rows), return_inverse=True)[1].astype(np.int64)))
        found = [
            (int(level), tuple(words.tolist()))
            for states, levels in self._each("classes", kinds, at_rest)
            for words, level in zip(states, levels, strict=True)
            if bool(formula(self._packing.state(words))) == wanted
        ]
        return min(found, default=None)

    def run(self, level: int, words: tuple[int, ...]) -> Run:
        """A shortest run to a state of that level."""
        goal, vectors = np.array(words, np.int64), []
        for earlier in range(level - 1, -1, -1):
            vector, goal = next(found for found in self._each("before", goal, earlier) if found is not None)
            vectors.append(vector)
        state, run = self.network.initial(), []
        for vector in reversed(vectors):
            state = self.network.fire(vector, state)
            run.append((vector, state))
        return run


class ClusterJudge:
    """Judges what single states say; the rest needs the transitions, which a cluster does not keep."""

    def __init__(self, graph: ClusterGraph, tracer: Tracer) -> None:
        self.graph = graph
        self.tracer = tracer

    def judge(self, compiled: CompiledProperty, profile: str) -> Judgement:
        """The verdict on one property under a profile, with a shortest trace of what was found."""
        promise, graph = compiled.promise, self.graph
        if reason := not_asked(compiled, profile):
            return judgement(compiled, Verdict.NOT_RUN, reason)
        if promise.kind not in ("always", "sometimes", "deadlock"):
            return judgement(compiled, Verdict.UNKNOWN, f"a cluster does not judge {promise.kind}: check this without --cluster")
        wanted, at_rest = promise.kind == "sometimes", promise.at_rest or promise.kind == "deadlock"
        hits = [(hit, n) for n, one in enumerate(compiled.instances) if (hit := graph.nearest(one.formula, wanted, at_rest))]
        if hits:
            hit, n = min(hits)
            return met(compiled, n, graph.run(*hit), self.tracer)
        if graph.stopped:
            return judgement(compiled, Verdict.UNKNOWN, f"the search stopped at its {graph.stopped}")
        return unmet(compiled)
