"""Verdicts: what was not looked at is UNKNOWN, what was found stays found."""

import pytest

from pcstate.check.explore import explore
from pcstate.check.judge import Judge
from pcstate.check.limits import Limits
from pcstate.check.tracing import Tracer
from pcstate.errors import Place
from pcstate.model.formula import compile_formula
from pcstate.model.lts import lts
from pcstate.model.network import Network
from pcstate.model.property import CompiledProperty, Instance, Property
from pcstate.model.verdict import Bounds, Judgement, Verdict
from tests.check.small import Sync, network

WHOLE = Bounds()
CUT = Bounds(max_states=2)
"""Enough to expand two of the six states of `line`, and to see three."""


def line(**kinds: str) -> Network:
    """s0 to s5, one step after the other, all by one goroutine."""
    walk = "s0 -e0-> s1 -e1-> s2 -e2-> s3 -e3-> s4 -e4-> s5"
    syncs = [Sync(f"e{n}", {"a": f"e{n}"}, kind=kinds.get(f"e{n}", ""), abstract=(f"e{n}", 0)) for n in range(5)]
    return network({"a": walk}, syncs)


def judged(
    kind: str,
    formula: str = "0",
    then: str = "",
    bounds: Bounds = WHOLE,
    net: Network | None = None,
    at_rest: bool = False,
    lifecycle: str = "s0 -e0-> s1 -e1-> s2 -e2-> s3 -e3-> s4 -e4-> s5",
    profile: str = "go1.26",
    strong: bool = False,
    limits: Limits | None = None,
) -> Judgement:
    net = net or line()
    place = Place("small")
    promise = Property(
        "small", kind, "", formula, then, at_rest, strong, (), (), ("PC-1",), ("go1.26",), (), (), None, place, place, place
    )
    instance = Instance("", compile_formula(formula, net, {}), compile_formula(then, net, {}) if then else None)
    graph = explore(net, bounds)
    judge = Judge(graph, Tracer(graph.network, {}), (lts(lifecycle), 0), limits)
    return judge.judge(CompiledProperty(promise, (instance,)), profile)


@pytest.mark.parametrize(
    ("kind", "formula", "then"),
    [
        ("always", "a != 'nowhere'", ""),
        ("sometimes", "a == 's5'", ""),
        ("deadlock", "a == 's5'", ""),
        ("leads-to", "a == 's0'", "a == 's5'"),
        ("refinement", "0", ""),
    ],
)
def test_what_holds_of_all_states_is_unknown_when_the_search_stopped(kind: str, formula: str, then: str) -> None:
    assert Verdict.HOLDS == judged(kind, formula, then).verdict
    stopped = judged(kind, formula, then, CUT)
    assert Verdict.UNKNOWN == stopped.verdict
    assert "the search stopped at its limit of 2 states" == stopped.reason
    assert stopped.trace is None


def test_once_its_time_is_over_no_property_is_judged() -> None:
    over = Limits(Bounds(timeout=-1))
    for kind, formula in [("always", "a != 's5'"), ("leads-to", "a == 's0'")]:
        found = judged(kind, formula, "0", limits=over)
        assert (Verdict.UNKNOWN, "not judged: timeout of -1 s") == (found.verdict, found.reason)


def test_where_memory_is_short_what_one_look_at_each_state_tells_is_judged_and_loops_are_not_looked_for() -> None:
    short = Limits(Bounds(memory=1))
    assert Verdict.VIOLATED == judged("always", "a != 's5'", limits=short).verdict
    found = judged("leads-to", "a == 's0'", "0", limits=short)
    assert (Verdict.UNKNOWN, "not judged: limit of 1e-09 GB of memory") == (found.verdict, found.reason)
    assert Verdict.VIOLATED == judged("leads-to", "a == 's0'", "0", limits=Limits(Bounds(memory=1 << 50))).verdict


@pytest.mark.parametrize("bounds", [WHOLE, CUT])
def test_a_violation_found_before_the_stop_is_a_violation(bounds: Bounds) -> None:
    always = judged("always", "a != 's1'", bounds=bounds)
    assert Verdict.VIOLATED == always.verdict
    assert always.trace is not None
    assert ["e0"] == [step.action for step in always.trace.steps]
    refined = judged("refinement", bounds=bounds, lifecycle="s0 -e0-> s1")
    assert (Verdict.VIOLATED, "connection 0: lifecycle does not take 'e1' in state 's1'") == (
        refined.verdict,
        refined.reason,
    )
    resting = line(e1="environment")
    assert Verdict.VIOLATED == judged("deadlock", "a == 's5'", bounds=bounds, net=resting).verdict
    assert Verdict.VIOLATED == judged("leads-to", "a == 's0'", "a == 's5'", bounds=bounds, net=resting).verdict


@pytest.mark.parametrize("bounds", [WHOLE, CUT])
def test_a_sometimes_that_was_found_before_the_stop_holds(bounds: Bounds) -> None:
    found = judged("sometimes", "a == 's2'", bounds=bounds)
    assert Verdict.HOLDS == found.verdict
    assert found.trace is not None
    assert ["e0", "e1"] == [step.action for step in found.trace.steps]


def test_a_sometimes_that_is_never_so_is_violated() -> None:
    assert Verdict.VIOLATED == judged("sometimes", "a == 'nowhere'").verdict


def test_at_rest_counts_only_states_where_no_goroutine_can_move() -> None:
    assert Verdict.VIOLATED == judged("sometimes", "a == 's2'", at_rest=True).verdict
    assert Verdict.HOLDS == judged("sometimes", "a == 's2'", at_rest=True, net=line(e2="environment")).verdict
    assert Verdict.UNKNOWN == judged("sometimes", "a == 's2'", at_rest=True, bounds=CUT).verdict


@pytest.mark.parametrize("kind", ["environment", "environment-timer", "settle"])
def test_what_only_others_owe_is_no_progress(kind: str) -> None:
    assert Verdict.VIOLATED == judged("leads-to", "a == 's0'", "a == 's5'", net=line(e3=kind)).verdict


def test_a_timer_is_owed() -> None:
    assert Verdict.HOLDS == judged("leads-to", "a == 's0'", "a == 's5'", net=line(e3="timer")).verdict


def test_a_property_of_other_profiles_is_not_run() -> None:
    assert Verdict.NOT_RUN == judged("always", "0", profile="go1.12").verdict


def test_a_lasso_says_where_it_begins_to_go_round() -> None:
    net = network({"a": "a0 -in-> a1 -x-> a2 -y-> a1"}, [Sync(e, {"a": e}) for e in ("in", "x", "y")])
    found = judged("leads-to", "a == 'a0'", "a == 'nowhere'", net=net)
    assert Verdict.VIOLATED == found.verdict
    assert found.trace is not None
    assert (["in", "x", "y"], 1) == ([step.action for step in found.trace.steps], found.trace.loop)


def test_fairness_is_as_strong_as_the_property_says() -> None:
    """`b` is ready for `a` in b0 only, again and again: a weakly fair run may leave `a` there for ever."""
    charts = {"a": "a0 -x-> a1", "b": ["b0 -y-> b1 -z-> b0", "b0 -x-> b2"]}
    net = network(charts, [Sync("meet", {"a": "x", "b": "x"}), Sync("y", {"b": "y"}), Sync("z", {"b": "z"})])
    weak, strong = (judged("leads-to", "a == 'a0'", "a == 'a1'", net=net, strong=asked) for asked in (False, True))
    assert (Verdict.VIOLATED, Verdict.HOLDS) == (weak.verdict, strong.verdict)
    assert weak.trace is not None
    assert 0 == weak.trace.loop


@pytest.mark.parametrize(("kind", "owed"), [("", True), ("timer", False), ("environment", False)])
def test_what_an_object_has_still_to_do_is_owed_but_for_clocks_and_the_environment(kind: str, owed: bool) -> None:
    """`a` goes round for ever beside an object whose place is still to be given back."""
    charts = {"a": "a0 -x-> a0", "place": "held -release-> free"}
    syncs = [Sync("x", {"a": "x"}), Sync("release", {"place": "release"}, kind=kind)]
    net = network(charts, syncs, {"place": "object"})
    verdict = judged("leads-to", "place == 'held'", "place == 'free'", net=net).verdict
    assert (Verdict.HOLDS if owed else Verdict.VIOLATED) is verdict
