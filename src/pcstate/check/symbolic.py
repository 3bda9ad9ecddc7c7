"""The search that keeps sets of states, not states: counts, and verdicts on what single states say.

In: a network. Out: how many states and transitions it has, and judgements. Theory of operation: each component is a level of a
decision diagram (`mdd`), and each vector an event: in a vector every component does what it does whatever the others are, so that
it is a table a level. What a component may be is known before (`closure`), but for data that no partner is seen to bound: these
get a few values, and twice as many where a state is reached that leaves them.

A formula is taken apart into questions that look at few components, and each of these is asked once of all that its components
hold together. A shortest run is looked for only where there is one: step by step, until what was found is met.
"""

import itertools
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pcstate.check.closure import finite
from pcstate.check.judge import judgement, met, movers, not_asked, unmet
from pcstate.check.limits import Limits, Progress
from pcstate.check.mdd import Diagrams, Stopped
from pcstate.check.merged import merge
from pcstate.check.refinement import REFUSED, beside
from pcstate.check.tracing import Run, Tracer
from pcstate.model.decision import Ask, Decision, Junction
from pcstate.model.finite import FiniteVector
from pcstate.model.lts import Behaviour
from pcstate.model.network import Network
from pcstate.model.property import CompiledProperty
from pcstate.model.verdict import Bounds, Judgement, Verdict

__all__ = ["SymbolicGraph", "SymbolicJudge"]

Ints = npt.NDArray[np.int32]

VALUES = 16
"""How many values a datum has at first whose values have no end."""
MANY = 64
"""How many configurations a component has at first, for each of those values."""
ROUNDS = 60
"""How often the components are put into another order; most are settled after a dozen."""


class SymbolicGraph:
    """All states of a network, as a set."""

    reductions: tuple[str, ...] = ()
    depth: int | None = None
    """A set has no order in which its states were found."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.states, self.transitions = range(1), 0
        self.seconds, self.stopped = 0.0, ""
        self.limits = Limits(Bounds())

    def search(self, bounds: Bounds, progress: Progress | None = None) -> None:
        """Find every state, within the bounds on time and memory; there may be as many as there are."""
        self.limits = Limits(replace(bounds, max_states=sys.maxsize), progress)
        values = VALUES
        try:
            while not self._found(values):
                values *= 2
                if limit := self.limits.reached(0, 0, 0):
                    raise Stopped(limit)
            states, self.transitions = self.diagrams.count(self.reached)
            self.states = range(states)
        except Stopped as stopped:
            self.stopped = str(stopped)
        self.seconds = self.limits.seconds

    def _found(self, values: int) -> bool:
        """Search with so many values of a datum; False where a state is reached that has another one."""
        small = finite(self.network, values * MANY, values)
        sizes = [len(component.configurations) + (not component.whole) for component in small.components]
        order = _order(self.network)
        self._at = [number for number in order if sizes[number] > 1] or order[:1]
        """The component of each level, the lowest first."""
        self._numbers = [component.numbers for component in small.components]
        level_of = {number: level for level, number in enumerate(self._at, 1)}
        events = {vector.number: _event(vector, sizes, level_of) for vector in small.vectors}
        self._events = {number: event for number, event in events.items() if event is not None}
        """By vector: for each level that it touches, where each value leads."""
        levels = [sizes[number] for number in self._at]
        self.diagrams = Diagrams(levels, list(self._events.values()), lambda nodes: self.limits.reached(nodes, nodes, 0))
        self.reached = self.diagrams.saturated([0] * len(levels))
        first = self.diagrams.only([0] * len(levels))
        self.fronts, self._seen = [first], first
        """The states by their distance from the first, as far as they were asked for."""
        components = [small.components[number] for number in self._at]
        return not any(
            self.diagrams.those_of(self.reached, [level], (component.beyond,).__eq__)
            for level, component in enumerate(components, 1)
            if not component.whole
        )

    def those_that(self, states: int, decision: Decision) -> int:
        """Those states of a set of which the answer is yes. Cost: an answer for each way in which its components are found."""
        if isinstance(decision, Ask):
            return self._those_that(states, decision)
        if not decision.some:
            for part in decision.parts:
                states = self.those_that(states, part)
            return states
        found = 0
        for part in decision.parts:
            found = self.diagrams.merge(found, self.those_that(states, part))
        return found

    def _those_that(self, states: int, ask: Ask) -> int:
        level_of = {number: level for level, number in enumerate(self._at, 1)}
        levels = sorted((level_of[number] for number in ask.components if number in level_of), reverse=True)
        state = list(self.network.initial())

        def wanted(values: tuple[int, ...]) -> bool:
            for level, value in zip(levels, values, strict=True):
                number = self._at[level - 1]
                state[number] = self._numbers[number][value]
            return ask(tuple(state))

        return self.diagrams.those_of(states, levels, wanted)

    def resting(self) -> int:
        """The states in which no step is possible that anybody owes."""
        owed = movers(self.network)
        return self.diagrams.unable(self.reached, [n for n, vector in enumerate(self._events) if vector in owed])

    def nearest(self, goals: Sequence[int]) -> tuple[int, int]:
        """How far the nearest state of one of the sets is, and which set that is; one of them has some that is reached."""
        for depth in itertools.count():
            if depth == len(self.fronts):
                new = self.diagrams.minus(self.diagrams.image(self.fronts[-1]), self._seen)
                self._seen = self.diagrams.merge(self._seen, new)
                self.fronts.append(new)
            for number, goal in enumerate(goals):
                if self.diagrams.restrict(goal, self.fronts[depth]):
                    return depth, number
        raise AssertionError("what is reached has a distance")

    def run(self, depth: int, goal: int) -> Run:
        """A shortest run to one of the states of a set that are so far away."""
        state = list(self.diagrams.any_of(self.diagrams.restrict(goal, self.fronts[depth])))
        run: Run = []
        for front in reversed(self.fronts[:depth]):
            after = self._global(state)
            vector, state = self._before(state, front)
            run.append((vector, after))
        return run[::-1]

    def _before(self, state: Sequence[int], front: int) -> tuple[int, list[int]]:
        """A vector, and a state of the set that it leads from to that state."""
        for number, event in self._events.items():
            levels = list(event)
            ways = [np.flatnonzero(event[level] == state[level - 1]).tolist() for level in levels]
            for values in itertools.product(*ways):
                before = list(state)
                for level, value in zip(levels, values, strict=True):
                    before[level - 1] = value
                if self.diagrams.has(front, before):
                    return number, before
        raise AssertionError("a state of a front comes from the one before")

    def _global(self, state: Sequence[int]) -> tuple[int, ...]:
        found = list(self.network.initial())
        for number, value in zip(self._at, state, strict=True):
            found[number] = self._numbers[number][value]
        return tuple(found)


def _order(network: Network) -> list[int]:
    """The components from the lowest level up, so that those of a vector are near each other.

    Half of the connections are below all else and half above, so that callers are between them. From there it is the best of what
    the method FORCE (Aloul, Markov and Sakallah 2003) comes through: each component is moved to where its vectors are on the
    average, again and again. (Two callers on two connections: 17 s; with the callers below all connections 56.)
    """
    vectors = [sorted({c for c, _ in (*v.who, *v.also, *v.unless)}) for v in network.vectors]
    groups = merge(network)
    conns = [group for group in groups if group.name.startswith("conn")]
    below = conns[: len(conns) // 2]
    order = [number for group in (*below, *(g for g in groups if g not in below)) for number in group.members]
    found = [order]
    for _ in range(ROUNDS):
        at = _places(order)
        middles: list[list[float]] = [[] for _ in order]
        for members in vectors:
            middle = statistics.fmean(at[member] for member in members)
            for member in members:
                middles[member].append(middle)
        order = sorted(order, key=lambda number: (statistics.fmean(middles[number] or [at[number]]), at[number]))
        if order == found[-1]:
            break
        found.append(order)
    best = min(found, key=lambda order: _length(order, vectors))
    return min((best, best[::-1]), key=lambda order: _height(order, vectors))


def _places(order: Sequence[int]) -> dict[int, int]:
    return {number: place for place, number in enumerate(order)}


def _length(order: Sequence[int], vectors: Sequence[Sequence[int]]) -> int:
    """Over how many levels the vectors reach, all together."""
    at = _places(order)
    return sum(max(map(at.__getitem__, members)) - min(map(at.__getitem__, members)) for members in vectors)


def _height(order: Sequence[int], vectors: Sequence[Sequence[int]]) -> int:
    """How high they begin, all together."""
    at = _places(order)
    return sum(max(map(at.__getitem__, members)) for members in vectors)


def _event(vector: FiniteVector, sizes: Sequence[int], level_of: Mapping[int, int]) -> dict[int, Ints] | None:
    """Where a vector leads each value of each level that it touches; None if a component that is no level is in its way.

    `level_of` begins with the lowest.
    """
    event: dict[int, Ints] = {}
    for number, leads in _leads(vector, sizes).items():
        if number in level_of and (leads != np.arange(len(leads))).any():
            event[level_of[number]] = leads
        elif leads[0] < 0:
            return None
    return event or {1: np.arange(sizes[next(iter(level_of))], dtype=np.int32)}  # it takes one step, wherever all are


def _leads(vector: FiniteVector, sizes: Sequence[int]) -> dict[int, Ints]:
    """Where the vector leads each of its components from each configuration, -1 where that is in its way; so is one beyond."""
    found: dict[int, Ints] = {}
    for parts, kind in ((vector.who, "who"), (vector.also, "also"), (vector.unless, "unless")):
        for number, table in parts:
            to = np.full(sizes[number], -1, np.int32)
            to[: len(table)] = table
            if number not in found:
                found[number] = np.arange(len(to), dtype=np.int32)
                found[number][len(table) :] = -1
            now = found[number]
            if kind == "unless":
                now[to >= 0] = -1
            elif kind == "who":
                now[:] = np.where(now >= 0, to, -1)
            else:
                now[:] = np.where((now >= 0) & (to >= 0), to, now)
    return found


class SymbolicJudge:
    """Judges what single states say; no run that goes on for ever is looked for. The bounds on time and memory begin anew."""

    def __init__(self, graph: SymbolicGraph, tracer: Tracer, abstract: tuple[Behaviour, int], bounds: Bounds) -> None:
        self.graph = graph
        self.tracer = tracer
        self.abstract = abstract
        self.bounds = bounds
        self._resting: int | None = None
        graph.limits = Limits(replace(bounds, max_states=sys.maxsize))

    def judge(self, compiled: CompiledProperty, profile: str) -> Judgement:
        """The verdict on one property under a profile, with a shortest trace of what was found."""
        promise, graph = compiled.promise, self.graph
        if reason := not_asked(compiled, profile):
            return judgement(compiled, Verdict.NOT_RUN, reason)
        if promise.kind == "leads-to":
            return judgement(
                compiled, Verdict.UNKNOWN, "a symbolic search does not judge leads-to: check this without --symbolic"
            )
        if graph.stopped:
            return judgement(compiled, Verdict.UNKNOWN, f"the search stopped at its {graph.stopped}")
        if limit := graph.limits.reached(0, 0, 0):
            return judgement(compiled, Verdict.UNKNOWN, f"not judged: {limit}")
        if promise.kind == "refinement":
            verdict, reason, refused = self._refinement()
            return judgement(compiled, verdict, reason, None if refused is None else self.tracer.along(refused))
        wanted = promise.kind == "sometimes"
        try:
            states = self._rest() if promise.at_rest or promise.kind == "deadlock" else graph.reached
            goals = [graph.those_that(states, one.decision(wanted)) for one in compiled.instances]
        except Stopped as stopped:
            return judgement(compiled, Verdict.UNKNOWN, f"not judged: {stopped}")
        if not any(goals):
            return unmet(compiled)
        try:
            depth, number = graph.nearest(goals)
            return met(compiled, number, graph.run(depth, goals[number]), self.tracer)
        except Stopped:
            verdict = Verdict.HOLDS if wanted else Verdict.VIOLATED
            return judgement(compiled, verdict, f"{compiled.instances[0].label} or another; no trace in time")

    def _refinement(self) -> tuple[Verdict, str, Run | None]:
        """Another search, with the lifecycle chart beside each connection: does one come to what it refuses?"""
        network, known = self.graph.network, len(self.graph.network.components)
        graph = SymbolicGraph(beside(network, *self.abstract))
        graph.search(self.bounds)
        if graph.stopped:
            return Verdict.UNKNOWN, f"the search beside the lifecycle stopped at its {graph.stopped}", None
        charts = range(known, len(graph.network.components))

        def refuses(number: int) -> Ask:
            return Ask((number,), lambda state: graph.network.configuration(number, state) == REFUSED)

        goal = graph.those_that(graph.reached, Junction(True, tuple(map(refuses, charts))))
        if not goal:
            return Verdict.HOLDS, "", None
        try:
            depth, _ = graph.nearest([goal])
            run = graph.run(depth, goal)
        except Stopped as stopped:
            return Verdict.VIOLATED, f"no trace: {stopped}", None
        vector, _ = run[-1]
        before = run[-2][1] if run[1:] else graph.network.initial()
        abstract = network.vectors[vector].abstract
        assert abstract is not None, "only an event of the chart moves it"
        at = graph.network.configuration(known + abstract[1], before)
        reason = f"connection {abstract[1]}: lifecycle does not take {abstract[0]!r} in state {at.state!r}"
        return Verdict.VIOLATED, reason, [(vector, state[:known]) for vector, state in run]

    def _rest(self) -> int:
        if self._resting is None:
            self._resting = self.graph.resting()
        return self._resting
