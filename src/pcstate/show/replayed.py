"""What `trace --replay` prints: the answer in the first line, then each step and what was seen, then what is left."""

from collections import Counter
from typing import Any

from pcstate.model.finding import Finding
from pcstate.model.replay import Attempt, Call, Replayed, Sight, Step
from pcstate.model.stack import Stack
from pcstate.model.verdict import Verdict
from pcstate.show.console import terminal

__all__ = ["headline", "replay_json", "replay_text"]

_OUTSIDE = ("runtime.", "sync.", "internal/", "main.")
"""How functions begin that only say how a goroutine waits, or are our program's."""


def replay_text(finding: Finding, found: Replayed) -> None:
    """The answer; the steps with how they were steered and what was seen; the calls; the goroutines that are left."""
    out = terminal()
    out.print(headline(finding, found), style="bold", markup=False, soft_wrap=True)
    shown = found.shown
    for line in [*_about(finding, found), *(_lines(found, shown) if shown else [])]:
        out.print(line, markup=False, soft_wrap=True)


def headline(finding: Finding, found: Replayed) -> str:
    """The answer in one line."""
    name, go, runs = finding.judgement.name, found.go, len(found.attempts)
    if found.verdict is Verdict.NOT_RUN:
        return f"{name} on Go {go}: {found.reason}"
    same = sum(attempt.verdict is Verdict.VIOLATED for attempt in found.attempts)
    count = f"{same} of {runs} runs" if runs > 1 else "1 run"
    answer = {
        Verdict.VIOLATED: f"real Go did the same ({count})",
        Verdict.HOLDS: f"real Go did not do the same ({count})",
    }
    return f"{name} on Go {go}: {answer.get(found.verdict, f'inconclusive ({count}): {found.reason}')}"


def replay_json(finding: Finding, found: Replayed) -> dict[str, Any]:
    """The replay as `pcstate schema replay` says."""
    shown = found.shown
    return {
        "property": finding.judgement.name,
        "profile": finding.profile,
        "go": found.go,
        "verdict": found.verdict.value,
        "reason": found.reason,
        "runs": len(found.attempts),
        "same": sum(attempt.verdict is Verdict.VIOLATED for attempt in found.attempts),
        "races": list(found.plan.races) if found.plan else [],
        "steps": [_step_json(step, shown, n) for n, step in enumerate(found.plan.steps)] if found.plan and shown else [],
        "calls": [_call_json(call) for call in shown.calls] if shown else [],
        "left": [
            {"count": count, "entry": entry, "leaf": leaf, "wait": wait} for (entry, leaf, wait), count in _left(shown).items()
        ]
        if shown
        else [],
        "dials": shown.end.dials if shown else 0,
    }


def _about(finding: Finding, found: Replayed) -> list[str]:
    lines = [f"  the trace: {finding.scope}"]
    if finding.judgement.kind not in ("deadlock", "leads-to"):
        lines.append("  real Go is looked at where nothing moves; what the property speaks of may not show there")
    if found.plan and found.plan.races:
        lines.append(f"  a race decides whether it can go on with: {', '.join(found.plan.races)}")
    return lines


def _lines(found: Replayed, shown: Attempt) -> list[str]:
    assert found.plan
    lines = ["", f"  {'step':>4} {'':58} seen when nothing moved"]
    for position, step in enumerate(found.plan.steps):
        before = shown.sights[position - 1].errors if position else ()
        lines.append(f"  {step.number:4} {step.vector:58} {_seen(shown.sights[position], before)}")
        lines.append(f"  {'':4} {_how(step, shown.missed[position])}")
        if position == shown.diverged:
            lines.append(f"  {'':4} here real Go leaves the trace, which has: {_allowed(step)}")
    lines += [
        f"       everybody is let go{'':39} {_seen(shown.end, shown.sights[-1].errors if shown.sights else ())}",
        "",
        "calls:",
    ]
    lines += [f"  {call.who:10} request {call.request}: {call.name}{_returned(call)}" for call in shown.calls]
    lines += ["", f"left ({_plural(shown.end.dials, 'dial')}):"]
    left = [f"  {count} {entry}, in {leaf} [{wait}]" for (entry, leaf, wait), count in _left(shown).items()]
    return lines + (left or ["  nothing of net/http"])


def _how(step: Step, missed: str) -> str:
    return f"not possible: {missed}" if missed else step.action.about


def _returned(call: Call) -> str:
    return " returned" if call.result == "ok" else f" failed: {call.result}" if call.result else " hangs"


def _seen(sight: Sight, before: tuple[tuple[int, str], ...] = ()) -> str:
    """Where goroutines stand, and which requests have failed since `before`."""
    points = [f"{point} {count}x" if count > 1 else point for point, count in _points(sight)]
    failed = [f"request {request} failed: {error}" for request, error in sight.errors if (request, error) not in before]
    return "; ".join([*points, *failed]) or "nothing of net/http"


def _points(sight: Sight) -> list[tuple[str, int]]:
    return [(f"{role} {point}", count) for (role, point), count in sight.points]


def _allowed(step: Step) -> str:
    ways = []
    for each in step.allowed:
        points = [" or ".join(point for _, point in points if point) for points in each.image if ("", "") not in points]
        roles = [f"{points[0][0]} {words}" for points, words in zip(each.image, points, strict=False)]
        ways.append("; ".join(roles) or "nothing of net/http")
    return ", or ".join(dict.fromkeys(ways))


def _step_json(step: Step, shown: Attempt, position: int) -> dict[str, Any]:
    sight = shown.sights[position]
    return {
        "number": step.number,
        "action": step.vector,
        "steered": step.action.about,
        "missed": shown.missed[position],
        "seen": dict(_points(sight)),
        "errors": [{"request": request, "error": error} for request, error in sight.errors],
        "as_expected": shown.diverged is None or position < shown.diverged,
    }


def _call_json(call: Call) -> dict[str, Any]:
    return {"who": call.who, "request": call.request, "call": call.name, "result": call.result or None}


def _left(shown: Attempt) -> dict[tuple[str, str, str], int]:
    """Entry function, leaf and wait reason of the goroutines that are left, with how many are alike."""
    return dict(Counter(map(_ends, shown.left)))


def _ends(stack: Stack) -> tuple[str, str, str]:
    leaf = next((frame for frame in stack.frames if not frame.startswith(_OUTSIDE)), stack.frames[0])
    return stack.frames[-1], leaf, stack.wait


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
