"""The advice of spec/advice: each piece is met by a program, nothing that waits goes without, and what it says helps."""

from dataclasses import replace

import pytest

from pcstate.check.standing import standing
from pcstate.model.advice import Standing
from pcstate.model.scenario import Scenario, ServerScript
from pcstate.predict import predict
from pcstate.specs.library import Spec
from pcstate.specs.scenarios import parse_expression
from tests.check.small import Sync, network

NEWEST = ["go1.12", "go1.26", "go1.27.2"]
CASES: dict[str, tuple[str, str, list[str], str, str]] = {
    "idle": ("get; read-all", "normal", NEWEST, "{conns} waits in Peek, writeLoop in its select: idle", ""),
    "unread": (
        "get",
        "normal",
        NEWEST,
        "in its select for the body to be read or closed, writeLoop in its select",
        "get; read-all",
    ),
    "unread, to close": ("get", "normal", NEWEST, "for the body to be read or closed", "get; close"),
    "read in part": ("get; read 100", "normal", NEWEST, "for the body to be read or closed", "get; read 100; close"),
    "stalled": ("get", "stall-body", NEWEST, "the server has stopped in the middle of that body", "get; close"),
    "stalled, to cancel": ("get", "stall-body", NEWEST, "the server has stopped in the middle of that body", "get; cancel"),
    "hung up": ("get", "truncate-body", NEWEST, "the server has closed the connection already", "get; close"),
    "reading": ("get; read-all", "stall-body", NEWEST, "{callers} in Read for the rest of a body", "timeout"),
    "read meanwhile": ("get; read-all", "stall-body", NEWEST, "for that body to be read or closed", "timeout"),
    "no head": ("get", "stall-head", NEWEST, "{callers} in roundTrip's select", "timeout"),
    "no head, its loops": ("get", "stall-head", NEWEST, "waits in Peek for that head, writeLoop in its select", "timeout"),
    "a failed read": ("get; read-all", "truncate-body", ["go1.27.0"], "to send on eofc, to a Close that is never called", ""),
}
"""Steps, server, profiles, what is waited for, and the steps (or a Client.Timeout) that are the remedy, if one is tested."""


def scenario(text: str, behaviour: str, timeout: int = 0) -> Scenario:
    return replace(parse_expression(text, 1), server=ServerScript(behaviour=behaviour), transport={"Timeout": timeout})


def limited(text: str) -> Scenario:
    """Two requests, one after the other, to a host that may have one connection."""
    return replace(parse_expression(text, 2), transport={"MaxConnsPerHost": 1})


def none_kept(text: str, field: str) -> Scenario:
    """A Transport that keeps no idle connection."""
    return replace(parse_expression(text, 1), transport={field: -1})


def timed_out(each: str) -> Scenario:
    """Two callers before one place, whose Client.Timeout ends the Read of a body that the server does not send."""
    callers = parse_expression(each, 1).callers * 2
    return Scenario(each, "", callers, ServerScript(behaviour="stall-body"), {"MaxConnsPerHost": 1, "Timeout": 300})


def side_by_side(*lines: str) -> Scenario:
    """A caller for each of them."""
    return Scenario("; ".join(lines), "", tuple(parse_expression(line, 1).callers[0] for line in lines))


HANGING = {
    "Read": (("get; spawn close; read-all",), "{callers} in Read for a signal on eofc"),
    "Close": (("get; spawn close; read-all", "settle; get; close"), "{callers} in Close for a signal on eofc"),
    "Close elsewhere": (("get; spawn close; read-all", "settle; get; spawn close"), "the Close in another goroutine"),
    "Read, at the mutex": (("get; spawn close; read-all", "settle; get; spawn close; settle; read-all"), "in Read for the mutex"),
    "Close, at the mutex": (("get; spawn close; read-all", "settle; get; spawn close; settle; close"), "in Close for the mutex"),
    "Close elsewhere, at the mutex": (
        ("get; spawn close; read-all", "settle; get; spawn close; close"),
        "waits for the mutex of the body, held by a call",
    ),
}
"""What waits for ever in Go 1.27.0 where one goroutine closes a body that another reads: the callers, and what is said of it."""


def stands(spec: Spec, program: Scenario, profile: str) -> tuple[Standing, ...]:
    report = predict(spec, program, profile)
    assert report.complete and report.outcomes.keys() == report.standing.keys()
    return tuple(found for each in report.standing.values() for found in each)


@pytest.mark.parametrize(
    ("case", "profile"), [pytest.param(case, p, id=f"{name}-{p}") for name, case in CASES.items() for p in case[2]]
)
def test_who_waits_is_spoken_of_and_the_remedy_helps(
    spec: Spec, case: tuple[str, str, list[str], str, str], profile: str
) -> None:
    text, behaviour, _, words, remedy = case
    found = stands(spec, scenario(text, behaviour), profile)
    assert 1 == sum(words in standing.waits for standing in found)
    assert not any("stands at" in standing.waits for standing in found)
    if remedy:
        assert any(standing.fix for standing in found)
        better = scenario(text, behaviour, 100) if remedy == "timeout" else scenario(remedy, behaviour)
        assert not any(standing.fix for standing in stands(spec, better, profile))


@pytest.mark.parametrize("profile", ["go1.26", "go1.27.2"])
def test_a_request_that_max_conns_per_host_keeps_waiting_is_spoken_of(spec: Spec, profile: str) -> None:
    (found,) = (standing for standing in stands(spec, limited("get"), profile) if "MaxConnsPerHost" in standing.waits)
    assert found.waits.startswith("{callers} in getConn's select") and found.fix
    for better in ("get; read-all", "get; close", "get; cancel"):
        assert not any(standing.fix for standing in stands(spec, limited(better), profile))


@pytest.mark.parametrize("field", ["DisableKeepAlives", "MaxIdleConnsPerHost", "MaxIdleConns"])
def test_who_keeps_no_idle_connection_is_not_promised_one(spec: Spec, field: str) -> None:
    (found,) = stands(spec, none_kept("get", field), "go1.27.2")
    assert "the Transport would not keep the connection" in found.waits
    assert not any("is kept for reuse" in fix for fix in found.fix)
    for better in ("get; read-all", "get; close"):
        assert () == stands(spec, none_kept(better, field), "go1.27.2")


def test_a_read_loop_whose_write_loop_has_ended_is_spoken_of(spec: Spec) -> None:
    found = stands(spec, timed_out("get; read-all"), "go1.27.0")
    assert 1 == sum("which is closed, waits to send on eofc" in standing.waits for standing in found)
    assert not any("stands at" in standing.waits for standing in found)
    assert not any(standing.fix for standing in stands(spec, timed_out("get; read-all; close"), "go1.27.0"))


@pytest.mark.parametrize(("lines", "words"), HANGING.values(), ids=HANGING.keys())
def test_what_a_read_beside_a_close_leaves_waiting_is_spoken_of(spec: Spec, lines: tuple[str, ...], words: str) -> None:
    found = stands(spec, side_by_side(*lines), "go1.27.0")
    assert any(words in standing.waits for standing in found)
    assert not any("stands at" in standing.waits for standing in found)
    for better, profile in ((lines, "go1.27.2"), ((lines[0].replace("spawn close; ", ""), *lines[1:]), "go1.27.0")):
        assert not any(standing.fix for standing in stands(spec, side_by_side(*better), profile))


def test_each_piece_of_advice_is_met(spec: Spec) -> None:
    programs = [(scenario(text, behaviour), profiles[-1]) for text, behaviour, profiles, *_ in CASES.values()]
    programs += [(limited("get"), "go1.27.2"), (none_kept("get", "MaxIdleConns"), "go1.27.2")]
    programs.append((timed_out("get; read-all"), "go1.27.0"))
    programs += [(side_by_side(*lines), "go1.27.0") for lines, _ in HANGING.values()]
    met = {standing.waits for program, profile in programs for standing in stands(spec, program, profile)}
    assert {advice.waits for file in spec.advice.values() for advice in file if advice.waits} == met


@pytest.mark.parametrize("profile", ["go1.12", "go1.27.0", "go1.27.2"])
def test_connections_of_a_state_are_counted(spec: Spec, profile: str) -> None:
    (found,) = stands(spec, parse_expression("get", 3), profile)
    assert 3 == found.count


def test_goroutines_that_no_advice_speaks_of_are_reported_by_their_state() -> None:
    net = network({"a": "a0 -x-> a1", "b": "b0"}, [Sync("x", {"a": "x"})], {"b": "object"})
    assert (Standing("a stands at 'a1'", 1),) == standing(net, (1, 0), ())


FAILING = {
    "server-closed": ("get", "drop-request", {}),
    "unexpected-eof": ("get; read-all", "truncate-body", {}),
    "header-timeout": ("get", "stall-head", {"ResponseHeaderTimeout": 100}),
    "deadline": ("get; read-all", "stall-body", {"Timeout": 100}),
    "closed-body": ("get; close; read-all", "normal", {}),
}
"""For each class of error a program that fails with it."""


@pytest.mark.parametrize("name", FAILING)
def test_what_fails_is_spoken_of(spec: Spec, name: str) -> None:
    text, behaviour, transport = FAILING[name]
    program = replace(parse_expression(text, 1), server=ServerScript(behaviour=behaviour), transport=transport)
    report = predict(spec, program, "go1.27.2")
    assert {(name,)} == {outcome.errors for outcome in report.outcomes}
    assert report.failures[name].why and report.failures[name].fix


def test_a_connection_may_be_closed_as_idle_before_its_caller_has_the_response(spec: Spec) -> None:
    """Where that has no body, the connection is in the pool by then."""
    program = parse_expression("head", 1)
    program = replace(program, callers=(*program.callers, *parse_expression("head; close-idle", 1).callers))
    assert any("other" in outcome.errors for outcome in predict(spec, program, "go1.27.2").outcomes)


def test_each_failure_that_is_explained_is_met(spec: Spec) -> None:
    assert spec.failures.keys() == {*FAILING, "other"}
