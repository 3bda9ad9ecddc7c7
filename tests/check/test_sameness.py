"""`same_steps` against a walk over pairs of states, written as plainly as can be."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pcstate.check.explore import StateGraph, explore
from pcstate.check.sameness import identical, same_steps
from pcstate.model.lts import Event
from pcstate.model.network import Vector
from pcstate.model.verdict import Bounds
from tests.check.small import Drawn, Edges, Sync, build, graph_of, graphs, network, networks

VECTORS = [Vector(f"v{n}", (), ((0, Event("x")),)) for n in range(5)]


def alike(one: Edges, other: Edges) -> bool:
    """Whether the same words lead through both, to states that offer the same."""
    seen, queue = {(0, 0)}, [(0, 0)]
    for left, right in queue:
        if one[left].keys() != other[right].keys():
            return False
        for vector, target in one[left].items():
            pair = target, other[right][vector]
            if pair not in seen:
                seen.add(pair)
                queue.append(pair)
    return True


@given(graphs(states=4, vectors=3), graphs(states=4, vectors=3))
def test_two_graphs_are_the_same_if_the_same_words_lead_through_both(one: Edges, other: Edges) -> None:
    assert alike(one, other) == same_steps(graph_of(one, VECTORS), graph_of(other, VECTORS))


@given(graphs(), st.data())
def test_a_graph_with_its_states_doubled_is_the_same(edges: Edges, data: st.DataObject) -> None:
    """Each arrow goes to either copy of its target."""
    size = len(edges)
    doubled = [{v: target + size * data.draw(st.integers(0, 1)) for v, target in row.items()} for row in edges * 2]
    assert same_steps(graph_of(edges, VECTORS), graph_of(doubled, VECTORS))
    assert same_steps(graph_of(doubled, VECTORS), graph_of(edges, VECTORS))


@given(graphs(), st.data())
def test_a_graph_with_one_arrow_less_is_another(edges: Edges, data: st.DataObject) -> None:
    reached = graph_of(edges, VECTORS)
    renumbered = [dict(row) for row in reached.edges]
    state = data.draw(st.sampled_from(range(len(renumbered))))
    if not renumbered[state]:
        renumbered[state][0] = 0
        assert not same_steps(reached, graph_of(renumbered, VECTORS))
        return
    del renumbered[state][data.draw(st.sampled_from(sorted(renumbered[state])))]
    assert alike([dict(row) for row in reached.edges], renumbered) == same_steps(reached, graph_of(renumbered, VECTORS))
    assert not same_steps(reached, graph_of(renumbered, VECTORS))


@given(graphs(states=4, vectors=3), st.data())
def test_a_step_more_is_none_where_nobody_sees_it_and_it_brings_nothing_new(edges: Edges, data: st.DataObject) -> None:
    """It goes back, or where another that is not seen goes; the other way round, and where it is seen, it makes a difference."""
    reached = graph_of(edges, VECTORS)
    more = [dict(row) for row in reached.edges]
    state = data.draw(st.sampled_from(range(len(more))))
    more[state][4] = data.draw(st.sampled_from([state, *(target for vector, target in more[state].items() if vector != 0)]))
    unseen = {f"v{number}" for number in (1, 2, 3, 4)}
    assert same_steps(reached, graph_of(more, VECTORS), unseen)
    assert not same_steps(graph_of(more, VECTORS), reached, unseen)
    assert not same_steps(reached, graph_of(more, VECTORS), unseen - {"v4"})


def test_a_step_more_is_one_where_it_leads_elsewhere_or_does_what_is_seen() -> None:
    one, seen, elsewhere = [{0: 1}, {}], [{0: 1, 4: 1}, {}], [{0: 1, 4: 0}, {4: 0}]
    assert not same_steps(graph_of(one, VECTORS), graph_of(seen, VECTORS), {"v4"})
    assert same_steps(graph_of(one, VECTORS), graph_of(seen, VECTORS), {"v0", "v4"})
    assert not same_steps(graph_of(one, VECTORS), graph_of(elsewhere, VECTORS), {"v0", "v4"})
    told = [*VECTORS[:4], replace(VECTORS[4], abstract=("close", 0))]
    both = [replace(VECTORS[0], abstract=("close", 0)), *told[1:]]
    back = [{0: 1, 4: 0}, {}]
    assert same_steps(graph_of(one, VECTORS), graph_of(back, VECTORS), {"v4"})
    assert not same_steps(graph_of(one, told), graph_of(back, told), {"v4"}), "the lifecycle sees it"
    assert not same_steps(graph_of(one, told), graph_of(seen, told), {"v0", "v4"})
    assert same_steps(graph_of(one, both), graph_of(seen, both), {"v0", "v4"})


@given(networks())
def test_a_network_is_the_same_as_itself(drawn: Drawn) -> None:
    assert same_steps(explore(build(drawn), Bounds()), explore(build(drawn), Bounds()))


@given(networks(), networks())
def test_networks_are_identical_if_they_hold_and_do_the_same(drawn: Drawn, another: Drawn) -> None:
    one, same, other = (explore(build(each), Bounds()) for each in (drawn, drawn, another))
    assert identical(one, same)
    assert identical(one, other) == (held(one) == held(other))


def held(graph: StateGraph) -> tuple[object, ...]:
    """Everything that it says, in words."""
    components = graph.network.components
    states = [[c.behaviour.configuration(local) for c, local in zip(components, state, strict=True)] for state in graph.states]
    return states, graph.edges, [(vector.name, vector.args, vector.who, vector.kind) for vector in graph.network.vectors]


def test_what_a_state_holds_makes_networks_differ() -> None:
    one, other = (explore(network({"a": f"off -x-> {there}"}, [Sync("go", {"a": "x"})]), Bounds()) for there in ("on", "out"))
    assert same_steps(one, other)
    assert not identical(one, other)


def test_vectors_are_told_apart_by_how_they_are_written() -> None:
    one, same, other = (network({"a": "off -x-> on"}, [Sync(name, {"a": "x"})]) for name in ("go", "go", "stop"))
    assert same_steps(explore(one, Bounds()), explore(same, Bounds()))
    assert not same_steps(explore(one, Bounds()), explore(other, Bounds()))


def test_what_was_not_explored_to_its_end_is_never_the_same() -> None:
    net = network({"a": "off -x-> on"}, [Sync("x", {"a": "x"})])
    whole, part = explore(net, Bounds()), explore(net, Bounds(max_states=1))
    assert part.stopped
    assert not same_steps(whole, part)
    assert not same_steps(part, whole)


@given(networks(), st.data())
def test_classes_are_those_of_what_the_components_hold(drawn: Drawn, data: st.DataObject) -> None:
    """Each state is in the class of the first one that holds the same."""
    graph = explore(build(drawn), Bounds())
    components = data.draw(st.lists(st.sampled_from(range(len(graph.network.components))), min_size=1, unique=True))
    inverse, first = graph.classes(components)
    rows = [tuple(state[c] for c in components) for state in graph.states]
    assert [rows.index(row) for row in rows] == [int(first[n]) for n in inverse]
    assert len(set(rows)) == len(first)
