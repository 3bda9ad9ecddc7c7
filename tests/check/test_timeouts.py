"""Timeouts: time is abstract, so what passes first is foretold only where it is clear; where nobody waits, none passes."""

from dataclasses import replace

import pytest

from pcstate import pipeline
from pcstate.check.reduction import Reduction
from pcstate.check.skeleton import skeleton
from pcstate.model.scenario import Scenario, ServerScript
from pcstate.model.verdict import Bounds
from pcstate.predict import predict
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.scenarios import parse_expression


def test_client_timeouts_of_requests_that_began_together_race_with_what_the_first_one_sets_going(spec: Spec) -> None:
    """The first one's ends its unread body, which lets the second dial: it is served, and its time is up then, or before."""
    program = replace(parse_expression("get", 2), transport={"MaxConnsPerHost": 1, "Timeout": 300})
    found = predict(spec, program).outcomes
    assert {("", ""), ("", "deadline")} == {outcome.errors for outcome in found}
    assert {0, 1} == {outcome.idle_conns for outcome in found if outcome.dials == 2}


@pytest.mark.parametrize(
    ("steps", "behaviour", "error"),
    [
        ("get; cancel; read-all; settle", "stall-body", "context-canceled"),
        ("settle; get; cancel; read-all", "stall-body", "context-canceled"),
        ("get; close; read-all; settle", "normal", "closed-body"),
    ],
)
@pytest.mark.parametrize("reduce", [True, False], ids=["reduced", "whole"])
def test_no_timeout_passes_where_nobody_waits(spec: Spec, steps: str, behaviour: str, error: str, reduce: bool) -> None:
    """Before the request and behind its last Read settles may be as long as they like."""
    program = replace(parse_expression(steps, 1), server=ServerScript(behaviour=behaviour), transport={"Timeout": 300})
    assert {(error,)} == {outcome.errors for outcome in predict(spec, program, reduce=reduce).outcomes}


@pytest.mark.parametrize(
    ("idle", "dials"), [(0, {2}), (400, {3}), (3_000, {2, 3}), (90_000, {2})], ids=["none", "before", "perhaps", "never"]
)
def test_idle_connections_time_out_while_a_longer_timeout_is_waited_for(spec: Spec, idle: int, dials: set[int]) -> None:
    """One caller's connection is idle until another's body has stalled for Client.Timeout; then it is asked for again."""
    callers = parse_expression("head; settle", 2).callers + parse_expression("get; read-all", 1).callers
    callers = (callers[0], replace(callers[1], hosts=(1,)))
    server = ServerScript("length", 100, behaviour="stall-body")
    program = Scenario("", "", callers, server, {"Timeout": 2_000, "IdleConnTimeout": idle})
    assert dials == {outcome.dials for outcome in predict(spec, program).outcomes}


@pytest.mark.parametrize(
    ("places", "timeout", "errors"),
    [(0, 30_000, {"header-timeout"}), (1, 30_000, {"header-timeout"}), (1, 11_000, {"header-timeout", "deadline"})],
    ids=["at once", "one behind the other", "perhaps too late"],
)
def test_the_shorter_of_two_timeouts_passes_in_each_request(spec: Spec, places: int, timeout: int, errors: set[str]) -> None:
    """Both begin anew with each; in a queue for a place that of the client alone goes on."""
    transport = {"ResponseHeaderTimeout": 5_000, "Timeout": timeout, "MaxConnsPerHost": places}
    one = parse_expression("get", 2)
    program = replace(one, callers=one.callers * 2, transport=transport, server=ServerScript(behaviour="stall-head"))
    assert errors == {error for outcome in predict(spec, program).outcomes for error in outcome.errors}


@pytest.mark.parametrize(("timeout", "errors"), [(30_000, {("", "")}), (300, {("", ""), ("", "deadline")})])
def test_a_drain_is_given_up_before_a_long_timeout(spec: Spec, timeout: int, errors: set[tuple[str, ...]]) -> None:
    """The second request waits for the place of a connection whose stalled body is being drained, for 50 ms."""
    transport = {"MaxConnsPerHost": 1, "Timeout": timeout}
    program = replace(parse_expression("get; close", 2), transport=transport, server=ServerScript(behaviour="stall-body"))
    assert errors == {outcome.errors for outcome in predict(spec, program).outcomes}


def test_drains_that_began_together_are_given_up_together(spec: Spec) -> None:
    """Both places go to callers that wait, each of whom dials; were one drain to end long before the other, the second caller
    would be handed the connection of the first."""
    closers, heads = (replace(parse_expression(each, 1)).callers * 2 for each in ("get; close", "head"))
    server = ServerScript(behaviour="stall-body")
    found = predict(spec, Scenario("", "", closers + heads, server, {"MaxConnsPerHost": 2})).outcomes
    assert any(outcome.dials == 4 and not any(outcome.reused) for outcome in found)


@pytest.mark.parametrize("reduce", [True, False], ids=["reduced", "whole"])
def test_of_two_timeouts_that_do_not_differ_clearly_either_may_end_each_wait(spec: Spec, reduce: bool) -> None:
    """The second request has waited for the first one's place: its Client.Timeout may pass just then, its dial on its way, or it
    has all the time that ResponseHeaderTimeout gives it from there on."""
    one = parse_expression("get", 1)
    transport = {"ResponseHeaderTimeout": 300, "Timeout": 500, "MaxConnsPerHost": 1}
    program = replace(one, callers=one.callers * 2, transport=transport, server=ServerScript(behaviour="stall-head"))
    found = {(outcome.dials, outcome.idle_conns, *outcome.errors) for outcome in predict(spec, program, reduce=reduce).outcomes}
    header, client = "header-timeout", "deadline"
    assert {(1, 0, header, client), (2, 0, header, client), (2, 1, header, client), (2, 0, header, header)} <= found
    assert not any(idle and errors == [header, header] for _, idle, *errors in found)


IDLE, HEADER, CLIENT = "IdleConnTimeout", "ResponseHeaderTimeout", "Timeout"
HEADERS = "header-timeout"


@pytest.mark.parametrize("profile", ["go1.12", "go1.19", "go1.22", "go1.27.0", "go1.27.2"])
@pytest.mark.parametrize(
    ("text", "requests", "server", "transport", "possible"),
    [
        # dials, idle connections, errors
        ("get; read-all", 1, ServerScript(), {CLIENT: 49}, {(1, 1, ""), (1, 0, ""), (1, 0, "deadline"), (0, 0, "deadline")}),
        ("get", 1, ServerScript(behaviour="stall-head"), {CLIENT: 49}, {(1, 0, "deadline"), (0, 0, "deadline")}),
        ("get; read-all", 2, ServerScript(), {HEADER: 49}, {(1, 1, "", ""), (2, 1, HEADERS, ""), (1, 0, "", HEADERS)}),
        ("get; settle", 2, ServerScript(behaviour="stall-head"), {HEADER: 49}, {(2, 0, HEADERS, HEADERS)}),
        ("get; read-all", 2, ServerScript(), {IDLE: 99}, {(1, 1, "", ""), (1, 0, "", ""), (2, 1, "", ""), (2, 0, "", "")}),
        ("get; read-all; settle", 2, ServerScript(), {IDLE: 299}, {(1, 1, "", ""), (2, 1, "", "")}),
    ],
)  # fmt: skip
def test_a_timeout_that_is_too_short_for_what_comes_before_may_pass_or_not(
    spec: Spec, profile: str, text: str, requests: int, server: ServerScript, transport: dict[str, int], possible: set[object]
) -> None:
    program = replace(parse_expression(text, requests), transport=transport, server=server)
    report, whole = (predict(spec, program, profile, reduce=reduce) for reduce in (True, False))
    assert report.complete and whole.complete
    assert set(report.hasty) == set(transport)
    assert set(report.outcomes) == set(whole.outcomes)
    assert {(o.dials, o.idle_conns, *o.errors) for o in report.outcomes} >= possible
    longer = replace(program, transport={name: ms + 1 for name, ms in transport.items()})
    assert set(predict(spec, longer, profile).outcomes) <= set(report.outcomes)


def test_a_body_that_takes_its_time_may_take_longer_than_client_timeout(spec: Spec) -> None:
    program = replace(parse_expression("get; read-all", 1), server=ServerScript("length", 200_000_000))
    errors = {o.errors for o in predict(spec, replace(program, transport={"Timeout": 2_049})).outcomes}
    assert {("",), ("deadline",)} == errors
    assert {("",)} == {o.errors for o in predict(spec, replace(program, transport={"Timeout": 2_050})).outcomes}


@pytest.mark.parametrize(
    ("steps", "size", "dials"),
    [
        ("get; settle; read-all", 1 << 20, {2}),  # all of it is written, and 50 ms pass, before it is read
        ("get; settle; read-all", (1 << 20) + 1, {1, 2}),  # or the server waits for the client to read it
        ("get; read 3000000; settle; read-all", 4_000_000, {2}),  # what is left is written
        ("get; read 1000000; settle; read-all", 4_000_000, {1, 2}),
        ("head; settle", 4_000_000, {2}),
    ],
)
def test_a_server_that_waits_for_a_long_body_to_be_read_is_not_idle_before(
    spec: Spec, steps: str, size: int, dials: set[int]
) -> None:
    report = predict(spec, replace(parse_expression(steps, 2), server=ServerScript("length", size, behaviour="close-while-idle")))
    assert report.complete
    assert {outcome.dials for outcome in report.outcomes} == dials


@pytest.mark.parametrize(("idle", "passes"), [(150, True), (260, True), (2_000, False)])
def test_an_idle_connection_whose_time_is_over_about_when_a_clients_is_may_be_there_or_not(
    spec: Spec, idle: int, passes: bool
) -> None:
    callers = parse_expression("get; close", 1).callers + parse_expression("get; settle; read 10", 1).callers
    program = Scenario("", "", callers, ServerScript("length", 100), {"Timeout": 200})
    report = predict(spec, replace(program, transport={"Timeout": 200, "IdleConnTimeout": idle}), "1.27")
    assert report.complete
    without = predict(spec, program, "1.27").outcomes.keys()
    assert report.outcomes.keys() > without if passes else report.outcomes.keys() == without
    nobody_waits = replace(parse_expression("get; read-all", 2), transport={"Timeout": 200, "IdleConnTimeout": idle + 50})
    assert {o.idle_conns for o in predict(spec, nobody_waits, "1.27").outcomes} == {1}


@pytest.mark.parametrize(("steps", "body"), [("get; settle", "none"), ("head; settle", "length")])
def test_a_body_that_is_not_sent_takes_no_time(spec: Spec, steps: str, body: str) -> None:
    server = ServerScript(body, 200_000_000, behaviour="close-while-idle")
    assert predict(spec, replace(parse_expression(steps, 1), server=server, transport={"Timeout": 100})).complete


@pytest.mark.parametrize("profile", ["go1.12", "go1.19", "go1.27.2"])
@pytest.mark.parametrize(
    ("header", "client", "expected"),
    [
        (100, 5000, {"header-timeout"}),
        (5000, 100, {"deadline"}),
        (100, 150, {"header-timeout", "deadline"}),
        (100, 350, {"header-timeout", "deadline"}),
        (350, 100, {"header-timeout", "deadline"}),
        (100, 900, {"header-timeout", "deadline"}),  # on a slow machine
        (100, 1000, {"header-timeout"}),
    ],
)
def test_of_two_timeouts_the_shorter_one_ends_the_wait_where_they_differ_clearly(
    spec: Spec, profile: str, header: int, client: int, expected: set[str]
) -> None:
    timeouts = {"ResponseHeaderTimeout": header, "Timeout": client}
    program = replace(parse_expression("get", 2), transport=timeouts, server=ServerScript(behaviour="stall-head"))
    assert expected == {error for outcome in predict(spec, program, profile).outcomes for error in outcome.errors}


def test_when_one_client_timeout_has_passed_the_others_are_due(spec: Spec) -> None:
    """Two callers with two requests, whose bodies stall: the second body's time may be up although the first caller waits for a
    head again, which comes first otherwise."""
    timeouts = {"ResponseHeaderTimeout": 100, "Timeout": 60_000}
    one = parse_expression("get; read-all", 2)
    program = replace(one, callers=one.callers * 2, transport=timeouts, server=ServerScript(behaviour="stall-body"))
    sizes = Bounds(callers=2, conns=4, requests=2, max_states=20_000, timeout=60.0)
    built = pipeline.build(spec, choose_profile(spec.profiles, None), sizes, program)
    graph = skeleton(built.network, sizes, Reduction(built.network))
    fired = {graph.network.vectors[number].name for arrows in graph.arrows for arrow in arrows for number in arrow.vectors}
    assert {"expire", "expire_due"} <= fired


def test_an_idle_timeout_may_pass_in_a_chain_of_drains(spec: Spec) -> None:
    """Four drains of 50 ms, one behind the other: nobody waits for Client.Timeout, and still 120 ms pass."""
    head, close = (parse_expression(text, requests).callers[0] for text, requests in (("head", 1), ("get; close", 4)))
    transport = {"MaxConnsPerHost": 1, "IdleConnTimeout": 120}
    drains = Scenario("drains", "", (replace(head, hosts=(1,)), close), ServerScript(behaviour="stall-body"), transport)
    in_pool = [
        {o.idle_conns for o in predict(spec, replace(drains, transport={**transport, IDLE: ms})).outcomes} for ms in (120, 90_000)
    ]
    assert in_pool == [{0, 1}, {1}]
