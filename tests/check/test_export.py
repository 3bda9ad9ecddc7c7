"""Networks as other tools see them: Spin, which knows nothing of our explorer, counts the same states, transitions and ends."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from benchmarks.spin import Counted, compile_pan, missing_tools, read_counts, same_count
from pcstate import pipeline
from pcstate.check.closure import finite
from pcstate.check.explore import explore
from pcstate.export import exported_network
from pcstate.model.finite import FiniteNetwork
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds
from pcstate.show.promela import promela
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from tests.check.small import Drawn, Sync, build, independent, naive_graph, named_states, network, networks


@pytest.fixture(autouse=True)
def _spin() -> None:
    """Without Spin there is nothing to compare with; where `.ci/run` has found it, that is a failure."""
    if missing_tools():
        if os.environ.get("PCSTATE_SPIN"):
            pytest.fail(f"there should be {missing_tools()}", pytrace=False)
        pytest.skip(f"needs {missing_tools()}: apt-get install spin gcc")


def counted(network: FiniteNetwork) -> Counted:
    with tempfile.TemporaryDirectory() as folder:
        return compile_pan(promela(network, "a test"), Path(folder), "-O0").count()


def three(found: Counted) -> tuple[int, int, int]:
    return found.states, found.transitions, found.deadlocks


def ours(net: Network) -> tuple[int, int, int]:
    graph = explore(net, Bounds(max_states=20_000_000))
    assert not graph.stopped
    return len(graph.states), graph.transitions, sum(not row for row in graph.edges)


SMALL = {
    "nothing ever happens": network({"a": "a0 -x-> a1"}, []),
    "five that are independent": independent(5),
    "a rendezvous of three": network(
        {"a": "a0 -x-> a1 -x-> a0", "b": "b0 -x-> b1", "c": "c0 -go-> c1 -x-> c2"},
        [Sync("meet", {"a": "x", "b": "x", "c": "x"}), Sync("go", {"c": "go"})],
    ),
    "a broadcast": network(
        {"a": "a0 -x-> a1", "b": "b0 -x-> b1", "c": "c0"}, [Sync("all", {"a": "x"}, also={"b": "x", "c": "x"})]
    ),
    "an inhibitor": network(
        {"a": "a0 -x-> a1 -x-> a0", "b": "b0 -y-> b1"}, [Sync("x", {"a": "x"}, unless={"b": "y"}), Sync("y", {"b": "y"})]
    ),
    "two vectors to one state": network({"a": "a0 -x-> a1"}, [Sync("x", {"a": "x"}), Sync("again", {"a": "x"})]),
    "a step that changes nothing": network({"a": "a0 -x-> a0"}, [Sync("x", {"a": "x"})]),
    "names that are keywords": network(
        {"do": "od -x-> if", "active": "a -x-> b"}, [Sync("skip", {"do": "x"}), Sync("goto", {"active": "x"})]
    ),
    "more vectors than a C function holds": network({"a": "a0 -x-> a1 -x-> a0"}, [Sync(f"x{n}", {"a": "x"}) for n in range(600)]),
    "a component of more than 255 places": network(
        {"a": " -x-> ".join(f"a{n}" for n in range(400)), "b": "b0 -x-> b1 -y-> b0"},
        [Sync("x", {"a": "x"}, also={"b": "x"}), Sync("y", {"b": "y"})],
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_spin_counts_a_small_network_as_we_do(name: str) -> None:
    assert ours(SMALL[name]) == three(counted(finite(SMALL[name])))


@settings(max_examples=8)
@given(networks())
def test_spin_counts_any_network_as_we_do(drawn: Drawn) -> None:
    """A few only, since each is compiled."""
    graph = naive_graph(build(drawn))
    ends = sum(graph.out_degree(state) == 0 for state in graph)
    assert (graph.number_of_nodes(), graph.number_of_edges(), ends) == three(counted(finite(build(drawn))))


REAL = {
    "one request": ("1.27", Bounds(requests=1, closers=0)),
    "two requests": ("1.27", Bounds()),
    "two requests, Go 1.12": ("1.12", Bounds()),
}
PROGRAMS = {"-e get; close": 1, "-e get; read-all": 3, "-e get; cancel": 2, "-e post; read-all; settle": 2}


@pytest.mark.parametrize("name", REAL)
def test_spin_counts_the_network_as_we_do(spec: Spec, name: str) -> None:
    go, bounds = REAL[name]
    net = exported_network(spec, choose_profile(spec.profiles, go), bounds)
    assert ours(net) == three(counted(finite(net)))


@pytest.mark.parametrize("steps", PROGRAMS)
def test_spin_counts_a_program_as_we_do(spec: Spec, steps: str) -> None:
    scenario = pipeline.open_scenario(None, steps.removeprefix("-e "), PROGRAMS[steps])
    net = exported_network(spec, choose_profile(spec.profiles, None), Bounds(conns=2), scenario)
    assert ours(net) == three(counted(finite(net)))


@pytest.mark.deep
@pytest.mark.parametrize("bounds", [Bounds(requests=3, closers=0), Bounds(callers=2, requests=1, closers=0)], ids=str)
def test_spin_counts_a_large_network_as_we_do(spec: Spec, bounds: Bounds) -> None:
    net = exported_network(spec, choose_profile(spec.profiles, None), bounds)
    assert ours(net) == three(counted(finite(net)))


def test_a_vector_that_is_lost_shows_in_the_counts(spec: Spec) -> None:
    net = exported_network(spec, choose_profile(spec.profiles, None), Bounds(requests=1, closers=0))
    whole = finite(net)
    fewer = replace(whole, vectors=tuple(vector for vector in whole.vectors if vector.name != "fn_eof"))
    assert len(fewer.vectors) < len(whole.vectors)
    assert ours(net) != three(counted(fewer))


def test_a_configuration_that_is_lost_is_an_error_of_spin() -> None:
    net = network({"a": "a0 -x-> a1 -x-> a2 -x-> a3"}, [Sync("x", {"a": "x"})])
    cut = finite(net, limit=2)
    assert not cut.components[0].whole
    with pytest.raises(AssertionError, match="assertion violated"):
        counted(cut)


@given(networks())
def test_every_configuration_that_is_reached_is_exported(drawn: Drawn) -> None:
    reached = named_states(explore(build(drawn), Bounds()))
    for number, component in enumerate(finite(build(drawn)).components):
        assert component.whole
        assert {state[number] for state in reached} <= {c.state for c in component.configurations}


LARGE = """
State-vector 44 byte, depth reached 1322, errors: 0
 86777617 states, stored
4.2541543e+08 states, matched
5.1219305e+08 transitions (= stored+matched)
 4204.305	actual memory usage for states

pan: elapsed time 238 seconds
"""
"""The end of a search of a hundred million transitions, which Spin writes with eight digits."""


def test_a_count_of_spins_with_an_exponent_is_read_and_is_the_same_as_the_exact_one() -> None:
    found = read_counts(LARGE)
    assert (found.states, found.transitions, found.seconds) == (86_777_617, 512_193_049, 238.0)
    assert same_count(found.transitions, 512_193_045) and not same_count(found.transitions, 512_193_245)
    assert not same_count(found.states, found.states - 1)
