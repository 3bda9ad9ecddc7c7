"""The flow of `pcstate predict`: a client program, a Go -> every outcome at rest that the spec allows, and what waits there.

In: the spec, a scenario, a Go. Out: a `PredictReport`, and for those who look further the search that it was found by.
Theory of operation: the program takes the place of the free one, and only what it can do is explored, time in order. The network
is given more connections until no caller misses one, so that the bound on them never shows.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pcstate.check.predict import Prediction, Rests, alike, outcomes, too_small
from pcstate.check.reduction import Reduction
from pcstate.check.replay import Way, real_run, shortest_ways
from pcstate.check.skeleton import Chained, Skeleton
from pcstate.check.standing import standing
from pcstate.check.tracing import traced
from pcstate.model.advice import Failure, Standing
from pcstate.model.scenario import Outcome, Scenario
from pcstate.model.trace import Trace
from pcstate.model.verdict import Bounds
from pcstate.pipeline import Steps, build, compile_all_advice, uncollected
from pcstate.search import every_chain
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile, choose_profile
from pcstate.specs.programs import HASTY, demands

__all__ = [
    "SCENARIO_BOUNDS", "PredictReport", "Search", "predict", "predict_each", "search_outcomes", "search_scenario", "shortest_way",
    "trace_of",
]  # fmt: skip

SCENARIO_BOUNDS = Bounds(max_states=300_000, timeout=60.0)
"""The limits of `predict`."""
_LEAVES = ("close-after-response", "truncate-body")
"""Servers that hang up while callers wait: what is sent to them in vain is retried, and may dial beside the others."""
UNROLLED = 900
"""Connections times requests, at most: the network has some hundred vectors for each two of them."""
FEW = 8
"""So many requests can have a connection each at once."""


@dataclass(frozen=True, slots=True)
class PredictReport:
    """What `predict` found for one profile."""

    profile: Profile
    go: str
    scenario: Scenario
    prediction: Prediction
    standing: Mapping[Outcome, tuple[Standing, ...]] = field(default_factory=dict)
    """For each outcome what the goroutines that are there wait for."""
    failures: Mapping[str, Failure] = field(default_factory=dict)
    """Why a request fails, by the class of its error."""
    hasty: tuple[str, ...] = ()
    """Timeouts of which it is not clear whether they pass before all is at rest: the outcomes of both are here."""

    @property
    def span(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The first release that its profile speaks for, and the first after the last."""
        return self.profile.span

    @property
    def outcomes(self) -> Mapping[Outcome, str]:
        """Every outcome, with where its goroutines stand."""
        return self.prediction.outcomes

    @property
    def complete(self) -> bool:
        """Whether these are all outcomes."""
        return self.prediction.complete

    @property
    def reason(self) -> str:
        """Why they are not."""
        if self.complete or not self.prediction.states:
            return self.prediction.reason
        found = f"the search stopped at its {self.prediction.reason}, after {self.prediction.states:,} states"
        if self.prediction.short:
            return f"{found}; fewer requests of the same show what they do"
        fewer = "callers or requests" if len(self.scenario.callers) > 1 else "requests"
        return f"{found}; fewer {fewer}, or 'settle' between them, leave fewer interleavings"


@dataclass(frozen=True, slots=True)
class Search:
    """A scenario's exploration under one profile, what it was reduced by, and how its outcomes are read."""

    graph: Chained
    reduction: Reduction | None
    rests: Rests


def predict(
    spec: Spec,
    scenario: Scenario,
    go: str | None = None,
    bounds: Bounds = SCENARIO_BOUNDS,
    reduce: bool = True,
    progress: Steps | None = None,
) -> PredictReport:
    """The outcomes that the spec allows for `scenario` under one Go. Raises: SpecError.

    The network is given more connections until no caller misses one, so that the bound on them never shows.
    """
    found, _ = search_outcomes(spec, scenario, go, bounds, reduce, progress)
    if progress:
        progress(1, 1, "")
    return found


def predict_each(
    spec: Spec, scenario: Scenario, gos: Iterable[str | None], bounds: Bounds = SCENARIO_BOUNDS, progress: Steps | None = None
) -> list[PredictReport]:
    """What `predict` says under each of several Gos: worked out once for those that one profile speaks for. Raises: SpecError."""
    found: dict[str, PredictReport] = {}
    reports = []
    for go in gos:
        name = choose_profile(spec.profiles, go).name
        if name not in found:
            found[name] = predict(spec, scenario, go, bounds, progress=progress)
        reports.append(replace(found[name], go=go or name))
    return reports


@uncollected()
def search_outcomes(
    spec: Spec,
    scenario: Scenario,
    go: str | None,
    bounds: Bounds = SCENARIO_BOUNDS,
    reduce: bool = True,
    progress: Steps | None = None,
) -> tuple[PredictReport, Search | None]:
    """What `predict` reports, and the search that it was found by; None where the spec has no chart for what is asked."""
    profile = choose_profile(spec.profiles, go)
    asked = demands(scenario)

    def unanswered(reason: str) -> tuple[PredictReport, None]:
        return PredictReport(profile, go or profile.name, scenario, Prediction({}, False, 0, reason)), None

    if asked.unsupported:
        return unanswered(f"the spec has no chart yet for {', '.join(asked.unsupported)}")
    if scenario.requests > UNROLLED:
        return unanswered(f"a program of more than {UNROLLED} requests is not unrolled; fewer of the same show what they do")
    search = search_scenario(spec, profile, scenario, bounds, reduce, progress=progress)
    graph = search.graph
    prediction = outcomes(graph, search.rests, bounds.timeout)
    advice = compile_all_advice(spec, graph.network)
    stand = {outcome: standing(graph.network, graph.states[n], advice) for outcome, n in prediction.rests.items()}
    fired = {graph.network.vectors[number].name for number in graph.fired()}
    hasty = tuple(timeout for vector, timeout in HASTY.items() if vector in fired)
    return PredictReport(profile, go or profile.name, scenario, prediction, stand, spec.failures, hasty), search


@uncollected()
def search_scenario(
    spec: Spec,
    profile: Profile,
    scenario: Scenario,
    bounds: Bounds,
    reduce: bool = True,
    first: bool = True,
    again: bool = True,
    remember: bool = True,
    progress: Steps | None = None,
) -> Search:
    """The exploration of a scenario that the spec has charts for; `first` and `again` as in `Reduction`; what the charts answer
    is kept for the next process if `remember`."""
    found = 0

    def explored(program: Scenario) -> Search:
        nonlocal found
        built = build(spec, profile, replace(bounds, conns=conns), program)
        reduction = Reduction(built.network, alike(program), first, again) if reduce else None
        what = f"states looked at ({scenario.name}, {profile.name}, {conns} connections)"
        headway = (lambda done, known: progress(done, known, what)) if progress else None
        graph = every_chain(built.network, bounds, reduction, too_small(built.network, reduce), headway, found)
        found = max(found, len(graph.states))
        if remember:
            built.remember()
        return Search(graph, reduction, Rests(graph, program, spec.network.outcome))

    conns = _at_first(scenario)
    while True:
        shorter = _first_of_each(scenario, conns + 1)
        search = explored(shorter)
        if shorter != scenario and not search.graph.short:
            search = explored(scenario)
        if not search.graph.short:
            return search
        conns = _more(conns, scenario.requests)
        if conns * scenario.requests > UNROLLED:  # what is at rest in too small a network means nothing
            reason = f"limit of {UNROLLED} connections times requests"
            return replace(search, graph=Skeleton(search.graph.network, list(search.graph.states), stopped=reason, short=True))


def _at_first(scenario: Scenario) -> int:
    """How many connections to try first."""
    if len(scenario.callers) == 1:
        return 2
    conns = _more(2, scenario.requests)
    retried = scenario.server.behaviour in _LEAVES and scenario.transport.get("MaxConnsPerHost") != 1
    return _more(conns, scenario.requests) if retried else conns


def _first_of_each(scenario: Scenario, requests: int) -> Scenario:
    """The program to try first: where there are many requests, only so many of each caller, which may show already that there
    are too few connections."""
    if scenario.requests <= FEW:
        return scenario
    return replace(scenario, callers=tuple(replace(c, requests=min(c.requests, requests)) for c in scenario.callers))


def _more(conns: int, requests: int) -> int:
    """How many connections to try next: first as many as there are requests, if these are few, and one to spare; then half as
    many again, for a request that is retried may dial again."""
    few = min(requests, FEW)
    return few + 1 if conns <= few else conns + conns // 2


def shortest_way(
    spec: Spec, report: PredictReport, wanted: Collection[Outcome], bounds: Bounds = SCENARIO_BOUNDS
) -> tuple[Search, Way, bool] | None:
    """The shortest way to any of the outcomes, in a search in which a path is a run of the network, and True; where that takes
    too long, the shortest that a reduced one has, and False; None if that has none within the bounds."""
    for first in (False, True):
        search = search_scenario(spec, report.profile, report.scenario, bounds, first=first, again=False)
        if first or not search.graph.stopped:
            ways = shortest_ways(search.graph, search.rests, wanted)
            if ways:
                return search, min(ways.values(), key=lambda way: way.length), not first
    return None


def trace_of(spec: Spec, search: Search, way: Way) -> Trace:
    """The run of the network that a way through its reduced graph stands for."""
    assert search.reduction is not None, "a scenario's search is reduced unless it is asked not to be"
    return traced(search.graph.network, spec.clauses, real_run(search.graph, search.reduction, way))
