"""Inclusion of one network's lifecycle events in another's, against products of states with sets of states, by networkx."""

from collections.abc import Sequence
from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcstate.check.explore import StateGraph
from pcstate.check.inclusion import Inclusion, included
from pcstate.check.limits import Limits
from pcstate.check.permutations import Permutations
from pcstate.model.lts import Event
from pcstate.model.network import Vector
from pcstate.model.verdict import Bounds, Verdict
from tests.check.small import Edges, graph_of, graphs, is_path

Seen = list[tuple[str, int] | None]
"""What is seen of each vector."""
SEEN = st.one_of([st.permutations([None, ("p", 0), ("p", 0), ("q", 0), last]) for last in (None, ("p", 1))])


def drawn(edges: Edges, seen: Seen) -> StateGraph:
    return graph_of(edges, [Vector(f"v{n}", (), ((0, Event("v")),), abstract=each) for n, each in enumerate(seen)])


def graph(edges: Edges, seen: str) -> StateGraph:
    """A graph with a vector for each letter: one connection's event, or hidden where it is a dot."""
    return drawn(edges, [None if letter == "." else (letter, 0) for letter in seen])


def compare(one: StateGraph, other: StateGraph, max_states: int = 1000) -> Inclusion:
    return included(one, other, Limits(Bounds(max_states=max_states)))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Edges, Edges]:
    """A graph, and one that is nearly the same: its states doubled, each arrow to either copy of its target, some arrows less."""
    size = draw(st.integers(3, 5))
    row = st.dictionaries(st.integers(0, 4), st.integers(0, size - 1), min_size=2, max_size=4)
    edges = draw(st.lists(row, min_size=size, max_size=size))
    doubled = [{v: target + size * draw(st.integers(0, 1)) for v, target in row.items()} for row in edges * 2]
    for state in draw(st.lists(st.integers(0, 2 * size - 1), min_size=size, max_size=3 * size)):
        if doubled[state]:
            del doubled[state][draw(st.sampled_from(sorted(doubled[state])))]
    return edges, doubled


def closed(edges: Sequence[Sequence[tuple[int, int]]], seen: Sequence[Vector], states: set[int]) -> frozenset[int]:
    """The states that hidden steps lead to from these."""
    hidden: nx.DiGraph[int] = nx.DiGraph()
    hidden.add_nodes_from(states)
    hidden.add_edges_from((state, target) for state, row in enumerate(edges) for v, target in row if seen[v].abstract is None)
    return frozenset(states.union(*(nx.descendants(hidden, state) for state in states)))


def after(graph: StateGraph, states: frozenset[int], event: tuple[str, int]) -> frozenset[int]:
    """Where a graph may be after one event more."""
    vectors = graph.network.vectors
    reached = {target for state in states for v, target in graph.edges[state] if vectors[v].abstract == event}
    return closed(graph.edges, vectors, reached)


def shortest_only(one: StateGraph, other: StateGraph) -> float | None:
    """The length of a shortest sequence of events that only `one` has, in the product of its states with sets of the other's."""
    start = 0, closed(other.edges, other.network.vectors, {0})
    product: nx.DiGraph[tuple[int, frozenset[int]]] = nx.DiGraph()
    product.add_node(start)
    queue = [start]
    for state, states in queue:
        for v, target in one.edges[state]:
            event = one.network.vectors[v].abstract
            reached = target, states if event is None else after(other, states, event)
            if reached not in product and reached[1]:
                queue.append(reached)
            weight = int(event is not None)
            known = product.get_edge_data((state, states), reached, {"weight": weight})["weight"]
            product.add_edge((state, states), reached, weight=min(weight, known))
    lengths = nx.single_source_dijkstra_path_length(product, start)
    return min((length for (_, states), length in lengths.items() if not states), default=None)


@given(pairs(), SEEN)
def test_inclusion_is_a_product_in_which_the_other_is_never_nowhere(pair: tuple[Edges, Edges], seen: Seen) -> None:
    left, right = (drawn(edges, seen) for edges in pair)
    found = compare(left, right)
    expected = shortest_only(left, right)
    assert (Verdict.HOLDS if expected is None else Verdict.VIOLATED) == found.verdict
    assert (expected or 0) == len(found.events)


@given(pairs(), SEEN)
def test_a_counterexample_is_a_shortest_run_of_the_one_that_the_other_does_not_have(
    pair: tuple[Edges, Edges], seen: Seen
) -> None:
    left, right = (drawn(edges, seen) for edges in pair)
    found = compare(left, right)
    if found.verdict is Verdict.HOLDS:
        assert () == found.steps
        return
    assert is_path(left, found.steps)
    met = [each for vector, _ in found.steps if (each := seen[vector]) is not None]
    several = len({each[1] for each in seen if each is not None}) > 1
    assert [f"{event}[{conn}]" if several else event for event, conn in met] == list(found.events)
    states = closed(right.edges, right.network.vectors, {0})
    for event in met:
        assert states
        states = after(right, states, event)
    assert not states
    runs: nx.DiGraph[tuple[int, int]] = nx.DiGraph()
    for at in range(len(met)):
        for state, row in enumerate(left.edges):
            for v, target in row:
                if seen[v] in (None, met[at]):
                    runs.add_edge((at, state), (at + (seen[v] is not None), target))
    ends = nx.single_source_shortest_path_length(runs, (0, 0))
    assert len(found.steps) == min(length for (at, _), length in ends.items() if at == len(met))


@given(graphs(), graphs(), SEEN)
def test_every_graph_refines_itself_and_one_that_may_do_more(edges: Edges, more: Edges, seen: Seen) -> None:
    """The latter may begin as either of two graphs, which it decides in secret."""
    here, there = len(more) + 1, 1
    either = [{0: there, 1: here}, *moved(more, there), *moved(edges, here)]
    start = drawn(either, [None, None, *seen])
    one = drawn(moved(edges, 0), [None, None, *seen])
    assert Verdict.HOLDS == compare(one, one).verdict
    assert Verdict.HOLDS == compare(one, start).verdict
    assert compare(start, one).verdict == compare(drawn(more, seen), drawn(edges, seen)).verdict


def moved(edges: Edges, by: int) -> Edges:
    """The edges of a graph whose states, and vectors, come behind others."""
    return [{v + 2: target + by for v, target in row.items()} for row in edges]


def test_what_the_other_has_decided_in_secret_it_cannot_take_back() -> None:
    """Two runs of the other have a p; the one of them that goes on with q has no r, and where they part is hidden."""
    one = graph([{0: 1}, {1: 2}, {2: 2}], "pqr")
    other = graph([{3: 1, 4: 2}, {0: 3}, {0: 4}, {1: 3}, {2: 4}], "pqr..")
    found = compare(one, other)
    assert (Verdict.VIOLATED, ("p", "q", "r")) == (found.verdict, found.events)
    assert ((0, 1), (1, 2), (2, 2)) == found.steps
    every = graph([{3: 1, 4: 1}, {0: 2}, {1: 2, 2: 2}], "pqr..")  # the same, without the choice
    assert Verdict.HOLDS == compare(one, every).verdict
    assert Verdict.HOLDS == compare(other, every).verdict


def test_a_choice_that_the_other_makes_too_early_is_no_difference() -> None:
    """No state of the other simulates the one after p, but its traces are all there."""
    one = graph([{0: 1}, {1: 2, 2: 2}, {}], "pqr")
    other = graph([{3: 1, 4: 2}, {0: 3}, {0: 4}, {1: 5}, {2: 5}, {}], "pqr..")
    assert Verdict.HOLDS == compare(one, other).verdict


def test_hidden_cycles_are_gone_round_as_often_as_one_likes() -> None:
    one = graph([{1: 1}, {1: 0, 0: 0}], "p.")
    assert Verdict.HOLDS == compare(one, graph([{0: 0}], "p")).verdict
    assert Verdict.HOLDS == compare(graph([{0: 0}], "p"), one).verdict


def test_connections_are_told_apart() -> None:
    one, other = drawn([{0: 1}, {}], [("p", 0)]), drawn([{0: 1}, {}], [("p", 1)])
    assert ("p[0]",) == compare(one, other).events
    assert ("p[1]",) == compare(other, one).events


def test_the_order_of_vectors_does_not_matter() -> None:
    assert Verdict.HOLDS == compare(graph([{0: 1}, {1: 2}, {}], "pq"), graph([{1: 1}, {0: 2}, {}], "qp")).verdict


P, PP = graph([{0: 1}, {}], "p"), graph([{0: 1}, {0: 2}, {}], "p")


@pytest.mark.parametrize(
    ("one", "other", "verdict", "reason"),
    [
        (replace(P, stopped="timeout of 1 s"), PP, Verdict.UNKNOWN, "the search stopped at its timeout of 1 s"),
        (replace(PP, stopped="timeout of 1 s"), P, Verdict.VIOLATED, ""),
        (
            PP,
            replace(P, stopped="timeout of 1 s"),
            Verdict.UNKNOWN,
            "the search of the other network stopped at its timeout of 1 s",
        ),
        (P, replace(PP, stopped="timeout of 1 s"), Verdict.HOLDS, ""),
    ],
    ids=["the one may go on", "the one has gone wrong", "the other may have it", "the other has it already"],
)
def test_a_search_that_was_stopped_is_unknown_only_where_the_rest_of_it_matters(
    one: StateGraph, other: StateGraph, verdict: Verdict, reason: str
) -> None:
    found = compare(one, other)
    assert (verdict, reason) == (found.verdict, found.reason)


def test_a_limit_is_unknown_never_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compare(PP, PP, max_states=1)
    assert (Verdict.UNKNOWN, "the comparison stopped at its limit of 1 states") == (found.verdict, found.reason)
    monkeypatch.setattr("pcstate.check.inclusion.HELD", 3)
    found = compare(PP, PP)
    assert (Verdict.UNKNOWN, "the comparison stopped at its limit of 3 states in all sets") == (found.verdict, found.reason)


def test_symmetry_leaves_no_connections_to_tell_apart() -> None:
    turned = replace(P, permutations=Permutations(P.network, ()))
    for one, other in ((turned, P), (P, turned)):
        found = compare(one, other)
        assert Verdict.UNKNOWN == found.verdict
        assert "symmetry" in found.reason
