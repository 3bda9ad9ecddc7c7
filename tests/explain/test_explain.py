"""`pcstate explain` as a command: the first line is the answer, JSON is what the schema says, and each exit code."""

import io
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pcstate.cli import SCHEMAS, main
from pcstate.model.diagnosis import CONFIDENCES, STATES, VERDICTS
from pcstate.specs.diagnosis import PHASES
from pcstate.specs.library import Spec
from tests.commands import Run, runner
from tests.explain.dumps import PEEK, RUNNING, UNREAD
from tests.golang.dumps import EXPECTED

DUMPS = {path.name.partition("-go1.")[0]: path for path in sorted((Path(__file__).parents[1] / "dumps").iterdir())}
SCHEMA = json.loads((SCHEMAS / "explain.json").read_text("utf-8"))
EXITS = {"leak": 1, "stuck": 1, "no-leak": 0, "none": 0}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs pcstate; gives its exit code, stdout and stderr."""
    return runner(capsys)


def complaints(value: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(value)]


UNTOLD = ("transport-per-request",)
"""Where the dump does not tell: whether those who made so many connections share a Transport."""


@pytest.mark.parametrize("state", EXPECTED)
def test_exit_code_and_json_are_the_verdicts(run: Run, state: str) -> None:
    code, out, err = run("explain", str(DUMPS[state]), "--format", "json")
    answer = json.loads(out)
    assert ([], "") == (complaints(answer), err)
    verdict, groups = EXPECTED[state]
    assert (3 if state in UNTOLD else EXITS[verdict], verdict) == (code, answer["verdict"])
    assert [name.partition(":")[0] for name, *_ in groups] == [group["state"] for group in answer["groups"]]
    assert [name.partition(":")[2] for name, *_ in groups] == [group.get("phase", "") for group in answer["groups"]]


FIRST_LINES = {
    "unread": (
        "leak: 3 connections held by a response body that is neither read to the end nor closed "
        "(unless one of the program's other goroutines has it in hand)"  # our own server waits there, too
    ),
    "idle": "no leak: 1 connection idle, kept for reuse",
    "transport-per-request": (
        "inconclusive: 120 connections idle, kept for reuse (so many may be of a Transport made for each request)"
    ),
    "queued": (
        "leak: 1 connection held by a response body that is neither read to the end nor closed "
        "(unless one of the program's other goroutines has it in hand); "
        "stuck: 2 requests waiting for a connection, and nobody dials for it"
    ),
    "none": "none: no HTTP client connection in this dump",
    "dialing-tls": "stuck: 1 connection being dialled (in the TLS handshake)",
    "awaiting-headers-and-idle": "stuck: 1 connection waiting for the head of a response",
}


@pytest.mark.parametrize(("state", "line"), FIRST_LINES.items())
def test_the_first_line_is_the_answer(run: Run, state: str, line: str) -> None:
    _, out, _ = run("explain", str(DUMPS[state]))
    assert line == out.splitlines()[0]


def test_idle_connections_are_said_to_be_no_leak(run: Run) -> None:
    code, out, _ = run("explain", str(DUMPS["idle"]))
    assert 0 == code
    assert "By itself that is no leak, though goleak and NumGoroutine count both loops" in out


def test_a_transport_per_request_is_not_said_to_need_nothing(run: Run) -> None:
    _, out, _ = run("explain", str(DUMPS["transport-per-request"]))
    assert "  fix:  Make one http.Transport" in out


def test_the_users_own_functions_are_shown(run: Run) -> None:
    _, out, _ = run("explain", str(DUMPS["dialing-tls"]))
    assert "  code: main.fetch (dumper/states.go:" in out


def test_a_dump_is_read_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(DUMPS["unread"].read_bytes()), encoding="utf-8"))
    code, out, _ = run("explain", "-")
    assert (1, FIRST_LINES["unread"]) == (code, out.splitlines()[0])


ODD = """\
goroutine 1 [select]:
net/http.(*persistConn).roundTrip(0xc0000d5000)
main.запрос(0xc0000d5000)
main.get·1(0xc0000d5000)
{"log": "main.half\\ud800(0xc0000d5000)"}
"""


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
@pytest.mark.parametrize("style", ["text", "json"])
def test_names_that_the_terminal_cannot_show_are_escaped(
    encoding: str, style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, out = tmp_path / "dump", io.BytesIO()
    path.write_text(ODD, encoding="utf-8")
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, encoding=encoding))
    with pytest.raises(SystemExit) as stopped:
        main(["explain", str(path), "--format", style])
    assert 1 == stopped.value.code
    text = out.getvalue().decode(encoding)
    if style == "json":
        assert ["main.запрос", "main.get·1", "main.half\ud800"] == json.loads(text)["groups"][0]["frames"]
    else:
        assert ("main.запрос" if encoding == "utf-8" else "main.\\u0437") in text


REFUSED = {
    "prose": (b"It hangs.\n", ["no goroutine in this", "debug=2", "goleak"]),
    "nothing": (b"", ["no goroutine in this"]),
    "a profile of CPU": (b"\x0a\x04\x08\x01\x10\x02\x32\x00\x32\x03cpu", ["'cpu'", "/debug/pprof/goroutine"]),
    "a damaged profile": (b"\x0a\x04\x08\x01\x10", ["damaged pprof profile"]),
}


@pytest.mark.parametrize(("data", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_dump_exits_2_and_says_what_would_be(run: Run, data: bytes, said: list[str], tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(data)
    code, out, err = run("explain", str(path))
    assert (2, "") == (code, out)
    assert [] == [word for word in said if word not in err]


def test_a_file_that_is_not_there_exits_2(run: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        code, _, err = run("explain", str(path))
        assert 2 == code
        assert str(path) in err


def test_what_cannot_be_told_exits_3(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_text("goroutine profile: total 3\n3 @ 0x4416ea 0x450c79\n#\t0x4416e9\n", encoding="utf-8")
    code, out, _ = run("explain", str(path))
    assert 3 == code
    assert out.startswith("inconclusive: no HTTP client connection in what there is; it has no functions")
    code, out, _ = run("explain", str(path), "--format", "json")
    assert (3, []) == (code, complaints(json.loads(out)))
    assert json.loads(out)["reason"].startswith("it has no functions")


def test_what_is_in_motion_exits_3(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "dump"
    motion = (
        "goroutine 7 [runnable]:\nnet/http.(*persistConn).readLoop(0xc000186000)\ncreated by net/http.(*Transport).dialConn\n"
    )
    path.write_text(motion, encoding="utf-8")
    code, out, _ = run("explain", str(path))
    assert (3, "inconclusive: 1 connection in a state that the dump does not tell") == (code, out.splitlines()[0])
    reasons = {"": "part of a dump", "goroutine 1 [running]:\nmain.main()\n\n": "more than one state"}
    for before, reason in reasons.items():
        path.write_text(before + motion, encoding="utf-8")
        code, out, _ = run("explain", str(path), "--format", "json")
        assert (3, []) == (code, complaints(json.loads(out)))
        assert reason in json.loads(out)["reason"]


def test_a_dump_that_tells_has_no_reason_why_not(run: Run) -> None:
    for path in DUMPS.values():
        code, out, _ = run("explain", str(path), "--format", "json")
        assert ("reason" in json.loads(out)) == (3 == code), path


# --- the line that reproduces it --------------------------------------------------------------------------------------------

SHOWS: dict[str, Callable[[dict[str, Any], int], bool]] = {
    "idle": lambda outcome, n: outcome["idle_conns"] >= 1,
    "body-unfinished": lambda outcome, n: outcome["unread_conns"] == n == outcome["read_loops"],
    "awaiting-headers": lambda outcome, n: outcome["errors"] == ["stuck"] and outcome["unread_conns"] == 0,
    "body-being-read": lambda outcome, n: outcome["errors"] == ["stuck"] and outcome["unread_conns"] == 1,
    "queued": lambda outcome, n: outcome["errors"][-1] == "stuck" and outcome["unread_conns"] == 1,
}
"""What a prediction has to show for each state that has one."""


@pytest.mark.parametrize("state", [state for state, (_, groups) in EXPECTED.items() if groups])
def test_the_predict_line_shows_the_state(run: Run, state: str) -> None:
    _, out, _ = run("explain", str(DUMPS[state]), "--format", "json")
    for group in json.loads(out)["groups"]:
        known = group["state"] in SHOWS and state != "reverse-proxy"  # a scenario has no proxy between its caller and its body
        assert (group["predict"] is not None) == known, group["state"]
        if group["predict"]:
            program, *arguments = shlex.split(group["predict"])
            code, out, _ = run(*arguments, "--format", "json")
            (result,) = json.loads(out)["results"]
            assert ("pcstate", 0, True) == (program, code, result["complete"])
            assert any(SHOWS[group["state"]](outcome, min(group["connections"], 6)) for outcome in result["outcomes"])


def test_every_predict_line_of_the_spec_can_be_run(run: Run, spec: Spec) -> None:
    for line in {state.predict for state in spec.knowledge.states if state.predict}:
        code, out, _ = run("predict", *shlex.split(line.format(n=2)), "--format", "json")
        assert (0, True) == (code, json.loads(out)["results"][0]["complete"]), line


def test_a_failed_read_leaves_both_loops_as_the_spec_predicts(run: Run, spec: Spec) -> None:
    (state,) = (state for state in spec.knowledge.states if state.parts.get("read-loop") == ("ack-early-close",))
    _, out, _ = run("predict", *shlex.split(state.predict), "--format", "json")
    assert any(outcome["read_loops"] == 1 and not outcome["idle_conns"] for outcome in json.loads(out)["results"][0]["outcomes"])


# --- the schema ---------------------------------------------------------------------------------------------------------------


def test_the_schema_names_what_there_is() -> None:
    group = SCHEMA["$defs"]["group"]["properties"]
    assert list(STATES) == group["state"]["enum"]
    assert list(CONFIDENCES) == group["confidence"]["enum"]
    assert [phase for phase in PHASES if phase] == group["phase"]["enum"]
    assert list(VERDICTS) == SCHEMA["properties"]["verdict"]["enum"]


def test_every_state_is_in_the_spec_and_every_point_in_a_state(spec: Spec) -> None:
    knowledge = spec.knowledge
    assert set(STATES) == {state.name for state in knowledge.states}
    used = {(role, name) for state in knowledge.states for role, names in state.parts.items() for name in names}
    used |= {("caller", name) for state in knowledge.states for name in state.takes}
    assert {(point.role, point.name) for point in knowledge.points if point.role not in ("server", "program")} <= used


DAMAGE: dict[str, dict[str, object]] = {
    "a verdict of its own": {"verdict": "fine"},
    "a key of its own": {"notes": []},
    "a leak that no group is": {"verdict": "leak", "groups": []},
    "none with groups": {"verdict": "none"},
    "no form": {"format": ""},
    "a fraction": {"other_goroutines": 0.5},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_answer_is_refused(run: Run, damage: dict[str, object]) -> None:
    _, out, _ = run("explain", str(DUMPS["unread"]), "--format", "json")
    answer = json.loads(out)
    assert [] == complaints(answer)
    assert complaints({**answer, **damage})


GROUP_DAMAGE: dict[str, dict[str, object]] = {
    "an unknown state": {"state": "leaking"},
    "a phase where nobody dials": {"phase": "tcp"},
    "a phase that there is not": {"state": "dialing", "phase": "syn"},
    "minutes in words": {"minutes": "12"},
    "no reason": {"why": ""},
    "another program": {"predict": "curl"},
    "no leak in a leak": {"leak": False},
    "nobody who may have the body": {"holders": 0},
    "a place where nobody stands": {"held_at": ["0 at main.main"]},
    "no code that it may be": {"candidates": []},
}


@pytest.mark.parametrize("damage", GROUP_DAMAGE.values(), ids=GROUP_DAMAGE.keys())
def test_a_damaged_group_is_refused(run: Run, damage: dict[str, object]) -> None:
    _, out, _ = run("explain", str(DUMPS["unread"]), "--format", "json")
    answer = json.loads(out)
    answer["groups"][0].update(damage)
    assert complaints(answer)


def test_of_several_dumps_in_a_file_the_worst_counts(run: Run, tmp_path: Path) -> None:
    """The largest is spoken of first, and the JSON has them all."""
    path = tmp_path / "before-and-after.txt"
    path.write_text("\n".join((RUNNING, PEEK, PEEK.replace("goroutine 30", "goroutine 31"), RUNNING, UNREAD)), encoding="utf-8")
    code, out, _ = run("explain", str(path), "--format", "json")
    answer = json.loads(out)
    assert [] == complaints(answer)
    assert (1, 1, "no-leak", [(2, "leak")]) == (
        code,
        answer["dump"],
        answer["verdict"],
        [(each["dump"], each["verdict"]) for each in answer["beside"]],
    )
