"""What `conform` found -> lines for people, JSON for programs, and a page of tables in Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Protocol

from rich.markup import escape

from pcstate.model.conformance import Conformance, Difference, Misfit, Outside
from pcstate.model.scenario import Scenario
from pcstate.model.verdict import Verdict
from pcstate.show.console import terminal
from pcstate.show.markdown import markdown_table
from pcstate.show.prediction import outcome_line
from pcstate.show.report import VERDICT_STYLE

__all__ = ["agreement_page", "conform_json", "conform_text"]


class Compared(Protocol):
    """One scenario under one Go (`conform.Compared`)."""

    @property
    def folder(self) -> str: ...
    @property
    def scenario(self) -> Scenario: ...
    @property
    def go(self) -> str: ...
    @property
    def profile_name(self) -> str: ...
    @property
    def conformance(self) -> Conformance: ...


class Program(Protocol):
    """The smallest program found on which a Go disagrees (`conform.Smallest`)."""

    @property
    def go(self) -> str: ...
    @property
    def profile_name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def expression(self) -> str: ...
    @property
    def conformance(self) -> Conformance: ...


class Taken(Protocol):
    """What runs that fit took of the network (`fitting.Exercised`)."""

    @property
    def runs(self) -> int: ...
    @property
    def certain(self) -> Mapping[str, int]: ...
    @property
    def possible(self) -> Mapping[str, int]: ...


class Conformed(Protocol):
    """All of them (`conform.ConformReport`)."""

    @property
    def results(self) -> Sequence[Compared]: ...
    @property
    def repeat(self) -> int: ...
    @property
    def left_out(self) -> tuple[str, ...]: ...
    @property
    def smallest(self) -> Sequence[Program]: ...
    @property
    def exercised(self) -> Taken: ...
    @property
    def vectors(self) -> tuple[str, ...]: ...
    @property
    def never(self) -> tuple[str, ...]: ...
    @property
    def drawn(self) -> object: ...
    @property
    def verdict(self) -> Verdict: ...


def conform_json(report: Conformed) -> dict[str, Any]:
    """The `conform` object: `outside` are the outcomes that are not among the predicted, `misfit` is where the first log that
    fits no run of the network leaves them all."""
    taken = report.exercised
    return {
        "results": [
            {
                "scenario": result.scenario.name,
                "go": result.go,
                "spec": result.profile_name,
                "verdict": result.conformance.verdict.value,
                "observed": result.conformance.observed,
                "predicted": result.conformance.predicted,
                "complete": result.conformance.complete,
                "outside": [outside.seen.as_json() for outside in result.conformance.outside],
                "misfit": _misfit_json(result.conformance.misfit),
                "reason": _reason(result.conformance),
            }
            for result in report.results
        ],
        "smallest": [
            {
                "go": found.go,
                "spec": found.profile_name,
                "scenario": found.text,
                "expression": found.expression,
                "misfit": _misfit_json(found.conformance.misfit),
                "reason": _reason(found.conformance),
            }
            for found in report.smallest
        ],
        "exercised": {
            "runs": taken.runs,
            "vectors": {name: [taken.certain.get(name, 0), taken.possible.get(name, 0)] for name in report.vectors},
        },
    }


def conform_text(report: Conformed) -> None:
    """A line for each outcome that the spec does not allow, one for each scenario that is unknown, and a summary."""
    out = terminal()
    for result in _of(report, Verdict.VIOLATED):
        who = f"{result.scenario.name} (Go {result.go}, spec {result.profile_name})"
        for said in _said(result.conformance):
            out.print(_verdict(Verdict.VIOLATED), escape(f"{who}: {said}"), soft_wrap=True)
    for (name, reason), gos in _grouped((r.scenario.name, _reason(r.conformance), r.go) for r in _of(report, Verdict.UNKNOWN)):
        out.print(_verdict(Verdict.UNKNOWN), escape(f"{name} (Go {', '.join(gos)}): {reason}"), soft_wrap=True)
    if report.left_out:
        out.print(f"left out, because no profile speaks for it: Go {', '.join(report.left_out)}", soft_wrap=True)
    programs = ((each.profile_name, each.expression, _smallest(each), each.go) for each in report.smallest)
    for (profile, expression, shown), gos in _grouped(programs):
        out.print(escape(f"The smallest program found on which Go {', '.join(gos)} and spec {profile} disagree:"), soft_wrap=True)
        if expression:
            releases = "".join(f" --go {go}" for go in gos)
            out.print(escape(f"\n    pcstate observe {expression}{releases}"), soft_wrap=True)
        out.print(escape(shown), soft_wrap=True)
    if report.exercised.runs and report.drawn:
        out.print(escape(_exercised(report)), soft_wrap=True)
    out.print(f"{_verdict(report.verdict)}: {_summary(report)}", soft_wrap=True)


def agreement_page(report: Conformed) -> str:
    """A Markdown page: a table for each folder of scenarios, a column for each Go; then what real Go and the spec disagree on.

    Without dates, times and counts of states. How many outcomes a racing program shows is still up to its races.
    """
    profiles = {result.go: result.profile_name for result in report.results}
    rows = [
        "<!-- generated by 'pcstate conform --table' - do not edit -->",
        "",
        "# Does real Go agree with the spec?",
        "",
        f"Each program of the library was run {report.repeat} times under each Go. `2/3` says that the runs showed two different",
        "outcomes, of three that the spec allows; a program that races may show more or fewer of them the next time.",
        "**`2/3` ✗**: one of the two is not allowed; both sides stand at the end. `2/?`: not all that the spec allows is known",
        "(`pcstate predict` says why), but that some run of it ends in these two, with what was seen on the way. `2/? unknown`:",
        "nor is that.",
        "",
        *markdown_table([["Go", *profiles], ["profile", *profiles.values()]]),
        "",
    ]
    if report.left_out:
        rows += [f"No profile speaks for Go {', '.join(report.left_out)}.", ""]
    by_folder = sorted(report.results, key=lambda result: result.folder)
    for folder, results in groupby(by_folder, key=lambda result: result.folder):
        rows += [
            f"## {folder or 'other programs'}",
            "",
            *markdown_table([["program", "what it does", *profiles], *_programs(results)]),
            "",
        ]
    return "\n".join([*rows, "## Disagreements", "", *_disagreements(report), ""])


def _programs(results: Iterable[Compared]) -> list[list[str]]:
    found = []
    for scenario, cells in groupby(results, key=lambda result: result.scenario):
        found.append([f"`{scenario.name}`", _cell(scenario.about), *(_sizes(cell.conformance) for cell in cells)])
    return found


def _sizes(found: Conformance) -> str:
    sizes = f"`{found.observed}/{found.predicted if found.complete else '?'}`"
    return {Verdict.UNKNOWN: f"{sizes} unknown", Verdict.VIOLATED: f"**{sizes} ✗**"}.get(found.verdict, sizes)


def _disagreements(report: Conformed) -> list[str]:
    found = _grouped(
        (r.scenario.name, r.profile_name, outside, r.conformance.predicted, r.go)
        for r in _of(report, Verdict.VIOLATED)
        for outside in r.conformance.outside
    )
    rows = []
    for (name, profile, outside, predicted), gos in found:
        rows += [f"- `{name}`, Go {', '.join(gos)} against {profile}", f"  - Go shows: {outcome_line(outside.seen)}"]
        if outside.nearest:
            rows.append(f"  - the spec allows, the nearest of {predicted}: {outcome_line(outside.nearest)}")
            pairs = (f"{d.field} {_word(d.seen)} / {_word(d.allowed)}" for d in outside.differences)
            rows.append(f"  - differing: {', '.join(pairs)}")
        else:
            rows.append("  - the spec allows no outcome: the program never comes to rest")
    fits = _grouped((r.scenario.name, r.profile_name, r.conformance.misfit, r.go) for r in _of(report, Verdict.VIOLATED))
    for (name, profile, misfit), gos in fits:
        if misfit:
            rows += [f"- `{name}`, Go {', '.join(gos)} against {profile}", f"  - {_parting(misfit)}"]
    return rows or ["None."]


def _cell(text: str) -> str:
    return " ".join(text.split())


def _summary(report: Conformed) -> str:
    count = len(report.results)
    scenarios = len({result.scenario.name for result in report.results})
    gos = list(dict.fromkeys(result.go for result in report.results))
    parts = [f"{count - len(_of(report, Verdict.VIOLATED)) - len(_of(report, Verdict.UNKNOWN))} of {count} agree"]
    by_log = sum(not result.conformance.complete for result in _of(report, Verdict.HOLDS))
    if by_log:
        parts[0] += f" ({by_log} by their logs: not all that the spec allows is known)"
    for verdict, word in ((Verdict.VIOLATED, "disagree"), (Verdict.UNKNOWN, "unknown")):
        if _of(report, verdict):
            parts.append(f"{len(_of(report, verdict))} {word}")
    runs = f"{report.repeat} run{'s' * (report.repeat != 1)} of each"
    return f"{', '.join(parts)}; {scenarios} scenario{'s' * (scenarios > 1)}, Go {', '.join(gos)}, {runs}"


def _reason(found: Conformance) -> str:
    """Why it is not HOLDS, in a sentence."""
    if found.verdict is Verdict.VIOLATED:
        return "; ".join(_said(found))
    if found.verdict is Verdict.UNKNOWN and found.predicted and found.outside:
        missing = f"{len(found.outside)} of {found.observed} observed outcomes not among the {found.predicted} found so far"
        return f"{found.reason}; {missing}"
    return found.reason


def _said(found: Conformance) -> list[str]:
    """What is wrong with it, a sentence each."""
    return [*(_sides(outside, found) for outside in found.outside), *([_parting(found.misfit)] if found.misfit else [])]


def _parting(misfit: Misfit) -> str:
    """Where a log and the spec part."""
    return f"entry {misfit.number + 1} of the log fits no run: {misfit.entry}; the spec allows {_any(misfit.allowed)}"


def _any(words: Sequence[str]) -> str:
    return "; or ".join(words) if words else "nothing more"


def _smallest(program: Program) -> str:
    """The smallest program, and where it parts, with the states up to there."""
    misfit = program.conformance.misfit
    lines = ["", *(f"    {line}" for line in program.text.splitlines())]
    lines += ["", *(f"  {said}" for said in _said(program.conformance))]
    if misfit:
        shown = f", {len(misfit.last)} of them" if len(misfit.last) < misfit.states else ""
        lines += [f"  {misfit.states} states fitted up to there{shown}:", *(f"    {state}" for state in misfit.last)]
    return "\n".join([*lines, ""])


def _exercised(report: Conformed) -> str:
    """How much of the network real Go went through, and what it never did."""
    taken, names = report.exercised, report.vectors
    maybe = [name for name in report.never if taken.possible.get(name)]
    surely = len(names) - len(report.never)
    lines = [
        f"{taken.runs} runs took {surely} of {len(names)} kinds of step ({100 * surely // len(names)} %), whatever way each went:"
    ]
    lines += [f"  {100 * taken.certain[name] / taken.runs:5.1f} %  {name}" for name in names if name not in report.never]
    lines.append(f"perhaps taken: {', '.join(maybe) or 'none'}")
    lines.append(f"never taken: {', '.join(name for name in report.never if name not in maybe) or 'none'}")
    return "\n".join(lines)


def _misfit_json(misfit: Misfit | None) -> dict[str, Any] | None:
    if misfit is None:
        return None
    return {
        "number": misfit.number,
        "entry": str(misfit.entry),
        "states": misfit.states,
        "last": list(misfit.last),
        "allowed": list(misfit.allowed),
    }


def _sides(outside: Outside, found: Conformance) -> str:
    """Both sides, as far as they differ."""
    if not outside.nearest:
        return f"Go shows {outcome_line(outside.seen)}; the spec allows no outcome, the program never comes to rest"
    seen, allowed = (_list(outside.differences, side) for side in ("seen", "allowed"))
    return f"Go shows {seen}; the spec allows {allowed} (the nearest of {found.predicted})"


def _list(found: Iterable[Difference], side: str) -> str:
    return ", ".join(f"{difference.field} {_word(getattr(difference, side))}" for difference in found)


def _word(value: object) -> str:
    """A field's value; a row of them, a word for each request."""
    if isinstance(value, tuple):
        return f"[{' '.join(_word(each) for each in value)}]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"


def _of(report: Conformed, verdict: Verdict) -> list[Compared]:
    return [result for result in report.results if result.conformance.verdict is verdict]


def _grouped(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, list[str]]]:
    """Rows that differ in their last place only, the Go, become one; in the order in which they first come."""
    found: dict[Any, list[str]] = {}
    for *key, go in rows:
        found.setdefault(tuple(key), []).append(go)
    return found.items()


def _verdict(verdict: Verdict) -> str:
    return f"[{VERDICT_STYLE[verdict]}]{verdict}[/]"
