"""Outcomes: what observers saw is carried along, what can never fire is left out, callers that wait for quiet go on together."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pcstate import pipeline
from pcstate.check.explore import explore
from pcstate.check.history import History, histories
from pcstate.check.predict import Rests, outcomes
from pcstate.check.skeleton import skeleton
from pcstate.model.network import Network
from pcstate.model.scenario import CallerProgram, Outcome, Scenario, ServerScript
from pcstate.model.verdict import Bounds
from pcstate.predict import PredictReport, predict, predict_each, search_outcomes
from pcstate.specs.feasible import feasible
from pcstate.specs.library import Spec
from pcstate.specs.networks import instantiate
from pcstate.specs.profiles import choose_profile
from pcstate.specs.programs import demands
from pcstate.specs.scenarios import load_scenario, parse_expression
from pcstate.specs.source import spec_root

PROGRAMS = [
    parse_expression("get; read-all", 2),
    parse_expression("get; cancel; read-all", 1),
    replace(parse_expression("post; read-all", 2), server=ServerScript(behaviour="close-while-idle")),
    replace(parse_expression("head; settle", 2), server=ServerScript(connection="close")),
    replace(parse_expression("get; spawn close; read-all", 1), server=ServerScript(behaviour="stall-body")),
    replace(parse_expression("get; read-all", 1), callers=parse_expression("get; read-all", 1).callers * 2),
    replace(parse_expression("get", 2), transport={"MaxConnsPerHost": 1, "ResponseHeaderTimeout": 50, "MaxIdleConns": 1}),
    Scenario("two", "", tuple(parse_expression(f"get; {steps}", 1).callers[0] for steps in ("cancel", "read-all; close"))),
]
SIZES = [
    Bounds(
        callers=len(program.callers),
        conns=2,
        hosts=1,
        requests=program.callers[0].requests,
        max_states=20_000,
        timeout=60.0,
    )
    for program in PROGRAMS
]


def whole(spec: Spec, profile: str, program: Scenario, sizes: Bounds) -> Network:
    """The network with every vector that the file has."""
    built = pipeline.build(spec, choose_profile(spec.profiles, profile), sizes, program)
    asked = demands(program)
    lines = {f"program[{i}]": (line, line.initial) for i, line in enumerate(asked.programs)}
    constants = {**choose_profile(spec.profiles, profile).constants, **asked.constants}
    counts = {key: getattr(sizes, key) for key in ("callers", "conns", "hosts", "requests")}
    return instantiate(spec.network, built.behaviours, constants, counts, lines, asked.sets)


@pytest.mark.parametrize("profile", ["go1.12", "go1.22", "go1.27.2"])
@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_whatever_can_happen_is_feasible(spec: Spec, profile: str, number: int) -> None:
    """Without the rule that timers come last, so that all that can happen at all is looked at."""
    net = whole(spec, profile, PROGRAMS[number], SIZES[number])
    kept = feasible(net)
    assert len(kept.vectors) < len(net.vectors)
    graph = explore(net, replace(SIZES[number], max_states=8000))
    for state, edges in zip(graph.states, graph.edges, strict=False):
        steps = [(net.vectors[vector].name, net.vectors[vector].args, graph.states[target]) for vector, target in edges]
        assert steps == [(kept.vectors[vector].name, kept.vectors[vector].args, target) for vector, target in kept.steps(state)]


def test_what_one_caller_never_does_nor_waits_for_is_not_feasible_for_it(spec: Spec) -> None:
    """Only the first one cancels, and nobody closes beside: a response's `also` and `unless` speak of nobody then."""
    net = whole(spec, "go1.27.2", PROGRAMS[-1], SIZES[-1])
    kept = feasible(net)
    assert {vector.args[0] for vector in kept.vectors if vector.name == "cancel"} == {("i", 0)}
    before = {str(vector): vector for vector in net.vectors}
    reads = [vector for vector in kept.vectors if vector.name == "read_through"]
    assert reads and not any(vector.unless for vector in reads)
    assert all(before[str(vector)].unless for vector in reads)


@pytest.mark.parametrize("number", [n for n, program in enumerate(PROGRAMS) if len(program.callers) == 1])
def test_histories_are_what_observers_hold_where_they_are_part_of_the_state(spec: Spec, number: int) -> None:
    net = pipeline.build(spec, choose_profile(spec.profiles, None), SIZES[number], PROGRAMS[number]).network
    size = len(net.components)
    vectors = tuple(replace(v, also=v.also + tuple((size + c, e) for c, e in v.notes), notes=()) for v in net.vectors)
    observed = replace(net, components=net.components + net.observers, observers=(), vectors=vectors)
    seen: dict[tuple[int, ...], set[History]] = {}
    for state in explore(observed, SIZES[number], urgent=True).states:
        seen.setdefault(state[:size], set()).add(state[size:])
    graph = skeleton(net, SIZES[number])
    assert not graph.stopped and len(graph.states) > 1
    assert {state: seen[state] for state in graph.states} == dict(zip(graph.states, histories(graph), strict=True))


def test_outcomes_that_take_too_long_to_tell_are_unknown(spec: Spec) -> None:
    _, search = search_outcomes(spec, PROGRAMS[0], None)
    assert search is not None
    told, untold = outcomes(search.graph, search.rests), outcomes(search.graph, search.rests, timeout=-1.0)
    assert told.complete and told.outcomes
    assert not untold.complete and not untold.outcomes and untold.reason == "timeout of -1 s" and untold.states == told.states


def test_outcomes_of_too_many_callers_that_are_alike_are_unknown(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """In how many orders they may come, no state says."""
    _, search = search_outcomes(spec, replace(PROGRAMS[0], callers=PROGRAMS[0].callers * 2), None)
    assert search is not None
    told = outcomes(search.graph, search.rests, timeout=60.0)
    monkeypatch.setattr(Rests, "in_every_order", slow(Rests.in_every_order))
    untold = outcomes(search.graph, search.rests, timeout=0.3)
    assert told.complete and not untold.complete and untold.reason == "timeout of 0.3 s"


def slow(orders: Callable[[Rests, Outcome], Iterator[Any]]) -> Callable[[Rests, Outcome], Iterator[Any]]:
    """As long as many of them take."""

    def told(self: Rests, outcome: Outcome) -> Iterator[Any]:
        time.sleep(0.2)
        yield from orders(self, outcome)

    return told


def test_gos_that_one_profile_speaks_for_are_answered_by_one_search(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def noted(spec: Spec, scenario: Scenario, go: str, *_: object, **__: object) -> PredictReport:
        asked.append(go)
        return predict(spec, scenario, go)

    monkeypatch.setattr("pcstate.predict.predict", noted)
    gos, program = ["1.27.3", "1.26", "1.27.2", "1.27.0"], parse_expression("get; close", 1)
    assert [predict(spec, program, go) for go in gos] == predict_each(spec, program, gos)
    assert ["1.27.3", "1.26", "1.27.0"] == asked


def test_callers_that_wait_for_quiet_go_on_together(spec: Spec) -> None:
    """So that the second round may dial, although the first has left one connection for both."""
    report = predict(spec, load_scenario("two-callers-settled", spec_root()))
    assert report.complete
    assert any(outcome.dials == 2 and outcome.reused == (False, False, True, True) for outcome in report.outcomes)


def test_each_order_of_callers_with_the_same_program_is_an_outcome(spec: Spec) -> None:
    one = parse_expression("get; read-all", 1)
    report = predict(spec, replace(one, callers=one.callers * 3))
    assert {outcome.reused for outcome in report.outcomes} >= {(False, True, True), (True, False, True), (True, True, False)}


def test_half_of_a_body_that_ends_with_the_connection_is_all_of_it(spec: Spec) -> None:
    """So that reading its length, as announced to nobody, meets io.EOF."""
    server = ServerScript("until-close", behaviour="truncate-body")
    program = replace(parse_expression("get; read-exact", 1), server=server)
    assert [0] == [outcome.unread_conns for outcome in predict(spec, program).outcomes]
    asked = replace(parse_expression("get; read-all; close; read-exact", 1), server=server)
    assert {("",)} == {outcome.errors for outcome in predict(spec, asked).outcomes}, "nothing is left to ask for"


@pytest.mark.parametrize("body", ["length", "chunked", "until-close"])
@pytest.mark.parametrize("steps", ["get; read-exact; close", "get; read 4; read 6; close"])
@pytest.mark.parametrize("size", [10, 600_000])
def test_a_body_that_stalls_does_not_come_to_its_last_byte(spec: Spec, body: str, steps: str, size: int) -> None:
    server = ServerScript(body, size, behaviour="stall-body")
    program = replace(parse_expression(steps.replace("6", str(size - 4)), 1), server=server)
    assert {("stuck",)} == {outcome.errors for outcome in predict(spec, program).outcomes}


@pytest.mark.parametrize(
    ("before", "after", "body", "size", "errors"),
    [
        ("", "read 10", "length", 300_000, {"", "context-canceled"}),
        ("", "read 5000", "length", 300_000, {"context-canceled"}),
        ("read 3000; read 3000; ", "read-all", "length", 8_000, {"", "context-canceled"}),
        ("read 3000; ", "read-all", "length", 8_000, {"context-canceled"}),
        ("read 299000; ", "read-all", "length", 300_000, {"", "context-canceled"}),
        ("", "read-exact", "until-close", 3_000, {"", "context-canceled"}),
        ("read 299000; ", "read-exact", "until-close", 300_000, {"", "context-canceled"}),
        ("", "read-all", "until-close", 3_000, {"context-canceled"}),  # its end is the connection's
        ("", "read 11000", "length", 10_240, {"context-canceled"}),  # what is asked for behind the cancel has not been read
        ("read 10; ", "read 9000", "length", 10_240, {"context-canceled"}),
        ("", "read 9000; read 10", "length", 10_240, {"context-canceled"}),
        ("", "read 10; read 9000", "length", 10_240, {"context-canceled"}),
        ("", "read 3000; read 3000", "length", 10_240, {"context-canceled"}),
        ("", "read 3000; read 1077", "length", 10_240, {"", "context-canceled"}),  # behind a head of 19 bytes
        ("", "read 3000; read 1078", "length", 10_240, {"context-canceled"}),
        ("read 1; ", "read 3000; read 1095", "length", 10_240, {"", "context-canceled"}),  # read in with the byte before
        ("read 1; ", "read 3000; read 1096", "length", 10_240, {"context-canceled"}),
        ("", "read-exact", "length", 4_077, {"", "context-canceled"}),
        ("", "read-exact", "length", 4_078, {"context-canceled"}),
        ("", "read-exact", "until-close", 4_096, {"context-canceled"}),
        ("read 1; ", "read-all", "chunked", 4_096, {"", "context-canceled"}),
        ("read 1; ", "read-all", "chunked", 4_097, {"context-canceled"}),
        ("", "read 1500; read-all", "length", 5_500, {"context-canceled"}),
        ("", "read 2000; read 2000", "length", 4_096, {"", "context-canceled"}),
    ],
)
def test_what_is_in_the_buffer_can_be_read_after_a_cancel(
    spec: Spec, before: str, after: str, body: str, size: int, errors: set[str]
) -> None:
    steps = f"get; {before}settle; cancel; settle; {after}"
    program = replace(parse_expression(steps, 1), server=ServerScript(body, size))
    assert errors == {error for outcome in predict(spec, program).outcomes for error in outcome.errors}


def test_what_was_read_before_the_connection_was_closed_leaves_less_than_the_buffer_holds(spec: Spec) -> None:
    """Though it was read behind the cancel: readLoop hears of that later."""
    program = replace(parse_expression("get; cancel; read 5200; settle; read-all", 1), server=ServerScript("length", 5_500))
    assert {("",), ("context-canceled",)} == {outcome.errors for outcome in predict(spec, program).outcomes}


def test_what_one_caller_has_read_is_not_another_s(spec: Spec) -> None:
    each = [parse_expression(f"get; {read}settle; cancel; settle; read-all", 1).callers[0] for read in ("read 7000; ", "")]
    report = predict(spec, Scenario("s", "", tuple(each)))
    assert {("", "context-canceled"), ("context-canceled",) * 2} == {outcome.errors for outcome in report.outcomes}


@pytest.mark.parametrize("last", ["read-all", "close", "spawn close"])
def test_a_cancel_when_all_is_quiet_is_taken_before_what_comes_behind_it(spec: Spec, last: str) -> None:
    """readLoop waits in its select then, and that takes the first case that is ready; on its way there it has a choice."""
    for go in ("1.12", "1.22", "1.27.0", "1.27"):
        parked, racing = (predict(spec, parse_expression(f"get; {quiet}cancel; {last}", 1), go) for quiet in ("settle; ", ""))
        assert {0} == {outcome.idle_conns for outcome in parked.outcomes}
        if last == "read-all":
            assert {0, 1} == {outcome.idle_conns for outcome in racing.outcomes}
    waiting = replace(parse_expression("get; settle; close", 1), transport={"MaxConnsPerHost": 1})
    behind = replace(waiting, callers=waiting.callers + parse_expression("get; cancel; read-all", 1).callers)
    assert {0, 1} == {outcome.idle_conns for outcome in predict(spec, behind, "1.22").outcomes}, (
        "it was quiet before its response"
    )


def test_goroutines_that_close_one_body_are_one_but_for_those_that_hang(spec: Spec) -> None:
    """The others find it closed; only where the first one never returns do they wait for the body's mutex."""
    once, thrice = (parse_expression(f"get; {'spawn close; ' * n}read-all", 1) for n in (1, 3))
    for go in ("1.12", "1.22", "1.26", "1.27"):
        assert predict(spec, once, go).outcomes.keys() == predict(spec, thrice, go).outcomes.keys()
    stuck = [outcome for outcome in predict(spec, thrice, "1.27.0").outcomes if "stuck" in outcome.errors]
    assert {3, 4, 5} == {outcome.goroutines for outcome in stuck}, "a Read that hangs holds up those that come behind it"
    above = replace(once, callers=parse_expression(f"get{'; spawn close' * 9}", 1).callers)
    assert not predict(spec, above).complete


def test_who_reads_or_closes_behind_a_close_that_hangs_waits_for_the_mutex(spec: Spec) -> None:
    reads = parse_expression("get; spawn close; read-all", 1).callers
    for last in ("close", "read-all"):
        behind = Scenario("s", "", reads + parse_expression(f"settle; get; spawn close; settle; {last}", 1).callers)
        hanging = {(o.errors, o.goroutines) for o in predict(spec, behind, "1.27.0").outcomes if o.goroutines > 3}
        assert {(("", "stuck"), 5)} == hanging, "and the Read that waited on eofc before has its signal"


@pytest.mark.parametrize("body", ["length", "chunked"])
def test_what_came_before_the_cut_can_be_read(spec: Spec, body: str) -> None:
    server = ServerScript(body, 10_000, behaviour="truncate-body")
    for steps, error in (("read 5000", ""), ("read 5001", "unexpected-eof"), ("read-all", "unexpected-eof")):
        program = replace(parse_expression(f"get; {steps}", 1), server=server)
        assert {(error,)} == {outcome.errors for outcome in predict(spec, program).outcomes}


@pytest.mark.parametrize(
    ("body", "size", "behaviour", "steps", "errors"),
    [
        ("length", 10_240, "truncate-body", "spawn close; read-all", {"", "closed-body", "unexpected-eof"}),
        ("length", 10_240, "truncate-body", "spawn close; read 10", {"", "closed-body", "unexpected-eof"}),
        ("chunked", 10_240, "truncate-body", "spawn close; read-all", {"closed-body", "unexpected-eof"}),
        ("chunked", 10_240, "truncate-body", "spawn close; read 10", {"", "closed-body", "unexpected-eof"}),
        ("length", 10_240, "stall-body", "spawn close; read-all", {"closed-body", "server-closed"}),
        ("length", 10_240, "stall-body", "spawn close; read 10", {"", "closed-body", "server-closed"}),
        ("chunked", 10_240, "stall-body", "read 100; spawn close; read 5000", {"", "closed-body", "server-closed"}),
        ("until-close", 10_240, "stall-body", "spawn close; read 10", {"", "closed-body", "server-closed"}),
        ("length", 10_240, "normal", "spawn close; read 10", {"", "closed-body"}),
        ("chunked", 600_000, "truncate-body", "spawn close; read 10", {"", "closed-body", "server-closed"}),
        ("chunked", 600_000, "truncate-body", "spawn close; read 290000", {"", "closed-body", "server-closed", "unexpected-eof"}),
        ("chunked", 10_240, "truncate-body", "read 10; spawn close", {""}),
        ("length", 10_240, "stall-body", "read 10; spawn close; settle", {""}),
    ],
)
def test_what_a_drain_has_taken_a_read_beside_it_does_not_find(
    spec: Spec, body: str, size: int, behaviour: str, steps: str, errors: set[str]
) -> None:
    """They take turns at the body. Whoever comes next meets its end again: as io.EOF, or as the error if it is chunked and cut
    short. Where nothing more comes, the drain's 50 ms end the connection, and the Read with it."""
    program = replace(parse_expression(f"get; {steps}", 1), server=ServerScript(body, size, behaviour=behaviour))
    assert errors == {error for outcome in predict(spec, program, "1.27").outcomes for error in outcome.errors}
    with_old_drain = errors | ({"stuck"} if behaviour == "normal" else set())
    assert with_old_drain == {error for outcome in predict(spec, program, "1.27.0").outcomes for error in outcome.errors}


def test_before_there_was_a_drain_a_read_beside_a_close_meets_no_end_that_another_has_met(spec: Spec) -> None:
    for body, steps, errors in (
        ("length", "read-all", {"closed-body", "server-closed", "unexpected-eof"}),
        ("chunked", "read 10", {"", "closed-body", "server-closed"}),
    ):
        server = ServerScript(body, 10_240, behaviour="truncate-body")
        program = replace(parse_expression(f"get; spawn close; {steps}", 1), server=server)
        assert errors == {error for outcome in predict(spec, program, "1.26").outcomes for error in outcome.errors}


def test_a_read_that_was_left_behind_takes_the_signal_of_another_response(spec: Spec) -> None:
    """To Go 1.27.1: eofc is the connection's."""
    closed, other = (parse_expression(f"get; {steps}", 1).callers[0] for steps in ("spawn close; read-all", "read-all"))
    program = Scenario("one place", "", (closed, other), transport={"MaxConnsPerHost": 1})
    errors = {outcome.errors for outcome in predict(spec, program, "1.27.0").outcomes}
    assert {("", ""), ("closed-body", ""), ("stuck", ""), ("", "stuck")} == errors
    assert {("", ""), ("closed-body", "")} == {outcome.errors for outcome in predict(spec, program, "1.27").outcomes}


def test_a_request_written_behind_the_servers_close_harms_nobody(spec: Spec) -> None:
    """The kernel takes it; a failed write would close the connection before the response to the request before is handed over."""
    gets = parse_expression("get", 1).callers * 2
    server = ServerScript("none", behaviour="close-after-response")
    for go in ("1.22", "1.27"):
        report = predict(spec, Scenario("one place", "", gets, server, {"MaxConnsPerHost": 1}), go)
        assert {("", "")} == {outcome.errors for outcome in report.outcomes}


def test_a_program_that_would_dial_without_end_is_given_up(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcstate.predict.UNROLLED", 90)
    report = predict(spec, parse_expression("get", 24))
    assert (False, {}) == (report.complete, report.outcomes)
    assert "limit of 90 connections times requests" in report.reason
    assert report.reason.endswith("fewer requests of the same show what they do")  # to wait between them would not help
    assert report.prediction.states < 5  # the first requests have shown it
    assert predict(spec, parse_expression("get; read-all", 24)).complete


@pytest.mark.parametrize("steps", ["get; close; read 0", "get; read-exact; close; read-exact"])
def test_a_read_of_no_bytes_does_not_ask_the_body(spec: Spec, steps: str) -> None:
    assert {("",)} == {outcome.errors for outcome in predict(spec, parse_expression(steps, 1)).outcomes}


def test_hosts_need_not_be_numbered_densely(spec: Spec) -> None:
    far = Scenario("far", "", (CallerProgram(2, (900,), parse_expression("get; read-all", 1).callers[0].each),))
    assert [(False, True)] == [outcome.reused for outcome in predict(spec, far).outcomes]


@pytest.mark.parametrize("profile", ["go1.12", "go1.13", "go1.16", "go1.19", "go1.22", "go1.26", "go1.27.0", "go1.27.2"])
def test_what_may_be_sent_again_is(spec: Spec, profile: str) -> None:
    """The server closes behind its first answer: a GET does not show it, a POST fails where it cannot be known to be unread."""

    def errors(name: str) -> set[tuple[str, ...]]:
        return {outcome.errors for outcome in predict(spec, load_scenario(name, spec_root(), ""), profile).outcomes}

    assert {("", "")} == errors("retry-no-body") == errors("retry-small-body")
    assert {("", ""), ("", "server-closed")} == errors("retry-post")


def test_a_post_fails_on_a_connection_that_its_server_has_closed_though_nothing_was_written(spec: Spec) -> None:
    """errServerClosedIdle is never turned into nothingWrittenError: no try follows it, whatever was written."""
    bounds = replace(SIZES[2], conns=2)
    graph = explore(
        pipeline.build(spec, choose_profile(spec.profiles, None), bounds, PROGRAMS[2]).network, replace(bounds, timeout=60.0)
    )
    net = graph.network
    caller = next(c for c, component in enumerate(net.components) if component.name == "caller")
    looks = [dict(net.components[caller].behaviour.configuration(state[caller]).data) for state in graph.states]
    ends = {
        net.vectors[number].name
        for source, edges in enumerate(graph.edges)
        for number, _ in edges
        if looks[source]["err"] == "server_closed_idle" and caller in {c for c, _ in net.vectors[number].who}
    }
    assert {"no_retry"} == ends & {"retry", "no_retry", "not_written"}


@pytest.mark.parametrize("scenario", ["max-conns-first-come-first-served", "max-conns-first-place-to-the-first"])
@pytest.mark.parametrize(("profile", "orders"), [("go1.12", 2), ("go1.13", 1), ("go1.16", 1), ("go1.19", 1), ("go1.27.2", 1)])
def test_whoever_waits_longest_is_served_first(spec: Spec, scenario: str, profile: str, orders: int) -> None:
    """One gets a connection, or a place for one, and keeps it: the other waits for ever. Go 1.12 has no queue."""
    report = predict(spec, load_scenario(scenario, spec_root(), ""), profile)
    assert report.complete
    assert orders == len(report.outcomes)
    assert ("", "", "stuck") in {outcome.errors for outcome in report.outcomes}


def test_a_drain_concerns_callers_only_where_another_goroutine_may_close(spec: Spec) -> None:
    """Else it would have to be tried before and after whatever each caller does: seven times the states of three that close."""

    def concerned(program: Scenario) -> set[str]:
        sizes = Bounds(callers=1, conns=1, requests=1)
        net = pipeline.build(spec, choose_profile(spec.profiles, "go1.27.2"), sizes, program).network
        drains = [vector for vector in net.vectors if vector.name in ("drain_end", "drain_cut")]
        assert drains
        return {net.components[c].name for vector in drains for c, _ in vector.also}

    assert set() == concerned(parse_expression("get; close", 1))
    assert {"caller"} == concerned(parse_expression("get; spawn close; read-all", 1))
