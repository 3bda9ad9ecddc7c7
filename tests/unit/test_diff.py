"""`pcstate diff`: what is said, and the exit status; progress on a terminal only."""

import json
import sys
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pcstate import pipeline
from pcstate.cli import SCHEMAS
from pcstate.diff import DiffReport, _scenario, diff
from pcstate.model.difference import Agreement, Distinction, Lives, PropertyChange
from pcstate.model.trace import Trace, TraceStep
from pcstate.model.verdict import Bounds, Verdict
from pcstate.predict import Search, search_scenario
from pcstate.show.difference import diff_json, diff_text
from pcstate.specs.library import Spec
from tests.commands import Run, runner

MANY = '[[caller]]\nrequests = 1\nhosts = [0]\neach = ["get"' + 9 * ', "spawn close"' + "]\n"
"""More than the spec has a chart for."""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `pcstate diff`; gives its exit code, stdout and stderr."""
    return runner(capsys, "diff")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spec of one property, on which all profiles agree, judged for one request."""
    spec = pipeline.read_spec(only=["cancel-ends-it"])
    monkeypatch.setattr("pcstate.pipeline.read_spec", lambda *_, **__: spec)
    monkeypatch.setattr("pcstate.diff.check", lambda spec, go: pipeline.check(spec, go, Bounds(requests=1, closers=0)))


@pytest.fixture(scope="module")
def drained(spec: Spec) -> DiffReport:
    """What the first drain changed, for one request as far as properties go."""
    scenarios = pipeline.open_scenarios(spec, ["seed", "truncated-read", "close-only-at-once"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pcstate.diff.check", lambda spec, go: pipeline.check(spec, go, Bounds(requests=1, closers=0)))
        return diff(spec, ("1.26", "1.27.0"), scenarios)


def test_several_processes_find_the_same_in_the_same_order(drained: DiffReport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcstate.diff.FEW", 1)
    monkeypatch.setattr("pcstate.diff.check", lambda spec, go: pipeline.check(spec, go, Bounds(requests=1, closers=0)))
    spec = pipeline.read_spec()
    scenarios = pipeline.open_scenarios(spec, ["seed", "truncated-read", "close-only-at-once"])
    assert len(drained.scenarios) > 1
    assert drained.scenarios == diff(spec, ("1.26", "1.27.0"), scenarios, jobs=2).scenarios


def test_one_profile_for_both_is_said_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def searched(*_: object) -> None:
        raise AssertionError("nothing is to be explored")

    monkeypatch.setattr("pcstate.pipeline.every_state", searched)
    assert (0, "Go 1.24 and Go 1.26: the same, for go1.26 speaks for both\n", "") == run("1.24", "go1.26")
    code, out, _ = run("1.27.0", "1.27.1", "--format", "json")
    answer = json.loads(out)
    assert (0, "same", ["1.27.0", "1.27.1"], ["go1.27.0"] * 2) == (code, answer["verdict"], answer["go"], answer["profiles"])
    assert [[]] * 4 == [answer[key] for key in ("constants", "lives", "properties", "scenarios")]


def test_what_differs_is_listed_with_the_trace_that_tells(drained: DiffReport) -> None:
    answer = diff_json(drained)
    assert "differ" == answer["verdict"]
    assert {"drains_early_close", "first_drain"} == {constant["name"] for constant in answer["constants"]}
    broken = {found["name"]: found for found in answer["properties"] if "VIOLATED" in found["verdicts"]}
    assert {"no-goroutine-is-forgotten", "a-closed-connection-ends-both-loops", "rest-has-pairs"} == broken.keys()
    forgotten = broken["no-goroutine-is-forgotten"]
    assert ["HOLDS", "VIOLATED"] == forgotten["verdicts"]
    truncated, at_once = answer["scenarios"]  # seed is the same
    assert ["truncated-read", "close-only-at-once"] == [truncated["scenario"], at_once["scenario"]]
    assert [[1], [3]] == [[outcome["goroutines"] for outcome in outcomes] for outcomes in truncated["only"]]
    assert [1, 8] == [len(outcomes) for outcomes in at_once["only"]]
    assert ["1.27.0", "1.27.0", "1.26"] == [found["of"] for found in (forgotten, truncated, at_once)]
    assert [True] * 3 == [found["shortest"] for found in (forgotten, truncated, at_once)]
    for found in (forgotten, truncated, at_once):
        assert 0 < found["common"] <= len(found["trace"])
        assert {"who", "action", "clause", "source", "changed"} == found["trace"][0].keys()
    assert "request_done(j=0, r=0)" == at_once["trace"][at_once["common"]]["action"]
    older, newer = answer["lives"]
    assert ("1.26", "HOLDS", []) == (older["of"], older["verdict"], older["only"])
    assert ("1.27.0", "VIOLATED", "early_close") == (newer["of"], newer["verdict"], newer["only"][3])
    validator = Draft202012Validator(json.loads((SCHEMAS / "diff.json").read_text(encoding="utf-8")))
    assert [] == list(validator.iter_errors(answer))


def test_the_text_says_what_differs_with_a_trace_for_each_kind(drained: DiffReport, capsys: pytest.CaptureFixture[str]) -> None:
    diff_text(drained)
    out = capsys.readouterr().out
    assert out.startswith("Go 1.26 and Go 1.27.0: 3 properties and 2 scenarios differ\n")
    assert "NOT_RUN" not in out
    assert "drains_early_close: 0 -> 1  (1 when an early Close drains the body first (Go 1.27))" in out
    assert (
        "  each of Go 1.26 is one of Go 1.27.0\n  only Go 1.27.0: connect, request, response, early_close, put_refused\n" in out
    )
    assert "only Go 1.26: 1 goroutine, no leak" in out
    assert "only Go 1.27.0: 3 to 5 goroutines (a race: 8 outcomes are possible), no leak" in out
    assert 2 == out.count("the shortest trace that tells")
    assert "no-goroutine-is-forgotten in Go 1.27.0, 32 steps" in out  # a counterexample, though there is a shorter witness
    assert "truncated-read in Go 1.27.0, 32 steps" in out
    assert 2 == out.count("Go 1.26 can take all of these steps too")


def test_the_text_says_where_the_other_version_cannot_follow(drained: DiffReport, capsys: pytest.CaptureFixture[str]) -> None:
    diff_text(replace(drained, properties=(), scenarios=drained.scenarios[1:]))
    before, _, behind = capsys.readouterr().out.partition("from here on Go 1.27.0 has no such step\n")
    assert "recv_early_close(j=0, r=0)" in before.splitlines()[-2]
    assert "request_done(j=0, r=0)" in behind.splitlines()[0]


def test_of_a_long_trace_the_steps_where_the_two_part_are_shown(drained: DiffReport, capsys: pytest.CaptureFixture[str]) -> None:
    at_once = drained.scenarios[1].distinction
    assert at_once is not None
    count = len(at_once.trace.steps)
    report = replace(drained, properties=(), scenarios=drained.scenarios[1:])
    diff_text(report, full=True)
    whole = capsys.readouterr().out.partition("the shortest trace")[2].splitlines()[1:]
    assert count + 1 == len(whole)
    diff_text(report)
    title, *few = capsys.readouterr().out.partition("the shortest trace")[2].splitlines()
    assert f"{count} steps (12 of them shown: --full shows all)" in title
    left_out = [int(line.split()[1]) for line in few if "..." in line]
    assert count - 12 == sum(left_out)
    assert whole[left_out[0] : len(whole) - left_out[1]] == [line for line in few if "..." not in line]


def test_a_loop_is_shown_from_its_first_step(capsys: pytest.CaptureFixture[str]) -> None:
    steps = tuple(TraceStep("a", f"x{n}", "", "") for n in range(60))
    change = PropertyChange(
        "p", (Verdict.HOLDS, Verdict.VIOLATED), ("", ""), Distinction(1, Trace(steps, 40), 20, shortest=False)
    )
    diff_text(DiffReport(("1.26", "1.27"), ("a", "b"), Bounds(), properties=(change,)))
    title, *lines = capsys.readouterr().out.partition("\na trace that tells")[2].splitlines()
    assert ": p in Go 1.27, 60 steps (16 of them shown" in title
    shown = [line.split()[0] for line in lines]
    parts, begins = map(str, range(13, 25)), map(str, range(41, 45))
    assert ["...", *parts, "...", "--", *begins, "..."] == [word for word in shown if word != "from"]


def test_lives_that_could_not_be_compared_are_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    lives = (Lives(Verdict.UNKNOWN, "the search stopped"), Lives(Verdict.HOLDS))
    diff_text(DiffReport(("1.26", "1.27"), ("a", "b"), Bounds(), lives=lives))
    assert [
        "  whether each of Go 1.26 is one of Go 1.27 is UNKNOWN: the search stopped",
        "  each of Go 1.27 is one of Go 1.26",
    ] == capsys.readouterr().out.splitlines()[-2:]


def test_a_trace_that_may_not_be_the_shortest_is_not_called_so(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search for a shortest one is stopped, the one is shown that the outcome was found by."""
    (scenario,) = pipeline.open_scenarios(spec, ["truncated-read"])

    def stopped(spec: Spec, profile: Any, scenario: Any, bounds: Bounds, *others: Any, **named: Any) -> Search:
        return search_scenario(spec, profile, scenario, replace(bounds, max_states=2), *others, **named)

    monkeypatch.setattr("pcstate.predict.search_scenario", stopped)
    (change,) = _scenario(spec, ("1.26", "1.27.0"), scenario)
    assert change.distinction is not None
    assert (False, True) == (change.distinction.shortest, len(change.distinction.trace.steps) >= 32)


@pytest.mark.usefixtures("few")
def test_no_difference_exits_0_and_lists_constants_only(run: Run) -> None:
    code, out, _ = run("1.27.0", "1.27", "seed", "unread")
    assert 0 == code
    assert out.startswith("Go 1.27.0 and Go 1.27: no difference, neither in a property nor in 2 scenarios\n")
    assert "capacity: 2 -> 1" in out
    assert "seed" not in out


@pytest.mark.usefixtures("few")
def test_what_is_not_known_is_never_equal(run: Run, tmp_path: Any) -> None:
    (tmp_path / "many.toml").write_text(MANY, encoding="utf-8")
    asked = ("1.26", "1.27", "seed", str(tmp_path / "many.toml"))
    code, out, _ = run(*asked)
    assert 3 == code
    assert "Go 1.26 and Go 1.27: no difference is known, but 1 answer is UNKNOWN" in out
    assert (
        "many: UNKNOWN, Go 1.26: the spec has no chart yet for step 'spawn close' more than 8 times in one request; Go 1.27: the"
        in out
    )
    code, out, _ = run(*asked, "truncated-read", "close-only")
    assert 1 == code
    assert "0 properties and 1 scenario differ, 1 answer is UNKNOWN" in out
    code, out, _ = run(*asked, "--format", "json")
    (found,) = json.loads(out)["scenarios"]
    assert (3, [[], []], []) == (code, found["only"], found["trace"])
    assert "step 'spawn close'" in found["reason"]


def test_every_scenario_of_the_library_is_compared_unless_some_are_named(spec: Spec) -> None:
    assert {"seed", "truncated-read"} <= {scenario.name for scenario in pipeline.open_scenarios(spec, ())}
    assert ["seed", "stdin"] == [scenario.name for scenario in pipeline.open_scenarios(spec, ["seed", "-"], lambda: MANY)]


@pytest.mark.usefixtures("few")
def test_nothing_to_compare_is_the_same() -> None:
    said: list[tuple[int, int, str]] = []
    report = diff(pipeline.read_spec(), ("1.27.0", "1.27"), (), lambda *now: said.append(now))
    assert (Agreement.SAME, [(0, 1, "1 properties"), (1, 1, "")]) == (report.agreement, said)


@pytest.mark.usefixtures("few")
def test_progress_is_shown_on_a_terminal_and_taken_away(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.delenv("CI", raising=False)
    _, out, err = run("1.27.0", "1.27", "seed")
    assert "\r\033[K1 of 2: seed" in err
    assert err.endswith("\r\x1b[K")
    assert "1 of 2" not in out
    monkeypatch.setenv("CI", "1")
    assert "" == run("1.27.0", "1.27", "seed")[2]
