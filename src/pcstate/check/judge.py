"""One verdict for each property, on one explored state graph."""

from collections.abc import Mapping, Sequence

import numpy as np

from pcstate.check.arrows import Explored, Mask, Steps
from pcstate.check.limits import Limits, resident
from pcstate.check.liveness import Lasso, leads_to, leads_to_turned
from pcstate.check.refinement import refines
from pcstate.check.safety import first_where, holds_in, stuck_states
from pcstate.check.tracing import Run, Tracer, positions
from pcstate.model.lts import Behaviour, Value
from pcstate.model.network import GlobalState, Network
from pcstate.model.property import CompiledProperty, Instance, Property
from pcstate.model.trace import Trace
from pcstate.model.verdict import Judgement, Verdict

__all__ = ["Judge", "costly", "judgement", "met", "movers", "not_asked", "unmet"]

LOOPS = 40
"""Bytes for each state and permutation that a search for loops is given: most take 20 to 50, one that is everywhere 200."""


def costly(compiled: CompiledProperty) -> bool:
    """Whether judging a property takes searches of its own; of any other one look at each state."""
    return compiled.promise.kind in ("leads-to", "refinement")


def not_asked(compiled: CompiledProperty, profile: str) -> str:
    """Why this network, under that profile, is not asked for a property; empty if it is."""
    promise = compiled.promise
    return compiled.idle or ("" if promise.applies(profile) else f"it speaks of {', '.join(promise.holds)} only")


def judgement(compiled: CompiledProperty, verdict: Verdict, reason: str = "", trace: Trace | None = None) -> Judgement:
    """A property's judgement."""
    promise = compiled.promise
    return Judgement(promise.name, promise.kind, verdict, promise.clauses, reason, trace)


def met(compiled: CompiledProperty, number: int, run: Run, tracer: Tracer) -> Judgement:
    """The judgement where that run ends in what instance `number` asks for (`sometimes`) or rules out (`always`, `deadlock`)."""
    last = run[-1][1] if run else tracer.network.initial()
    reason = positions(tracer.network, last) if compiled.promise.kind == "deadlock" else compiled.instances[number].label
    verdict = Verdict.HOLDS if compiled.promise.kind == "sometimes" else Verdict.VIOLATED
    return judgement(compiled, verdict, reason, tracer.along(run))


def unmet(compiled: CompiledProperty) -> Judgement:
    """The judgement where no reachable state is like that."""
    if compiled.promise.kind == "sometimes":
        return judgement(compiled, Verdict.VIOLATED, "no reachable state is like that")
    return judgement(compiled, Verdict.HOLDS)


class Judge:
    """Judges properties on a graph; what several of them need is computed once.

    `abstract` is the lifecycle chart with its initial configuration, for refinements. Once one of the `limits` of time and
    memory is reached, no other property is begun: the verdict is UNKNOWN.
    """

    def __init__(self, graph: Explored, tracer: Tracer, abstract: tuple[Behaviour, int], limits: Limits | None = None) -> None:
        self.graph = graph
        self.tracer = tracer
        self.abstract = abstract
        self.limits = limits
        self.movers = movers(graph.network)
        self._stuck: Mask | None = None

    def judge(self, compiled: CompiledProperty, profile: str) -> Judgement:
        """The verdict on one property under a profile; VIOLATED comes with a shortest counterexample."""
        promise = compiled.promise
        if reason := not_asked(compiled, profile):
            return self._result(compiled, Verdict.NOT_RUN, reason)
        if limit := self._limit(compiled):
            return self._result(compiled, Verdict.UNKNOWN, f"not judged: {limit}")
        if promise.kind == "refinement":
            return self._refinement(compiled)
        check = {
            "always": self._always,
            "sometimes": self._sometimes,
            "deadlock": self._deadlock,
            "leads-to": self._leads_to,
        }[promise.kind]
        return check(compiled)

    def _result(
        self,
        compiled: CompiledProperty,
        verdict: Verdict,
        reason: str = "",
        steps: Sequence[tuple[int, int]] | None = None,
        loop: int | None = None,
    ) -> Judgement:
        trace = None if steps is None else self.tracer.along(self.graph.run(steps), loop)
        return judgement(compiled, verdict, reason, trace)

    def _limit(self, compiled: CompiledProperty) -> str:
        """The limit that judging has come to, or would come to with this property; empty if there is none."""
        if self.limits is None:
            return ""
        turns = len(self.graph.permutations) if self.graph.permutations else 1
        memory = resident() + LOOPS * turns * len(self.graph.states) if costly(compiled) else 0
        return self.limits.reached(0, 0, 0, memory)

    def _open(self, compiled: CompiledProperty) -> Judgement:
        """The verdict when nothing was found: final only if everything was looked at."""
        if self.graph.stopped:
            return self._result(compiled, Verdict.UNKNOWN, f"the search stopped at its {self.graph.stopped}")
        return self._result(compiled, Verdict.HOLDS)

    def _nearest(self, compiled: CompiledProperty, wanted: bool) -> tuple[str, Steps] | None:
        """A shortest way to a state in which an instance's formula is `wanted`, and which instance it is there."""
        found = []
        for instance in compiled.instances:
            mask = holds_in(self.graph, instance.formula) == wanted
            if compiled.promise.at_rest:
                mask &= self.stuck()
            state = first_where(mask)
            if state is not None:
                found.append(state)
        if not found:
            return None
        steps = self.graph.path(min(found))
        last = self._last(steps)
        return next(instance.label for instance in compiled.instances if bool(instance.formula(last)) == wanted), steps

    def _last(self, steps: Sequence[tuple[int, int]]) -> GlobalState:
        run = self.graph.run(steps)
        return run[-1][1] if run else self.graph.network.initial()

    def _always(self, compiled: CompiledProperty) -> Judgement:
        broken = self._nearest(compiled, False)
        return self._result(compiled, Verdict.VIOLATED, *broken) if broken else self._open(compiled)

    def _sometimes(self, compiled: CompiledProperty) -> Judgement:
        reached = self._nearest(compiled, True)
        if reached:
            return self._result(compiled, Verdict.HOLDS, *reached)
        if self.graph.stopped:
            return self._open(compiled)
        return unmet(compiled)

    def _deadlock(self, compiled: CompiledProperty) -> Judgement:
        for instance in compiled.instances:
            state = first_where(self.stuck() & ~holds_in(self.graph, instance.formula))
            if state is not None:
                steps = self.graph.path(state)
                where = positions(self.graph.network, self._last(steps))
                return self._result(compiled, Verdict.VIOLATED, where, steps)
        return self._open(compiled)

    def _leads_to(self, compiled: CompiledProperty) -> Judgement:
        lasso = self._lasso(compiled)
        if lasso is None:
            return self._open(compiled)
        how = "the run stops there" if lasso.loop is None else "the loop goes round for ever"
        run = [self.graph.network.initial(), *(state for _, state in self.graph.run(lasso.steps))]
        label = next(instance.label for instance in compiled.instances if _waits(instance, run))
        return self._result(compiled, Verdict.VIOLATED, f"{label}: {how}" if label else how, lasso.steps, lasso.loop)

    def _lasso(self, compiled: CompiledProperty) -> Lasso | None:
        way, done = self.graph.permutations, set[tuple[Value, ...]]()
        for instance in compiled.instances:
            if way is None:
                lasso = leads_to(self.graph, *self._masks(instance), self.movers, compiled.promise.strong)
            elif instance.values not in done:
                turned = {p: _turned(compiled.promise, instance, way.places[p]) for p in range(len(way))}
                done.update(turned.values())
                by_values = {other.values: self._masks(other) for other in compiled.instances if other.values in turned.values()}
                masks = [by_values[turned[way.inverse[p]]] for p in range(len(way))]
                begin, end = (np.stack(columns, axis=1) for columns in zip(*masks, strict=True))
                lasso = leads_to_turned(self.graph, begin, end, self.movers, compiled.promise.strong)
            else:
                continue
            if lasso is not None:
                return lasso
        return None

    def _masks(self, instance: Instance) -> tuple[Mask, Mask]:
        assert instance.then is not None, "a leads-to property has a 'then'"
        return holds_in(self.graph, instance.formula), holds_in(self.graph, instance.then)

    def _refinement(self, compiled: CompiledProperty) -> Judgement:
        found = refines(self.graph, *self.abstract)
        if found.steps is None:
            return self._open(compiled)
        abstract = self.graph.network.vectors[self.graph.run(found.steps)[-1][0]].abstract
        assert abstract is not None, "what was refused is an event of the chart"
        reason = f"connection {abstract[1]}: lifecycle does not take {found.refused!r} in state {found.at!r}"
        return self._result(compiled, Verdict.VIOLATED, reason, found.steps)

    def stuck(self) -> Mask:
        """The states where no goroutine can move (see `safety.stuck_states`)."""
        if self._stuck is None:
            self._stuck = stuck_states(self.graph, self.movers)
        return self._stuck


def movers(network: Network) -> dict[int, frozenset[int]]:
    """The vectors that somebody owes, each with the goroutines that must take it: not what the user, the server and clocks do.

    A plain step of objects alone is what a goroutine that has gone on in its chart still has to do (pc.close gives back the
    place of its connection): owed as a goroutine's.
    """
    goroutines = frozenset(n for n, component in enumerate(network.components) if component.kind == "goroutine")
    owed = {}
    for number, vector in enumerate(network.vectors):
        if "environment" not in vector.kind and vector.kind != "settle":
            who = frozenset(component for component, _ in vector.who)
            owed[number] = who & goroutines or (frozenset() if vector.kind else who)
    return owed


def _turned(promise: Property, instance: Instance, places: Mapping[str, Sequence[int]]) -> tuple[Value, ...]:
    """The index values that those of an instance become."""
    over = zip(promise.over, instance.values, strict=True)
    return tuple(places[domain][value] if domain in places and isinstance(value, int) else value for (_, domain), value in over)


def _waits(instance: Instance, run: Sequence[GlobalState]) -> bool:
    """Whether the instance's promise is given in the run, and kept nowhere after."""
    assert instance.then is not None
    kept = max((n for n, state in enumerate(run) if instance.then(state)), default=-1)
    return any(instance.formula(state) for state in run[kept + 1 :])
