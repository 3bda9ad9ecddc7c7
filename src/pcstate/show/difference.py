"""What `diff` found -> text for people, JSON for programs."""

from typing import Any, Protocol

from rich.console import Console

from pcstate.model.difference import Agreement, ConstantChange, Distinction, Lives, PropertyChange, ScenarioChange
from pcstate.model.lts import Value
from pcstate.model.verdict import Bounds, Verdict
from pcstate.show.console import step_line, terminal
from pcstate.show.prediction import headline
from pcstate.show.report import trace_json

__all__ = ["Compared", "diff_json", "diff_text"]

BEFORE, BEHIND = 8, 4
"""How many steps of a trace are shown before and behind the place where two versions part."""


class Compared(Protocol):
    """What a comparison is made of (`diff.DiffReport`)."""

    @property
    def gos(self) -> tuple[str, str]: ...
    @property
    def profiles(self) -> tuple[str, str]: ...
    @property
    def bounds(self) -> Bounds: ...
    @property
    def scenarios_asked(self) -> int: ...
    @property
    def constants(self) -> tuple[ConstantChange, ...]: ...
    @property
    def lives(self) -> tuple[Lives, ...]: ...
    @property
    def properties(self) -> tuple[PropertyChange, ...]: ...
    @property
    def scenarios(self) -> tuple[ScenarioChange, ...]: ...
    @property
    def agreement(self) -> Agreement: ...


def diff_json(report: Compared) -> dict[str, Any]:
    """The `diff` object of the schema."""
    return {
        "go": list(report.gos),
        "profiles": list(report.profiles),
        "verdict": report.agreement.value,
        "constants": [{"name": change.name, "values": list(change.values), "about": change.about} for change in report.constants],
        "lives": [
            {"of": go, "verdict": lives.verdict.value, "only": list(lives.only), "reason": lives.reason}
            for go, lives in zip(report.gos, report.lives, strict=False)
        ],
        "properties": [
            {
                "name": change.name,
                "verdicts": [verdict.value for verdict in change.verdicts],
                "reasons": list(change.reasons),
                **_distinction_json(report, change.distinction),
                "loop": change.distinction.trace.loop if change.distinction else None,
            }
            for change in report.properties
        ],
        "scenarios": [
            {
                "scenario": change.scenario,
                "only": [[outcome.as_json() for outcome in outcomes] for outcomes in change.only],
                **_distinction_json(report, change.distinction),
                "reason": change.reason,
            }
            for change in report.scenarios
        ],
    }


def _distinction_json(report: Compared, distinction: Distinction | None) -> dict[str, Any]:
    if distinction is None:
        return {"trace": [], "of": None, "common": None, "shortest": None}
    return {
        "trace": trace_json(distinction.trace),
        "of": report.gos[distinction.side],
        "common": distinction.common,
        "shortest": distinction.shortest,
    }


def diff_text(report: Compared, full: bool = False) -> None:
    """The answer in one line; then what differs: constants, lifecycles, properties and scenarios, with one trace for each of the
    last two.

    That is a counterexample if there is any, and the shortest; of a long one the steps near the difference, unless `full`.
    JSON has them all.
    """
    out = terminal()
    names = (_go(report.gos[0]), _go(report.gos[1]))
    out.print(f"{names[0]} and {names[1]}: {_answer(report)}", style="bold", markup=False, soft_wrap=True)
    if report.constants:
        out.print("\nthe profiles set differently", style="bold")
    for constant in report.constants:
        out.print(f"  {constant.name}: {_values(constant.values)}  ({constant.about})", markup=False, soft_wrap=True)
    bounds = report.bounds
    sizes = f"callers {bounds.callers}, conns {bounds.conns}, requests {bounds.requests} each, closers {bounds.closers}"
    if report.lives:
        out.print(f"\nlives of a connection: sequences of lifecycle events (bounds: {sizes})", style="bold")
    for this, other, lives in zip(names, names[::-1], report.lives, strict=False):
        out.print(f"  {_lives_text(this, other, lives)}", markup=False, soft_wrap=True)
    if report.properties:
        out.print(f"\nproperties (bounds: {sizes})", style="bold")
    for change in report.properties:
        verdicts = ", ".join(f"{verdict} in {name}" for verdict, name in zip(change.verdicts, names, strict=True))
        reasons = "; ".join(filter(None, change.reasons))
        out.print(f"  {change.name}: {verdicts}" + (f" ({reasons})" if reasons else ""), markup=False, soft_wrap=True)
    if report.scenarios:
        out.print("\nscenarios", style="bold")
    for scenario in report.scenarios:
        _scenario_text(out, scenario, names)
    for changes in (report.properties, report.scenarios):
        telling = [change for change in changes if change.distinction is not None]
        if telling:
            _trace_text(out, min(telling, key=_weight), names, full)


def _answer(report: Compared) -> str:
    if report.profiles[0] == report.profiles[1]:
        return f"the same, for {report.profiles[0]} speaks for both"
    if report.agreement is Agreement.SAME:
        return f"no difference, neither in a property nor in {_many(report.scenarios_asked, 'scenario')}"
    known = [sum(change.known for change in changes) for changes in (report.properties, report.scenarios)]
    unknown = len(report.properties) + len(report.scenarios) - sum(known)
    differ = f"{_many(known[0], 'property', 'properties')} and {_many(known[1], 'scenario')} differ"
    if report.agreement is Agreement.UNKNOWN:
        return f"no difference is known, but {_many(unknown, 'answer is', 'answers are')} UNKNOWN"
    return differ + (f", {_many(unknown, 'answer is', 'answers are')} UNKNOWN" if unknown else "")


def _lives_text(this: str, other: str, lives: Lives) -> str:
    if lives.verdict is Verdict.VIOLATED:
        return f"only {this}: {', '.join(lives.only)}"
    within = f"each of {this} is one of {other}"
    return within if lives.verdict is Verdict.HOLDS else f"whether {within} is UNKNOWN: {lives.reason}"


def _scenario_text(out: Console, change: ScenarioChange, names: tuple[str, str]) -> None:
    if not change.known:
        out.print(f"  {change.scenario}: UNKNOWN, {change.reason}", markup=False, soft_wrap=True)
        return
    out.print(f"  {change.scenario}", markup=False)
    for name, outcomes in zip(names, change.only, strict=True):
        if outcomes:
            out.print(f"    only {name}: {headline(outcomes)}", markup=False, soft_wrap=True)
    if change.reason:
        out.print(f"    not all outcomes are known: {change.reason}", markup=False, soft_wrap=True)


def _trace_text(out: Console, change: PropertyChange | ScenarioChange, names: tuple[str, str], full: bool) -> None:
    """The trace, and from where the other version cannot follow; steps that are left out are counted."""
    found = change.distinction
    assert found is not None, "a telling change"
    subject = change.name if isinstance(change, PropertyChange) else change.scenario
    this, other = names[found.side], names[1 - found.side]
    steps = found.trace.steps
    shown = list(range(len(steps))) if full else _near(found)
    title = f"{'the shortest' if found.shortest else 'a'} trace that tells: {subject} in {this}, {_many(len(steps), 'step')}"
    some = f" ({len(shown)} of them shown: --full shows all)" if len(shown) < len(steps) else ""
    out.print(f"\n{title}{some}", style="bold", markup=False, soft_wrap=True)
    following = 0
    for number in shown:
        _left_out(out, number - following)
        following = number + 1
        if number == found.common:
            out.print(f"  from here on {other} has no such step")
        if found.trace.loop == number:
            out.print("  -- from here on for ever --")
        out.print(step_line(number, steps[number]), markup=False)
    _left_out(out, len(steps) - following)
    if found.common == len(steps):
        out.print(f"  {other} can take all of these steps too, but goes on from there, or ends otherwise")


def _left_out(out: Console, count: int) -> None:
    if count:
        out.print(f"      ... {_many(count, 'step')}")


def _near(found: Distinction) -> list[int]:
    """The steps around the first that the other version cannot take, and those with which the loop begins."""
    spans = [(found.common - BEFORE, found.common + BEHIND)]
    if found.trace.loop is not None:
        spans.append((found.trace.loop, found.trace.loop + BEHIND))
    return [number for number in range(len(found.trace.steps)) if any(begin <= number < end for begin, end in spans)]


def _weight(change: PropertyChange | ScenarioChange) -> tuple[bool, int]:
    """The least tells most: a counterexample before a witness, then the shortest."""
    witness = isinstance(change, PropertyChange) and Verdict.VIOLATED not in change.verdicts
    return witness, len(change.distinction.trace.steps) if change.distinction else 0


def _go(go: str) -> str:
    return f"Go {go.removeprefix('go')}"


def _values(values: tuple[Value | None, Value | None]) -> str:
    return " -> ".join("not set" if value is None else str(value) for value in values)


def _many(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
