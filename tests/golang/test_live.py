"""Hypothesis drives live Go: what it shows is what some run of the spec does, and a broken spec is refused."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from pcstate import pipeline
from pcstate.fitting import Exercised
from pcstate.golang.harness import Driver
from pcstate.golang.toolchain import Toolchain
from pcstate.model.property import Mutant
from pcstate.model.scenario import ServerScript
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.testing import SETTINGS, live_machine
from tests.golang.toolchains import TOOLCHAINS

MODELLED = [t for t in TOOLCHAINS if any(p.speaks_for(t.version) for p in pipeline.read_spec().profiles)]
Settings = Sequence[tuple[ServerScript, Mapping[str, Any]]]
PLAIN: Settings = [(ServerScript(), {})]
DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"

pytestmark = [pytest.mark.go, pytest.mark.skipif(not MODELLED, reason="no Go that a profile speaks for is installed")]


def drive(spec: Spec, toolchain: Toolchain, examples: int, go: str | None = None, places: Settings = SETTINGS) -> Exercised:
    """So many runs of it, the same each time but for what races; many more and others with HYPOTHESIS_PROFILE=deep."""
    exercised = Exercised()
    with Driver(toolchain) as driver:
        machine = live_machine(spec, choose_profile(spec.profiles, go or toolchain.version), driver, exercised, places)
        few = settings(
            max_examples=1000 if DEEP else examples,
            stateful_step_count=12,
            derandomize=not DEEP,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink) if DEEP else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(machine, settings=few)
    return exercised


@pytest.mark.parametrize("toolchain", MODELLED, ids=lambda toolchain: str(toolchain.version))
def test_live_go_does_what_the_spec_allows(spec: Spec, toolchain: Toolchain, capsys: pytest.CaptureFixture[str]) -> None:
    exercised = drive(spec, toolchain, 12)
    with capsys.disabled():
        print(f"\nGo {toolchain.version}: {exercised.runs} runs took {len(exercised.certain)} kinds of step for certain")
    assert exercised.runs > 8
    assert {"do", "read_loop_put", "send_resc_body", "cancel", "recv_early_close"} <= exercised.possible.keys()


CANCELED = 'event: fn_canceled, target: read_failed, cond: "conn == _event.data.j", on: [{assign: {location: err,'
BROKEN = {
    "io.EOF does not pool the connection": Mutant(
        "charts/read_loop.yaml",
        'event: body_eof, target: saw_eof, cond: "eof == 1"',
        'event: body_eof, target: settled, cond: "eof == 1"',
    ),
    "a Read after Close says something else": Mutant(
        "charts/caller.yaml", "expr: \"'closed-body'\"", "expr: \"'unexpected-eof'\""
    ),
    "a Read that was cancelled says something else": Mutant(
        "charts/caller.yaml",
        f"{CANCELED} expr: _event.data.c",
        f"{CANCELED} expr: \"'deadline'\"",
    ),
    "the first request finds a connection used": Mutant("charts/socket.yaml", 'reused: "0"', 'reused: "1"'),
    "the first byte of an answer is not told": Mutant(
        "conformance/seen.toml", "when = \"read_loop[j] == 'recv_reqch'\"", "when = \"read_loop[j] == 'peek'\""
    ),
    "readLoop lets the reader go before it pools": Mutant(
        "charts/read_loop.yaml", "event: settled_eof, target: send_eofc", "event: settled_eof, target: await_body"
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_spec_is_refused(what: str) -> None:
    broken = pipeline.read_spec(mutant=BROKEN[what])
    with pytest.raises(AssertionError, match="fits no run"):
        drive(broken, MODELLED[0], 100, places=PLAIN)


def test_the_spec_of_another_go_is_refused(spec: Spec) -> None:
    """An early Close ends the connection in Go 1.26, and does not since 1.27."""
    drained = [t for t in MODELLED if choose_profile(spec.profiles, t.version).name == "go1.27.2"]
    if not drained:
        pytest.skip("needs Go 1.27.2 or newer")
    with pytest.raises(AssertionError, match="fits no run"):
        drive(spec, drained[0], 100, "1.26", PLAIN)
