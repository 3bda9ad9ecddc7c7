"""The flow of `pcstate trace`: what check reported -> one trace of it, replayed on the network that it is of -> files.

In: the text of a report, and which of its traces is meant. Out: a `Finding` with every configuration on the way. A report has
the actions only; the spec fires them one after the other, from the initial state of the network of the report's profile and
bounds. Where it cannot, or comes to other states, the trace is one of another spec, and that is an error. (`draw_traces` is
the part of `pcstate graph` that needs no report.)
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pcstate.check.tracing import Run, follow, traced
from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.finding import Finding
from pcstate.model.network import Network
from pcstate.model.trace import Trace
from pcstate.model.verdict import Bounds, Judgement, Verdict
from pcstate.pipeline import CheckReport, build, check, read_spec
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.reports import ReportedTrace, parse_reports
from pcstate.specs.source import Source, known

__all__ = ["draw_traces", "findings", "trace", "write_traces"]

_SHOWN = 8
"""So many of the steps that are possible are named where another one was asked for."""


def trace(spec: Spec, source: Source, asked: str | None = None, go: str | None = None) -> Finding:
    """The trace of the property `asked` (None: the shortest violation) in the report on `go` (None: any), replayed.

    Raises: SpecError for a text that is no report, a trace that is not in it, and a trace that `spec` does not have.
    Cost:   a network is built; then one look at the steps of each state on the way.
    """
    chosen = _choose(parse_reports(source), source.path, asked, go)
    profile = choose_profile(spec.profiles, chosen.profile, source.path)
    built = build(spec, profile, chosen.bounds)
    run = follow(built.network, chosen.actions)
    found = traced(built.network, spec.clauses, run, chosen.loop)
    built.remember()
    _check(source.path, built.network, chosen, run, found)
    judgement = Judgement(chosen.property, chosen.kind, chosen.verdict, chosen.clauses, chosen.reason, found)
    about = next((promise.about for promise in spec.properties if promise.name == chosen.property), "")
    return Finding(judgement, found, profile.name, chosen.bounds, about, spec.clauses)


def _choose(reported: Sequence[ReportedTrace], path: str, asked: str | None, go: str | None) -> ReportedTrace:
    """The one trace that is meant. Raises: SpecError that lists what there is, if there is none or more than one."""
    if go is not None:
        of = [each for each in reported if go in (each.go, each.profile)]
        if not of:
            _refuse("--go", f"no report on {go!r} in {path}", known({each.profile for each in reported}, go))
        reported = of
    with_trace = [each for each in reported if each.actions]
    there_are = "those there are:\n" + "\n".join(map(str, with_trace)) if with_trace else "there is no trace in it at all"
    if asked is None:
        violated = [each for each in with_trace if each.verdict is Verdict.VIOLATED]
        if not violated:
            _refuse(path, "no violated property has a trace here: choose one with --property", there_are)
        return min(violated, key=lambda each: len(each.actions))
    named = [each for each in reported if each.property == asked]
    if not named:
        _refuse("--property", f"no property {asked!r} in {path}", known({each.property for each in reported}, asked))
    chosen = [each for each in named if each.actions]
    if not chosen:
        said = "; ".join(f"{each.verdict} for {each.profile}" + (f", {each.reason}" if each.reason else "") for each in named)
        _refuse("--property", f"{asked!r} has no trace in {path}: {said}", there_are)
    if len({each.profile for each in chosen}) > 1:
        profiles = ", ".join(each.profile for each in chosen)
        _refuse(
            "--property",
            f"{asked!r} has several traces in {path}",
            f"choose one with --go (with --replay: --profile): {profiles}",
        )
    return chosen[0]


def _check(path: str, network: Network, asked: ReportedTrace, run: Run, found: Trace) -> None:
    """Is the run the trace that was asked for? Raises: SpecError that names the first step that is another."""
    for number, (step, changed) in enumerate(zip(found.steps, asked.changed, strict=False)):
        if changed is not None and changed != step.changed:
            names = [name for name in {**step.changed, **changed} if changed.get(name) != step.changed.get(name)]
            other = "; ".join(f"{n} is {step.changed.get(n, 'as before')}, not {changed.get(n, 'as before')}" for n in names)
            _refuse(path, f"step {number + 1} of {asked}, {step.action}, leads elsewhere in this spec: {other}", _CAUSE)
    last = run[-1][1] if run else network.initial()
    if len(run) < len(asked.actions):
        able = [str(network.vectors[number]) for number, _ in network.steps(last)]
        more = f" and {len(able) - _SHOWN} more" if len(able) > _SHOWN else ""
        instead = f"possible there: {', '.join(able[:_SHOWN]) or 'nothing'}{more}"
        action = asked.actions[len(run)]
        _refuse(path, f"step {len(run) + 1} of {asked} is not possible in this spec: {action}", f"{instead}\n{_CAUSE}")
    if asked.loop is not None:
        first = run[asked.loop - 1][1] if asked.loop else network.initial()
        if first != last:
            _refuse(path, f"the loop of {asked} does not come back to where it begins, before step {asked.loop + 1}", _CAUSE)


_CAUSE = "the trace is of another spec, of another profile or of other bounds: run pcstate check again"


def _refuse(place: str, message: str, hint: str) -> None:
    raise SpecError([Mistake(Place(place, 0), message, "", hint)])


def findings(spec: Spec, report: CheckReport) -> tuple[Finding, ...]:
    """Each judgement of a report that has a trace."""
    about = {promise.name: promise.about for promise in spec.properties}
    return tuple(
        Finding(judgement, judgement.trace, report.profile_name, report.bounds, about[judgement.name], spec.clauses)
        for judgement in report.judgements
        if judgement.trace is not None
    )


def draw_traces(output: Path, gos: Sequence[str | None], subjects: Sequence[str], formats: Sequence[str]) -> list[str]:
    """Write the traces of the properties among `subjects`; if that is empty, of those that a profile expects to be violated in
    the default network.

    Of `formats`, a trace has `svg` and `mermaid`. Returns a line for each file, and for each property without a trace.
    Cost: `check` for each profile that has any, and for each network that one of them needs.
    """
    spec = read_spec()
    chosen = [word for word in formats if word in ("svg", "mermaid")]
    lines = []
    for name in dict.fromkeys(choose_profile(spec.profiles, go).name for go in gos):
        asked = [
            p for p in spec.properties if (p.name in subjects if subjects else name in p.fails and p.bounds(name) == Bounds())
        ]
        for bounds in dict.fromkeys(p.bounds(name) for p in asked if chosen):
            report = check(replace(spec, properties=tuple(p for p in asked if p.bounds(name) == bounds)), name, bounds)
            lines += write_traces(findings(spec, report), chosen, output)
            lines += [f"{j.name}: {j.verdict} for {name}, without a trace" for j in report.judgements if j.trace is None]
    return lines


def write_traces(found: Sequence[Finding], formats: Sequence[str], output: Path) -> list[str]:
    """Write each trace in each format of `show.traces.FORMATS`; returns a line for each file."""
    from pcstate.show.traces import file_name, write_trace

    output.mkdir(parents=True, exist_ok=True)
    written = []
    for finding in found:
        for form in formats:
            path = output / file_name(finding, form)
            path.write_text(write_trace(finding, form), encoding="utf-8", newline="\n")
            written.append(f"{path}: {len(finding.trace.steps)} steps")
    return written
