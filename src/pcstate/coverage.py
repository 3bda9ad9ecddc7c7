"""The flow of `pcstate check --coverage`: an explored network -> chart transitions never taken, properties that hold vacuously.

In: the spec and what `check` found. Out: a `Coverage`.
What a transition could be taken for is asked of the network without its interleavings (`closure.possible`): one that no component
can take there belongs to another profile or to programs with other steps, and is no finding. Nor is a part of a formula that only
says of whom it speaks. What `spec/coverage` has a reason for is as it should be, and told with that reason.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace

from pcstate.check.arrows import Explored
from pcstate.check.closure import possible
from pcstate.check.coverage import fired, never_begins, still_holds
from pcstate.check.judge import movers
from pcstate.check.safety import stuck_states
from pcstate.errors import Place
from pcstate.model.chart import ChartTransition
from pcstate.model.coverage import Coverage, Untaken, Vacuous
from pcstate.model.property import CompiledProperty
from pcstate.model.vacuity import premise, says_who, without_each_part
from pcstate.model.verdict import Verdict
from pcstate.pipeline import CheckReport, compile_all
from pcstate.specs.charts import ChartBehaviour
from pcstate.specs.library import Spec
from pcstate.specs.reasons import reasons

__all__ = ["coverage"]


def coverage(spec: Spec, report: CheckReport) -> Coverage:
    """What the exploration behind a report did not cover, of the charts in the network and of the properties that were judged.

    Order: by place; properties as judged. Cost: a second or two for the default network, more with its transitions.
    Bounds: those of the report; nothing is said of properties if the search was stopped.
    """
    graph, whys = report.whole, reasons(spec)
    network = graph.network
    taken: set[Place] = set()
    could: set[Place] = set()
    reached: set[tuple[str, str]] = set()
    charts: dict[str, tuple[ChartTransition, ...]] = {}
    for number, (done, may) in enumerate(zip(fired(graph), possible(network), strict=True)):
        behaviour = network.components[number].behaviour
        assert isinstance(behaviour, ChartBehaviour), "a network that was not minimised"
        name = behaviour.chart.name
        charts[name] = behaviour.chart.transitions
        reached |= {(name, state) for local in done.locals for state in behaviour.configuration(local).active}
        taken |= {t.place for t in itertools.starmap(behaviour.taken, done.steps)}
        could |= {t.place for t in itertools.starmap(behaviour.taken, may)}
    untaken = tuple(
        Untaken(name, t.source, t.event, t.target, t.guard, (name, t.source) in reached, t.place)
        for name, transitions in sorted(charts.items())
        for t in transitions
        if t.place in could - taken
    )
    off = sum(map(len, charts.values())) - len(taken) - len(untaken)
    judged = [] if graph.stopped else _judged(spec, report)
    vacuous = dict.fromkeys(found for compiled in judged for found in _vacuous(spec, graph, compiled))
    names = frozenset(compiled.promise.name for compiled in judged)
    return Coverage(
        frozenset(taken),
        tuple(replace(each, why=whys.get(each.text, "")) for each in untaken),
        off,
        names,
        tuple(replace(each, why=whys.get(each.text, "")) for each in vacuous),
        not graph.stopped,
    )


def _judged(spec: Spec, report: CheckReport) -> list[CompiledProperty]:
    """The properties that hold, of those kinds that can for want of a case."""
    holding = {judgement.name for judgement in report.judgements if judgement.verdict is Verdict.HOLDS}
    every = compile_all(spec, report.graph.network)
    return [c for c in every if c.promise.name in holding and c.promise.kind in ("always", "deadlock", "leads-to")]


def _vacuous(spec: Spec, graph: Explored, compiled: CompiledProperty) -> Iterator[Vacuous]:
    promise = compiled.promise
    if promise.kind == "leads-to":
        if never_begins(graph, compiled):
            yield Vacuous(promise.name, premise(promise.formula), premise=True)
        return
    where = stuck_states(graph, movers(graph.network)) if promise.kind == "deadlock" else None
    references = {name: [datum for datum, _ in data] for name, data in graph.network.references.items()}
    for part, rest in without_each_part(promise.formula):
        if says_who(part, references):
            continue
        (stronger,) = compile_all(replace(spec, properties=(replace(promise, formula=rest),)), graph.network)
        if still_holds(graph, stronger, where):
            yield Vacuous(promise.name, part)
