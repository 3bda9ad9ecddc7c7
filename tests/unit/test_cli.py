"""The command line: exit codes, what is said and where, and never a traceback for a user's mistake."""

import errno
import io
import json
import re
import runpy
import sys
from dataclasses import replace
from typing import Any

import pytest

from pcstate import pipeline
from pcstate.cli import cli, main
from pcstate.predict import SCENARIO_BOUNDS, predict
from pcstate.specs.library import Spec
from pcstate.specs.scenarios import parse_expression, scenario_names
from pcstate.specs.source import spec_root
from tests.commands import Run, runner


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs pcstate; gives its exit code, stdout and stderr."""
    return runner(capsys)


USAGE = {
    "unknown scenario": (
        ["predict", "sede"],
        ["sede: there is no scenario", "no scenario", "did you mean 'seed'?", "'pcstate scenarios' lists them"],
    ),
    "unknown group of scenarios": (["scenarios", "--group", "closign"], ["--group", "'closign'", "did you mean 'closing'?"]),
    "unknown scenario to observe": (["observe", "sede"], ["sede: there is no scenario", "did you mean 'seed'?"]),
    "unknown release to predict": (["predict", "seed", "--go", "1.99"], ["'1.99'", "go1.12", "go1.26", "go1.27.2"]),
    "unknown release to check": (["check", "--go", "nope"], ["'nope'", "go1.12", "go1.26", "go1.27.2"]),
    "unknown property": (["check", "--property", "cancel-ends"], ["'cancel-ends'", "did you mean 'cancel-ends-it'?"]),
    "unknown release to compare": (["diff", "1.26", "1.99"], ["V2: no profile", "'1.99'", "go1.12", "go1.26", "go1.27.2"]),
    "unknown profile to compare": (["diff", "go1.1", "1.26"], ["V1: no profile", "'go1.1'", "go1.12"]),
    "unknown scenario to compare": (["diff", "1.26", "1.26", "sede"], ["sede: there is no scenario", "did you mean 'seed'?"]),
    "nothing to compare with": (["diff", "1.26"], ["Missing argument", "V2"]),
    "a cluster and a checkpoint": (
        ["check", "--cluster", "local:2", "--checkpoint", "x"],
        ["--cluster takes neither --checkpoint"],
    ),
    "unknown release to refine": (["check", "--refines", "1.99"], ["--refines: no profile", "'1.99'", "go1.12", "go1.27.2"]),
    "a set and a reduction": (
        ["check", "--symbolic", "--minimise"],
        ["--symbolic keeps a set and nothing else", "leave out what"],
    ),
    "a cluster and a refinement": (
        ["check", "--refines", "1.26", "--cluster", "local:2"],
        ["--refines looks at all that two networks do", "leave out --cluster"],
    ),
    "bad expression": (["predict", "-e", "get; raed-all"], ["-e:1:6", "get; raed-all", "     ^~~~~~~~", "read-all"]),
    "expression without a request": (["predict", "-e", "close"], ["-e:1:1", "exactly one of get, head, post"]),
    "expression repeated too often": (["predict", "-e", "get", "-n", "0"], ["-n must be from 1 to 1000"]),
    "repetitions that are no number": (["predict", "-e", "get", "-n", "x"], ["'x'"]),
    "scenario with its folder": (["predict", "article/seed"], ["article/seed: there is no scenario", "did you mean 'seed'?"]),
    "steps without -e": (["predict", "get; close"], ["get; close: there is no scenario", "-e 'get; close'"]),
    "scenario as a file": (["predict", "seed.toml"], ["seed.toml: there is no scenario", "did you mean 'seed'?"]),
    "a name that is empty": (["predict", ""], ["'': there is no scenario", "'pcstate scenarios'"]),
    "folder for a file": (["predict", "/"], ["/: cannot be read: Is a directory"]),
    "step in capitals": (["predict", "-e", "GET"], ["-e:1:1", "did you mean 'get'?"]),
    "step that there is not": (["predict", "-e", "get; sleep 1"], ["-e:1:6", "known: cancel, close"]),
    "reading all, in two words": (["predict", "-e", "get; read all"], ["-e:1:6", "write 'read 100', or 'read-all'"]),
    "no step": (["predict", "-e", ""], ["exactly one of get, head, post", "such as -e 'get; read-all'"]),
    "missing file": (["predict", "/nowhere/at-all.toml"], ["/nowhere/at-all.toml", "No such file"]),
    "neither scenario nor expression": (["predict"], ["either a SCENARIO or -e"]),
    "both scenario and expression": (["predict", "seed", "-e", "get"], ["either a SCENARIO or -e"]),
    "repetitions of a named scenario": (["predict", "seed", "-n", "3"], ["-n goes with -e only"]),
    "callers of a program to export": (["export", "seed", "--callers", "2"], ["--callers cannot be given with a program"]),
    "two expressions": (["predict", "-e", "get", "-e", "get; close"], ["-e is one program", "TOML file"]),
    "two expressions to export": (["export", "-e", "get", "-e", "post", "--to", "tla"], ["-e is one program"]),
    "steps in one string": (["predict", "-e", "get, close"], ["steps are separated by ';'"]),
    "a folder that cannot be": (["graph", "-o", "/dev/null/x"], ["/dev/null/x"]),
    "neither, to observe": (["observe"], ["either a SCENARIO or -e"]),
    "unknown scenario to conform": (["conform", "seed", "sede"], ["sede: there is no scenario", "did you mean 'seed'?"]),
    "too few runs": (["conform", "seed", "--repeat", "0"], ["--repeat"]),
    "unknown diagram": (["graph", "--of", "lifecycel"], ["--of", "'lifecycel'", "did you mean 'lifecycle'?"]),
    "unknown format of a diagram": (["graph", "--to", "svgg"], ["--to", "'svgg'", "did you mean 'svg'?"]),
    "unknown format of an export": (["export", "-e", "get", "--to", "pml"], ["--to: there is no 'pml'", "promela"]),
    "unknown format of an answer": (["predict", "seed", "--format", "yaml"], ["'yaml'", "text", "json"]),
    "unknown schema": (["schema", "chekc"], ["'chekc'", "'bugs', 'check', ", "'scenarios'"]),
    "no schema": (["schema"], ["Missing argument", "check", "observe", "predict"]),
    "unknown command": (["chekc"], ["chekc"]),
    "unknown option": (["check", "--propertey", "x"], ["--propertey"]),
    "size out of range": (["check", "--callers", "0"], ["0", "--callers"]),
    "folder that is not there": (["spec", "lint", "/nowhere/at-all"], ["/nowhere/at-all"]),
}


@pytest.mark.parametrize(("arguments", "said"), USAGE.values(), ids=USAGE.keys())
def test_wrong_usage_exits_2_and_says_what_exists(
    run: Run, arguments: list[str], said: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    code, out, err = run(*arguments)
    assert (2, "") == (code, out)
    assert [] == [word for word in said if word not in err]


def test_wrong_graph_arguments_write_nothing(run: Run, tmp_path: Any) -> None:
    code, _, _ = run("graph", "-o", str(tmp_path / "out"), "--of", "nothing")
    assert 2 == code
    assert not (tmp_path / "out").exists()


def test_the_package_runs_as_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["pcstate", "scenarios", "--group", "nowhere"])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module("pcstate", run_name="__main__")
    assert 2 == stopped.value.code
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "status"), [(BrokenPipeError(errno.EPIPE, "nobody reads"), 141), (KeyboardInterrupt(), 130)])
def test_where_nobody_listens_and_where_the_user_stops_it_the_status_is_the_shells(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int
) -> None:
    """click answers a pipe that nobody reads with 1, which would be a finding."""

    def stop(*_: object) -> None:
        raise error

    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))  # click puts others there
    monkeypatch.setattr(pipeline, "library", stop)
    assert status == run("scenarios")[0]


@pytest.mark.parametrize("command", [["predict"], ["explain"], ["diff", "1.26", "1.27"]])
def test_a_standard_input_that_is_closed_is_empty(run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    """Closed, as cron may leave it, and not only at its end."""
    monkeypatch.setattr(sys, "stdin", None)
    assert 2 == run(*command, "-")[0]


def test_where_standard_output_is_closed_nothing_is_said_to_be_well(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", None)
        with pytest.raises(SystemExit) as stopped:
            main(["scenarios"])
    assert 2 == stopped.value.code


def test_what_was_not_run_is_not_said_to_hold(run: Run) -> None:
    code, out, _ = run("check", "--go", "1.27", "--property", "early-close-ends-it", "--requests", "1", "--closers", "0")
    assert 3 == code
    assert out.splitlines()[-1].startswith("UNKNOWN: ")


def test_a_picture_that_there_is_not_is_said(run: Run, tmp_path: Any) -> None:
    code, _, said = run("graph", "--of", "reachable", "--to", "svg", "-o", str(tmp_path))
    assert 2 == code
    assert "nothing of reachable can be svg" in said


def test_the_article_is_predicted_as_it_says(run: Run) -> None:
    """One dial, one loop of each kind, three goroutines."""
    code, out, _ = run("predict", "seed", "--go", "1.12", "--format", "json")
    answer = json.loads(out)
    assert (0, "seed") == (code, answer["scenario"])
    (result,) = answer["results"]
    assert (True, "1.12") == (result["complete"], result["go"])
    shown = ("dials", "read_loops", "write_loops", "goroutines")
    assert [(1, 1, 1, 3)] == [tuple(outcome[key] for key in shown) for outcome in result["outcomes"]]
    assert [[None] * 6] == [outcome["errors"] for outcome in result["outcomes"]]


def test_outcomes_have_the_keys_of_the_design(run: Run) -> None:
    _, out, _ = run("predict", "-e", "get; close", "--format", "json")
    keys = {"dials", "reused", "read_loops", "write_loops", "goroutines", "idle_conns", "unread_conns", "errors"}
    for outcome in json.loads(out)["results"][0]["outcomes"]:
        assert keys <= outcome.keys()
        assert "count" not in outcome


def test_every_scenario_is_listed_once_with_its_group_and_its_sentence(run: Run) -> None:
    code, out, _ = run("scenarios", "--format", "json")
    listed = json.loads(out)
    assert 0 == code
    assert {name: path.parent.name for name, path in scenario_names(spec_root()).items()} == {
        found["name"]: found["group"] for found in listed
    }
    code, out, err = run("scenarios")
    lines = out.splitlines()
    assert (0, "") == (code, err)
    for found in listed:
        (line,) = (line for line in lines if line.split()[:1] == [found["name"]] and line.startswith("  "))
        assert line.endswith("  " + found["about"])
    assert {found["group"] for found in listed} == {line for line in lines if line and not line.startswith(" ")}


def test_a_group_of_scenarios_is_listed_alone(run: Run) -> None:
    code, out, _ = run("scenarios", "--group", "article")
    assert 0 == code
    assert "article" == out.splitlines()[0]
    names = {line.split()[0] for line in out.splitlines()[1:]}
    assert {path.stem for path in (spec_root() / "scenarios" / "article").iterdir()} == names


def test_a_scenario_is_read_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[[caller]]\nrequests = 1\nhosts = [0]\neach = ["get", "read-all"]\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
    code, out, _ = run("predict", "-", "--go", "1.12", "--format", "json")
    answer = json.loads(out)
    assert (0, "stdin") == (code, answer["scenario"])
    assert [1] == [outcome["dials"] for outcome in answer["results"][0]["outcomes"]]


def test_a_mistake_in_stdin_is_placed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'[[caller]]\neach = ["got"]\n'), encoding="utf-8"))
    code, out, err = run("predict", "-")
    assert (2, "") == (code, out)
    assert "<stdin>:2:" in err
    assert "did you mean 'get'?" in err


def test_stdin_that_is_no_text_is_a_mistake(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8"))
    code, _, err = run("predict", "-")
    assert 2 == code
    assert "<stdin>" in err


def test_the_spec_has_no_mistakes(run: Run) -> None:
    code, out, _ = run("spec", "lint")
    assert 0 == code
    assert out.startswith("no mistakes: ")
    code, out, _ = run("spec", "lint", "--format", "json")
    assert (0, []) == (code, json.loads(out)["mistakes"])


def test_a_search_that_stops_early_promises_nothing(run: Run) -> None:
    """What holds in 100 states is UNKNOWN, not HOLDS."""
    code, out, _ = run("check", "--max-states", "100", "--format", "json")
    answer = json.loads(out)
    assert (3, "UNKNOWN") == (code, answer["verdict"])
    always = {prop["verdict"] for prop in answer["properties"] if prop["kind"] == "always"}
    assert {"UNKNOWN"} == always - {"NOT_RUN"}
    reasons = [prop["reason"] for prop in answer["properties"] if prop["verdict"] == "UNKNOWN"]
    assert all(reasons)


def test_a_search_that_stops_early_says_unknown_in_text(run: Run) -> None:
    code, out, _ = run("check", "--max-states", "100", "--property", "pooled-has-no-unread-body")
    assert 3 == code
    assert "UNKNOWN" in out
    assert "HOLDS" not in out


def test_a_search_that_stops_early_is_neither_as_expected_nor_a_finding(run: Run) -> None:
    named = ("--property", "pooled-has-no-unread-body", "--property", "nothing-written-is-true")
    code, out, _ = run("check", "--max-states", "100", *named, "--expect")
    assert 3 == code
    assert out.endswith("not known: nothing-written-is-true, pooled-has-no-unread-body\n")


def test_on_a_terminal_check_says_what_it_judges_and_takes_that_away(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.delenv("CI", raising=False)
    _, out, err = run("check", "--requests", "1", "--closers", "0", "--property", "no-goroutine-is-forgotten")
    assert "\r\033[K0 of 1: judging no-goroutine-is-forgotten" in err
    assert err.endswith("\r\033[K")
    assert "judging" not in out


def test_on_a_terminal_predict_says_how_far_it_is_and_takes_that_away(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.delenv("CI", raising=False)
    _, out, err = run("predict", "-e", "get; close", "-n", "2", "--go", "1.27.3")
    assert re.search(r"\r\033\[K\d+ of \d+: states looked at \(get; close, go1.27.2, 2 connections\)", err)
    assert err.endswith("\r\033[K")
    assert "looked at" not in out


def test_an_interrupt_takes_away_the_line_of_progress(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        sys.stderr.write("\r1 of 2: ...")
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("pcstate.predict.predict", interrupted)
    code, _, err = run("predict", "-e", "get; close")
    assert 130 == code
    assert err.endswith("\r\033[Kpcstate: interrupted\n")


def test_check_has_the_keys_of_the_design(run: Run) -> None:
    arguments = ("check", "--max-states", "100", "--format", "json")
    _, out, _ = run(*arguments)
    answer = json.loads(out)
    keys = {"go", "bounds", "states", "transitions", "depth", "seconds", "verdict", "properties"}
    assert keys <= answer.keys()
    assert {"callers", "conns", "hosts", "requests", "max_states"} <= answer["bounds"].keys()
    for prop in answer["properties"]:
        assert {"name", "kind", "verdict", "clauses", "reason", "trace"} <= prop.keys()
        for step in prop["trace"]:
            assert {"who", "action", "clause", "source"} <= step.keys()
    _, out, _ = run(*arguments, "--go", "1.12", "--go", "1.26")
    assert ["1.12", "1.26"] == [found["go"] for found in json.loads(out)]


@pytest.mark.parametrize(
    "command",
    [*[[name] for name in cli.commands], [], ["spec", "lint"]],
    ids=" ".join,
)
def test_each_command_explains_itself(run: Run, command: list[str]) -> None:
    code, out, err = run(*command, "--help")
    assert (0, "") == (code, err)
    assert out.startswith("Usage:")


def test_no_arguments_show_the_help(run: Run) -> None:
    _, out, err = run()
    assert "Usage:" in out + err
    assert "predict" in out + err


def test_a_mistake_of_ours_is_not_called_the_users(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> None:
        raise AssertionError("boom")

    monkeypatch.setattr("pcstate.pipeline.lint", broken)
    with pytest.raises(SystemExit) as stopped:
        main(["spec", "lint"])
    assert 4 == stopped.value.code
    assert "a bug in pcstate" in capsys.readouterr().err


def test_a_prediction_that_was_stopped_says_what_would_help(spec: Spec) -> None:
    few = replace(SCENARIO_BOUNDS, max_states=2)
    stopped = predict(spec, parse_expression("get; close", 2), "1.27", few)
    assert not stopped.complete
    assert "the search stopped at its limit of 2 states, after 4 states; fewer requests" in stopped.reason
    one = parse_expression("get; close", 1)
    assert "; fewer callers or requests" in predict(spec, replace(one, callers=one.callers * 2), "1.27", few).reason
    assert "" == predict(spec, parse_expression("get", 1), "1.27").reason
