"""Leads-to under weak and strong fairness, against strongly connected components from networkx and fixpoints by sets."""

import itertools
from collections.abc import Iterator, Mapping

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcstate.check import components
from pcstate.check.components import strong_components
from pcstate.check.explore import StateGraph, explore
from pcstate.check.liveness import Lasso, leads_to
from pcstate.check.safety import holds_in
from pcstate.model.formula import compile_formula
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds
from tests.check.small import Edges, Sync, graph_of, graphs, is_path, network

Movers = Mapping[int, frozenset[int]]
MOVERS = st.dictionaries(st.integers(0, 4), st.frozensets(st.integers(0, 2), max_size=2), max_size=5)


def expected_violation(graph: StateGraph, begin: set[int], end: set[int], movers: Movers) -> bool:
    """By definition: a reachable stop without `end`, or a component without `end` that treats every goroutine fairly."""
    away: nx.DiGraph[int] = nx.DiGraph()
    away.add_nodes_from(set(range(len(graph.states))) - end)
    away.add_edges_from((n, t) for n, out in enumerate(graph.edges) for _, t in out if n not in end and t not in end)
    inside = set[int]().union(*({n} | nx.descendants(away, n) for n in begin - end))
    if any(all(vector not in movers for vector, _ in graph.edges[n]) for n in inside):
        return True
    goroutines = frozenset[int]().union(*movers.values())

    def fair(component: set[int], goroutine: int) -> bool:
        able = [[t for v, t in graph.edges[n] if goroutine in movers.get(v, ())] for n in component]
        return any(not targets or not component.isdisjoint(targets) for targets in able)

    return any(
        all(fair(component, g) for g in goroutines)
        for component in nx.strongly_connected_components(away)
        if component <= inside and any(away.has_edge(a, b) for a in component for b in component)
    )


def assert_is_a_fair_run(
    graph: StateGraph, lasso: Lasso, begin: set[int], end: set[int], movers: Movers, strong: bool = False
) -> None:
    assert is_path(graph, lasso.steps)
    states = [0, *(state for _, state in lasso.steps)]
    last_begins = [n for n, state in enumerate(states) if state in begin and end.isdisjoint(states[n:])]
    assert last_begins, "some begin state is followed by no end state"
    if lasso.loop is None:
        assert lasso.start == states[-1]
        assert all(vector not in movers for vector, _ in graph.edges[states[-1]])
        return
    loop = states[lasso.loop :]
    assert lasso.start == loop[0] == loop[-1]
    assert len(loop) > 1
    assert end.isdisjoint(loop)
    assert last_begins[0] <= len(states) - 1
    fired = lasso.steps[lasso.loop :]
    for goroutine in frozenset[int]().union(*movers.values()):
        moves = any(goroutine in movers.get(vector, ()) for vector, _ in fired)
        unable = [all(goroutine not in movers.get(v, ()) for v, _ in graph.edges[state]) for state in loop]
        assert moves or (all(unable) if strong else any(unable))


def fair_by_fixpoint(graph: StateGraph, inside: set[int], movers: Movers) -> set[int]:
    """Emerson and Lei's greatest fixpoint, by sets: the states from which a fair run stays inside for ever.

    It is fair if each goroutine moves again and again, or is unable to again and again.
    """
    goroutines = frozenset[int]().union(*movers.values())
    steps = [(n, movers.get(vector, frozenset[int]()), target) for n, out in enumerate(graph.edges) for vector, target in out]
    able = {goroutine: {n for n, moving, _ in steps if goroutine in moving} for goroutine in goroutines}
    kept = set(inside)
    while True:
        within = [(n, moving, target) for n, moving, target in steps if n in kept and target in kept]
        left = set(kept)
        for goroutine in (None, *goroutines):
            good = {n for n, moving, _ in within if goroutine is None or goroutine in moving or n not in able[goroutine]}
            while more := {n for n, _, target in within if target in good} - good:
                good |= more
            left &= good
        if left == kept:
            return kept
        kept = left


def strongly_fair_components(graph: StateGraph, inside: set[int], movers: Movers) -> Iterator[set[int]]:
    """By definition, over all sets of states that could be those of a run that goes on for ever: the run goes round in all of it,
    and each goroutine moves there or is able to nowhere."""
    goroutines = frozenset[int]().union(*movers.values())
    for size in range(1, len(inside) + 1):
        for chosen in map(set, itertools.combinations(sorted(inside), size)):
            steps = [(n, vector, t) for n in chosen for vector, t in graph.edges[n] if t in chosen]
            around: nx.DiGraph[int] = nx.DiGraph()
            around.add_nodes_from(chosen)
            around.add_edges_from((n, t) for n, _, t in steps)
            if not steps or not nx.is_strongly_connected(around):
                continue
            moving = frozenset[int]().union(*(movers.get(vector, frozenset[int]()) for _, vector, _ in steps))
            able = {g for g in goroutines for n in chosen for vector, _ in graph.edges[n] if g in movers.get(vector, ())}
            if able <= moving:
                yield chosen


@given(graphs(states=6, vectors=4), st.frozensets(st.integers(0, 5)), st.frozensets(st.integers(0, 5)), MOVERS)
def test_leads_to_under_strong_fairness_agrees_with_the_definition_and_its_lasso_is_a_run(
    edges: Edges, begin: frozenset[int], end: frozenset[int], movers: Movers
) -> None:
    graph = graph_of(edges)
    size = len(graph.states)
    starts, ends = ({n for n in chosen if n < size} for chosen in (begin, end))
    away = set(range(size)) - ends
    reached = starts - ends
    while more := {t for n in reached for _, t in graph.edges[n] if t in away} - reached:
        reached |= more
    stops = any(all(vector not in movers for vector, _ in graph.edges[n]) for n in reached)
    masks = [np.isin(np.arange(size), sorted(chosen)) for chosen in (starts, ends)]
    lasso = leads_to(graph, masks[0], masks[1], movers, strong=True)
    assert (stops or any(strongly_fair_components(graph, reached, movers))) == (lasso is not None)
    if lasso is not None:
        assert_is_a_fair_run(graph, lasso, starts, ends, movers, strong=True)
        assert leads_to(graph, masks[0], masks[1], movers) is not None, "what is strongly fair is weakly fair"


@given(graphs(states=9, vectors=5), st.frozensets(st.integers(0, 8)), st.frozensets(st.integers(0, 8)), MOVERS)
def test_leads_to_agrees_with_emerson_and_lei_s_fixpoint(
    edges: Edges, begin: frozenset[int], end: frozenset[int], movers: Movers
) -> None:
    graph = graph_of(edges)
    size = len(graph.states)
    away = set(range(size)) - end
    stops = {n for n in away if all(vector not in movers for vector, _ in graph.edges[n])}
    reached = stops | fair_by_fixpoint(graph, away, movers)
    while more := {n for n in away for _, target in graph.edges[n] if target in reached} - reached:
        reached |= more
    masks = [np.isin(np.arange(size), sorted(chosen)) for chosen in (begin, end)]
    assert bool(reached & begin) == (leads_to(graph, masks[0], masks[1], movers) is not None)


@given(graphs(), st.frozensets(st.integers(0, 6)), st.frozensets(st.integers(0, 6)), MOVERS)
def test_leads_to_agrees_with_the_definition_and_its_lasso_is_a_run(
    edges: Edges, begin: frozenset[int], end: frozenset[int], movers: Movers
) -> None:
    graph = graph_of(edges)
    size = len(graph.states)
    starts, ends = ({n for n in chosen if n < size} for chosen in (begin, end))
    masks = [np.isin(np.arange(size), sorted(chosen)) for chosen in (starts, ends)]
    lasso = leads_to(graph, masks[0], masks[1], movers)
    assert expected_violation(graph, starts, ends, movers) == (lasso is not None)
    if lasso is not None:
        assert_is_a_fair_run(graph, lasso, starts, ends, movers)


def labels_of(edges: Edges) -> list[int]:
    first = np.concatenate(([0], np.cumsum([len(out) for out in edges]))).astype(np.int64)
    return [int(n) for n in strong_components(first, np.array([t for out in edges for t in out.values()], dtype=np.int64))]


@given(graphs(states=10, vectors=4))
def test_strong_components_are_those_of_networkx(edges: Edges) -> None:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(edges)))
    graph.add_edges_from((n, target) for n, out in enumerate(edges) for target in out.values())
    label = labels_of(edges)
    expected = {frozenset(component) for component in nx.strongly_connected_components(graph)}
    assert expected == {frozenset(n for n, own in enumerate(label) if own == number) for number in label}


@given(graphs(states=10, vectors=4))
def test_strong_components_come_in_reverse_topological_order(edges: Edges) -> None:
    label = labels_of(edges)
    assert all(label[t] <= label[n] for n, out in enumerate(edges) for t in out.values())


def test_the_compiled_components_are_those_of_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    edges = [{k: int(t) for k, t in enumerate(random.integers(0, 2000, 2))} for _ in range(2000)]
    plain = labels_of(edges)
    monkeypatch.setattr(components, "COMPILED", 0)
    assert plain == labels_of(edges)
    assert len(set(plain)) > 1


def _verdict(net: Network, begin: str, end: str, strong: bool = False) -> Lasso | None:
    graph = explore(net, Bounds())
    masks = [holds_in(graph, compile_formula(text, net, {})) for text in (begin, end)]
    return leads_to(graph, masks[0], masks[1], {n: frozenset(c for c, _ in v.who) for n, v in enumerate(net.vectors)}, strong)


def test_a_goroutine_that_can_always_move_moves_in_the_end() -> None:
    net = network({"a": "a0 -x-> a1", "b": "b0 -y-> b0"}, [Sync("x", {"a": "x"}), Sync("y", {"b": "y"})])
    assert _verdict(net, "a == 'a0'", "a == 'a1'") is None


def test_a_goroutine_that_is_unable_now_and_then_may_starve() -> None:
    """Weak fairness, not strong: `b` is ready to meet in b0 only."""
    charts = {"a": "a0 -x-> a1", "b": ["b0 -y-> b1 -z-> b0", "b0 -x-> b2"]}
    net = network(charts, [Sync("meet", {"a": "x", "b": "x"}), Sync("y", {"b": "y"}), Sync("z", {"b": "z"})])
    lasso = _verdict(net, "a == 'a0'", "a == 'a1'")
    assert lasso is not None
    assert 0 == lasso.loop
    assert _verdict(net, "a == 'a0'", "a == 'a1'", strong=True) is None


def test_a_run_that_stops_before_its_end_breaks_the_promise() -> None:
    net = network({"a": "a0 -x-> a1", "b": "b0 -x-> b1"}, [Sync("meet", {"a": "x", "b": "y"})])
    assert _verdict(net, "a == 'a0'", "a == 'a1'") == Lasso(0, (), None)


def test_a_search_that_was_stopped_breaks_no_promise_by_stopping() -> None:
    """What was not expanded neither stops there nor goes round."""
    net = network({"a": "a0 -x-> a1 -y-> a2 -z-> a0"}, [Sync(x, {"a": x}) for x in "xyz"])
    for limit in (0, 1, 2):
        graph = explore(net, Bounds(max_states=limit))
        begin, end = np.ones(len(graph.states), dtype=np.bool_), np.zeros(len(graph.states), dtype=np.bool_)
        assert leads_to(graph, begin, end, dict.fromkeys(range(3), frozenset({0}))) is None


def test_a_goroutine_whose_partner_is_away_again_and_again_need_not_move() -> None:
    """`b` is ready for `a` in b2 only, and comes through b1 each time it goes round: weak fairness promises `a` nothing."""
    charts = {"a": "a0 -x-> a1", "b": ["b2 -again-> b1 -y-> b2", "b2 -x-> b3"]}
    syncs = [Sync("meet", {"a": "x", "b": "x"}), Sync("y", {"b": "y"}), Sync("again", {"b": "again"})]
    assert _verdict(network(charts, syncs), "a == 'a0'", "a == 'a1'") is not None
