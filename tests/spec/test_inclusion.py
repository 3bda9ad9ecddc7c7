"""`pcstate check --refines`, on the spec itself: what one release's connections do is what another's do, or is not."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pcstate import pipeline
from pcstate.check.coverage import fired
from pcstate.cli import SCHEMAS
from pcstate.inclusion import Other, explored, refines
from pcstate.model.property import Mutant
from pcstate.model.verdict import Bounds, Judgement, Verdict
from pcstate.pipeline import CheckReport
from pcstate.specs.library import Spec
from tests.commands import Run, runner

SMALL = Bounds(requests=1, closers=0)
ONLY = ["refines-lifecycle"]
"""What else is judged, so that it is little."""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs pcstate; gives its exit code, stdout and stderr."""
    return runner(capsys)


@pytest.fixture(scope="module")
def few() -> Spec:
    return pipeline.read_spec(only=ONLY)


@pytest.fixture(scope="module")
def found(few: Spec) -> dict[str, CheckReport]:
    """What `check` finds for some profiles."""
    return {go: pipeline.check(few, go, SMALL, symmetry=False) for go in ("go1.12", "go1.26", "go1.27.2")}


def refinement(spec: Spec, one: CheckReport, other: CheckReport) -> Judgement:
    report = refines(spec, one, Other(other.profile, other.whole))
    assert [*one.judgements, report.judgements[-1]] == list(report.judgements)
    return report.judgements[-1]


def test_a_release_refines_itself(few: Spec, found: dict[str, CheckReport]) -> None:
    for go, report in found.items():
        assert Judgement(f"refines-{go}", "refinement", Verdict.HOLDS) == refinement(few, report, report)


def test_the_drain_of_1_27_is_more_than_1_26_does_and_loses_nothing_of_it(few: Spec, found: dict[str, CheckReport]) -> None:
    assert Verdict.HOLDS == refinement(few, found["go1.26"], found["go1.27.2"]).verdict
    more = refinement(few, found["go1.27.2"], found["go1.26"])
    assert (Verdict.VIOLATED, "refines-go1.26") == (more.verdict, more.name)
    assert "never in go1.26: connect, request, response, early_close, put_refused" == more.reason
    assert more.trace is not None
    assert "start_drain(j=0)" in [step.action for step in more.trace.steps]
    assert "write_wait_timeout(j=0)" == more.trace.steps[-1].action


def test_a_mutant_of_the_spec_is_refused_by_the_spec(few: Spec, found: dict[str, CheckReport]) -> None:
    """A body whose drain was given up counts as read: it is tried to keep its connection."""
    (promise,) = few.properties
    assert promise.mutant is not None
    mutant = pipeline.check(pipeline.read_spec(mutant=promise.mutant, only=ONLY), "1.27", SMALL, symmetry=False)
    assert (
        "never in go1.27.2: connect, request, response, early_close, not_drained, put_refused"
        == refinement(few, mutant, found["go1.27.2"]).reason
    )
    assert Verdict.HOLDS == refinement(few, found["go1.27.2"], mutant).verdict


def test_what_was_not_looked_at_is_unknown(few: Spec, found: dict[str, CheckReport]) -> None:
    other = explored(few, "1.27", Bounds(max_states=100))
    unknown = refines(few, found["go1.26"], other).judgements[-1]
    assert (Verdict.UNKNOWN, "the search of the other network stopped at its limit of 100 states") == (
        unknown.verdict,
        unknown.reason,
    )


def on_two_connections(spec: Spec, go: str) -> CheckReport:
    """`check` of two callers who close their bodies unread: the free network of two callers on two connections is too large."""
    report = pipeline.check(
        spec, go, Bounds(conns=2), scenario=pipeline.open_scenario("two-callers-closed", None, 1), symmetry=False
    )
    names = [component.key for component in report.whole.network.components]
    assert len(fired(report.whole)[names.index("socket[1]")].locals) > 1, "both are used"
    return report


def test_two_connections_of_two_callers_do_what_one_does(few: Spec) -> None:
    drains, again, older = (on_two_connections(few, go) for go in ("go1.27.2", "go1.27.0", "go1.26"))
    assert [Verdict.HOLDS] * 3 == [report.verdict for report in (drains, again, older)]
    assert (Verdict.HOLDS, Verdict.HOLDS) == (refinement(few, drains, again).verdict, refinement(few, again, drains).verdict)
    more = refinement(few, drains, older)
    assert "never in go1.26: connect[0], request[0], response[0], early_close[0], put_refused[0]" == more.reason


def test_a_mutant_of_the_spec_is_refused_by_the_lifecycle_on_two_connections() -> None:
    """A body that is closed unread counts as read, without a drain."""
    closed = """{event: recv_early_close, target: next, cond: "req == _event.data.r and drains_early_close == 0", on: """
    left = """[{assign: {location: kind, expr: "'none'"}}, {assign: {location: alive, expr: "0"}}]}"""
    kept = """[{assign: {location: then, expr: "'drain'"}}, {assign: {location: eof, expr: "1"}}]}"""
    edit = Mutant("charts/read_loop.yaml", closed + left, closed.replace("next", "is_alive") + kept)
    (judgement,) = on_two_connections(pipeline.read_spec(mutant=edit, only=ONLY), "go1.26").judgements
    assert (Verdict.VIOLATED, "connection 0: lifecycle does not take 'put' in state 'dying'") == (
        judgement.verdict,
        judgement.reason,
    )


def test_check_reports_it_and_trace_shows_it(run: Run, tmp_path: Path) -> None:
    asked = ("check", "--requests", "1", "--closers", "0", "--property", *ONLY, "--refines", "1.26")
    code, out, _ = run(*asked, "--go", "1.27", "--go", "1.26", "--format", "json")
    newer, same = json.loads(out)
    assert (1, "VIOLATED", "HOLDS") == (code, newer["verdict"], same["verdict"])
    assert [] == list(Draft202012Validator(json.loads((SCHEMAS / "check.json").read_text("utf-8"))).iter_errors([newer, same]))
    *_, reported = newer["properties"]
    assert ("refines-go1.26", "refinement", "VIOLATED") == (reported["name"], reported["kind"], reported["verdict"])
    (tmp_path / "report.json").write_text(out, encoding="utf-8")
    code, out, _ = run("trace", str(tmp_path / "report.json"))
    assert 0 == code
    assert out.startswith("refines-go1.26: VIOLATED\nrefinement; go1.27.2; ")
    assert reported["trace"][-1]["action"] in out.splitlines()[-1]
    code, out, _ = run(*asked, "--go", "1.27", "--expect")
    assert 1 == code
    assert ["VIOLATED", "refinement", "refines-go1.26"] == out.splitlines()[3].split()[:3]
    assert "not as expected: refines-go1.26" in out
