"""Real Go shows nothing that the spec does not allow, on the programs that the article implies."""

from dataclasses import replace

import pytest

from pcstate import conform as flow
from pcstate import pipeline
from pcstate.check.conformance import outcome_of
from pcstate.golang.harness import Driver
from pcstate.golang.toolchain import Toolchain
from pcstate.model.verdict import Verdict
from pcstate.predict import SCENARIO_BOUNDS, predict
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile, choose_profile
from pcstate.specs.programs import demands
from pcstate.specs.variations import length
from tests.golang.toolchains import TOOLCHAINS

ARTICLE = ["seed", "unread", "close-only", "read-and-close", "cancel-instead"]
MODELLED = [t for t in TOOLCHAINS if any(p.speaks_for(t.version) for p in pipeline.read_spec().profiles)]

pytestmark = pytest.mark.go


def profile_of(spec: Spec, toolchain: Toolchain) -> Profile:
    return choose_profile(spec.profiles, toolchain.version)


@pytest.mark.skipif(not MODELLED, reason="no Go that a profile speaks for is installed")
@pytest.mark.parametrize("name", [*ARTICLE, "close-only-at-once", "truncated-read", *(f"{name}-six-hosts" for name in ARTICLE)])
@pytest.mark.parametrize("toolchain", MODELLED, ids=lambda toolchain: str(toolchain.version))
def test_real_go_stays_within_the_prediction(spec: Spec, toolchain: Toolchain, name: str) -> None:
    scenario = pipeline.open_scenario(name, None, 1, str)
    predicted = predict(spec, scenario, toolchain.version)
    observed = pipeline.observe(scenario, toolchain.version, 3)
    assert predicted.complete, predicted.reason
    assert {outcome for outcome, _ in observed.outcomes} <= set(predicted.outcomes)


@pytest.mark.skipif(not MODELLED, reason="no Go that a profile speaks for is installed")
def test_a_wrong_profile_is_noticed(spec: Spec) -> None:
    drained = [t for t in MODELLED if profile_of(spec, t).name == "go1.27.2"]
    if not drained:
        pytest.skip("needs Go 1.27.2 or newer")
    scenario = pipeline.open_scenario(None, "get; close; settle", 2, str)
    observed = {outcome for outcome, _ in pipeline.observe(scenario, drained[0].version).outcomes}
    assert observed <= set(predict(spec, scenario, "1.27").outcomes)
    assert not observed <= set(predict(spec, scenario, "1.26").outcomes)


def test_conform_tells_a_go_from_the_spec_of_another(spec: Spec) -> None:
    """An early Close ends the connection in Go 1.26, and does not in 1.27.3."""
    if "1.27.3" not in {toolchain.version for toolchain in TOOLCHAINS}:
        pytest.skip("needs Go 1.27.3")
    own = flow.conform(spec, ["close-only"], ["1.27.3"], repeat=2)
    other = flow.conform(spec, ["close-only"], ["1.27.3"], "1.26", repeat=2)
    assert (Verdict.HOLDS, Verdict.VIOLATED) == (own.verdict, other.verdict)
    (outside,) = other.results[0].conformance.outside
    assert {"dials", "reused", "goroutines", "idle_conns"} < {difference.field for difference in outside.differences}
    (smallest,) = other.smallest
    assert ("-e 'get; close'", ()) == (smallest.expression, own.smallest)
    assert smallest.conformance.misfit and "put-idle-conn" == smallest.conformance.misfit.entry.kind


def test_random_programs_tell_a_go_from_the_spec_of_another(spec: Spec) -> None:
    if "1.27.3" not in {toolchain.version for toolchain in TOOLCHAINS}:
        pytest.skip("needs Go 1.27.3")
    found = flow.conform(spec, gos=["1.27.3"], against="1.26", repeat=1, drawn=flow.Drawn(2, 196))
    assert Verdict.VIOLATED is found.verdict
    (smallest,) = found.smallest
    assert length(smallest.scenario) <= 4


@pytest.mark.skipif(not MODELLED, reason="no Go that a profile speaks for is installed")
def test_logs_end_in_the_outcomes_that_were_seen(spec: Spec) -> None:
    toolchain = MODELLED[-1]
    with Driver(toolchain) as driver:
        for scenario in pipeline.open_scenarios(spec, [])[::4]:
            seen = driver.watch(scenario)
            assert seen.outcome == outcome_of(seen.entries, demands(scenario).steps), scenario.name


def test_where_little_is_predicted_the_logs_decide(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    if "1.27.3" not in {toolchain.version for toolchain in TOOLCHAINS}:
        pytest.skip("needs Go 1.27.3")
    few = replace(SCENARIO_BOUNDS, max_states=1)
    monkeypatch.setattr(flow, "predict", lambda spec, scenario, go, bounds: predict(spec, scenario, go, few))
    monkeypatch.setattr(flow, "TRIALS", 0)
    asked = ["close-only", "unread", "truncated-read", "stalled-head"]
    own, other = (flow.conform(spec, asked, ["1.27.3"], against, repeat=1).results for against in (None, "1.26"))
    assert [(Verdict.HOLDS, False)] * 4 == [(each.conformance.verdict, each.conformance.complete) for each in own]
    assert Verdict.VIOLATED is other[0].conformance.verdict


@pytest.mark.skipif(not MODELLED, reason="no Go that a profile speaks for is installed")
def test_processes_that_share_the_scenarios_say_what_one_says(spec: Spec) -> None:
    asked = ["truncated-read", "half-read", "unread"]
    one, two = (flow.conform(spec, asked, [MODELLED[-1].version], repeat=1, jobs=jobs) for jobs in (1, 2))
    said = [
        [
            (found.folder, found.scenario, found.go, found.conformance.verdict, found.conformance.predicted)
            for found in each.results
        ]
        for each in (one, two)
    ]
    assert said[0] == said[1]
    assert asked == [result.scenario.name for result in two.results]
    assert (one.exercised.runs, 3) == (two.exercised.runs, one.exercised.runs)


@pytest.mark.skipif(not MODELLED, reason="no Go that a profile speaks for is installed")
@pytest.mark.parametrize("toolchain", MODELLED, ids=lambda toolchain: str(toolchain.version))
def test_random_programs_do_what_the_spec_allows(spec: Spec, toolchain: Toolchain) -> None:
    found = flow.conform(spec, gos=[toolchain.version], repeat=1, drawn=flow.Drawn(4, 1))
    assert [] == [result.scenario.name for result in found.results if result.conformance.verdict is Verdict.VIOLATED]
    assert {"do", "recv_writech"} <= found.exercised.certain.keys()
