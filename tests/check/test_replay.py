"""Runs behind paths of reduced graphs are runs, and as short as any; how far another network follows one."""

from dataclasses import replace
from typing import Any

import pytest

from pcstate.check.explore import urgent_steps
from pcstate.check.history import beginning, seen
from pcstate.check.predict import outcomes
from pcstate.check.replay import Run, common_steps, real_run, shortest_ways
from pcstate.model.scenario import Outcome, Scenario, ServerScript
from pcstate.predict import SCENARIO_BOUNDS, Search, search_outcomes, search_scenario
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.scenarios import load_scenario, parse_expression
from tests.check.small import Sync, naive_steps, network

LIBRARY = (
    "cancel-after-settled-eof", "cancel-small-settle-read", "cancel-then-close", "cancel-then-read", "chunked-read-exactly",
    "client-timeout-in-time-closed", "client-timeout-small-then-read", "close-idle-before-get", "close-small-at-once",
    "close-chunked-at-once", "one-reads-one-closes", "one-reads-one-forgets", "read-after-close", "retry-no-body",
    "server-closes-after-response", "stalled-body-read", "truncated-first-half-read", "truncated-read", "two-callers-closed",
    "unread",
)  # fmt: skip
SMALL = [
    ("get; close", 2, "normal"),
    ("get", 2, "normal"),
    ("get; read-all", 2, "stall-body"),
    ("get; read-all", 1, "truncate-body"),
]


def every_case() -> list[Any]:
    """Every scenario under every profile; one profile for each scenario is quick and the rest is deep."""
    return [
        pytest.param(name, profile, id=f"{name}-{profile}", marks=() if number % 4 == k else (pytest.mark.deep,))
        for number, name in enumerate(LIBRARY)
        for k, profile in enumerate(("go1.12", "go1.22", "go1.27.0", "go1.27.2"))
    ]


def runs(spec: Spec, scenario: Scenario, profile: str, first: bool = True) -> tuple[Search, dict[Outcome, Run]]:
    """A run to each outcome, which is one of the network, rests, and shows that outcome."""
    search = search_scenario(spec, choose_profile(spec.profiles, profile), scenario, SCENARIO_BOUNDS, first=first, again=False)
    assert search.reduction is not None
    net = search.graph.network
    wanted = outcomes(search.graph, search.rests).outcomes
    ways = shortest_ways(search.graph, search.rests, wanted)
    assert wanted.keys() == ways.keys()
    found = {}
    for outcome, way in ways.items():
        found[outcome] = real_run(search.graph, search.reduction, way)
        state, history = net.initial(), beginning(net)
        for vector, after in found[outcome]:
            assert (vector, after) in urgent_steps(net, state)
            state, history = after, seen(net, history, net.vectors[vector].notes)
        assert [] == urgent_steps(net, state)
        assert outcome == search.rests.read(state, history)
        assert len(found[outcome]) == way.length
    return search, found


def arguments(search: Search, run: Run, name: str, argument: str) -> list[int | str]:
    vectors = [search.graph.network.vectors[number] for number, _ in run]
    return [dict(vector.args)[argument] for vector in vectors if vector.name == name]


@pytest.mark.parametrize(("name", "profile"), every_case())
def test_the_run_to_each_outcome_shows_it(spec: Spec, name: str, profile: str) -> None:
    search, found = runs(spec, load_scenario(name, spec.root), profile)
    assert found and search.graph.arrows_of(0)


@pytest.mark.parametrize("first", [True, False])
def test_nor_is_a_dial_that_came_to_nothing_done_again(spec: Spec, first: bool) -> None:
    """Four requests to two hosts by turns: a connection that was never made is over like one that was."""
    _, found = runs(spec, load_scenario("two-hosts-by-turns-closed", spec.root), "go1.26", first=first)
    assert found


@pytest.mark.parametrize("profile", ["go1.26", "go1.27.2"])
@pytest.mark.parametrize(("text", "requests", "behaviour"), SMALL)
def test_the_run_is_as_short_as_without_the_reduction(spec: Spec, text: str, requests: int, behaviour: str, profile: str) -> None:
    scenario = replace(parse_expression(text, requests), server=ServerScript(behaviour=behaviour))
    search, found = runs(spec, scenario, profile, first=False)
    report, whole = search_outcomes(spec, scenario, profile, reduce=False)
    assert whole is not None and report.complete
    ways = shortest_ways(whole.graph, whole.rests, report.outcomes)
    assert {outcome: way.length for outcome, way in ways.items()} == {outcome: len(run) for outcome, run in found.items()}
    for run in found.values():
        state = search.graph.network.initial()
        for vector, after in run:
            assert (vector, after) in naive_steps(search.graph.network, state)
            state = after


def test_connections_that_the_reduction_sorts_keep_their_numbers_in_the_run(spec: Spec) -> None:
    """In the graph the second connection is number 0 as soon as it comes first; in the run it is number 1 for ever."""
    search, found = runs(spec, parse_expression("get; close", 2), "go1.26")
    (run,) = found.values()
    assert [0, 1] == arguments(search, run, "dial_wanted", "j") == sorted(arguments(search, run, "read_loop_close", "j"))


def test_callers_of_one_program_keep_their_numbers_in_the_run(spec: Spec) -> None:
    """Either of two may find a connection to reuse: the graph takes one for the other, and there is a run to each outcome."""
    program = parse_expression("get; read-all", 1)
    search, found = runs(spec, replace(program, callers=program.callers * 2), "go1.26")
    assert {(False, False), (False, True), (True, False)} == {outcome.reused for outcome in found}
    for outcome, run in found.items():
        if True in outcome.reused:
            assert [outcome.reused.index(False)] == arguments(search, run, "deliver", "i")


def test_what_no_rest_shows_has_no_way(spec: Spec) -> None:
    report, search = search_outcomes(spec, parse_expression("get", 1), "go1.26")
    (outcome,) = report.outcomes
    assert search is not None
    assert {} == shortest_ways(search.graph, search.rests, [replace(outcome, dials=7)])


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
