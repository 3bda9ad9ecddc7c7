"""The flow of `pcstate diff`: check and predict under two Gos -> what they answer differently.

In: the spec, two Gos and scenarios. Out: a `DiffReport` of nothing but differences, and of what is not known to be equal.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from pcstate.check.difference import constant_changes, exclusive_outcomes, property_changes, telling_side
from pcstate.check.inclusion import included
from pcstate.check.limits import Limits
from pcstate.check.replay import common_steps
from pcstate.model.difference import Agreement, ConstantChange, Distinction, Lives, PropertyChange, ScenarioChange, agreement
from pcstate.model.scenario import Scenario
from pcstate.model.verdict import Bounds
from pcstate.pipeline import CheckReport, Steps, build, check
from pcstate.predict import SCENARIO_BOUNDS, predict, shortest_way, trace_of
from pcstate.processes import shared_out
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile

__all__ = ["DiffReport", "diff"]

FEW = 5
"""So many scenarios are not worth other processes: to start one takes about as long as a scenario."""

BOUNDS = replace(SCENARIO_BOUNDS, timeout=20.0)
"""The limits of a scenario's search: less time than `predict` gives it, for the library has hundreds of them."""


@dataclass(frozen=True, slots=True)
class DiffReport:
    """What differs between two Gos, or is not known to be equal."""

    gos: tuple[str, str]
    profiles: tuple[str, str]
    bounds: Bounds
    """Those that the properties' verdicts hold under."""
    scenarios_asked: int = 0
    constants: tuple[ConstantChange, ...] = ()
    lives: tuple[Lives, ...] = ()
    """Of the first within the second, and the other way round; none where one profile speaks for both."""
    properties: tuple[PropertyChange, ...] = ()
    scenarios: tuple[ScenarioChange, ...] = ()

    @property
    def agreement(self) -> Agreement:
        """Whether anything differs."""
        return agreement((*self.properties, *self.scenarios))


def diff(
    spec: Spec, gos: tuple[str, str], scenarios: Sequence[Scenario], progress: Steps | None = None, jobs: int = 1
) -> DiffReport:
    """What the spec answers differently under two Gos: every property, and the outcomes of every one of `scenarios`.

    Also whether each sequence of lifecycle events of the one is one of the other. More `jobs` than one are processes, which share
    the scenarios where these are more than `FEW`.

    Raises: SpecError.
    Cost:   two `check` at the default bounds and two `predict` for each scenario, some minutes for all of the library; nothing
            where one profile speaks for both.
    Bounds: the default ones for properties, `BOUNDS` for each search of a scenario; what is not found within them is UNKNOWN.
    """
    one, two = (choose_profile(spec.profiles, go, place) for go, place in zip(gos, ("V1", "V2"), strict=True))
    profiles = (one.name, two.name)
    if one.name == two.name:
        return DiffReport(gos, profiles, Bounds())
    meanings = {name: spec.meaning(name) for name in (*one.constants, *two.constants)}
    constants = constant_changes((one.constants, two.constants), meanings)
    tell = progress or (lambda done, of, what: None)
    tell(0, 1 + len(scenarios), f"{len(spec.properties)} properties")
    reports = [check(spec, go) for go in gos]
    properties = _properties(reports)
    lives = tuple(_lives(*pair) for pair in (reports, reports[::-1]))
    found: list[ScenarioChange] = []
    with ExitStack() as stack:
        if jobs > 1 and len(scenarios) > FEW:
            answers = stack.enter_context(shared_out(scenarios, jobs, partial, _scenario, spec, gos))
        else:
            answers = map(partial(_scenario, spec, gos), scenarios)
        for done, scenario in enumerate(scenarios, 1):
            tell(done, 1 + len(scenarios), scenario.name)
            found += next(answers)
    tell(1 + len(scenarios), 1 + len(scenarios), "")
    return DiffReport(gos, profiles, Bounds(), len(scenarios), constants, lives, properties, tuple(found))


def _lives(one: CheckReport, other: CheckReport) -> Lives:
    found = included(one.whole, other.whole, Limits(one.bounds))
    return Lives(found.verdict, found.reason, found.events)


def _properties(reports: Sequence[CheckReport]) -> tuple[PropertyChange, ...]:
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
        shortest = pair[side].kind != "leads-to"
        changes.append(replace(change, distinction=Distinction(side, trace, common, shortest)))
    return tuple(changes)


def _scenario(spec: Spec, gos: tuple[str, str], scenario: Scenario) -> list[ScenarioChange]:
    """Nothing where both versions have the same outcomes and these are known to be all."""
    one, two = (predict(spec, scenario, go, BOUNDS) for go in gos)
    only = exclusive_outcomes(one.prediction, two.prediction)
    unknown = "; ".join(f"Go {report.go}: {report.reason}" for report in (one, two) if not report.complete)
    if not any(only):
        return [ScenarioChange(scenario.name, only, reason=unknown)] if unknown else []
    ways = [shortest_way(spec, report, only[side], BOUNDS) if only[side] else None for side, report in enumerate((one, two))]
    found = [(side, *way) for side, way in enumerate(ways) if way]
    if not found:
        untold = "no run that shows it was found within the limits"
        return [ScenarioChange(scenario.name, only, reason="; ".join(filter(None, (unknown, untold))))]
    side, search, way, _ = min(found, key=lambda each: each[2].length)
    trace = trace_of(spec, search, way)
    sizes = replace(BOUNDS, conns=search.graph.network.parameters["conns"])
    other = build(spec, (two, one)[side].profile, sizes, scenario).network
    common = common_steps([step.action for step in trace.steps], other, urgent=True)
    certain = all(way is not None and way[2] for way, some in zip(ways, only, strict=True) if some)
    distinction = Distinction(side, trace, common, shortest=certain)
    return [ScenarioChange(scenario.name, only, distinction, unknown)]
