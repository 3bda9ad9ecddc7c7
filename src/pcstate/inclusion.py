"""The flow of `pcstate check --refines`: two explored networks -> does the one only do to connections what the other may do, too?

In: the spec, what `check` found for one Go, and another Go's network, explored at the same bounds. Out: a judgement more.
"""

from dataclasses import dataclass, replace

from pcstate.check.arrows import Explored
from pcstate.check.inclusion import included
from pcstate.check.limits import Limits, Progress
from pcstate.check.tracing import Tracer
from pcstate.model.verdict import Bounds, Judgement, Verdict
from pcstate.pipeline import CheckReport, build, uncollected
from pcstate.search import every_state
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile, choose_profile

__all__ = ["Other", "explored", "refines"]


@dataclass(frozen=True, slots=True)
class Other:
    """What others are compared with: the network of a profile, explored."""

    profile: Profile
    graph: Explored


def explored(spec: Spec, go: str, bounds: Bounds, progress: Progress | None = None) -> Other:
    """The network of `go`, for `refines`; nothing is reduced. Cost: as `check` without properties. Raises: SpecError."""
    profile = choose_profile(spec.profiles, go, "--refines")
    built = build(spec, profile, bounds)
    with uncollected():
        graph = every_state(built.network, bounds, progress)
    built.remember()
    return Other(profile, graph)


def refines(spec: Spec, report: CheckReport, other: Other) -> CheckReport:
    """The report with one judgement more: each sequence of lifecycle events is one of the `other` network, too.

    It is expected to hold. `report` must be of the same bounds, and of a search without symmetry, or the verdict is UNKNOWN.
    Cost and bounds: as `check.inclusion.included`; the walk has the timeout of one search.
    """
    graph = report.whole
    found = included(graph, other.graph, Limits(report.bounds))
    name, reason, trace = other.profile.name, found.reason, None
    if found.verdict is Verdict.VIOLATED:
        reason = f"never in {name}: {', '.join(found.events)}"
        trace = Tracer(graph.network, spec.clauses).along(graph.run(found.steps))
    judgement = Judgement(f"refines-{name}", "refinement", found.verdict, (), reason, trace)
    return replace(report, judgements=(*report.judgements, judgement), expected=(*report.expected, Verdict.HOLDS))
