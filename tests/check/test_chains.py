"""The compiled search for chains: what is at rest is what the plain one finds, reduced or not; its limits hold."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given

from pcstate import search
from pcstate.check.chain_graph import ChainGraph
from pcstate.check.chain_plan import Unsuited
from pcstate.check.chains import Chains
from pcstate.check.reduction import Reduction
from pcstate.check.replay import real_run, shortest_ways
from pcstate.check.skeleton import Skeleton
from pcstate.model.decision import Ask, Decision, Junction
from pcstate.model.network import GlobalState, Network
from pcstate.model.scenario import Scenario, ServerScript
from pcstate.model.verdict import Bounds
from pcstate.predict import SCENARIO_BOUNDS, search_outcomes, search_scenario
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.scenarios import parse_expression
from tests.check.small import Drawn, Sync, build, independent, naive_graph, network, networks, with_all_facts

NEVER = Junction(True, ())


def beside(*texts: str, transport: Mapping[str, int] = MappingProxyType({})) -> Scenario:
    """A scenario of callers side by side, one a text."""
    callers = tuple(parse_expression(text, 1).callers[0] for text in texts)
    return replace(parse_expression(texts[0], 1), callers=callers, transport=transport)


def twice(*texts: str) -> Scenario:
    """The same, each making its request twice."""
    return replace(beside(*texts), callers=tuple(parse_expression(text, 2).callers[0] for text in texts))


PROGRAMS = {
    "races": parse_expression("get; close", 2),
    "alike": beside(*["get; close"] * 3),
    "two-requests": twice(*["get; read-all"] * 2),
    "cancelled": beside("get; cancel; read-all", "get; read-all"),
    "limited": beside("get; close", "get; close", "get; read-all", transport={"MaxConnsPerHost": 1}),
    "evicted": beside("get; read-all", "get; read-all", transport={"MaxIdleConns": 1, "MaxIdleConnsPerHost": 1}),
    "closed-elsewhere": twice("get; close; spawn close; cancel", "get; spawn close; read-all; spawn close"),
    "let-go": twice("get; close; cancel; settle; close", "get; close; cancel"),
    "blocked": replace(
        twice("get; settle; read 10; read-all", "get; close"),
        server=ServerScript("chunked", 1 << 22, "keep-alive", "close-while-idle"),
    ),
    "two-on-a-body": parse_expression("get; spawn close; read-all", 1),
    "hung-up": replace(parse_expression("get; close", 2), server=ServerScript(behaviour="close-while-idle")),
    "timed": replace(
        parse_expression("get; settle", 2), transport={"ResponseHeaderTimeout": 50}, server=ServerScript(behaviour="stall-head")
    ),
}


def searched(net: Network, bounds: Bounds = SCENARIO_BOUNDS, lacks: Decision = NEVER) -> ChainGraph:
    """What the compiled search finds in a hand-made network."""
    net = replace(net, parameters={"callers": 0, "conns": 0, "requests": 0})
    found = Chains(net, Reduction(net), lacks)
    found.run(bounds)
    return ChainGraph(found)


def racing(count: int) -> Network:
    """So many components take a step each, and one remembers who was last: whatever the order, it is a state of its own."""
    keys = [f"c{n}" for n in range(count)]
    last = [f"{one} -{other}-> {other}" for one in ["nobody", *keys] for other in keys]
    charts: dict[str, str | list[str]] = dict.fromkeys(keys, "before -go-> after")
    return network({**charts, "last": last}, [Sync(key, {key: "go", "last": key}) for key in keys])


def at_rest(graph: ChainGraph) -> set[GlobalState]:
    """Its states at rest."""
    return {state for number, state in enumerate(graph.states) if graph.rests(number)}


@given(networks())
def test_every_state_at_rest_is_found_and_no_other(drawn: Drawn) -> None:
    whole = naive_graph(build(drawn))
    assert at_rest(searched(build(drawn))) == {state for state in whole if not whole.out_degree(state)}


@given(networks())
def test_facts_lose_no_state_at_rest(drawn: Drawn) -> None:
    whole = naive_graph(build(drawn))
    found = searched(with_all_facts(build(drawn), whole))
    assert at_rest(found) == {state for state in whole if not whole.out_degree(state)}


def test_what_was_best_rests_on_facts_too() -> None:
    """`u` of `a` is enough before `w`, as facts say; behind it `y` comes between, and `a` looks as before."""
    charts: dict[str, str | list[str]] = {
        "a": ["a0 -u-> a0", "a0 -y-> a1"],
        "b": ["b0 -u-> b1", "b1 -x-> b0", "b0 -y-> b0"],
        "c": "c0 -w-> c0",
        "d": "d0 -x-> d1 -y-> d0",
    }
    syncs = [
        Sync("a", {"a": "u"}),
        Sync("b", {"b": "u"}),
        Sync("w", {"c": "w", "b": "x", "d": "x"}),
        Sync("y", {"a": "y", "b": "y", "d": "y", "c": "w"}),
    ]
    whole = naive_graph(network(charts, syncs))
    found = searched(with_all_facts(network(charts, syncs), whole))
    assert at_rest(found) == {state for state in whole if not whole.out_degree(state)} != set()


@given(networks())
def test_arrows_are_ways_of_the_network(drawn: Drawn) -> None:
    graph = searched(build(drawn))
    for number, state in enumerate(graph.states):
        for arrow in graph.arrows_of(number):
            after = state
            for vector in arrow.vectors:
                assert graph.network.can_fire(vector, after)
                after = graph.network.fire(vector, after)
            assert after == graph.states[arrow.target]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first state on."""
    monkeypatch.setattr(search, "FEW", 0)
    monkeypatch.setattr(search, "MANY", 0)


@pytest.mark.parametrize("profile", ["go1.12", "go1.22", "go1.27.2"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_outcomes_are_those_of_the_plain_search(spec: Spec, name: str, profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("FEW", "MANY"):
        monkeypatch.setattr(search, limit, SCENARIO_BOUNDS.max_states)
    plain, one = search_outcomes(spec, PROGRAMS[name], profile)
    for limit in ("FEW", "MANY"):
        monkeypatch.setattr(search, limit, 0)
    fast, other = search_outcomes(spec, PROGRAMS[name], profile)
    assert one is not None and isinstance(one.graph, Skeleton)
    assert other is not None and isinstance(other.graph, ChainGraph)
    assert set(fast.outcomes) == set(plain.outcomes)
    assert fast.complete and plain.complete
    assert other.graph.fired() and max(other.graph.fired()) < len(other.graph.network.vectors)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("name", ["races", "alike", "cancelled"])
def test_a_way_stands_for_a_run(spec: Spec, name: str) -> None:
    """Step by step in the network itself, whoever has changed places meanwhile."""
    profile = choose_profile(spec.profiles, "go1.27.2")
    found = search_scenario(spec, profile, PROGRAMS[name], SCENARIO_BOUNDS, again=False)
    report, _ = search_outcomes(spec, PROGRAMS[name], "go1.27.2")
    ways = shortest_ways(found.graph, found.rests, list(report.outcomes))
    assert isinstance(found.graph, ChainGraph) and found.reduction is not None and set(ways) == set(report.outcomes)
    for way in ways.values():
        assert len(real_run(found.graph, found.reduction, way)) == way.length


@pytest.mark.usefixtures("compiled")
def test_what_is_not_reduced_is_searched_plainly_to_its_end(spec: Spec) -> None:
    report, found = search_outcomes(spec, PROGRAMS["two-on-a-body"], "go1.26", reduce=False)
    assert found is not None and isinstance(found.graph, Skeleton) and report.complete


def test_its_states_are_those_that_it_kept_and_no_more() -> None:
    """Its arrays have room for more."""
    found = searched(racing(3)).states
    assert [found[number] for number in range(len(found))] == list(found)


def test_it_stops_at_so_many_states() -> None:
    graph = searched(racing(6), Bounds(max_states=10))
    assert graph.stopped == "limit of 10 states" and not at_rest(graph) - at_rest(searched(racing(6)))


def test_it_stops_when_time_is_up() -> None:
    assert searched(racing(6), Bounds(timeout=0.0)).stopped == "timeout of 0 s"


def test_a_network_that_lacks_something_is_too_small() -> None:
    net = independent(4)
    assert not searched(net).short
    assert searched(net, lacks=Ask((2,), lambda state: state[2] != net.initial()[2])).short


def test_a_question_about_two_components_at_once_is_left_to_the_plain_search() -> None:
    with pytest.raises(Unsuited):
        searched(independent(2), lacks=Ask((0, 1), lambda state: state[0] != state[1]))
