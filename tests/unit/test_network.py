"""Drawings, names, and the smallest facts about networks."""

import random

import pytest

from pcstate import pipeline
from pcstate.model.lts import Configuration, Event, Lts, explore_behaviour, lts
from pcstate.model.network import Component, Network, Vector
from pcstate.model.verdict import Bounds
from pcstate.specs.library import Spec

X, Y = Event("x"), Event("y")


def test_a_drawing_is_its_walks() -> None:
    drawn = lts(["a -x-> b -y-> a", "b -x-> c"])
    assert ["a", "b", "c"] == [configuration.state for configuration in drawn.configurations]
    assert {(0, X): 1, (1, Y): 0, (1, X): 2} == drawn.transitions
    assert (1, -1) == (drawn.step(0, X), drawn.step(0, Y))
    assert ((), 2) == (drawn.cites(0, X), drawn.renamed(2, "conn", 1))


def test_a_state_alone_is_a_drawing() -> None:
    assert Lts(0, (Configuration(("a",)),), {}) == lts("a")


def test_exploring_a_behaviour_renumbers_what_is_reached() -> None:
    whole = lts(["a -x-> b", "c -x-> d -y-> c", "d -z-> a"])
    part = explore_behaviour(whole, 2, [X, Y])
    assert ["c", "d"] == [configuration.state for configuration in part.configurations]
    assert {(0, X): 1, (1, Y): 0} == part.transitions
    assert part == explore_behaviour(part, 0, [X, Y])


def test_things_are_written_as_in_the_network_file() -> None:
    assert "go" == str(Event("go"))
    assert "go(j=0, c=exit)" == str(Event("go", (("j", 0), ("c", "exit"))))
    assert "go(i=1)" == str(Vector("go", (("i", 1),), ()))
    assert "inner(conn=2)" == str(Configuration(("outer", "inner"), (("conn", 2),)))
    assert ("loop[1]", "socket") == (_component("loop", 1).key, _component("socket").key)


def _component(name: str, index: int | None = None, drawing: str = "a -x-> b") -> Component:
    return Component(name, index, "goroutine", lts(drawing), 0)


def test_a_component_is_found_by_its_key() -> None:
    net = Network("n", (_component("loop", 0), _component("loop", 1)), ())
    assert 1 == net.number("loop[1]")
    assert "a" == net.configuration(1, net.initial()).state
    with pytest.raises(StopIteration):
        net.number("loop")


def test_steps_come_in_the_order_of_their_vectors() -> None:
    components = (_component("p"), _component("q"))
    vectors = (Vector("q", (), ((1, X),)), Vector("p", (), ((0, X),)))
    net = Network("n", components, vectors)
    assert [(0, (0, 1)), (1, (1, 0))] == list(net.steps((0, 0)))
    assert list(net.steps((0, 0))) == list(Network("n", components, vectors).steps((0, 0)))


def test_what_can_fire_is_what_steps_are_made_of(spec: Spec) -> None:
    net = pipeline.build(spec, spec.profiles[-1], Bounds(conns=2)).network
    seen, state = 0, net.initial()
    draw = random.Random(1)
    for number in range(1000):
        steps = net.steps(state)
        assert [n for n, _ in steps] == [n for n in range(len(net.vectors)) if net.can_fire(n, state)]
        seen |= sum(1 << n for n, _ in steps)
        state = draw.choice(steps)[1] if steps and number % 50 else net.initial()
    assert seen.bit_count() > 50


def test_components_may_share_a_behaviour() -> None:
    shared = lts("a -x-> b -y-> a")
    net = Network(
        "n",
        (Component("p", 0, "goroutine", shared, 0), Component("p", 1, "goroutine", shared, 1)),
        (Vector("x", (), ((0, X), (1, Y))), Vector("y", (), ((0, Y), (1, X)))),
    )
    assert [(0, (1, 0))] == list(net.steps((0, 1)))
    assert [(1, (0, 1))] == list(net.steps((1, 0)))
    assert [] == list(net.steps((0, 0)))
