"""The reduction of `predict` leaves out no outcome and adds none."""

from dataclasses import replace
from typing import Any

import pytest

from pcstate import pipeline
from pcstate.check.history import histories
from pcstate.check.predict import Rests, has_no_conn, misses_a_conn, outcomes
from pcstate.check.reduction import Reduction
from pcstate.check.skeleton import skeleton
from pcstate.model.formula import compile_formula
from pcstate.model.scenario import Scenario, ServerScript
from pcstate.predict import SCENARIO_BOUNDS, predict, search_outcomes
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.scenarios import parse_expression

BOUNDS = replace(SCENARIO_BOUNDS, max_states=10_000, timeout=10.0)
EXPRESSIONS = ("get; read-all", "get", "get; close", "get; cancel", "get; read 100; close")
Case = tuple[str, int, tuple[int, ...], str]

CASES: list[Case] = [
    *((text, 2, (0,), "normal") for text in EXPRESSIONS),
    ("get; read-all", 1, (0,), "normal"),
    ("get; read-all", 3, (0,), "normal"),
    *((text, 2, (0, 1), "normal") for text in EXPRESSIONS[:3]),
    *((text, 2, (0,), server) for server in ("close-after-response", "stall-body") for text in EXPRESSIONS),
]
"""Steps, requests, hosts, and what the server does."""

LARGE = [(text, "close-after-response") for text in ("get; read-all", "get; close", "get; read 100; close")]
"""Without the reduction these do not end within BOUNDS in some profile."""


def every_case() -> list[Any]:
    """All small cases under the newest Go, the plain ones under the others; the rest is deep."""
    found = []
    for profile in ("go1.27.2", "go1.26", "go1.12"):
        for number, case in enumerate(CASES):
            text, requests, hosts, server = case
            quick = number < 3 or (profile == "go1.27.2" and (text, server) not in LARGE)
            name = f"{profile}-{text}-{requests}-{len(hosts)}-{server}"
            found.append(pytest.param(case, profile, id=name, marks=() if quick else (pytest.mark.deep,)))
    return found


def scenario(text: str, requests: int, hosts: tuple[int, ...], behaviour: str) -> Scenario:
    found = parse_expression(text, requests)
    callers = (replace(found.callers[0], hosts=hosts),)
    return replace(found, callers=callers, server=ServerScript(behaviour=behaviour))


@pytest.mark.parametrize(("case", "profile"), every_case())
def test_the_reduction_changes_no_outcome(spec: Spec, case: Case, profile: str) -> None:
    program = scenario(*case)
    reduced = predict(spec, program, profile, BOUNDS)
    whole = predict(spec, program, profile, BOUNDS, reduce=False)
    assert reduced.complete
    assert reduced.prediction.states <= whole.prediction.states
    assert whole.complete or (case[0], case[3]) in LARGE
    assert set(whole.outcomes) <= set(reduced.outcomes)
    if whole.complete:
        assert set(whole.outcomes) == set(reduced.outcomes)


@pytest.mark.parametrize("profile", ["go1.12", "go1.27.2"])
@pytest.mark.parametrize("text", ["get; read-all", "get; cancel"])
def test_nor_does_it_with_two_callers(spec: Spec, text: str, profile: str) -> None:
    """One of them waits until all is quiet, so that it may find what the other left."""
    late, early = parse_expression(f"settle; {text}", 1), parse_expression(text, 1)
    program = replace(early, callers=(*late.callers, *early.callers))
    reduced = predict(spec, program, profile)
    whole = predict(spec, program, profile, replace(BOUNDS, max_states=100_000, timeout=60.0), reduce=False)
    assert reduced.complete and whole.complete
    assert set(whole.outcomes) == set(reduced.outcomes)
    assert all("stuck" not in outcome.errors for outcome in whole.outcomes)


@pytest.mark.parametrize(
    "texts", [("get; close; cancel; settle; read 1; close", "get; close; cancel"), ("get; spawn close",) * 2]
)
def test_facts_of_what_has_nothing_to_do_with_what_change_no_outcome(spec: Spec, texts: tuple[str, ...]) -> None:
    program = replace(parse_expression(texts[0], 2), callers=tuple(parse_expression(text, 2).callers[0] for text in texts))
    network = pipeline.build(spec, choose_profile(spec.profiles, None), replace(SCENARIO_BOUNDS, conns=5), program).network
    found = []
    for apart in (network.apart, tuple(replace(fact, wholly=False) for fact in network.apart)):
        graph = skeleton(network, SCENARIO_BOUNDS, Reduction(replace(network, apart=apart)))
        found.append(set(outcomes(graph, Rests(graph, program, spec.network.outcome)).outcomes))
    assert found[0] == found[1] and len(found[0]) > 5


@pytest.mark.parametrize("behaviour", ["stall-body", "stall-head"])
def test_nor_does_it_where_two_clocks_run_side_by_side(spec: Spec, behaviour: str) -> None:
    """One caller goes on when its own is over, while the other's may be over at any moment."""
    callers = (parse_expression("get; close; settle", 1).callers[0], parse_expression("get; close", 1).callers[0])
    program = Scenario("", "", callers, ServerScript(behaviour=behaviour), {"ResponseHeaderTimeout": 300})
    reduced = predict(spec, program)
    whole = predict(spec, program, None, replace(BOUNDS, max_states=100_000, timeout=60.0), reduce=False)
    assert reduced.complete and whole.complete
    assert set(whole.outcomes) == set(reduced.outcomes)


@pytest.mark.parametrize("profile", ["go1.12", "go1.22", "go1.27.2"])
@pytest.mark.parametrize("text", ["get; cancel; settle", "get; read 10; cancel; settle"])
def test_a_connection_that_is_over_is_dialled_again(spec: Spec, text: str, profile: str) -> None:
    """The network has fewer connections than the program dials, which makes no difference to what is counted."""
    program = parse_expression(text, 3)
    reduced, search = search_outcomes(spec, program, profile)
    whole = predict(spec, program, profile, replace(BOUNDS, max_states=100_000, timeout=60.0), reduce=False)
    assert reduced.complete and whole.complete and search is not None
    assert set(whole.outcomes) == set(reduced.outcomes)
    assert max(outcome.dials for outcome in reduced.outcomes) == 3 > search.graph.network.parameters["conns"]


@pytest.mark.parametrize("profile", ["go1.12", "go1.22", "go1.27.2"])
@pytest.mark.parametrize("text", ["get; spawn close; cancel", "get; spawn close; cancel; settle; read 1; close"])
def test_nor_is_one_over_that_another_goroutine_still_closes(spec: Spec, text: str, profile: str) -> None:
    program = parse_expression(text, 2)
    reduced = predict(spec, program, profile)
    whole = predict(spec, program, profile, replace(BOUNDS, max_states=200_000, timeout=60.0), reduce=False)
    assert reduced.complete and whole.complete
    assert set(whole.outcomes) == set(reduced.outcomes)


def test_what_is_left_out_does_not_rest_on_there_being_no_connection_left(spec: Spec) -> None:
    """In a network of as many as two callers use at a time, others would be left out than where there is one more."""
    texts = {"get; read-all; settle": (0, 1), "head; settle": (1, 0)}
    callers = tuple(replace(parse_expression(text, 2).callers[0], hosts=hosts) for text, hosts in texts.items())
    program = Scenario("", "", callers, transport={"MaxIdleConns": 1})
    profile = choose_profile(spec.profiles, "go1.27.2")
    two = pipeline.build(spec, profile, replace(SCENARIO_BOUNDS, conns=2), program).network
    plain, told = (skeleton(two, BOUNDS, Reduction(two), lacks(two)) for lacks in (misses_a_conn, has_no_conn))
    found = set(predict(spec, program, profile.name).outcomes)
    assert set(outcomes(plain, Rests(plain, program, spec.network.outcome)).outcomes) < found and not plain.short
    assert told.short
    assert any(outcome.dials == 4 and not any(outcome.errors) for outcome in found)


@pytest.mark.parametrize("text", ["get; cancel; settle", "get; cancel", "get; spawn close"])
def test_dials_are_counted_as_those_of_the_states_are(spec: Spec, text: str) -> None:
    """Where no connection is dialled again, what is seen of the dials and what the connections show of them is the same."""
    _, search = search_outcomes(spec, parse_expression(text, 2), "go1.27.2", reduce=False)
    assert search is not None
    network = search.graph.network.observed()
    shown, counted = (compile_formula(spec.network.outcome[key], network, network.parameters) for key in ("dials", "dials_seen"))
    seen = [search.graph.states[n] + past for n, pasts in enumerate(histories(search.graph)) for past in pasts]
    assert [shown(each) for each in seen] == [counted(each) for each in seen]
    assert max(map(counted, seen)) == 2


@pytest.mark.parametrize("behaviour", ["stall-body", "truncate-body"])
def test_a_server_without_a_body_to_stall_answers(spec: Spec, behaviour: str) -> None:
    program = replace(parse_expression("get", 1), server=ServerScript(body="none", behaviour=behaviour))
    (outcome,) = predict(spec, program, "1.27").outcomes
    assert ("",) == outcome.errors
