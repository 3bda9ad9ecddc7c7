"""The flow of `pcstate diff`: check and predict under two Gos -> what they answer differently.

In: the spec, two Gos and scenarios. Out: a `DiffReport` of nothing but differences, and of what is not known to be equal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pcstate.check.difference import constant_changes, exclusive_outcomes, property_changes, telling_side
from pcstate.check.replay import common_steps, real_run
from pcstate.check.tracing import Tracer
from pcstate.model.difference import Agreement, ConstantChange, Distinction, PropertyChange, ScenarioChange, agreement
from pcstate.model.scenario import Scenario
from pcstate.model.verdict import Bounds
from pcstate.pipeline import check, search_outcomes
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.scenarios import load_scenario, scenario_names

__all__ = ["DiffReport", "diff", "open_scenarios"]


@dataclass(frozen=True, slots=True)
class DiffReport:
    """What differs between two Gos, or is not known to be equal."""

    gos: tuple[str, str]
    profiles: tuple[str, str]
    bounds: Bounds
    """Those that the properties' verdicts hold under."""
    scenarios_asked: int = 0
    constants: tuple[ConstantChange, ...] = ()
    properties: tuple[PropertyChange, ...] = ()
    scenarios: tuple[ScenarioChange, ...] = ()

    @property
    def agreement(self) -> Agreement:
        """Whether anything differs."""
        return agreement((*self.properties, *self.scenarios))


def open_scenarios(spec: Spec, asked: Sequence[str], stdin: Callable[[], str] = str) -> tuple[Scenario, ...]:
    """The scenarios of those names or files (`-` for stdin), or all of the library. Raises: SpecError."""
    names = asked or list(scenario_names(spec.root))
    return tuple(load_scenario(name, spec.root, stdin() if name == "-" else "") for name in names)


def diff(spec: Spec, gos: tuple[str, str], scenarios: Sequence[Scenario], announce: Callable[[str], None]) -> DiffReport:
    """What the spec answers differently under two Gos: every property, and the outcomes of every one of `scenarios`.

    `announce` is told what is looked at next. Raises: SpecError. Cost: two `check` at the default bounds and two `predict`
    for each scenario; nothing where one profile speaks for both.
    """
    one, two = (choose_profile(spec.profiles, go, place) for go, place in zip(gos, ("V1", "V2"), strict=True))
    profiles = (one.name, two.name)
    if one.name == two.name:
        return DiffReport(gos, profiles, Bounds())
    meanings = {name: spec.meaning(name) for name in (*one.constants, *two.constants)}
    constants = constant_changes((one.constants, two.constants), meanings)
    announce(f"{len(spec.properties)} properties")
    properties = _properties(spec, gos)
    found = []
    for number, scenario in enumerate(scenarios, 1):
        announce(f"scenario {number} of {len(scenarios)}: {scenario.name}")
        found += _scenario(spec, gos, scenario)
    return DiffReport(gos, profiles, Bounds(), len(scenarios), constants, properties, tuple(found))


def _properties(spec: Spec, gos: tuple[str, str]) -> tuple[PropertyChange, ...]:
    reports = [check(spec, go) for go in gos]
    judged = [{judgement.name: judgement for judgement in report.judgements} for report in reports]
    changes = []
    for change in property_changes([report.judgements for report in reports]):
        pair = [judgements[change.name] for judgements in judged]
        side = telling_side(*pair)
        trace = pair[side].trace if side is not None else None
        if side is None or trace is None or not change.known:
            changes.append(change)
            continue
        common = common_steps([step.action for step in trace.steps], reports[1 - side].graph.network, urgent=False)
        changes.append(replace(change, distinction=Distinction(side, trace, common)))
    return tuple(changes)


def _scenario(spec: Spec, gos: tuple[str, str], scenario: Scenario) -> list[ScenarioChange]:
    """Nothing where both versions have the same outcomes and these are known to be all."""
    (one, first), (two, second) = (search_outcomes(spec, scenario, go) for go in gos)
    only = exclusive_outcomes(one.prediction, two.prediction)
    unknown = "; ".join(f"Go {report.go}: {report.reason}" for report in (one, two) if not report.complete)
    if not any(only):
        return [ScenarioChange(scenario.name, only, reason=unknown)] if unknown else []
    assert first is not None and second is not None, "who has outcomes was searched"
    searches = (first, second)
    rests = [(side, report.prediction.rests[outcome]) for side, report in enumerate((one, two)) for outcome in only[side]]
    paths = {(side, number): len(searches[side].graph.path(number)) for side, number in rests}
    side, number = min(paths, key=lambda rest: (paths[rest], rest))
    graph = searches[side].graph
    trace = Tracer(graph, spec.clauses).along(real_run(graph, number, searches[side].reduction))
    common = common_steps([step.action for step in trace.steps], searches[1 - side].graph.network, urgent=True)
    return [ScenarioChange(scenario.name, only, Distinction(side, trace, common), unknown)]
