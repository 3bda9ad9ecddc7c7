"""The flow of `pcstate bugs`: bugs that Go has had -> does check find each, and not where it is mended -> the track record.

In: the names of files in spec/bugs. Out: a `Proven` for each. A bug is in the spec by a profile that has it or by edits of the
spec; check must find the property violated there, with a trace, and must not under the profile that is named as without it. A
bug of a release that is installed is replayed on real Go too, if that is asked for.
"""

from collections.abc import Sequence
from dataclasses import replace

from pcstate.errors import GoError
from pcstate.model.bug import Bug, Proven, Side
from pcstate.model.finding import Finding
from pcstate.model.property import Property
from pcstate.model.replay import Replayed
from pcstate.model.scenario import Scenario
from pcstate.model.verdict import Bounds
from pcstate.pipeline import Steps, build, check, compile_all, read_spec
from pcstate.replay import replay_finding
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.scenarios import parse_expression
from pcstate.specs.source import check_words

__all__ = ["chosen", "lint", "prove", "track_record"]


def track_record(spec: Spec, names: Sequence[str] = (), go: bool = False, steps: Steps | None = None) -> tuple[Proven, ...]:
    """Every bug of the spec, or those named, in the order of their files; with `go` replayed where that is possible.

    Raises: SpecError for a name that is none. Cost: two explorations of a small network for each.
    """
    found = []
    bugs = chosen(spec, names)
    for number, bug in enumerate(bugs):
        if steps:
            steps(number, len(bugs), bug.name)
        found.append(prove(spec, bug, go))
    if steps:
        steps(len(bugs), len(bugs), "")
    return tuple(found)


def chosen(spec: Spec, names: Sequence[str]) -> tuple[Bug, ...]:
    """The bugs of those names or numbers; all for none. Raises: SpecError with those that are none."""
    there = {word for bug in spec.bugs for word in (bug.name, str(bug.number))}
    check_words("bugs", names, there, "bug")
    return tuple(bug for bug in spec.bugs if not names or {bug.name, str(bug.number)} & set(names))


def lint(spec: Spec) -> None:
    """Put every bug into the spec, and try the formulas that it is told by. Raises: SpecError with the first that cannot be."""
    for bug in spec.bugs:
        broken = _with_promise(read_spec(spec.root, bug.edits) if bug.edits else spec, bug)
        profile = choose_profile(spec.profiles, bug.profile or bug.without)
        compile_all(broken, build(broken, profile, Bounds(**bug.sizes), _scenario(bug)).network)


def prove(spec: Spec, bug: Bug, go: bool = False) -> Proven:
    """Is the bug found where it is, and absent where it is not?"""
    broken = read_spec(spec.root, bug.edits) if bug.edits else spec
    present, finding = _side(_with_promise(broken, bug), bug, bug.profile or bug.without)
    absent, _ = _side(_with_promise(spec, bug), bug, bug.without)
    replays = []
    if go and finding is not None:
        replays = [(release, _replayed(broken, finding, release)) for release in (*bug.seen, *bug.unseen)]
    return Proven(bug, present, absent, tuple(replays))


def _with_promise(spec: Spec, bug: Bug) -> Spec:
    """The spec with the one property that the bug is about."""
    if bug.promise is None:
        return replace(spec, properties=tuple(promise for promise in spec.properties if promise.name == bug.violates))
    path = f"properties/{bug.name}.toml"
    promise: Property = replace(bug.promise, holds=("*",))
    return replace(spec, properties=(promise,), texts={**spec.texts, path: spec.texts[f"bugs/{bug.name}.toml"]})


def _side(spec: Spec, bug: Bug, name: str) -> tuple[Side, Finding | None]:
    scenario = _scenario(bug)
    report = check(spec, name, Bounds(**bug.sizes), scenario=scenario)
    (judgement,) = report.judgements
    side = Side(name, judgement.verdict, judgement.reason, report.states, report.seconds, judgement.trace)
    if judgement.trace is None:
        return side, None
    return side, Finding(judgement, judgement.trace, name, report.bounds, spec.properties[0].about, spec.clauses)


def _scenario(bug: Bug) -> Scenario | None:
    """What the callers do, where it is not left free: each the same, to one host."""
    if not bug.program:
        return None
    one = parse_expression(bug.program, bug.sizes["requests"])
    return replace(one, name=bug.name, callers=one.callers * bug.sizes["callers"], transport=dict(bug.transport))


def _replayed(spec: Spec, finding: Finding, release: str) -> Replayed | None:
    from pcstate.golang.toolchain import find  # only this needs a toolchain

    try:
        find(release)
    except GoError:
        return None
    return replay_finding(spec, finding, release)
