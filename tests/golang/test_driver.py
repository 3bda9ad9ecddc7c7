"""The harness around our driver, without a Go: a script stands in for the driver."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from pcstate.errors import GoError
from pcstate.golang import building, harness
from pcstate.golang.harness import Driver, observe
from pcstate.golang.toolchain import Toolchain
from pcstate.model.scenario import CallerProgram, Scenario, ServerScript, Step

GO = Toolchain(Path("go"), "1.27.3")
GET = Scenario("get", "", (CallerProgram(1, (0,), (Step("get"),)),))
OUTCOME = {
    "reused": [],
    "read_loops": 0,
    "write_loops": 0,
    "goroutines": 1,
    "idle_conns": 0,
    "unread_conns": 0,
    "errors": [],
    "events": [],
    "at_rest": True,
}
SECONDS_AS_DIALS = f"""#!{sys.executable}
import json, sys
for line in sys.stdin:
    print(json.dumps({{**{OUTCOME!r}, "dials": json.loads(line)["deadline_ms"] / 1000}}), flush=True)
"""
"""A driver that answers with the deadline it was given."""


def stand_in(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `script` run as the driver."""
    path = tmp_path / "driver"
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setattr(harness, "built", lambda program, toolchain: path)


@pytest.mark.parametrize(
    ("transport", "requests", "seconds"),
    [
        ({}, 6, 10),
        ({"Timeout": 250}, 1, 10.25),
        ({"Timeout": 15_000}, 1, 25),
        ({"Timeout": "15s"}, 1, 25),
        ({"Timeout": "250ms"}, 1, 10.25),
        ({"Timeout": "1m30s"}, 1, 100),
        ({"Timeout": 1500.5}, 2, 13.001),
        ({"Timeout": "2s", "ResponseHeaderTimeout": 1000}, 1, 13),
        ({"ResponseHeaderTimeout": "4s"}, 6, 34),
        ({"IdleConnTimeout": "90s", "ExpectContinueTimeout": "1s"}, 1, 10),
        ({"Timeout": -1}, 1, 10),
        ({"Timeout": "soon"}, 1, 10),
        ({"Timeout": 10**30}, 1, 86_400),
        ({"Timeout": "999999h"}, 1000, 86_400),
    ],
    ids=str,
)
def test_the_driver_has_time_for_the_timeouts_of_every_request(
    transport: dict[str, Any], requests: int, seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests of one caller wait one after the other, callers side by side."""
    stand_in(SECONDS_AS_DIALS, tmp_path, monkeypatch)
    callers = (CallerProgram(requests, (0,), (Step("get"),)), CallerProgram(1, (0,), (Step("get"),)))
    with Driver(GO) as driver:
        assert seconds == driver.run(Scenario("x", "", callers, ServerScript(), transport)).dials


def test_a_driver_that_keeps_ending_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in("#!/bin/sh\necho 'fatal error: tea' >&2\nexit 2\n", tmp_path, monkeypatch)
    with pytest.raises(GoError, match=r"crashed in 'get':\nfatal error: tea"):
        observe(GET, GO)


def test_a_silent_driver_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in("#!/bin/sh\nexec sleep 60\n", tmp_path, monkeypatch)
    monkeypatch.setattr(harness, "GRACE", 0.1)
    with Driver(GO, deadline=0.1) as driver, pytest.raises(GoError, match="did not answer within"):
        driver.run(GET)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="paths of a Unix")
def test_binaries_are_kept_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert tmp_path / "pcstate" == building._cache()
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert tmp_path / f"pcstate-{os.getuid()}" == building._cache()
