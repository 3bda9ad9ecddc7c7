"""Runs behind paths of reduced graphs are runs, and as short as any; how far another network follows one."""

from dataclasses import replace

import pytest

from pcstate import pipeline
from pcstate.check.explore import explore, urgent_steps
from pcstate.check.reduction import Reduction
from pcstate.check.replay import common_steps, real_run
from pcstate.model.scenario import Outcome, ServerScript
from pcstate.model.verdict import Bounds
from pcstate.specs.library import Spec
from pcstate.specs.scenarios import load_scenario, parse_expression, scenario_names
from tests.check.small import Sync, naive_steps, network

SCENARIOS = sorted(scenario_names(pipeline.read_spec().root))
SMALL = [
    ("get; close", 2, "normal"),
    ("get", 2, "normal"),
    ("get; read-all", 2, "stall-body"),
    ("get; read-all", 1, "truncate-body"),
]


def replayed(search: pipeline.Search, report: pipeline.PredictReport, outcome: Outcome) -> int:
    """The length of the run to an outcome, each step of which is one, and which rests where that outcome is."""
    net = search.graph.network
    number = report.prediction.rests[outcome]
    run = real_run(search.graph, number, search.reduction)
    state = net.initial()
    for vector, after in run:
        assert (vector, after) in naive_steps(net, state)
        assert (vector, after) in urgent_steps(net, state)
        state = after
    assert [] == urgent_steps(net, state)
    assert search.reduction is None or search.reduction.form(state) == search.reduction.form(search.graph.states[number])
    assert len(run) == len(search.graph.path(number))
    return len(run)


@pytest.mark.parametrize("profile", ["go1.12", "go1.27.2"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_run_to_each_outcome_is_one_of_the_network(spec: Spec, name: str, profile: str) -> None:
    report, search = pipeline.search_outcomes(spec, load_scenario(name, spec.root), profile)
    for outcome in report.outcomes:
        assert search is not None and replayed(search, report, outcome)


@pytest.mark.parametrize("profile", ["go1.26", "go1.27.2"])
@pytest.mark.parametrize(("text", "requests", "behaviour"), SMALL)
def test_the_run_is_as_short_as_without_the_reduction(spec: Spec, text: str, requests: int, behaviour: str, profile: str) -> None:
    scenario = replace(parse_expression(text, requests), server=ServerScript(behaviour=behaviour))
    reduced, search = pipeline.search_outcomes(spec, scenario, profile)
    whole, all_of_it = pipeline.search_outcomes(spec, scenario, profile, reduce=False)
    assert search is not None and all_of_it is not None and whole.complete
    for outcome in whole.outcomes:
        assert replayed(all_of_it, whole, outcome) == replayed(search, reduced, outcome)


def test_connections_that_the_reduction_sorts_keep_their_numbers_in_the_run(spec: Spec) -> None:
    """In the graph the second connection is number 0 as soon as it comes first; in the run it is number 1 for ever."""
    report, search = pipeline.search_outcomes(spec, parse_expression("get; close", 2), "go1.26")
    assert search is not None
    (number,) = report.prediction.rests.values()
    run = real_run(search.graph, number, search.reduction)
    dials = [dict(search.graph.network.vectors[vector].args)["j"] for vector, _ in run if vector_name(search, vector) == "dial"]
    closes = [dict(search.graph.network.vectors[v].args)["j"] for v, _ in run if vector_name(search, v) == "read_loop_close"]
    assert [0, 1] == dials == closes


def vector_name(search: pipeline.Search, vector: int) -> str:
    return search.graph.network.vectors[vector].name


def test_without_a_reduction_the_path_is_the_run() -> None:
    net = network({"a": "a0 -x-> a1 -x-> a2"}, [Sync("x", {"a": "x"})])
    graph = explore(net, Bounds(), urgent=True)
    assert [(0, (1,)), (0, (2,))] == real_run(graph, 2, None)
    assert [] == real_run(graph, 0, Reduction(net, ("",)))


def test_another_network_follows_until_it_has_no_such_step() -> None:
    syncs = [Sync("x", {"a": "x"}), Sync("y", {"a": "y"})]
    other = network({"a": "a0 -x-> a1 -x-> a2"}, syncs)
    assert [2, 1, 0] == [common_steps(actions, other, urgent=False) for actions in (["x", "x", "y"], ["x", "y", "x"], ["y"])]
    assert [0, 2] == [common_steps(actions, other, urgent=False) for actions in ([], ["x", "x"])]


def test_an_urgent_network_does_not_follow_a_clock_that_is_early() -> None:
    charts = {"a": "a0 -x-> a1", "b": "b0 -x-> b1"}
    net = network(charts, [Sync("work", {"a": "x"}), Sync("ring", {"b": "x"}, kind="timer")])
    assert (0, 2) == tuple(common_steps(["ring", "work"], net, urgent=urgent) for urgent in (True, False))
    assert 2 == common_steps(["work", "ring"], net, urgent=True)
