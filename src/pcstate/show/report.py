"""Reports -> JSON for programs (the formats of DESIGN.md), and for people what `check` found and which scenarios there are."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pcstate.model.scenario import Scenario
from pcstate.model.trace import Trace
from pcstate.model.verdict import Bounds, Judgement, Verdict
from pcstate.show.console import step_line, terminal
from pcstate.show.prediction import Observed, Predicted

__all__ = [
    "VERDICT_STYLE", "check_json", "check_text", "observe_json", "predict_json", "scenarios_json", "scenarios_text", "trace_json",
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
    def depth(self) -> int | None: ...
    @property
    def reductions(self) -> tuple[str, ...]: ...
    @property
    def seconds(self) -> float: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def judgements(self) -> tuple[Judgement, ...]: ...
    @property
    def surprises(self) -> tuple[Judgement, ...]: ...


def _bounds(bounds: Bounds) -> dict[str, int | float]:
    return {**bounds.sizes, "max_states": bounds.max_states, "timeout": bounds.timeout, "memory": bounds.memory}


def check_json(report: Checked) -> dict[str, Any]:
    """The `check` object of DESIGN.md."""
    return {
        "go": report.go,
        "profile": report.profile_name,
        "bounds": _bounds(report.bounds),
        "states": report.states,
        "transitions": report.transitions,
        "depth": report.depth,
        "reductions": list(report.reductions),
        "seconds": round(report.seconds, 3),
        "verdict": report.verdict.value,
        "properties": [
            {
                "name": judgement.name,
                "kind": judgement.kind,
                "verdict": judgement.verdict.value,
                "clauses": list(judgement.clauses),
                "reason": judgement.reason,
                "trace": trace_json(judgement.trace),
                "loop": judgement.trace.loop if judgement.trace else None,
            }
            for judgement in report.judgements
        ],
    }


def trace_json(trace: Trace | None) -> list[dict[str, Any]]:
    """The steps of a trace as DESIGN.md has them; none where there is no trace."""
    return [
        {"who": step.who, "action": step.action, "clause": step.clause, "source": step.source, "changed": step.changed}
        for step in (trace.steps if trace else ())
    ]


def check_text(report: Checked, expect: bool) -> None:
    """A table of verdicts, then a trace for each violated property."""
    out = terminal()
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    for heading in ("verdict", "kind", "property", ""):
        table.add_column(heading, no_wrap=heading != "")
    for judgement in report.judgements:
        verdict = f"[{VERDICT_STYLE[judgement.verdict]}]{judgement.verdict}[/]"
        table.add_row(verdict, judgement.kind, judgement.name, escape(_remark(judgement)))
    out.print(f"[bold]{report.profile_name}[/]", highlight=False)
    out.print(table)
    for judgement in report.judgements:
        if judgement.verdict is Verdict.VIOLATED and judgement.trace is not None:
            _trace_text(out, judgement)
    depth = "" if report.depth is None else f", depth {report.depth}"
    counts = f"{report.states:,} states, {report.transitions:,} transitions{depth}, {report.seconds:.1f} s"
    left_out = f"; reductions: {', '.join(report.reductions)}" if report.reductions else ""
    out.print(f"{report.verdict}: {counts}; bounds: {report.bounds.told}{left_out}")
    if expect:
        unknown = [judgement.name for judgement in report.surprises if judgement.verdict is Verdict.UNKNOWN]
        others = [judgement.name for judgement in report.surprises if judgement.verdict is not Verdict.UNKNOWN]
        for said, names in (("not as expected", others), ("not known", unknown)):
            if names:
                out.print(f"{said}: {', '.join(names)}")
        if not report.surprises:
            out.print("every verdict is the expected one")


def _remark(judgement: Judgement) -> str:
    steps = f"{len(judgement.trace.steps)} steps" if judgement.trace else ""
    if judgement.kind == "sometimes" and judgement.verdict is Verdict.HOLDS:
        return f"reached in {steps}"
    return "; ".join(part for part in (judgement.reason, steps) if part)


def _trace_text(out: Console, judgement: Judgement) -> None:
    assert judgement.trace is not None
    out.print(f"\n[bold]{judgement.name}[/] {judgement.verdict}: {escape(judgement.reason)}")
    for number, step in enumerate(judgement.trace.steps):
        if judgement.trace.loop == number:
            out.print("  -- from here on for ever --")
        out.print(step_line(number, step), markup=False)
    out.print("")


def scenarios_json(library: Mapping[str, Sequence[Scenario]]) -> list[dict[str, str]]:
    """The `scenarios` list of the schema."""
    return [
        {"name": scenario.name, "group": group, "about": scenario.about}
        for group, scenarios in library.items()
        for scenario in scenarios
    ]


def scenarios_text(library: Mapping[str, Sequence[Scenario]]) -> None:
    """A line for each scenario, its name and its sentence, below its group."""
    out = terminal()
    width = max(len(scenario.name) for scenarios in library.values() for scenario in scenarios)
    for number, (group, scenarios) in enumerate(library.items()):
        out.print("\n" * (number > 0) + group, style="bold", markup=False)
        for scenario in scenarios:
            out.print(f"  {scenario.name:{width}}  {scenario.about}", markup=False, soft_wrap=True)


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
                "complete": not report.restless,
            }
            for report in reports
        ],
    }
