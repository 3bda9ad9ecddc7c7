"""Sequences: the live chart against its derived LTS, walks of the network against its promises, and a Go that races."""

import random
from collections.abc import Sequence
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from pcstate import pipeline
from pcstate.check.explore import explore
from pcstate.fitting import Exercised
from pcstate.golang.harness import Driver
from pcstate.model.formula import Formula, compile_formula
from pcstate.model.lts import Event
from pcstate.model.network import Network
from pcstate.model.observation import Entry
from pcstate.model.property import Mutant
from pcstate.model.scenario import ServerScript
from pcstate.model.verdict import Bounds
from pcstate.specs.charts import ChartBehaviour
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.testing import Coverage, chart_machine, live_machine, network_machine

CHARTS = pipeline.read_spec().charts

LATE_CANCEL = "read_loop[0] == 'draining' and request_context[0] == 'done'"
EARLY_CLOSE = "wait_for_body_read[0].first == 'early'"


def alphabet(network: Network, chart: str) -> list[Event]:
    """Every event that the network offers to the components of a chart."""
    found = set()
    for vector in network.vectors:
        parts = [(network.components[c], event) for c, event in (*vector.who, *vector.also, *vector.unless)]
        for component, event in parts + [(network.observers[c], event) for c, event in vector.notes]:
            behaviour = component.behaviour
            if isinstance(behaviour, ChartBehaviour) and behaviour.chart.name == chart:
                found.add(event)
    return sorted(found, key=str)


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_live_chart_agrees_with_its_derived_lts(spec: Spec, name: str) -> None:
    profile = choose_profile(spec.profiles, None)
    events = alphabet(pipeline.build(spec, profile, Bounds()).network, name)
    if not events:
        events = alphabet(pipeline.build(spec, profile, Bounds(callers=2), pipeline.everything()).network, name)
    if name == "lifecycle":
        events = [Event(event) for event in spec.charts[name].events]
    declared = {key for key, _ in spec.charts[name].data}
    constants = {key: value for key, value in profile.constants.items() if key in declared}
    run_state_machine_as_test(
        chart_machine(spec.charts[name], constants, events), settings=settings(max_examples=8, stateful_step_count=30)
    )


def walk(spec: Spec, go: str | None, coverage: Coverage, examples: int) -> Network:
    profile = choose_profile(spec.profiles, go)
    built = pipeline.build(spec, profile, Bounds(requests=1, closers=0))
    always: dict[str, Formula] = {
        f"{compiled.promise.name} {instance.label}": instance.formula
        for compiled in pipeline.compile_all(spec, built.network)
        if compiled.promise.kind == "always" and compiled.promise.applies(profile.name)
        if not compiled.idle and not compiled.promise.at_rest
        for instance in compiled.instances
    }
    lifecycle = built.behaviours["lifecycle"]
    watched = {
        name: compile_formula(text, built.network, built.network.parameters)
        for name, text in (("late cancel", LATE_CANCEL), ("early close", EARLY_CLOSE))
    }
    machine = network_machine(
        built.network,
        always,
        (lifecycle, lifecycle.initial(profile.constants)),
        coverage,
        watched,
        explore(built.network, Bounds(requests=1, closers=0)),
    )
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=50, derandomize=True, phases=(Phase.generate,))
    )
    return built.network


def test_walks_break_nothing_and_reach_an_early_close_with_a_late_cancel(spec: Spec, capsys: pytest.CaptureFixture[str]) -> None:
    coverage = Coverage()
    network = walk(spec, None, coverage, 40)
    with capsys.disabled():
        print("\nwalks:", coverage.report(network))
    assert coverage.marks["early close"] > 0
    assert coverage.marks["late cancel"] > 0
    taken = len({v.name for v in network.vectors}) - len(coverage.missed(network))
    assert taken >= 60


@pytest.mark.parametrize("go", ["1.12", "1.26"])
def test_walks_of_older_profiles_break_nothing(spec: Spec, go: str) -> None:
    coverage = Coverage()
    walk(spec, go, coverage, 40)
    assert coverage.marks["early close"] > 0


def test_walks_notice_a_broken_spec() -> None:
    broken = pipeline.read_spec(
        mutant=Mutant("charts/lifecycle.yaml", "event: request, target: awaiting_response", "event: request, target: pooled")
    )
    with pytest.raises(AssertionError, match="lifecycle does not take"):
        walk(broken, None, Coverage(), 25)


class Racing:
    """A conversation with a Go whose answers are another throw of the dice each time: whether a step returns, what is seen."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.busy = False

    def take(self, step: object) -> Sequence[Entry]:
        self.busy = self.dice.random() < 0.3
        return [] if self.dice.random() < 0.9 else [Entry("put", 0, 0, facts=(("error", "no such error"),))]

    def end(self) -> Mock:
        return Mock(entries=())


@pytest.mark.parametrize("seed", range(5))
def test_a_go_that_races_is_not_taken_for_a_flaky_test(spec: Spec, seed: int) -> None:
    dice = random.Random(seed)
    driver: Any = Mock(spec=Driver, converse=lambda scenario: Racing(dice))
    machine = live_machine(spec, choose_profile(spec.profiles, None), driver, Exercised(), [(ServerScript(), {})])
    with pytest.raises(AssertionError, match="fits no run"):
        run_state_machine_as_test(machine, settings=settings(max_examples=50, stateful_step_count=8, database=None))
