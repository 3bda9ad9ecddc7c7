"""The flow of `pcstate trace --replay`: a trace that check reported -> what to do at which step -> runs of real Go -> the same?

In: what `trace` takes, a toolchain's version, and how often to try. Out: a `Replayed` for a `Finding`. The trace is followed on
the spec first, as `trace` does; `spec/replay` says what steers which of its steps.
"""

from pcstate.check.sighting import judge
from pcstate.check.steering import plan
from pcstate.check.tracing import Run
from pcstate.model.finding import Finding
from pcstate.model.formula import Written, compile_formula
from pcstate.model.network import Network
from pcstate.model.replay import Attempt, Plan, Replayed, Unsteered
from pcstate.model.verdict import Verdict
from pcstate.specs.library import Spec
from pcstate.specs.source import Source
from pcstate.trace import retrace

__all__ = ["plan_of", "replay", "replay_run"]

TRIES = 5
"""So often a replay for which a clock was too fast is tried again."""


def replay(
    spec: Spec, source: Source, asked: str | None = None, profile: str | None = None, go: str | None = None, repeat: int = 1
) -> tuple[Finding, Replayed]:
    """Lead the Go `go` (the first choice for None) along the trace that `trace` would show, `repeat` times.

    VIOLATED: real Go did the same, once at least. HOLDS: it did not. UNKNOWN: what decides it is a race or a clock, and it never
    went the trace's way. NOT_RUN: the trace cannot be steered. The last two have a reason.
    Raises: SpecError as `trace` does; GoError where there is no such toolchain, or the replayer does not build.
    """
    finding, network, run = retrace(spec, source, asked, profile)
    return finding, replay_run(spec, finding, network, run, go, repeat)


def replay_run(spec: Spec, finding: Finding, network: Network, run: Run, go: str | None = None, repeat: int = 1) -> Replayed:
    """The same for a run of a network."""
    from pcstate.golang.replayer import replay as lead  # only this needs a toolchain
    from pcstate.golang.toolchain import find

    toolchain = find(go)
    found = plan_of(spec, finding, network, run)
    if isinstance(found, Unsteered):
        reason = f"cannot be steered: {found.vector}, because {found.reason}"
        return Replayed(toolchain.version, None, (), Verdict.NOT_RUN, reason)
    attempts: list[Attempt] = []
    for _ in range(repeat):
        for _ in range(TRIES):
            attempt = judge(found, lead(found, network.parameters["callers"], toolchain), spec.knowledge)
            if not attempt.late:
                break
        attempts.append(attempt)
    verdict, reason = _together(attempts, found)
    return Replayed(toolchain.version, found, tuple(attempts), verdict, reason)


def plan_of(spec: Spec, finding: Finding, network: Network, run: Run) -> Plan | Unsteered:
    """How real Go is led along a run, or why it cannot be."""
    if finding.trace.loop is not None:
        return Unsteered(finding.trace.steps[finding.trace.loop].action, "from there on the trace goes round for ever")
    text = spec.network.outcome["dials"]
    assert isinstance(text, Written)
    return plan(network, spec.steering, run, compile_formula(text, network, dict(network.parameters)))


def _together(attempts: list[Attempt], found: Plan) -> tuple[Verdict, str]:
    verdicts = [attempt.verdict for attempt in attempts]
    if Verdict.VIOLATED in verdicts:
        return Verdict.VIOLATED, ""
    if Verdict.UNKNOWN in verdicts:
        reasons = dict.fromkeys(attempt.reason for attempt in attempts if attempt.verdict is Verdict.UNKNOWN)
        return Verdict.UNKNOWN, "; ".join(reasons)
    return Verdict.HOLDS, ""
