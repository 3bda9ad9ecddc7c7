"""Predictions and observations -> what people read: the answer in plain words, why it is so, and what to change.

Versions with the same outcomes are said together. What goroutines wait for, and what to do about it, is worded in spec/advice.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from rich.console import Console

from pcstate.model.advice import Failure, Standing
from pcstate.model.scenario import CallerProgram, Outcome, Scenario
from pcstate.show.console import listed, span, terminal

__all__ = ["Observed", "Predicted", "headline", "observe_text", "outcome_line", "predict_text"]

Version = tuple[int, ...]


class Predicted(Protocol):
    """What a prediction is made of (`predict.PredictReport`)."""

    @property
    def go(self) -> str: ...
    @property
    def scenario(self) -> Scenario: ...
    @property
    def span(self) -> tuple[Version, Version]: ...
    @property
    def outcomes(self) -> Mapping[Outcome, str]: ...
    @property
    def standing(self) -> Mapping[Outcome, tuple[Standing, ...]]: ...
    @property
    def failures(self) -> Mapping[str, Failure]: ...
    @property
    def hasty(self) -> tuple[str, ...]: ...
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
    @property
    def restless(self) -> int: ...


def predict_text(reports: Sequence[Predicted]) -> None:
    """Where the versions differ, if they do; then each answer with its versions, why it is so, and what to change."""
    out = terminal()
    ordered = sorted(reports, key=lambda report: report.span)
    groups = _groups(ordered)
    if len(groups) > 1:
        out.print(_changes(ordered, groups), style="bold", markup=False)
    for group in groups:
        if not group[0].complete:
            out.print(f"Go {_versions(group, ordered)}: UNKNOWN, {group[0].reason}", markup=False, soft_wrap=True)
            continue
        outcomes, callers = list(group[0].outcomes), group[0].scenario.callers
        said = headline(outcomes, callers=callers)
        out.print(f"Go {_versions(group, ordered)}: {said}", style="bold", markup=False, soft_wrap=True)
        _outcomes_text(out, outcomes, callers)
        for title, lines in (("why", _each(group, ordered, _why)), ("fix", _each(group, ordered, _fix))):
            for number, line in enumerate(lines):
                out.print(f"  {'' if number else title + ':':4} {line}", markup=False, soft_wrap=True)
    if len(reports) > len(groups) == 1:
        out.print("all these versions agree")


def observe_text(scenario: Scenario, reports: Sequence[Observed]) -> None:
    """For each Go the outcomes it showed, and how often."""
    out = terminal()
    for report in reports:
        runs = sum(count for _, count in report.outcomes)
        said = headline([outcome for outcome, _ in report.outcomes], "were seen", scenario.callers)
        out.print(f"Go {report.go}: {said}", style="bold", markup=False, soft_wrap=True)
        alike: dict[str, list[int]] = {}
        for outcome, count in report.outcomes:
            alike.setdefault(outcome_line(outcome), []).append(count)
        for line, counts in alike.items():
            which = f" ({len(counts)} outcomes: which of the requests differs)" if len(counts) > 1 else ""
            out.print(f"  {sum(counts)} of {runs}: {line}{which}", markup=False, soft_wrap=True)
        if report.restless:
            out.print(
                f"  {report.restless} of {runs} had not come to rest when given up: not an outcome", markup=False, soft_wrap=True
            )


def headline(outcomes: Sequence[Outcome], are: str = "are possible", callers: Sequence[CallerProgram] = ()) -> str:
    """The answer in one line: how many goroutines, whose they are, and how many connections the requests took; `are` says
    what several outcomes are. With the `callers` it tells requests that never return from those behind them that never begin.

    >>> headline([Outcome(1, (False, True), 1, 1, 3, 1, 0, ("", ""))])
    '3 goroutines, no leak: 1 idle connection kept for reuse (2 requests, 1 dial, 1 reused)'
    """
    if not outcomes:
        return "no outcome: the program never comes to rest"
    goroutines = span([outcome.goroutines for outcome in outcomes], "goroutine")
    race = f" (a race: {len(outcomes)} outcomes {are})" if len(outcomes) > 1 else ""
    return f"{goroutines}{race}, {_what_stays(outcomes, callers)} ({_requests(outcomes)})"


def outcome_line(outcome: Outcome) -> str:
    """All of an outcome in one line."""
    errors = [f"{count} {error}" for error, count in sorted(Counter(filter(None, outcome.errors)).items())]
    return (
        f"{span([outcome.goroutines], 'goroutine')} (main, {outcome.read_loops} readLoop, {outcome.write_loops} writeLoop); "
        f"dials {outcome.dials}, reused {sum(outcome.reused)} of {len(outcome.reused)}, idle {outcome.idle_conns}, "
        f"unread {outcome.unread_conns}" + (f"; errors: {', '.join(errors)}" if errors else "")
    )


def _what_stays(outcomes: Sequence[Outcome], callers: Sequence[CallerProgram]) -> str:
    stuck, closing, orphans = ([count(outcome, callers) for outcome in outcomes] for count in (_stuck, _closing, _orphans))
    behind = [outcome.errors.count("stuck") - found for outcome, found in zip(outcomes, stuck, strict=True)]
    unread, idle = [outcome.unread_conns for outcome in outcomes], [outcome.idle_conns for outcome in outcomes]
    parts = []
    if any(stuck):
        one = set(stuck) == {1}
        never = f", and {span(behind)} behind {'it' if one else 'them'} never begin{'s' if set(behind) == {1} else ''}"
        parts.append(f"{span(stuck, 'request')} never return{'s' if one else ''}{never if any(behind) else ''}")
    if any(unread):
        whose = "a body that is" if set(unread) == {1} else "bodies that are"
        parts.append(f"{span(unread, 'connection')} held by {whose} neither read to the end nor closed")
    if any(closing):
        parts.append(
            f"{span(closing, 'goroutine')} beside the callers never return{'s' if set(closing) == {1} else ''} from Close"
        )
    if any(orphans):
        parts.append(f"{span(orphans, 'connection')} left behind, whose goroutines wait for what never comes")
    verdict = "stuck" if any(stuck) else "a leak" if parts else "no leak"
    if parts and not all(map(sum, zip(stuck, closing, unread, orphans, strict=True))):
        verdict = f"maybe {verdict}"
    elif any(stuck) and not all(stuck):
        verdict = "a leak, maybe stuck"
    if any(idle):
        parts.append(f"{span(idle, 'idle connection')} kept for reuse")
    return f"{verdict}: {'; '.join(parts) or 'no connection stays'}"


def _requests(outcomes: Sequence[Outcome]) -> str:
    parts = [span([len(outcomes[0].reused)], "request"), span([outcome.dials for outcome in outcomes], "dial")]
    reused = [sum(outcome.reused) for outcome in outcomes]
    parts.append(f"{span(reused)} reused" if any(reused) else "none reused")
    return ", ".join([*parts, *(failed for _, failed in _failed(outcomes))])


def _failed(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Each class of error, and how many requests fail with it."""
    found = []
    for name in sorted({error for outcome in outcomes for error in outcome.errors if error and error != "stuck"}):
        failed = [outcome.errors.count(name) for outcome in outcomes]
        found.append((name, f"{span(failed)} fail{'s' if set(failed) == {1} else ''} with {name}"))
    return found


def _stuck(outcome: Outcome, callers: Sequence[CallerProgram]) -> int:
    """How many requests never return: the first of each caller that is stuck, for the others behind it never begin."""
    if not callers:
        return outcome.errors.count("stuck")
    errors = iter(outcome.errors)
    return sum("stuck" in list(itertools.islice(errors, caller.requests)) for caller in callers)


def _closing(outcome: Outcome, callers: Sequence[CallerProgram]) -> int:
    """How many goroutines are there besides main, the loops and the callers that never return: those of `spawn close`."""
    beside = _stuck(outcome, callers) if len(callers) > 1 else 0
    return max(0, outcome.goroutines - 1 - outcome.read_loops - outcome.write_loops - beside) if callers else 0


def _orphans(outcome: Outcome, callers: Sequence[CallerProgram]) -> int:
    """How many connections have goroutines though they are neither idle nor hold an unread body nor serve a stuck request."""
    used = outcome.idle_conns + max(outcome.unread_conns, _stuck(outcome, callers))
    return max(0, max(outcome.read_loops, outcome.write_loops) - used)


def _outcomes_text(out: Console, outcomes: Sequence[Outcome], callers: Sequence[CallerProgram]) -> None:
    """One line for all outcomes that leave the same behind: they differ in how that came about. None where all do, for the
    first line has said it."""
    kinds: dict[tuple[int, str], list[Outcome]] = {}
    for outcome in outcomes:
        kinds.setdefault((outcome.goroutines, _what_stays([outcome], callers)), []).append(outcome)
    for (goroutines, what), same in sorted(kinds.items()) if len(kinds) > 1 else ():
        ways = f", {len(same)} outcomes" if len(same) > 1 else ""
        out.print(f"  {span([goroutines], 'goroutine')}, {what} ({_requests(same)}{ways})", markup=False, soft_wrap=True)


def _groups(reports: Sequence[Predicted]) -> list[list[Predicted]]:
    """The reports that agree, together, in the order of their first; what is not known agrees with nothing."""
    groups: list[list[Predicted]] = []
    for report in reports:
        for group in groups:
            if group[0].complete and report.complete and set(group[0].outcomes) == set(report.outcomes):
                group.append(report)
                break
        else:
            groups.append([report])
    return groups


def _versions(group: Sequence[Predicted], reports: Sequence[Predicted]) -> str:
    """The names of a group's versions; `1.12 to 1.26` where every release between them is spoken for by one of the group."""
    runs: list[list[Predicted]] = []
    for report in (report for report in reports if any(report is member for member in group)):
        if runs and (runs[-1][-1].span[1] == report.span[0] or runs[-1][-1].span == report.span):
            runs[-1].append(report)
        else:
            runs.append([report])
    ends = [(_name(run[0]), _name(run[-1])) for run in runs]
    return listed([f"{first} to {last}" if first != last else first for first, last in ends])


def _changes(reports: Sequence[Predicted], groups: Sequence[Sequence[Predicted]]) -> str:
    """In which release the answer changes, as far as neighbours among the reports tell."""
    if not any(report.complete for report in reports):
        return "nothing is known of these versions"
    of = {id(report): number for number, group in enumerate(groups) for report in group}
    changes = []
    for earlier, later in itertools.pairwise(reports):
        if of[id(earlier)] != of[id(later)] and earlier.complete and later.complete:
            near = earlier.span[1] == later.span[0]
            changes.append(f"in Go {_release(later.span[0])}" if near else f"between Go {_name(earlier)} and Go {_name(later)}")
    return f"the answer changes {listed(changes)}" if changes else "not every version is known"


def _name(report: Predicted) -> str:
    return report.go.removeprefix("go")


def _release(version: Version) -> str:
    """As Go writes it: the first of a series is `1.20`, and since then `1.21.0`."""
    return ".".join(map(str, version if version >= (1, 21) or version[2] else version[:2]))


def _each(group: Sequence[Predicted], reports: Sequence[Predicted], said: "_Said") -> list[str]:
    """The lines that are said of every version of a group; what is said of some of them only begins with which."""
    texts = [said(report) for report in group]
    lines = []
    for line in dict.fromkeys(line for text in texts for line in text):
        members = [report for report, text in zip(group, texts, strict=True) if line in text]
        lines.append(line if len(members) == len(group) else f"(Go {_versions(members, reports)}) {line}")
    return lines


class _Said(Protocol):
    def __call__(self, report: Predicted, /) -> list[str]: ...


def _why(report: Predicted) -> list[str]:
    counts: dict[str, list[int]] = {}
    for standings in report.standing.values():
        for standing in standings:
            counts.setdefault(standing.waits, []).append(standing.count)
    several = max(outcome.dials for outcome in report.outcomes) > 1 if report.outcomes else False
    waiting = [
        waits.format(
            conns=span(found, "connection") if several else "the connection",
            callers=_waiting(found) if len(report.scenario.callers) > 1 else "main waits",
            all_requests=span(found, "request"),
        )
        for waits, found in counts.items()
    ]
    failing = [f"{failed}: {failure.why}" for failed, failure in _explained(report)]
    short = [f"{name} may pass before all is at rest, or not: the outcomes of both are here" for name in report.hasty]
    return [*waiting, *failing, *short]


def _waiting(callers: Sequence[int]) -> str:
    return f"{span(callers, 'caller')} wait{'s' if set(callers) == {1} else ''}"


def _fix(report: Predicted) -> list[str]:
    found = [standing.fix for standings in report.standing.values() for standing in standings]
    found += [failure.fix for _, failure in _explained(report)]
    return list(dict.fromkeys(sentence for fix in found for sentence in fix))


def _explained(report: Predicted) -> list[tuple[str, Failure]]:
    """How many requests fail with each class of error that the spec says why of."""
    failed = _failed(list(report.outcomes))
    return [(said, report.failures[error]) for error, said in failed if error in report.failures]
