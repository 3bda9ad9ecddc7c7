"""Reports -> tables for people, JSON for programs (the formats of DESIGN.md)."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pcstate.model.scenario import Outcome, Scenario
from pcstate.model.trace import Trace
from pcstate.model.verdict import Bounds, Judgement, Verdict

__all__ = [
    "VERDICT_STYLE", "check_json", "check_text", "observe_json", "observe_text", "outcome_line", "predict_json", "predict_text",
    "terminal",
]  # fmt: skip

VERDICT_STYLE = {Verdict.HOLDS: "green", Verdict.VIOLATED: "bold red", Verdict.UNKNOWN: "yellow", Verdict.NOT_RUN: "dim"}


class Checked(Protocol):
    """What a check report is made of (`pipeline.CheckReport`)."""

    @property
    def go(self) -> str: ...
    @property
    def profile_name(self) -> str: ...
    @property
    def bounds(self) -> Bounds: ...
    @property
    def states(self) -> int: ...
    @property
    def transitions(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def judgements(self) -> tuple[Judgement, ...]: ...
    @property
    def surprises(self) -> tuple[Judgement, ...]: ...


class Predicted(Protocol):
    """What a prediction is made of (`pipeline.PredictReport`)."""

    @property
    def go(self) -> str: ...
    @property
    def outcomes(self) -> Mapping[Outcome, str]: ...
    @property
    def complete(self) -> bool: ...
    @property
    def reason(self) -> str: ...


class Observed(Protocol):
    """What an observation is made of (`pipeline.ObserveReport`)."""

    @property
    def go(self) -> str: ...
    @property
    def outcomes(self) -> tuple[tuple[Outcome, int], ...]: ...


def _bounds(bounds: Bounds) -> dict[str, int | float]:
    return {
        "callers": bounds.callers, "conns": bounds.conns, "hosts": bounds.hosts, "requests": bounds.requests,
        "max_states": bounds.max_states, "timeout": bounds.timeout,
    }  # fmt: skip


def check_json(report: Checked) -> dict[str, Any]:
    """The `check` object of DESIGN.md."""
    return {
        "go": report.go,
        "profile": report.profile_name,
        "bounds": _bounds(report.bounds),
        "states": report.states,
        "transitions": report.transitions,
        "depth": report.depth,
        "seconds": round(report.seconds, 3),
        "verdict": report.verdict.value,
        "properties": [
            {
                "name": judgement.name,
                "kind": judgement.kind,
                "verdict": judgement.verdict.value,
                "clauses": list(judgement.clauses),
                "reason": judgement.reason,
                "trace": _trace_json(judgement.trace),
                "loop": judgement.trace.loop if judgement.trace else None,
            }
            for judgement in report.judgements
        ],
    }


def _trace_json(trace: Trace | None) -> list[dict[str, Any]]:
    return [
        {"who": step.who, "action": step.action, "clause": step.clause, "source": step.source}
        for step in (trace.steps if trace else ())
    ]


def check_text(report: Checked, expect: bool) -> None:
    """A table of verdicts, then a trace for each violated property."""
    console = terminal()
    sizes = report.bounds
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    for heading in ("verdict", "kind", "property", ""):
        table.add_column(heading, no_wrap=heading != "")
    for judgement in report.judgements:
        verdict = f"[{VERDICT_STYLE[judgement.verdict]}]{judgement.verdict}[/]"
        table.add_row(verdict, judgement.kind, judgement.name, escape(_remark(judgement)))
    console.print(f"[bold]{report.profile_name}[/]", highlight=False)
    console.print(table)
    for judgement in report.judgements:
        if judgement.verdict is Verdict.VIOLATED and judgement.trace is not None:
            _trace_text(console, judgement)
    counts = f"{report.states:,} states, {report.transitions:,} transitions, depth {report.depth}, {report.seconds:.1f} s"
    bounds = f"bounds: callers {sizes.callers}, conns {sizes.conns}, hosts {sizes.hosts}, requests {sizes.requests} each"
    console.print(f"{report.verdict}: {counts}; {bounds}")
    if expect:
        surprises = ", ".join(judgement.name for judgement in report.surprises)
        console.print(f"not as expected: {surprises}" if surprises else "every verdict is the expected one")


def _remark(judgement: Judgement) -> str:
    steps = f"{len(judgement.trace.steps)} steps" if judgement.trace else ""
    if judgement.kind == "sometimes" and judgement.verdict is Verdict.HOLDS:
        return f"reached in {steps}"
    return "; ".join(part for part in (judgement.reason, steps) if part)


def _trace_text(console: Console, judgement: Judgement) -> None:
    assert judgement.trace is not None
    console.print(f"\n[bold]{judgement.name}[/] {judgement.verdict}: {escape(judgement.reason)}")
    for number, step in enumerate(judgement.trace.steps):
        if judgement.trace.loop == number:
            console.print("  -- from here on for ever --")
        console.print(f"  {number + 1:3} {step.who:32} {step.action:40} {step.clause}", markup=False)
    console.print("")


def predict_json(scenario: Scenario, reports: Sequence[Predicted]) -> dict[str, Any]:
    """The `predict` object of DESIGN.md."""
    results = []
    for report in reports:
        result: dict[str, Any] = {
            "go": report.go,
            "outcomes": [outcome.as_json() for outcome in report.outcomes],
            "complete": report.complete,
        }
        if report.reason:
            result["reason"] = report.reason
        results.append(result)
    return {"scenario": scenario.name, "results": results}


def observe_json(scenario: Scenario, reports: Sequence[Observed]) -> dict[str, Any]:
    """The `observe` object of DESIGN.md."""
    return {
        "scenario": scenario.name,
        "results": [
            {
                "go": report.go,
                "outcomes": [{**outcome.as_json(), "count": count} for outcome, count in report.outcomes],
                "complete": True,
            }
            for report in reports
        ],
    }


def predict_text(scenario: Scenario, reports: Sequence[Predicted]) -> None:
    """For each Go the answer in one line, then each outcome with where its goroutines wait."""
    console = terminal()
    if len(reports) > 1:
        same = all(set(report.outcomes) == set(reports[0].outcomes) for report in reports)
        console.print("all these Gos agree" if same else "these Gos differ", style="bold")
    for report in reports:
        if not report.complete:
            console.print(f"Go {report.go}: UNKNOWN, {report.reason}", markup=False)
            continue
        console.print(f"Go {report.go}: {_headline(list(report.outcomes))}", style="bold", markup=False)
        for outcome, positions in report.outcomes.items():
            console.print(f"  {outcome_line(outcome)}", markup=False)
            for line in _why(outcome, positions):
                console.print(f"      {line}", markup=False)


def observe_text(scenario: Scenario, reports: Sequence[Observed]) -> None:
    """For each Go the outcomes it showed, and how often."""
    console = terminal()
    for report in reports:
        runs = sum(count for _, count in report.outcomes)
        console.print(f"Go {report.go}: {_headline([outcome for outcome, _ in report.outcomes])}", style="bold", markup=False)
        for outcome, count in report.outcomes:
            console.print(f"  {count} of {runs}: {outcome_line(outcome)}", markup=False)


def _orphans(outcome: Outcome) -> int:
    """How many connections have goroutines though they are neither idle nor hold an unread body."""
    return max(outcome.read_loops, outcome.write_loops) - outcome.idle_conns - outcome.unread_conns


def _connections(count: int) -> str:
    return f"{count} connection{'s' if count != 1 else ''}"


def terminal() -> Console:
    """Lines for people: as wide as the terminal, or wide enough for a trace where there is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


def _headline(outcomes: Sequence[Outcome]) -> str:
    if not outcomes:
        return "no outcome: the program never comes to rest"
    counts = sorted({outcome.goroutines for outcome in outcomes})
    goroutines = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    unread = max(outcome.unread_conns for outcome in outcomes)
    idle = max(outcome.idle_conns for outcome in outcomes)
    orphans = max(map(_orphans, outcomes))
    if unread:
        what = f"up to {_connections(unread)} leak: bodies that are neither read to EOF nor closed"
    elif orphans > 0:
        what = f"up to {_connections(orphans)} left behind, whose goroutines wait for what never comes"
    elif counts[-1] > 1 and not idle:
        what = "no connection stays behind, but goroutines do"
    elif idle:
        what = f"no leak: at most {idle} idle connection{'s' if idle > 1 else ''} kept for reuse"
    else:
        what = "nothing stays behind"
    return f"{goroutines} goroutines, {what}"


def outcome_line(outcome: Outcome) -> str:
    """An outcome in one line."""
    reused = sum(outcome.reused)
    errors = sorted({error for error in outcome.errors if error})
    return (
        f"{outcome.goroutines} goroutines (main, {outcome.read_loops} readLoop, {outcome.write_loops} writeLoop); "
        f"dials {outcome.dials}, reused {reused} of {len(outcome.reused)}, idle {outcome.idle_conns}, "
        f"unread {outcome.unread_conns}" + (f"; errors: {', '.join(errors)}" if errors else "")
    )


def _why(outcome: Outcome, positions: str) -> list[str]:
    lines = []
    if outcome.idle_conns:
        lines.append(
            "readLoop waits in Peek and writeLoop in its select: an idle connection, reused by the next request to its host"
        )
    if outcome.unread_conns:
        lines.append(
            "readLoop waits for the body's end and writeLoop for a request: read the body to io.EOF, close it, or cancel"
        )
    if _orphans(outcome) > 0 and "stuck" not in outcome.errors:
        lines.append(f"nobody will ever let these go on: {positions}")
    if "stuck" in outcome.errors:
        lines.append(f"a request never returns: {positions}")
    return lines
