"""Exploration: known counts, what a vector means, bounds, shortest paths, and private steps taken at once."""

import math

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcstate.check.explore import explore
from pcstate.check.liveness import leads_to
from pcstate.check.safety import holds_in
from pcstate.model.formula import compile_formula
from pcstate.model.network import Network
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

WORDS = [f"{key}{n}" for key in "abc" for n in range(4)]
VISIBLE = st.frozensets(st.sampled_from(WORDS))


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


def test_urgent_time_never_fires_the_idle_timer() -> None:
    net = network({"a": "a0 -x-> a1"}, [Sync("idle", {"a": "x"}, kind="idle-timer")])
    assert 1 == len(explore(net, Bounds(), urgent=True).states)
    assert 2 == len(explore(net, Bounds()).states)


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


def fused(drawn: Drawn, visible: frozenset[str]) -> Network:
    net = build(drawn)
    net.fuse(visible)
    return net


@given(networks(), VISIBLE)
def test_fusing_keeps_the_states_at_rest_and_everything_visible(drawn: Drawn, visible: frozenset[str]) -> None:
    """The set of reachable visible valuations is the same: so is the truth of every `always` and `sometimes` over them."""
    whole, short = explore(build(drawn), Bounds()), explore(fused(drawn, visible), Bounds())

    def at_rest(graph_states: list[tuple[int, ...]], edges: list[tuple[tuple[int, int], ...]]) -> set[tuple[int, ...]]:
        return {state for state, out in zip(graph_states, edges, strict=True) if not out}

    def seen(states: list[tuple[int, ...]]) -> set[tuple[str, ...]]:
        net = whole.network
        return {tuple(name if name in visible else "" for name in names_in(net, state)) for state in states}

    assert at_rest(whole.states, whole.edges) == at_rest(short.states, short.edges)
    assert seen(whole.states) == seen(short.states)
    assert set(short.states) <= set(whole.states)


@given(networks(), VISIBLE)
def test_a_fused_step_passes_through_steps_of_the_network(drawn: Drawn, visible: frozenset[str]) -> None:
    net = fused(drawn, visible)
    graph = explore(net, Bounds())
    for number, out in enumerate(graph.edges):
        for vector, target in out:
            here = graph.states[number]
            steps = net.passed(vector, here)
            assert vector == steps[0][0]
            for fired, after in steps:
                assert (fired, after) in naive_steps(net, here)
                here = after
            assert graph.states[target] == here


@given(networks(), st.lists(st.sampled_from(WORDS[:4]), min_size=2, max_size=2))
def test_a_broken_promise_of_the_fused_network_is_one_of_the_whole(drawn: Drawn, words: list[str]) -> None:
    def broken(net: Network) -> bool:
        graph = explore(net, Bounds())
        begin, end = (holds_in(graph, compile_formula(f"a == '{word}'", net, {}), graph.matrix()) for word in words)
        movers = {n: frozenset(c for c, _ in vector.who) for n, vector in enumerate(net.vectors)}
        return leads_to(graph, begin, end, movers) is not None

    assert broken(build(drawn)) or not broken(fused(drawn, frozenset(words)))


def test_a_chain_of_private_steps_is_one_step() -> None:
    charts = {"a": "a0 -go-> a1 -x-> a2 -y-> a3"}
    syncs = [Sync("go", {"a": "go"}, kind="environment"), Sync("x", {"a": "x"}), Sync("y", {"a": "y"})]
    net = network(charts, syncs)
    net.fuse(frozenset())
    graph = explore(net, Bounds())
    assert [("a0",), ("a3",)] == [names_in(net, state) for state in graph.states]
    assert [0, 1, 2] == [number for number, _ in net.passed(0, net.initial())]


def test_a_cycle_of_private_steps_is_left_alone() -> None:
    charts = {"a": "a0 -go-> a1 -x-> a2 -y-> a1"}
    syncs = [Sync("go", {"a": "go"}, kind="environment"), Sync("x", {"a": "x"}), Sync("y", {"a": "y"})]
    net = network(charts, syncs)
    net.fuse(frozenset())
    assert {("a0",), ("a1",), ("a2",)} == named_states(explore(net, Bounds()))


def _race(offer: Sync) -> set[tuple[str, ...]]:
    """After `go`, a private step of `a` to where it offers `y`, against a step of `b` that looks at `y`: all at rest."""
    charts = {"a": "a0 -go-> a1 -x-> a2 -y-> a3", "b": "b0 -go-> b1 -z-> b2"}
    net = network(charts, [Sync("go", {"a": "go", "b": "go"}), Sync("x", {"a": "x"}), offer])
    net.fuse(frozenset())
    graph = explore(net, Bounds())
    return {names_in(net, state) for state, out in zip(graph.states, graph.edges, strict=True) if not out}


def test_a_step_to_where_a_broadcast_is_heard_is_not_private() -> None:
    assert {("a2", "b2"), ("a3", "b2")} == _race(Sync("z", {"b": "z"}, also={"a": "y"}))


def test_a_step_to_where_it_is_in_the_way_is_not_private() -> None:
    assert {("a2", "b1"), ("a2", "b2")} == _race(Sync("z", {"b": "z"}, unless={"a": "y"}))


def test_a_step_to_a_visible_state_is_not_private() -> None:
    """`b` may be at b1 while `a` is not yet at a2."""
    charts = {"a": "a0 -go-> a1 -x-> a2", "b": "b0 -z-> b1"}
    syncs = [Sync("go", {"a": "go"}), Sync("x", {"a": "x"}), Sync("z", {"b": "z"}, unless={"a": "go"})]
    net = network(charts, syncs)
    net.fuse(frozenset({"a2", "b1"}))
    assert ("a1", "b1") in named_states(explore(net, Bounds()))


def test_many_components_multiply() -> None:
    net = network({f"c{n}": ["s0 -x-> s1 -x-> s2"] for n in range(5)}, [Sync(f"c{n}", {f"c{n}": "x"}) for n in range(5)])
    graph = explore(net, Bounds())
    assert (3**5, 5 * 2 * 3**4, 10) == (len(graph.states), graph.transitions, graph.depth)
    assert math.prod([3] * 5) == len(set(graph.states))
