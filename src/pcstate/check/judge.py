"""One verdict for each property, on one explored state graph."""

import numpy as np
import numpy.typing as npt

from pcstate.check.explore import StateGraph
from pcstate.check.liveness import leads_to
from pcstate.check.refinement import refines
from pcstate.check.safety import first_where, holds_in, stuck_states
from pcstate.check.tracing import Tracer
from pcstate.model.lts import Behaviour
from pcstate.model.property import CompiledProperty, Instance
from pcstate.model.verdict import Judgement, Verdict

__all__ = ["Judge"]

Mask = npt.NDArray[np.bool_]


class Judge:
    """Judges properties on a graph; what several of them need is computed once.

    `abstract` is the lifecycle chart with its initial configuration, for refinements.
    """

    def __init__(self, graph: StateGraph, tracer: Tracer, abstract: tuple[Behaviour, int]) -> None:
        self.graph = graph
        self.tracer = tracer
        self.abstract = abstract
        self.matrix = graph.matrix()
        vectors = graph.network.vectors
        goroutines = {n for n, component in enumerate(graph.network.components) if component.kind == "goroutine"}
        self.movers = {
            number: frozenset(component for component, _ in vector.who if component in goroutines)
            for number, vector in enumerate(vectors)
            if "environment" not in vector.kind and vector.kind not in ("idle-timer", "settle")
        }
        self._stuck: Mask | None = None

    def judge(self, compiled: CompiledProperty, profile: str) -> Judgement:
        """The verdict on one property under a profile; VIOLATED comes with a shortest counterexample."""
        promise = compiled.promise
        if not promise.applies(profile):
            wanted = ", ".join(promise.holds)
            return self._result(compiled, Verdict.NOT_RUN, f"it speaks of {wanted} only")
        if promise.kind == "refinement":
            return self._refinement(compiled)
        check = {
            "always": self._always,
            "sometimes": self._sometimes,
            "deadlock": self._deadlock,
            "leads-to": self._leads_to,
        }[promise.kind]
        return check(compiled)

    def _result(self, compiled: CompiledProperty, verdict: Verdict, reason: str = "", steps: object = None) -> Judgement:
        promise = compiled.promise
        trace = None
        if isinstance(steps, tuple):
            trace = self.tracer.trace(steps[0], steps[1])
        return Judgement(promise.name, promise.kind, verdict, promise.clauses, reason, trace)

    def _open(self, compiled: CompiledProperty) -> Judgement:
        """The verdict when nothing was found: final only if everything was looked at."""
        if self.graph.stopped:
            return self._result(compiled, Verdict.UNKNOWN, f"the search stopped at its {self.graph.stopped}")
        return self._result(compiled, Verdict.HOLDS)

    def _to(self, state: int) -> tuple[list[tuple[int, int]], None]:
        return self.graph.path(state), None

    def _nearest(self, found: list[tuple[int, Instance]]) -> tuple[int, Instance]:
        return min(found, key=lambda pair: pair[0])

    def _always(self, compiled: CompiledProperty) -> Judgement:
        broken = [
            (state, instance)
            for instance in compiled.instances
            if (state := first_where(~holds_in(self.graph, instance.formula, self.matrix))) is not None
        ]
        if not broken:
            return self._open(compiled)
        state, instance = self._nearest(broken)
        return self._result(compiled, Verdict.VIOLATED, instance.label, self._to(state))

    def _sometimes(self, compiled: CompiledProperty) -> Judgement:
        reached = []
        for instance in compiled.instances:
            mask = holds_in(self.graph, instance.formula, self.matrix)
            if compiled.promise.at_rest:
                mask = mask & self.stuck()
            state = first_where(mask)
            if state is not None:
                reached.append((state, instance))
        if reached:
            state, instance = self._nearest(reached)
            return self._result(compiled, Verdict.HOLDS, instance.label, self._to(state))
        if self.graph.stopped:
            return self._open(compiled)
        return self._result(compiled, Verdict.VIOLATED, "no reachable state is like that")

    def _deadlock(self, compiled: CompiledProperty) -> Judgement:
        for instance in compiled.instances:
            state = first_where(self.stuck() & ~holds_in(self.graph, instance.formula, self.matrix))
            if state is not None:
                return self._result(compiled, Verdict.VIOLATED, self.tracer.positions(state), self._to(state))
        return self._open(compiled)

    def _leads_to(self, compiled: CompiledProperty) -> Judgement:
        for instance in compiled.instances:
            assert instance.then is not None, "a leads-to property has a 'then'"
            begin, end = (holds_in(self.graph, formula, self.matrix) for formula in (instance.formula, instance.then))
            lasso = leads_to(self.graph, begin, end, self.movers)
            if lasso is not None:
                how = "the run stops there" if lasso.loop is None else "the loop goes round for ever"
                reason = f"{instance.label}: {how}" if instance.label else how
                return self._result(compiled, Verdict.VIOLATED, reason, (list(lasso.steps), lasso.loop))
        return self._open(compiled)

    def _refinement(self, compiled: CompiledProperty) -> Judgement:
        behaviour, initial = self.abstract
        for conn in range(self.graph.network.parameters.get("conns", 1)):
            found = refines(self.graph, behaviour, initial, conn)
            if found.steps is not None:
                reason = f"connection {conn}: lifecycle does not take {found.refused!r} in state {found.at!r}"
                return self._result(compiled, Verdict.VIOLATED, reason, (list(found.steps), None))
        return self._open(compiled)

    def stuck(self) -> Mask:
        """The states where no goroutine can move (see `safety.stuck_states`)."""
        if self._stuck is None:
            self._stuck = stuck_states(self.graph, self.movers)
        return self._stuck
