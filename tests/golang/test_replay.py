"""Real Go is led along what `check` found: it does the same where it has the bug, and does not where it has not."""

import functools
import json
from pathlib import Path
from typing import Any

import pytest

from pcstate import pipeline
from pcstate.cli import main
from pcstate.golang.toolchain import Toolchain
from pcstate.model.finding import Finding
from pcstate.model.replay import Plan, Replayed
from pcstate.model.verdict import Bounds, Verdict
from pcstate.pipeline import check
from pcstate.replay import plan_of, replay_finding
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.trace import findings
from tests.golang.test_harness import any_go, every_go, release

FORGOTTEN, RETURNS = "no-goroutine-is-forgotten", "read-to-eof-returns"
BROKEN = {(1, 27, 0), (1, 27, 1)}
WITNESSES = [
    "a-cancelled-request-says-so",
    "a-connection-is-reused",
    "close-returns-before-the-close",
    "unread-body-keeps-both-loops",
]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """The findings of the two broken promises under the profile that breaks them."""
    spec = pipeline.read_spec(only=[FORGOTTEN, RETURNS])
    return {finding.judgement.name: finding for finding in findings(spec, check(spec, "1.27.1", Bounds(requests=1)))}


def verdict_on(spec: Spec, found: dict[str, Any], name: str, go: Toolchain) -> tuple[Replayed, Verdict]:
    """What a replay comes to, and what it must."""
    expected = Verdict.VIOLATED if release(go) in BROKEN else Verdict.HOLDS
    return replay_finding(spec, found[name], str(go.version)), expected


@pytest.mark.go
@every_go
def test_a_failed_read_without_close_keeps_both_loops_on_the_first_drain(
    spec: Spec, found: dict[str, Any], go: Toolchain
) -> None:
    """It is mended with golang/go#81404."""
    replayed, expected = verdict_on(spec, found, FORGOTTEN, go)
    assert expected is replayed.verdict, replayed.attempts
    left = [stack.frames[-1] for stack in replayed.attempts[0].left]
    loops = ["net/http.(*persistConn).readLoop", "net/http.(*persistConn).writeLoop"]
    assert (loops if expected is Verdict.VIOLATED else []) == sorted(left)


@pytest.mark.go
@every_go
def test_a_read_to_eof_that_meets_a_close_hangs_on_the_first_drain(spec: Spec, found: dict[str, Any], go: Toolchain) -> None:
    """golang/go#81404."""
    replayed, expected = verdict_on(spec, found, RETURNS, go)
    assert expected is replayed.verdict, replayed.attempts
    reads = [call.result for call in replayed.attempts[0].calls if call.name == "Read"]
    assert (expected is Verdict.VIOLATED) == ("" in reads)


@functools.cache
def beside() -> tuple[Finding, ...]:
    """The findings of what the broken profile keeps of one caller's requests, and breaks between two callers'."""
    two = Bounds(callers=2, requests=1)
    promises = pipeline.read_spec().properties
    spec = pipeline.read_spec(only=[p.name for p in promises if p.fails_from and p.bounds("go1.27.0") == two])
    return findings(spec, check(spec, "1.27.1", two))


@pytest.mark.go
@every_go
def test_a_close_hangs_behind_another_request_s_read_on_the_first_drain(spec: Spec, go: Toolchain) -> None:
    """golang/go#81404: a Read that was left behind gets the eofc of the next Close on its connection."""
    names = ["a-close-ends-a-read", "close-returns", "eofc-goes-to-its-own", "spawned-close-returns"]
    assert names == [each.judgement.name for each in beside()]
    broken = release(go) in BROKEN
    for finding in beside():
        replayed = replay_finding(spec, finding, str(go.version))
        assert (Verdict.VIOLATED if broken else Verdict.HOLDS) is replayed.verdict, (finding.title, replayed.attempts)
        assert broken == ("" in [call.result for call in replayed.attempts[0].calls if call.name == "Close"]), finding.title


@functools.cache
def witnesses(profile: str) -> tuple[Finding, ...]:
    """What must be reachable, and how it is under a profile."""
    asked = pipeline.read_spec(only=WITNESSES)
    return findings(asked, check(asked, profile, Bounds(closers=0)))


@pytest.mark.go
@every_go
def test_what_must_be_reachable_real_go_reaches(spec: Spec, go: Toolchain) -> None:
    """Each along the witness of its own release's profile, at every rest as the spec has it."""
    for finding in witnesses(choose_profile(spec.profiles, str(go.version)).name):
        replayed = replay_finding(spec, finding, str(go.version))
        assert Verdict.VIOLATED is replayed.verdict, (finding.title, replayed.reason, replayed.attempts)
        assert None is replayed.attempts[0].diverged, (finding.title, replayed.attempts)


@pytest.mark.go
@any_go
@pytest.mark.parametrize("style", ["text", "json"])
def test_the_command_says_it_and_its_exit_status_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], go: Toolchain, style: str
) -> None:
    path = tmp_path / "report.json"
    for arguments in (
        ["check", "--go", "1.27.1", "--property", FORGOTTEN, "--requests", "1", "--format", "json"],
        ["trace", str(path), "--replay", "--go", str(go.version), "--repeat", "2", "--format", style],
    ):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        out, err = capsys.readouterr()
        assert not err
        path.write_text(out, encoding="utf-8") if not path.exists() else None
    same = release(go) in BROKEN
    assert int(same) == stopped.value.code
    if style == "json":
        answer = json.loads(out)
        assert (2, 2 * same, 1) == (answer["runs"], answer["same"], answer["dials"])
    else:
        first = out.splitlines()[0]
        assert f"{FORGOTTEN} on Go {go.version}: real Go did {'' if same else 'not do '}the same (" in first


def test_a_cancel_that_hits_the_pool_cannot_be_steered(spec: Spec) -> None:
    """Between <-ctx.Done() and pc.cancelRequest a caller calls nothing of ours."""
    asked = pipeline.read_spec(only=["a-cancel-can-hit-the-pool"])
    (finding,) = findings(asked, check(asked, "1.27.3", Bounds(requests=1)))
    found = plan_of(spec, finding)
    assert not isinstance(found, Plan)
    assert "nothing of ours holds cancel_request(" in found.reason
