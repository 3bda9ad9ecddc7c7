"""A run is led from rest to rest: what waits is told to, what does not happens by itself, and what cannot be led is refused."""

from collections.abc import Callable

import pytest

from pcstate.check.steering import plan, walk
from pcstate.check.tracing import follow
from pcstate.errors import Place
from pcstate.model.network import GlobalState, Network
from pcstate.model.replay import Action, Expected, Gate, Plan, Stand, Steering, Unsteered
from tests.check.small import Sync, network

NOWHERE = Place("here", 1)


def deed(*vectors: str) -> Action:
    return Action(vectors, "send", "", "", 0, "told", NOWHERE)


def steering(*actions: Action, never: tuple[tuple[str, str], ...] = (), charts: str = "a b") -> Steering:
    """With a stand that shows every state of each chart under its own name."""
    names = [f"{chart}{n}" for chart in charts.split() for n in range(4)]
    stands = [Stand(chart, chart, {name: (name,) for name in names}, NOWHERE) for chart in charts.split()]
    return Steering((Gate("gate", "j", (), NOWHERE),), actions, never, tuple(stands))


def planned(
    net: Network, how: Steering, actions: str, short: Callable[[GlobalState], bool] = lambda _: False
) -> Plan | Unsteered | None:
    run = follow(net, actions.split())
    assert len(run) == len(actions.split())
    return plan(net, how, run, lambda _: 0, short)


def seen(expected: tuple[Expected, ...]) -> set[str]:
    """The states that may be seen, as words."""
    return {" ".join(point for points in each.image for _, point in points) for each in expected}


CHAIN = network({"a": "a0 -go-> a1 -x-> a2"}, [Sync("go", {"a": "go"}), Sync("x", {"a": "x"})])
"""One that is told to go, and then goes on by itself."""
CLASH = network(
    {"a": ["a0 -go-> a1 -x-> a2", "a1 -y-> a3"], "b": "b0 -z-> b1"},
    [Sync("go", {"a": "go"}), Sync("x", {"a": "x"}), Sync("y", {"a": "y"}), Sync("z", {"a": "z", "b": "z"})],
)
"""One that goes on in one of two ways."""


def test_what_happens_by_itself_is_no_step() -> None:
    found = planned(CHAIN, steering(deed("go")), "go x")
    assert isinstance(found, Plan)
    assert [("go", 1)] == [(step.vector, step.number) for step in found.steps]
    assert {"a2"} == seen(found.steps[0].allowed) == seen(found.same)
    assert not found.other and not found.races


def test_a_trace_that_ends_early_goes_on_by_itself() -> None:
    found = planned(CHAIN, steering(deed("go")), "go")
    assert isinstance(found, Plan)
    assert {"a2"} == seen(found.same)


def test_what_waits_to_be_told_stays_where_it_is() -> None:
    found = planned(CHAIN, steering(deed("go"), deed("x")), "go")
    assert isinstance(found, Plan)
    assert {"a1"} == seen(found.steps[0].allowed) == seen(found.same)


def test_a_clock_runs_out_in_the_end_and_hurries_what_comes_before() -> None:
    clock = Action(("x",), "wait", "", "", 50, "time passes", NOWHERE)
    net = network(
        {"a": "a0 -go-> a1 -x-> a2", "b": "b0 -do-> b1"},
        [Sync("go", {"a": "go"}), Sync("x", {"a": "x"}, kind="timer"), Sync("do", {"b": "do"})],
    )
    found = planned(net, steering(deed("go", "do"), clock), "go do")
    assert isinstance(found, Plan)
    assert [0, 1] == [step.hurry for step in found.steps]
    assert {"a1 b1"} == seen(found.steps[1].allowed)
    assert {"a2 b1"} == seen(found.same)
    assert 50 == found.clock


def test_a_race_leaves_both_ways_and_the_trace_s_is_the_same() -> None:
    found = planned(CLASH, steering(deed("go")), "go x")
    assert isinstance(found, Plan)
    assert {"a2 b0", "a3 b0"} == seen(found.steps[0].allowed)
    assert {"a2 b0"} == seen(found.same)
    assert {"a3 b0"} == seen(found.other)


def test_a_step_that_one_way_of_a_race_makes_possible_is_told() -> None:
    net = network(
        {"a": ["a0 -go-> a1 -x-> a2", "a1 -y-> a3"], "b": "b0 -z-> b1"},
        [Sync("go", {"a": "go"}), Sync("x", {"a": "x"}), Sync("y", {"a": "y"}), Sync("z", {"b": "z"}, unless={"a": "x"})],
    )
    after = network(
        {"a": ["a0 -go-> a1 -x-> a2 -z-> a2", "a1 -y-> a3"], "b": "b0 -z-> b1"},
        [Sync("go", {"a": "go"}), Sync("x", {"a": "x"}), Sync("y", {"a": "y"}), Sync("z", {"a": "z", "b": "z"})],
    )
    assert isinstance(planned(net, steering(deed("go", "z")), "go x z"), Plan)
    found = planned(after, steering(deed("go", "z")), "go x z")
    assert isinstance(found, Plan)
    assert ("z",) == found.races
    assert [False, True] == [step.raced for step in found.steps]


def test_what_nothing_holds_is_named() -> None:
    """y must come before x, but x does not wait."""
    net = network(
        {"a": ["a0 -go-> a1 -x-> a2", "a1 -y-> a3"]}, [Sync("go", {"a": "go"}), Sync("x", {"a": "x"}), Sync("y", {"a": "y"})]
    )
    found = planned(net, steering(deed("go", "y"), charts="a"), "go y")
    assert found == Unsteered("y", "nothing of ours holds x, which by itself comes before it")


def test_what_is_not_let_happen_is_refused_with_its_reason() -> None:
    found = planned(CHAIN, steering(deed("go"), never=(("x", "because"),)), "go x")
    assert found == Unsteered("x", "because")


def test_what_is_not_let_happen_does_not_happen_by_itself_either() -> None:
    found = planned(CLASH, steering(deed("go"), never=(("y", "because"),)), "go x")
    assert isinstance(found, Plan)
    assert not found.other


def test_a_deed_is_put_off_where_a_race_would_decide() -> None:
    """b is told first, and would win; but nothing needs it before a is through."""
    net = network(
        {"a": ["a0 -go-> a1 -x-> a2", "a1 -y-> a3"], "b": "b0 -do-> b1 -y-> b1"},
        [Sync("go", {"a": "go"}), Sync("x", {"a": "x"}), Sync("y", {"a": "y", "b": "y"}), Sync("do", {"b": "do"})],
    )
    found = planned(net, steering(deed("go", "do")), "do go x")
    assert isinstance(found, Plan)
    assert [("go", 2), ("do", 1)] == [(step.vector, step.number) for step in found.steps]
    assert not found.other


def test_a_network_that_is_too_small_gives_no_plan() -> None:
    assert planned(CHAIN, steering(deed("go")), "go x", short=lambda state: state == (2,)) is None


def test_too_many_ways_give_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcstate.check.steering.MANY", 2)
    found = planned(CLASH, steering(deed("go")), "go x")
    assert isinstance(found, Unsteered)
    assert "too many races" in found.reason


def test_a_walk_goes_from_rest_to_rest_and_can_be_planned() -> None:
    how = steering(deed("go"))
    run = walk(CHAIN, how, lambda _: False, lambda waiting: 0, 5)
    assert ["go", "x"] == [CHAIN.vectors[number].name for number, _ in run]
    assert isinstance(plan(CHAIN, how, run, lambda _: 0, lambda _: False), Plan)


def test_a_walk_ends_before_a_race_and_before_the_network_s_bound() -> None:
    assert [] == walk(CLASH, steering(deed("go")), lambda _: False, lambda waiting: 0, 5)
    assert [] == walk(CHAIN, steering(deed("go")), lambda state: state == (2,), lambda waiting: 0, 5)
