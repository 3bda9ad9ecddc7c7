"""Refinement, against all short traces, and against networkx on the product."""

import itertools

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from pcstate.check.explore import StateGraph
from pcstate.check.refinement import refines
from pcstate.model.lts import Configuration, Event, Lts, lts
from pcstate.model.network import Vector
from tests.check.small import Edges, graph_of, graphs, is_path

LENGTH = 6
ABSTRACT = st.sampled_from([None, ("p", 0), ("q", 0), ("p", 1)])


def seen_vector(abstract: tuple[str, int] | None) -> Vector:
    """A vector of which only its lifecycle event matters here."""
    return Vector("v", (), ((0, Event("v")),), abstract=abstract)


@st.composite
def lifecycles(draw: st.DrawFn) -> Lts:
    size = draw(st.integers(1, 3))
    states = st.integers(0, size - 1)
    edges = draw(st.dictionaries(st.tuples(states, st.sampled_from("pq").map(Event)), states, max_size=6))
    return Lts(0, tuple(Configuration((f"s{n}",)) for n in range(size)), edges)


def refuses(lifecycle: Lts, graph: StateGraph, steps: tuple[tuple[int, int], ...]) -> bool:
    """Whether the chart refuses the events of a connection in this walk, somewhere."""
    here = {0: 0, 1: 0}
    for vector, _ in steps:
        abstract = graph.network.vectors[vector].abstract
        if abstract is not None:
            event, conn = abstract
            here[conn] = lifecycle.step(here[conn], Event(event))
            if here[conn] < 0:
                return True
    return False


def shortest_refusal(graph: StateGraph, lifecycle: Lts) -> int | None:
    """The length of a shortest walk that the chart refuses, if it has at most LENGTH steps."""
    walks: list[tuple[tuple[int, int], ...]] = [()]
    for length in range(1, LENGTH + 1):
        walks = [(*walk, step) for walk in walks for step in graph.edges[walk[-1][1] if walk else 0]]
        if any(refuses(lifecycle, graph, walk) for walk in walks):
            return length
    return None


@given(graphs(states=5, vectors=4, degree=2), st.lists(ABSTRACT, min_size=4, max_size=4), lifecycles())
def test_refinement_is_inclusion_of_traces_and_its_counterexample_a_shortest(
    edges: Edges, abstracts: list[tuple[str, int] | None], lifecycle: Lts
) -> None:
    graph = graph_of(edges, [seen_vector(abstract) for abstract in abstracts])
    found = refines(graph, lifecycle, 0)
    expected = shortest_refusal(graph, lifecycle)
    if found.steps is None:
        assert expected is None
    else:
        assert expected in (len(found.steps), None)
        assert expected is not None or len(found.steps) > LENGTH
        assert is_path(graph, found.steps)
        assert refuses(lifecycle, graph, found.steps)
        assert not refuses(lifecycle, graph, found.steps[:-1])


@given(graphs(states=8, vectors=4), st.lists(ABSTRACT, min_size=4, max_size=4), lifecycles())
def test_refinement_is_a_product_in_which_no_refusal_is_reached(
    edges: Edges, abstracts: list[tuple[str, int] | None], lifecycle: Lts
) -> None:
    """The product of the network and a chart for each connection, by networkx: of any size, where traces are too many to list."""
    graph = graph_of(edges, [seen_vector(abstract) for abstract in abstracts])
    product: nx.DiGraph[tuple[int, int, int]] = nx.DiGraph()
    charts = range(len(lifecycle.configurations))
    refused = (-1, -1, -1)
    product.add_nodes_from([(0, 0, 0), refused])
    for here in itertools.product(range(len(graph.states)), charts, charts):
        for vector, target in graph.edges[here[0]]:
            after, abstract = list(here[1:]), abstracts[vector]
            if abstract is not None:
                after[abstract[1]] = lifecycle.step(after[abstract[1]], Event(abstract[0]))
            product.add_edge(here, refused if -1 in after else (target, after[0], after[1]))
    found = refines(graph, lifecycle, 0)
    lengths = nx.single_source_shortest_path_length(product, (0, 0, 0))
    assert lengths.get(refused) == (None if found.steps is None else len(found.steps))
    if found.steps is None:
        seen = {(state, own, local) for state, *both in lengths for own, local in enumerate(both[: len(found.seen)])}
        assert len(seen) == found.pairs


@given(graphs(states=5, vectors=4), st.lists(ABSTRACT, min_size=4, max_size=4))
def test_what_is_seen_is_a_simulation(edges: Edges, abstracts: list[tuple[str, int] | None]) -> None:
    lifecycle = lts(["s0 -p-> s1 -q-> s0", "s0 -q-> s0", "s1 -p-> s1"])
    graph = graph_of(edges, [seen_vector(abstract) for abstract in abstracts])
    found = refines(graph, lifecycle, 0)
    assert found.steps is None
    pairs = 0
    for conn, masks in enumerate(found.seen):
        seen = [{int(name[1:]) for name, mask in masks.items() if mask[number]} for number in range(len(graph.states))]
        assert 0 in seen[0]
        pairs += sum(map(len, seen))
        for number, out in enumerate(graph.edges):
            for vector, target in out:
                abstract = abstracts[vector]
                for local in seen[number]:
                    own = abstract is not None and abstract[1] == conn
                    reached = lifecycle.step(local, Event(abstract[0])) if abstract is not None and own else local
                    assert reached in seen[target]
    assert found.pairs == pairs


def test_the_refused_event_and_where_it_was_refused_are_named() -> None:
    graph = graph_of([{0: 1}, {1: 2}, {0: 0}], [seen_vector(("p", 0)), seen_vector(None)])
    found = refines(graph, lts("first -p-> second"), 0)
    assert ("p", "second") == (found.refused, found.at)
    assert ((0, 1), (1, 2), (0, 0)) == found.steps


def test_another_connection_s_events_leave_the_chart_alone() -> None:
    graph = graph_of([{0: 1}, {1: 0}], [seen_vector(("p", 1)), seen_vector(("p", 0))])
    assert refines(graph, lts("first -p-> second"), 0).steps == ((0, 1), (1, 0), (0, 1))
