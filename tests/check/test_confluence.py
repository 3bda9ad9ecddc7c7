"""Steps that are taken before all else: fewer states, and every one where nobody can move."""

import json
from dataclasses import replace

import jsonschema
import networkx as nx
import pytest
from hypothesis import given

from pcstate import pipeline
from pcstate.check.compiled import Search
from pcstate.check.confluence import ALWAYS, kept
from pcstate.check.explore import StateGraph, explore
from pcstate.check.judge import movers
from pcstate.check.packed import PackedGraph
from pcstate.check.reduction import AT_ONCE
from pcstate.check.safety import stuck_states
from pcstate.cli import SCHEMAS
from pcstate.errors import SpecError
from pcstate.model.network import GlobalState, Network
from pcstate.model.verdict import Bounds, Verdict
from pcstate.show.report import check_json
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from tests.check.small import Drawn, Sync, build, hasty, network, networks, strolled

KINDS = ("", "environment", "timer", "environment-timer", "settle")
FORGOTTEN = "no-goroutine-is-forgotten"


def circles(graph: StateGraph, first: set[int]) -> set[int]:
    """Those of `first` that lie on a circle of their kind; one that leads nowhere is none."""
    steps = [(n, target, vector) for n, edges in enumerate(graph.edges) for vector, target in edges if vector in first]
    away: nx.DiGraph[int] = nx.DiGraph((n, target) for n, target, _ in steps if n != target)
    part = {n: number for number, component in enumerate(nx.strongly_connected_components(away)) for n in component}
    return {vector for n, target, vector in steps if n != target and part[n] == part[target]}


def confluent(graph: StateGraph) -> set[int]:
    """The greatest set of vectors that may come first, by what was explored."""
    vectors = graph.network.vectors
    first = set(movers(graph.network))
    while bad := {vectors.index(one) for one, _ in hasty(graph, first, KINDS)} | circles(graph, first):
        first -= bad
    return first


def searched(net: Network, first: set[int]) -> tuple[set[GlobalState], set[GlobalState]]:
    """All states that are kept, and those where nobody can move."""
    search = Search(net, first=first)
    search.run(Bounds())
    graph = PackedGraph(search)
    return set(graph.states), {graph.states[int(n)] for n in stuck_states(graph, movers(net)).nonzero()[0]}


@given(networks())
def test_where_nobody_can_move_is_found_and_nowhere_else(drawn: Drawn) -> None:
    net = build(drawn)
    graph = explore(net, Bounds())
    first = confluent(graph)
    kept, stuck = searched(net, first)
    assert kept <= set(graph.states)
    assert {graph.states[int(n)] for n in stuck_states(graph, movers(net)).nonzero()[0]} == stuck
    moved = {c for n in first for c, _ in (*net.vectors[n].who, *net.vectors[n].also)}
    unmoved = [c for c in range(len(net.components)) if c not in moved]
    assert {tuple(state[c] for c in unmoved) for state in graph.states} == {tuple(state[c] for c in unmoved) for state in kept}


RACE = network({"a": "a0 -take-> a1", "b": "b0 -take-> b1", "it": "there -take-> gone"},
               [Sync(who, {who: "take", "it": "take"}) for who in "ab"])  # fmt: skip


def test_a_race_that_is_said_to_be_none_is_lost() -> None:
    """So the test above can fail; and a race is not confluent."""
    assert 2 == len(searched(RACE, set())[1])
    assert 1 == len(searched(RACE, {0, 1})[1])
    assert set() == confluent(explore(RACE, Bounds()))


def test_a_step_that_leads_nowhere_holds_nothing_up() -> None:
    net = network({"a": "a0 -look-> a0", "b": "b0 -x-> b1"}, [Sync("look", {"a": "look"}), Sync("x", {"b": "x"})])
    assert {(0, 0), (0, 1)} == searched(net, {0})[0]


@pytest.mark.parametrize("profile", ["go1.12", "go1.13", "go1.16", "go1.19", "go1.22", "go1.26", "go1.27.0", "go1.27.2"])
def test_what_the_spec_says_is_always_first_is(spec: Spec, profile: str) -> None:
    """Before what clocks do, too, and without a circle; with the goroutine that closes a body beside its reader."""
    net = pipeline.build(spec, choose_profile(spec.profiles, profile), Bounds(requests=1)).network
    graph = explore(net, Bounds())
    first = {number for number, vector in enumerate(net.vectors) if vector.first == ALWAYS}
    assert [] == [f"{one} before {other}" for one, other in hasty(graph, first, KINDS)]
    assert set() == circles(graph, first)


@pytest.mark.parametrize("profile", ["go1.12", "go1.13", "go1.16", "go1.19", "go1.22", "go1.26", "go1.27.0", "go1.27.2"])
def test_what_the_spec_says_is_always_first_is_in_larger_networks_too(spec: Spec, profile: str) -> None:
    """Along walks that chance has chosen: two callers on one or two connections, with a limit, and programs that ask for much.

    A program's own timeouts are no clocks of the free network's: `predict` lets them pass only where nothing else can happen.
    """
    chosen = choose_profile(spec.profiles, profile)
    larger = Bounds(callers=2, conns=2, requests=2, closers=1)
    limited = replace(larger, conns=1, closers=0, max_conns_per_host=1)
    much = pipeline.everything()
    fired: set[str] = set()
    for bounds, scenario in (
        (larger, None), (limited, None), (larger, much), (larger, replace(much, transport={"DisableKeepAlives": 1})),
    ):  # fmt: skip
        net = pipeline.build(spec, chosen, bounds, scenario).network
        graph = strolled(net, seed=1, walks=60, length=200)
        first = {number for number, vector in enumerate(net.vectors) if vector.first == ALWAYS}
        fired |= {net.vectors[number].name for edges in graph.edges for number, _ in edges}
        kinds = AT_ONCE if scenario else KINDS
        assert [] == [f"{one} before {other}" for one, other in hasty(graph, first, kinds)]
    assert {"got_conn", "leave_queue", "no_pool", "recv_wr_ok", "was_written"} <= fired


def test_what_is_first_before_timers_only_is_not_always(spec: Spec) -> None:
    net = pipeline.build(spec, choose_profile(spec.profiles, "go1.27.2"), Bounds(requests=1, closers=0)).network
    first = {number for number, vector in enumerate(net.vectors) if vector.first}
    assert {"recv_write_ok", "drained"} == {one.name for one, _ in hasty(explore(net, Bounds()), first, KINDS)}


@pytest.mark.parametrize(("go", "verdict"), [("1.27.0", Verdict.VIOLATED), ("1.27.3", Verdict.HOLDS)])
def test_a_goroutine_that_is_forgotten_is_found(spec: Spec, go: str, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcstate.search.SMALL", 100)
    asked = pipeline.read_spec(spec.root, only=[FORGOTTEN])
    whole, part = (pipeline.check(asked, go, Bounds(requests=1), confluence=confluence) for confluence in (False, True))
    assert (verdict, verdict) == (whole.verdict, part.verdict)
    assert part.reductions == ("confluence",) and whole.reductions == ()
    assert part.states < whole.states / 2
    trace = part.judgements[0].trace
    assert (trace is not None) == (verdict is Verdict.VIOLATED)


def test_it_is_refused_where_a_property_does_not_allow_it(spec: Spec) -> None:
    """One that says what must happen in the end does not, nor does one that looks at what such a step moves."""
    for other, allowed in (("a-closed-pool-is-empty", True), ("cancel-ends-it", False), ("rest-has-pairs", False)):
        asked = pipeline.read_spec(spec.root, only=[FORGOTTEN, other])
        net = pipeline.build(asked, choose_profile(spec.profiles, None), Bounds()).network
        compiled = pipeline.compile_all(asked, net)
        assert {FORGOTTEN: True, other: allowed} == {
            each.promise.name: each.promise.name in kept(net, compiled) for each in compiled
        }
        if not allowed:
            with pytest.raises(SpecError, match=f"{other}(.|\n)*keeps: {FORGOTTEN}"):
                pipeline.check(asked, confluence=True)


def test_a_report_says_so_as_its_schema_has_it(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcstate.search.SMALL", 100)
    asked = pipeline.read_spec(spec.root, only=[FORGOTTEN])
    answer = check_json(pipeline.check(asked, None, Bounds(requests=1, closers=0), confluence=True))
    assert ["confluence"] == answer["reductions"]
    jsonschema.validate(answer, json.loads((SCHEMAS / "check.json").read_text(encoding="utf-8")))
