"""`pcstate check --coverage`, on the spec itself."""

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from pcstate import pipeline
from pcstate.check.coverage import fired
from pcstate.cli import SCHEMAS
from pcstate.coverage import coverage
from pcstate.errors import SpecError
from pcstate.model.coverage import Coverage, Vacuous
from pcstate.model.verdict import Bounds
from pcstate.pipeline import CheckReport
from pcstate.show.coverage import coverage_text
from pcstate.specs.charts import ChartBehaviour
from pcstate.specs.library import Spec
from pcstate.specs.reasons import EXPECTED, reasons
from pcstate.specs.source import Source
from tests.commands import Run, runner

SMALL = Bounds(requests=1)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `pcstate check` for one request; gives its exit code, stdout and stderr."""
    return runner(capsys, "check", "--requests", "1")


@pytest.fixture(scope="module")
def checked(spec: Spec) -> CheckReport:
    return pipeline.check(spec, "1.26", SMALL)


@pytest.fixture(scope="module")
def covered(spec: Spec, checked: CheckReport) -> Coverage:
    return coverage(spec, checked)


def test_the_transition_that_is_taken_does_what_the_step_does(checked: CheckReport) -> None:
    """Its target and its updates, worked out anew, against what python-statemachine has answered."""
    count = 0
    for component, done in zip(checked.graph.network.components, fired(checked.whole), strict=True):
        behaviour = component.behaviour
        assert isinstance(behaviour, ChartBehaviour)
        for local, event in done.steps:
            taken = behaviour.taken(local, event)
            data = dict(behaviour.configuration(local).data)

            class Sent:
                pass

            sent = Sent()
            sent.data = type("Data", (), dict(event.args))  # type: ignore[attr-defined]
            for name, expression in taken.updates:
                data[name] = eval(expression, {"_event": sent, **data})
            after = behaviour.configuration(behaviour.step(local, event))
            assert (taken.target, data) == (after.state, dict(after.data))
            count += 1
    assert count > 500


def test_what_another_profile_does_is_no_finding(covered: Coverage) -> None:
    """Nothing of the drain, in Go 1.26, nor of what only programs with other steps do."""
    assert {"drainer", "idle_lru"}.isdisjoint({each.chart for each in covered.untaken})
    assert {"read_loop"} <= {each.chart for each in covered.untaken}
    assert not [each for each in covered.untaken if "drains_early_close == 1" in each.guard]
    assert covered.off > 100


def test_every_transition_is_taken_or_never_or_off(spec: Spec, checked: CheckReport, covered: Coverage) -> None:
    charts = {component.behaviour.chart.name for component in checked.graph.network.components}  # type: ignore[attr-defined]
    every = [t.place for name in charts for t in spec.charts[name].transitions]
    never = [each.place for each in covered.untaken]
    assert len(every) == len(covered.taken) + len(never) + covered.off
    assert covered.taken.isdisjoint(never)
    assert covered.taken.union(never) <= set(every)


def test_a_second_request_takes_more(spec: Spec, covered: Coverage) -> None:
    one = replace(spec, properties=spec.properties[:1])  # they make no difference to what is taken
    assert covered.taken < coverage(one, pipeline.check(one, "1.26")).taken


def restated(spec: Spec, name: str, formula: str) -> Spec:
    """Two properties, one of them with another formula."""
    found = [replace(p, formula=formula) if p.name == name else p for p in spec.properties]
    return replace(spec, properties=tuple(p for p in found if p.name in ("cancel-ends-it", "pooled-has-no-unread-body")))


def test_a_promise_that_is_never_given_is_vacuous(spec: Spec) -> None:
    asked = restated(spec, "cancel-ends-it", "read_loop[j] == 'draining'")
    found = coverage(asked, pipeline.check(asked, "1.26", SMALL))
    assert (Vacuous("cancel-ends-it", "read_loop[j] == 'draining'", premise=True),) == found.vacuous
    assert frozenset({"cancel-ends-it", "pooled-has-no-unread-body"}) == found.judged


def test_what_holds_whatever_a_part_says_is_vacuous(spec: Spec) -> None:
    name = "pooled-has-no-unread-body"
    (formula,) = (promise.formula for promise in spec.properties if promise.name == name)
    asked = restated(spec, name, f"{formula} or read_loop[j] == 'draining'")
    found = coverage(asked, pipeline.check(asked, "1.26", SMALL))
    assert (Vacuous(name, "read_loop[j] == 'draining'"),) == found.vacuous


def test_a_search_that_was_stopped_says_nothing_of_properties(spec: Spec) -> None:
    found = coverage(spec, pipeline.check(spec, "1.26", replace(SMALL, max_states=1000)))
    assert (False, (), frozenset()) == (found.complete, found.vacuous, found.judged)
    assert found.untaken


BODY = "inbound[j] == 'body'"
WRITTEN = """
[[expected]]
why = "a reason"
never_taken = ["inbound: quiet -eof_seen-> quiet if saw_eof == 1"]
vacuous = [
    "pooled-has-no-unread-body: read_loop[j] not in ['x']",
    "cancel-ends-it: read_loop[j] == 'draining'",
]
"""


def told(spec: Spec, text: str) -> Spec:
    return replace(spec, texts={**spec.texts, EXPECTED: Source(f"spec/{EXPECTED}", text)})


def test_what_has_a_reason_is_told_with_it_and_the_rest_as_findings(spec: Spec, capsys: pytest.CaptureFixture[str]) -> None:
    asked = told(
        restated(spec, "cancel-ends-it", "read_loop[j] == 'draining'"), WRITTEN.replace("read_loop[j] not in ['x']", BODY)
    )
    found = coverage(asked, pipeline.check(asked, "1.26", SMALL))
    assert {"a reason"} == {each.why for each in found.vacuous if each.name == "cancel-ends-it"}
    assert {"inbound", "read_loop"} <= {each.chart for each in found.untaken}
    assert {"inbound": "a reason"} == {each.chart: each.why for each in found.untaken if each.why}
    coverage_text(found)
    findings, _, expected = capsys.readouterr().out.partition("as it should be: a reason\n")
    assert "peeked -unexpected-> exit" in findings
    assert "quiet -eof_seen-> quiet" not in findings
    lines = expected.splitlines()
    assert lines[0].startswith("  never taken: spec/charts/inbound.yaml:")
    assert "  vacuous: cancel-ends-it never begins: read_loop[j] == 'draining'" == lines[1]


def test_a_reason_is_about_what_there_is(spec: Spec) -> None:
    wrong = WRITTEN.replace("quiet if", "quiet, if").replace("cancel-ends-it", "cancel-end")
    with pytest.raises(SpecError) as raised:
        reasons(told(spec, wrong))
    said = [str(mistake).splitlines()[0] for mistake in raised.value.mistakes]
    assert [
        f"spec/{EXPECTED}:4:17: there is no transition 'inbound: quiet -eof_seen-> quiet, if saw_eof == 1'",
        f"spec/{EXPECTED}:6:6: pooled-has-no-unread-body has no such part",
        f"spec/{EXPECTED}:7:6: there is no property 'cancel-end'",
    ] == said


def test_coverage_changes_neither_the_verdicts_nor_the_exit_status(run: Run) -> None:
    asked = ("--property", "cancel-ends-it", "--go", "1.26")
    code, out, _ = run(*asked)
    assert (0, False) == (code, "coverage" in out)
    code, more, _ = run(*asked, "--coverage")
    assert 0 == code
    table = out.partition("HOLDS:")[0]
    assert more.startswith(table)
    assert "transitions taken; " in more
    assert "never taken: spec/charts/read_loop.yaml:" in more
    code, out, _ = run(*asked, "--coverage", "--go", "1.12", "--format", "json")
    answer = json.loads(out)
    schema = json.loads((SCHEMAS / "check.json").read_text("utf-8"))
    assert [] == list(Draft202012Validator(schema).iter_errors(answer))
    assert [True, True] == [bool(report["coverage"]["never_taken"]) for report in answer]


def test_coverage_needs_every_configuration(run: Run) -> None:
    code, _, err = run("--coverage", "--minimise")
    assert 2 == code
    assert "--coverage needs all configurations: leave out --minimise" in err
