"""The JSON that commands print is what the schemas say, and the schemas refuse what is not."""

import copy
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pcstate import bugs, pipeline
from pcstate.check.conformance import compare
from pcstate.cli import SCHEMAS, main
from pcstate.conform import Compared, ConformReport, Smallest
from pcstate.errors import Place
from pcstate.fitting import Exercised
from pcstate.model.conformance import Conformance, Misfit
from pcstate.model.finding import Finding
from pcstate.model.observation import Entry
from pcstate.model.replay import Action, Attempt, Call, Plan, Replayed, Sight, Step
from pcstate.model.scenario import CallerProgram, Outcome, Scenario
from pcstate.model.scenario import Step as ProgramStep
from pcstate.model.stack import Stack
from pcstate.model.trace import Trace
from pcstate.model.verdict import Bounds, Judgement, Verdict
from pcstate.pipeline import ObserveReport
from pcstate.predict import predict
from pcstate.show import agreement, replayed, report, track_record
from pcstate.specs.properties import KINDS

DOCUMENTS: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text("utf-8")) for path in SCHEMAS.glob("*.json")}
CLASSES = {"context-canceled", "deadline", "closed-body", "unexpected-eof", "server-closed", "header-timeout", "other"}


def complaints(name: str, value: object) -> list[str]:
    """Where `value` is not what the schema says."""
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(DOCUMENTS[name]).iter_errors(value)]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Runs pcstate with `--format json`; gives what it prints."""

    def call(*arguments: str) -> Any:
        with pytest.raises(SystemExit):
            main([*arguments, "--format", "json"])
        return json.loads(capsys.readouterr().out)

    return call


def broken(name: str) -> Any:
    """What `check` prints of a property whose mutant was put into the spec."""
    mutant = next(promise.mutant for promise in pipeline.read_spec(only=[name]).properties)
    found = pipeline.check(pipeline.read_spec(mutant=mutant, only=[name]), None, Bounds(requests=1, closers=0))
    assert found.verdict is Verdict.VIOLATED
    return report.check_json(found)


def observed() -> Any:
    """What `observe` prints of two runs that ended differently."""
    kept = Outcome(1, (False,), 1, 1, 3, 1, 0, ("",))
    stuck = Outcome(1, (False,), 1, 1, 3, 0, 1, ("stuck",))
    return report.observe_json(Scenario("get", "", ()), [ObserveReport("1.27.3", ((kept, 2), (stuck, 1)))])


def conformed() -> Any:
    """What `conform` prints of a Go that agrees, one that disagrees, and one of which nobody knows."""
    kept = Outcome(1, (False,), 1, 1, 3, 1, 0, ("",))
    stuck = Outcome(1, (False,), 1, 1, 3, 0, 1, ("stuck",))
    misfit = Misfit(Entry("put-idle-conn", 0, 0, -1, (("error", ""),)), 8, ("caller[0] user",), 11, ("return of caller 0",))
    found = [compare([kept], [kept], True), compare([kept], [stuck], True), compare([kept], [stuck], False, "because")]
    found.append(Conformance(Verdict.VIOLATED, 1, 1, misfit=misfit))
    get = Scenario("get", "", (CallerProgram(1, (0,), (ProgramStep("get"),)),))
    results = tuple(Compared("", get, "1.27.3", "go1.27.2", each) for each in found)
    smallest = (Smallest("1.27.3", "go1.27.2", get, found[3]),)
    exercised = Exercised(2, Counter(do=2), Counter(do=2, cancel=1))
    return agreement.conform_json(ConformReport(results, 10, (), smallest, exercised, ("do", "cancel")))


def replays(verdict: Verdict = Verdict.VIOLATED) -> Any:
    """What `trace --replay` prints of two runs, or of a trace that cannot be steered."""
    finding = Finding(Judgement("a-promise", "deadlock", Verdict.VIOLATED), Trace(()), "go1.27.0", Bounds())
    if verdict is Verdict.NOT_RUN:
        return replayed.replay_json(finding, Replayed("1.27.3", None, (), verdict, "cannot be steered: because"))
    step = Step(3, "do(r=0)", Action(("do",), "send", "", "", 0, "told", Place("here", 1)), 0, {"r": 0}, 0, ())
    sight = Sight(((("caller", "get-conn"), 1),), ((0, "unexpected-eof"),), 1)
    left = (Stack(("runtime.gopark", "net/http.(*persistConn).readLoop"), "chan send"),) * 2
    calls = (Call("caller 0", 0, "Do", "ok"), Call("caller 0", 0, "Read", ""), Call("closer 0", 0, "Close", "other"))
    attempts = [
        Attempt((sight,), (missed,), sight, left, calls, diverged, False, each, "")
        for missed, diverged, each in (("", None, verdict), ("nobody is there", 0, Verdict.HOLDS))
    ]
    plan = Plan((step,), (), (), (), ("do(r=0)",), 50)
    return replayed.replay_json(finding, Replayed("1.27.1", plan, tuple(attempts), verdict))


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENTS[name])
    assert "https://json-schema.org/draft/2020-12/schema" == DOCUMENTS[name]["$schema"]


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_schema_is_printed_as_it_is_stored(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["schema", name])
    assert 0 == stopped.value.code
    assert (SCHEMAS / f"{name}.json").read_text(encoding="utf-8") == capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--max-states", "100"],
        ["check", "--max-states", "100", "--go", "1.12", "--go", "1.27"],
        [
            "check",
            "--property",
            "a-connection-is-reused",
            "--property",
            "a-drained-body-frees-it",
            "--go",
            "1.12",
            "--requests",
            "1",
        ],
        ["check", "--property", "refines-lifecycle", "--timeout", "0"],
        ["predict", "-e", "get; read-all", "-n", "2", "--go", "1.12", "--go", "1.27"],
        ["predict", "-e", "get; close; read-all", "--go", "1.12"],
        ["predict", "-e", "get; cancel", "-n", "2"],
        ["predict", "-e", "head"],
        ["diff", "1.24", "1.26"],
        ["scenarios"],
        ["scenarios", "--group", "hosts"],
    ],
    ids=" ".join,
)
def test_what_a_command_prints_is_what_its_schema_says(printed: Callable[..., Any], arguments: list[str]) -> None:
    assert [] == complaints(arguments[0], printed(*arguments))


@pytest.mark.go
def test_what_observe_prints_is_what_its_schema_says(printed: Callable[..., Any]) -> None:
    found = printed("observe", "-e", "get; close; read-all", "--repeat", "2")
    assert [] == complaints("observe", found)
    assert 2 == sum(outcome["count"] for outcome in found["results"][0]["outcomes"])


@pytest.mark.parametrize(
    "name", ["pooled-has-no-unread-body", "cancel-ends-it", "refines-lifecycle", "no-goroutine-is-forgotten"]
)
def test_a_violation_and_its_trace_are_what_the_schema_says(name: str) -> None:
    found = broken(name)
    assert [] == complaints("check", found)
    assert found["properties"][0]["trace"]


def test_observations_are_what_the_schema_says() -> None:
    assert [] == complaints("observe", observed())


def test_comparisons_are_what_the_schema_says() -> None:
    assert [] == complaints("conform", conformed())


@pytest.mark.go
def test_what_conform_prints_is_what_its_schema_says(printed: Callable[..., Any]) -> None:
    assert [] == complaints("conform", printed("conform", "truncated-read", "--repeat", "1"))


@pytest.mark.parametrize("verdict", [Verdict.VIOLATED, Verdict.HOLDS, Verdict.NOT_RUN])
def test_replays_are_what_the_schema_says(verdict: Verdict) -> None:
    found = replays(verdict)
    assert [] == complaints("replay", found)
    assert (verdict is Verdict.VIOLATED) == found["same"]


def recorded() -> Any:
    """What `bugs` prints of one that is quick to find."""
    return track_record.record_json(bugs.track_record(pipeline.read_spec(), ["32336"]))


def test_a_record_is_what_the_schema_says() -> None:
    assert [] == complaints("bugs", recorded())


def test_the_schemas_name_every_kind_verdict_and_class() -> None:
    definitions = DOCUMENTS["check"]["$defs"]
    assert list(KINDS) == definitions["property"]["properties"]["kind"]["enum"]
    assert [str(verdict) for verdict in Verdict] == definitions["verdict"]["enum"]
    assert {None, "stuck", *CLASSES} == set(DOCUMENTS["predict"]["$defs"]["error"]["enum"])


def test_outcomes_differ_in_the_count_only() -> None:
    predicted, seen, outside = (copy.deepcopy(DOCUMENTS[name]["$defs"]) for name in ("predict", "observe", "conform"))
    del seen["outcome"]["properties"]["count"]
    seen["outcome"]["required"].remove("count")
    assert (predicted["outcome"], predicted["error"]) == (seen["outcome"], seen["error"])
    assert (predicted["outcome"], predicted["error"]) == (outside["outcome"], outside["error"])


ABSENT = object()
"""Put for a value, it takes the key away."""
OUTCOME = ("results", 0, "outcomes", 0)
DAMAGE: dict[str, tuple[str, tuple[str | int, ...], object]] = {
    "check without a depth": ("check", ("depth",), ABSENT),
    "check with a key of its own": ("check", ("colour",), "red"),
    "check with a verdict that is a bool": ("check", ("verdict",), True),
    "bounds without max_states": ("check", ("bounds", "max_states"), ABSENT),
    "a property of an unknown kind": ("check", ("properties", 0, "kind"), "never"),
    "a property without a trace": ("check", ("properties", 0, "trace"), ABSENT),
    "an unknown verdict": ("check", ("properties", 0, "verdict"), "PASSED"),
    "NOT_RUN without a reason": ("check", ("properties", 0), {"verdict": "NOT_RUN", "reason": ""}),
    "a step without a source": ("check", ("properties", 0, "trace", 0, "source"), ABSENT),
    "a step with a key of its own": ("check", ("properties", 0, "trace", 0, "line"), 7),
    "a step whose clause is none": ("check", ("properties", 0, "trace", 0, "clause"), "RFC-9112"),
    "a loop before the first step": ("check", ("properties", 0, "loop"), -1),
    "no scenario": ("predict", ("scenario",), ABSENT),
    "no results": ("predict", ("results",), []),
    "an outcome without dials": ("predict", (*OUTCOME, "dials"), ABSENT),
    "an outcome with a key of its own": ("predict", (*OUTCOME, "leaks"), 0),
    "a prediction with a count": ("predict", (*OUTCOME, "count"), 1),
    "an unknown class": ("predict", (*OUTCOME, "errors", 0), "timeout"),
    "an empty class": ("predict", (*OUTCOME, "errors", 0), ""),
    "reused that is a number": ("predict", (*OUTCOME, "reused", 0), 1),
    "no goroutine, not even main": ("predict", (*OUTCOME, "goroutines"), 0),
    "a count that is a fraction": ("predict", (*OUTCOME, "idle_conns"), 0.5),
    "incomplete without a reason": ("predict", ("results", 0, "complete"), False),
    "complete with a reason": ("predict", ("results", 0, "reason"), "because"),
    "an observation without a count": ("observe", (*OUTCOME, "count"), ABSENT),
    "an observation that never came": ("observe", (*OUTCOME, "count"), 0),
    "an observation of an unknown class": ("observe", (*OUTCOME, "errors", 0), "timeout"),
    "a comparison that holds and has one outside": ("conform", ("results", 1, "verdict"), "HOLDS"),
    "a disagreement without an outcome": ("conform", ("results", 1, "outside"), []),
    "a disagreement without a misfit": ("conform", ("results", 3, "misfit"), None),
    "a misfit of no states": ("conform", ("results", 3, "misfit", "states"), 0),
    "an agreement with a misfit": ("conform", ("results", 3, "verdict"), "HOLDS"),
    "a smallest program that is none": ("conform", ("smallest", 0, "scenario"), None),
    "a step with one count": ("conform", ("exercised", "vectors", "do"), [1]),
    "a disagreement without a reason": ("conform", ("results", 1, "reason"), ""),
    "an unknown comparison without a reason": ("conform", ("results", 2, "reason"), ""),
    "a comparison that did not run": ("conform", ("results", 0, "verdict"), "NOT_RUN"),
    "a comparison of no runs": ("conform", ("results", 0, "observed"), -1),
    "a comparison with a count": ("conform", ("results", 1, "outside", 0, "count"), 1),
    "an observation without an outcome": ("observe", ("results", 0, "outcomes"), []),
    "a bug without a number": ("bugs", ("bugs", 0, "number"), ABSENT),
    "a bug by hearsay": ("bugs", ("bugs", 0, "by"), "hearsay"),
    "a side without states": ("bugs", ("bugs", 0, "present", "states"), 0),
    "a replay that did the same in no run": ("replay", ("same",), 0),
    "a replay with a reason for what it found": ("replay", ("reason",), "because"),
    "a replay of no run": ("replay", ("runs",), 0),
    "a replay that cannot be steered, without a reason": ("replay", ("verdict",), "NOT_RUN"),
    "a call of another name": ("replay", ("calls", 0, "call"), "Get"),
    "a goroutine without a leaf": ("replay", ("left", 0, "leaf"), ABSENT),
    "a step that nothing steered": ("replay", ("steps", 0, "steered"), ABSENT),
}


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """One undamaged answer of each command."""
    scenario = pipeline.open_scenario(None, "get; read-all", 1)
    predicted = report.predict_json(scenario, [predict(pipeline.read_spec(), scenario, "1.12")])
    return {
        "check": broken("pooled-has-no-unread-body"),
        "predict": predicted,
        "observe": observed(),
        "conform": conformed(),
        "replay": replays(),
        "bugs": recorded(),
    }


@pytest.mark.parametrize(("name", "path", "value"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_answer_is_refused(whole: dict[str, Any], name: str, path: tuple[str | int, ...], value: object) -> None:
    answer = copy.deepcopy(whole[name])
    assert [] == complaints(name, answer)
    inner = answer
    for key in path[:-1]:
        inner = inner[key]
    if value is ABSENT:
        del inner[path[-1]]
    elif isinstance(value, dict):
        inner[path[-1]].update(value)
    else:
        inner[path[-1]] = value
    assert complaints(name, answer)


def test_a_list_of_one_report_is_refused(whole: dict[str, Any]) -> None:
    assert [] == complaints("check", [whole["check"]] * 2)
    assert complaints("check", [whole["check"]])
