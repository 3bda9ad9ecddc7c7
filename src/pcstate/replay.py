"""The flow of `pcstate trace --replay`: a trace that check reported -> what to do at which step -> runs of real Go -> the same?

In: what `trace` takes, a toolchain's version, and how often to try. Out: a `Replayed` for a `Finding`. The trace is followed on
the spec first, as `trace` does; `spec/replay` says what steers which of its steps.
"""

from dataclasses import replace

from pcstate.check.predict import misses_a_conn
from pcstate.check.sighting import judge
from pcstate.check.steering import plan
from pcstate.check.tracing import follow
from pcstate.model.finding import Finding
from pcstate.model.formula import compile_formula
from pcstate.model.replay import Attempt, Plan, Replayed, Unsteered
from pcstate.model.verdict import Verdict
from pcstate.pipeline import build
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.source import Source
from pcstate.trace import trace

__all__ = ["plan_of", "replay", "replay_finding"]

LARGEST = 8
"""Connections of the largest network that is built."""
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
    finding = trace(spec, source, asked, profile)
    return finding, replay_finding(spec, finding, go, repeat)


def replay_finding(spec: Spec, finding: Finding, go: str | None = None, repeat: int = 1) -> Replayed:
    """The same for a finding."""
    from pcstate.golang.replayer import replay as lead  # only this needs a toolchain
    from pcstate.golang.toolchain import find

    toolchain = find(go)
    found = plan_of(spec, finding)
    if isinstance(found, Unsteered):
        step = f"{found.vector}, because " if found.vector else ""
        return Replayed(toolchain.version, None, (), Verdict.NOT_RUN, f"cannot be steered: {step}{found.reason}")
    attempts: list[Attempt] = []
    for _ in range(repeat):
        for _ in range(TRIES):
            attempt = judge(found, lead(found, finding.bounds, toolchain), spec.knowledge)
            if not attempt.late:
                break
        attempts.append(attempt)
    verdict, reason = _together(attempts)
    return Replayed(toolchain.version, found, tuple(attempts), verdict, reason)


def plan_of(spec: Spec, finding: Finding) -> Plan | Unsteered:
    """How real Go is led along a trace, or why it cannot be.

    Real Go has no bound on connections: where a request would wait for one only because the trace's network has no more, the
    trace is taken in a network that has.
    """
    if finding.trace.loop is not None:
        return Unsteered(finding.trace.steps[finding.trace.loop].action, "from there on the trace goes round for ever")
    actions = [step.action for step in finding.trace.steps]
    profile = choose_profile(spec.profiles, finding.profile)
    for conns in range(finding.bounds.conns, LARGEST + 1):
        built = build(spec, profile, replace(finding.bounds, conns=conns))
        network = built.network
        run = follow(network, actions)
        assert len(run) == len(actions), "a larger network takes the runs of a smaller one"
        dials = compile_formula(spec.network.outcome["dials"], network, dict(network.parameters))
        found = plan(network, spec.steering, run, dials, misses_a_conn(network))
        built.remember()
        if found is not None:
            return found
    return Unsteered("", f"more than {LARGEST} connections would be needed")


def _together(attempts: list[Attempt]) -> tuple[Verdict, str]:
    verdicts = [attempt.verdict for attempt in attempts]
    if Verdict.VIOLATED in verdicts:
        return Verdict.VIOLATED, ""
    if Verdict.UNKNOWN in verdicts:
        reasons = dict.fromkeys(attempt.reason for attempt in attempts if attempt.verdict is Verdict.UNKNOWN)
        return Verdict.UNKNOWN, "; ".join(reasons)
    return Verdict.HOLDS, ""
