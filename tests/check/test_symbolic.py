"""Sets of states: what the search that keeps states finds, the search that keeps a set finds, too."""

import pytest
from hypothesis import given, settings

from pcstate import pipeline
from pcstate.check.explore import explore
from pcstate.check.symbolic import SymbolicGraph
from pcstate.model.decision import Ask, Junction
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds, Verdict
from tests.check.small import Drawn, Sync, build, independent, network, networks

UNBOUNDED = Bounds()


def symbolic(net: Network) -> SymbolicGraph:
    graph = SymbolicGraph(net)
    graph.search(UNBOUNDED)
    assert not graph.stopped
    return graph


@given(networks())
def test_a_set_has_the_states_and_transitions_that_the_plain_search_counts(drawn: Drawn) -> None:
    net = build(drawn)
    plain, found = explore(net, UNBOUNDED), symbolic(net)
    assert (len(plain.states), plain.transitions) == (len(found.states), found.transitions)


@settings(max_examples=25)
@given(networks())
def test_each_state_that_was_reached_is_in_the_set_as_far_away_as_it_is(drawn: Drawn) -> None:
    net = build(drawn)
    plain, found = explore(net, UNBOUNDED), symbolic(net)
    for number, state in enumerate(plain.states):
        goal = found.those_that(found.reached, Ask(tuple(range(len(state))), state.__eq__))
        depth, _ = found.nearest([goal])
        run = found.run(depth, goal)
        assert len(plain.path(number)) == depth == len(run)
        before = net.initial()
        for vector, after in run:
            assert net.can_fire(vector, before)
            before = net.fire(vector, before)
            assert before == after
        assert before == state


def test_many_components_that_know_nothing_of_each_other_are_few_nodes() -> None:
    found = symbolic(independent(40))
    assert (1 << 40, 20 << 40) == (len(found.states), found.transitions)
    assert found.diagrams.nodes < 1000


def test_a_counter_that_its_partner_bounds_late_gets_more_values() -> None:
    """`a` counts as far as `b` lets it, which no look at `a` alone tells: 40 values, and 16 are tried first."""
    count = " -up-> ".join(f"a{n}" for n in range(400))
    limit = " -up-> ".join(f"b{n}" for n in range(41))
    net = network({"a": count, "b": limit}, [Sync("up", {"a": "up", "b": "up"})])
    assert 41 == len(symbolic(net).states)


def test_questions_are_asked_of_what_is_reached_only() -> None:
    net = network({"a": "a0 -x-> a1", "b": "b0 -x-> b1"}, [Sync("x", {"a": "x", "b": "x"})])
    found, asked = symbolic(net), set()

    def both(state: tuple[int, ...]) -> bool:
        asked.add(state)
        return state == (1, 1)

    assert found.those_that(found.reached, Ask((0, 1), both))
    assert {(0, 0), (1, 1)} == asked
    never = Junction(False, (Ask((0,), lambda state: state[0] == 0), Ask((1,), lambda state: state[1] == 1)))
    assert not found.those_that(found.reached, never)
    either = Junction(True, (Ask((0,), lambda state: state[0] == 0), Ask((1,), lambda state: state[1] == 1)))
    assert found.reached == found.those_that(found.reached, either)


def test_a_set_without_room_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcstate.check.mdd.LARGEST", 8)
    graph = SymbolicGraph(independent(40))
    graph.search(UNBOUNDED)
    assert "limit of 8 nodes" == graph.stopped


def test_a_search_for_a_set_ends_in_time() -> None:
    report = pipeline.check(pipeline.read_spec(), None, Bounds(callers=2, conns=2, requests=1, timeout=0.2), symbolic=True)
    assert (Verdict.UNKNOWN, 1) == (report.verdict, report.states)
    reasons = {judgement.reason for judgement in report.judgements if judgement.kind == "always" and judgement.reason}
    assert "the search stopped at its timeout of 0.2 s" in reasons


@pytest.mark.parametrize("profile", ["go1.12", "go1.22", "go1.27.0", "go1.27.2"])
def test_verdicts_and_lengths_of_traces_are_those_of_the_search_that_keeps_states(profile: str) -> None:
    spec, bounds = pipeline.read_spec(), Bounds()
    plain, found = (pipeline.check(spec, profile, bounds, symbolic=way) for way in (False, True))
    assert (plain.states, plain.transitions) == (found.states, found.transitions)
    for one, other in zip(plain.judgements, found.judgements, strict=True):
        if one.kind == "leads-to":
            assert other.verdict is (Verdict.NOT_RUN if one.verdict is Verdict.NOT_RUN else Verdict.UNKNOWN)
        else:
            steps = [len(j.trace.steps) if j.trace else None for j in (one, other)]
            assert (one.name, one.verdict, steps[0]) == (other.name, other.verdict, steps[1])


def test_what_the_lifecycle_refuses_is_found_with_the_same_reason_and_a_shortest_trace() -> None:
    """The mutant that refines-lifecycle must catch."""
    (promise,) = pipeline.read_spec(only=["refines-lifecycle"]).properties
    spec, bounds = pipeline.read_spec(mutant=promise.mutant, only=["refines-lifecycle"]), Bounds(requests=1, closers=0)
    (plain,), (found,) = (pipeline.check(spec, None, bounds, symbolic=way).judgements for way in (False, True))
    assert Verdict.VIOLATED is plain.verdict is found.verdict
    assert plain.reason == found.reason
    assert plain.trace and found.trace
    assert len(plain.trace.steps) == len(found.trace.steps)
