"""Exploration: known counts, what a vector means, bounds, shortest paths."""

import math

import networkx as nx
import pytest
from hypothesis import given

from pcstate.check.explore import explore
from pcstate.model.verdict import Bounds
from tests.check.small import (
    Drawn,
    Sync,
    build,
    independent,
    naive_graph,
    naive_steps,
    named_states,
    names_in,
    network,
    networks,
)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 8])
def test_independent_components_interleave_in_every_way(count: int) -> None:
    graph = explore(independent(count), Bounds())
    assert 2**count == len(graph.states)
    assert count * 2 ** (count - 1) == graph.transitions if count else graph.transitions == 0
    assert count == graph.depth
    assert "" == graph.stopped


def test_rendezvous_moves_both_or_neither() -> None:
    net = network({"a": "a0 -x-> a1", "b": "b0 -go-> b1 -y-> b2"}, [Sync("go", {"b": "go"}), Sync("meet", {"a": "x", "b": "y"})])
    assert {("a0", "b0"), ("a0", "b1"), ("a1", "b2")} == named_states(explore(net, Bounds()))


def test_a_rendezvous_of_three_needs_all_three() -> None:
    charts = {"a": "a0 -x-> a1", "b": "b0 -x-> b1", "c": "c0 -go-> c1 -x-> c2"}
    meet = Sync("meet", {"a": "x", "b": "x", "c": "x"})
    assert {("a0", "b0", "c0")} == named_states(explore(network(charts, [meet]), Bounds()))
    assert ("a1", "b1", "c2") in named_states(explore(network(charts, [meet, Sync("go", {"c": "go"})]), Bounds()))


def test_a_broadcast_moves_those_that_can() -> None:
    charts = {"a": "a0 -x-> a1", "b": "b0 -x-> b1", "c": "c0"}
    net = network(charts, [Sync("all", {"a": "x"}, also={"b": "x", "c": "x"})])
    assert {("a0", "b0", "c0"), ("a1", "b1", "c0")} == named_states(explore(net, Bounds()))


def test_an_inhibitor_holds_a_step_back_while_its_event_is_offered() -> None:
    charts = {"a": "a0 -x-> a1", "b": "b0 -y-> b1"}
    net = network(charts, [Sync("x", {"a": "x"}, unless={"b": "y"}), Sync("y", {"b": "y"})])
    assert {("a0", "b0"), ("a0", "b1"), ("a1", "b1")} == named_states(explore(net, Bounds()))


@pytest.mark.parametrize("limit", [0, 1, 7, 31])
def test_the_limit_on_states_stops_the_search_and_says_so(limit: int) -> None:
    graph = explore(independent(5), Bounds(max_states=limit))
    assert f"limit of {limit} states" == graph.stopped
    assert limit < len(graph.states) <= limit + 5
    assert len(graph.edges) < len(graph.states) == len(graph.parents)


def test_a_limit_that_is_just_enough_does_not_stop_the_search() -> None:
    graph = explore(independent(5), Bounds(max_states=32))
    assert ("", 32) == (graph.stopped, len(graph.edges))


def test_the_limit_on_time_stops_the_search_and_says_so() -> None:
    graph = explore(independent(5), Bounds(timeout=-1.0))
    assert "timeout of -1 s" == graph.stopped
    assert [] == graph.edges


def test_urgent_time_lets_a_timer_fire_only_when_nothing_else_can_happen() -> None:
    syncs = [Sync("work", {"a": "x"}), Sync("ring", {"b": "x"}, kind="timer"), Sync("rest", {"c": "x"}, kind="settle")]
    net = network({"a": "a0 -x-> a1", "b": "b0 -x-> b1", "c": "c0 -x-> c1"}, syncs)
    graph = explore(net, Bounds(), urgent=True)
    assert [("a0", "b0", "c0"), ("a1", "b0", "c0"), ("a1", "b1", "c0"), ("a1", "b1", "c1")] == [
        names_in(net, s) for s in graph.states
    ]


@given(networks())
def test_steps_are_those_that_the_vectors_mean(drawn: Drawn) -> None:
    net = build(drawn)
    for state in naive_graph(build(drawn)):
        assert naive_steps(net, state) == set(net.steps(state))


@given(networks())
def test_states_transitions_and_shortest_paths_agree_with_networkx(drawn: Drawn) -> None:
    graph, oracle = explore(build(drawn), Bounds()), naive_graph(build(drawn))
    assert set(oracle) == set(graph.states)
    assert oracle.number_of_edges() == graph.transitions
    lengths = nx.single_source_shortest_path_length(oracle, graph.states[0])
    assert max(lengths.values()) == graph.depth
    for number, state in enumerate(graph.states):
        path = graph.path(number)
        assert lengths[state] == len(path)
        here = 0
        for vector, target in path:
            assert (vector, target) in graph.edges[here]
            here = target
        assert number == here


def test_many_components_multiply() -> None:
    net = network({f"c{n}": ["s0 -x-> s1 -x-> s2"] for n in range(5)}, [Sync(f"c{n}", {f"c{n}": "x"}) for n in range(5)])
    graph = explore(net, Bounds())
    assert (3**5, 5 * 2 * 3**4, 10) == (len(graph.states), graph.transitions, graph.depth)
    assert math.prod([3] * 5) == len(set(graph.states))
