"""What real Go leaves behind: the article's programs, and the harness around them."""

from dataclasses import replace
from pathlib import Path

import pytest

from pcstate.errors import GoError
from pcstate.golang import building
from pcstate.golang.harness import Driver, observations, observe
from pcstate.golang.toolchain import Toolchain
from pcstate.model.scenario import CallerProgram, Outcome, Scenario, ServerScript, Step
from tests.golang.toolchains import TOOLCHAINS

pytestmark = pytest.mark.go

every_go = pytest.mark.parametrize("go", TOOLCHAINS, ids=lambda go: str(go.version))
any_go = pytest.mark.parametrize("go", TOOLCHAINS[:1], ids=lambda go: str(go.version))

LEAKS_ON_READ_ERROR = {(1, 27, 0), (1, 27, 1)}
"""After a failed Read, readLoop sends to eofc, where nobody receives (transport.go, readLoop @ go1.27.1)."""
ONE_HOST, SIX_HOSTS = (0,), (0, 1, 2, 3, 4, 5)


def release(go: Toolchain) -> tuple[int, ...]:
    """The version as numbers; a release candidate counts as its release."""
    numbers = go.version.replace("rc", ".0.").replace("beta", ".0.").split(".")
    return tuple(int(part) for part in [*numbers, "0"][:3])


def drains(go: Toolchain) -> bool:
    """Does an early Close drain the body?"""
    return release(go) >= (1, 27)


def scenario(text: str, requests: int = 6, hosts: tuple[int, ...] = ONE_HOST, server: ServerScript | None = None) -> Scenario:
    steps = []
    for part in text.split("; "):
        verb, _, amount = part.partition(" ")
        steps.append(Step("read", int(amount)) if verb == "read" else Step(part))
    return Scenario(text, text, (CallerProgram(requests, hosts, tuple(steps)),), server or ServerScript())


def outcome(*, dials: int, reused: str, loops: int, idle: int = 0, unread: int = 0, errors: str = "") -> Outcome:
    """An outcome with a loop pair per connection; `reused` as in "FTT"; one error class for every request."""
    return Outcome(
        dials=dials,
        reused=tuple(letter == "T" for letter in reused),
        read_loops=loops,
        write_loops=loops,
        goroutines=1 + 2 * loops,
        idle_conns=idle,
        unread_conns=unread,
        errors=(errors,) * len(reused),
    )


TWO = CallerProgram(1, (0,), (Step("get"), Step("settle"), Step("read-all")))


def kept_by_one(found: Outcome) -> bool:
    return (1, 1, 3) == (found.dials, found.idle_conns, found.goroutines)


@every_go
def test_read_to_eof_keeps_one_connection(go: Toolchain) -> None:
    """The article's program: three goroutines, and no Close."""
    kept = outcome(dials=1, reused="FTTTTT", loops=1, idle=1)
    assert (((kept, 3),), 0) == observe(scenario("get; read-all"), go, 3)
    assert (((kept, 3),), 0) == observe(scenario("get; read-all; close"), go, 3)


@every_go
def test_each_goroutine_tells_what_it_does_in_its_order(go: Toolchain) -> None:
    with Driver(go) as driver:
        seen = driver.watch(scenario("get; read-all", 2))
    assert seen.at_rest and kept_by_one(seen.outcome)
    told = [(entry.request, entry.kind, dict(entry.facts)) for entry in seen.entries]
    callers = ("begin", "get-conn", "got-conn", "return")
    for request in (0, 1):
        mine = [kind for number, kind, _ in told if number == request]
        assert ["begin", "get-conn", "got-conn", "return", "begin", "return"] == [kind for kind in mine if kind in callers]
        assert ["got-first-response-byte", "put-idle-conn"] == [kind for kind in mine if kind.startswith(("got-f", "put"))]
        assert 1 == mine.count("wrote-request")
        assert mine.index("put-idle-conn") < len(mine) - 1, "Read returns io.EOF after the connection is in the pool"
    assert [0, 1] == [facts["reused"] for _, kind, facts in told if kind == "got-conn"]
    assert [0, 1] == [facts["was_idle"] for _, kind, facts in told if kind == "got-conn"]
    assert ("rest", 3, 1) == (told[-1][1], told[-1][2]["goroutines"], told[-1][2]["idle_conns"])


@any_go
def test_an_error_is_told_where_it_comes_up(go: Toolchain) -> None:
    with Driver(go) as driver:
        closed = driver.watch(scenario("get; close; read-all", 1)).entries
        full = driver.watch(replace(scenario("get; settle; read-all", 1), callers=(TWO,) * 4)).entries
        settled = driver.watch(scenario("get; settle; close", 1)).entries
    assert ["", "", "closed-body"] == [dict(entry.facts)["error"] for entry in closed if entry.kind == "return"]
    assert {"", "full"} == {dict(entry.facts)["error"] for entry in full if entry.kind == "put-idle-conn"}
    assert ["begin", "rest", "return"] == [entry.kind for entry in settled][6:9], "a settle ends with what is there then"


@every_go
def test_neither_read_nor_closed_keeps_every_connection(go: Toolchain) -> None:
    left = outcome(dials=6, reused="FFFFFF", loops=6, unread=6)
    assert (((left, 3),), 0) == observe(scenario("get"), go, 3)
    assert (((left, 3),), 0) == observe(scenario("get", hosts=SIX_HOSTS), go, 3)


@every_go
def test_six_hosts_keep_six_idle_connections(go: Toolchain) -> None:
    kept = outcome(dials=6, reused="FFFFFF", loops=6, idle=6)
    assert (((kept, 3),), 0) == observe(scenario("get; read-all", hosts=SIX_HOSTS), go, 3)


@every_go
def test_cancel_leaves_nothing(go: Toolchain) -> None:
    gone = outcome(dials=6, reused="FFFFFF", loops=0)
    assert (((gone, 3),), 0) == observe(scenario("get; cancel; settle"), go, 3)


@every_go
def test_close_alone_ends_the_connection_or_drains_it(go: Toolchain) -> None:
    seen = {found for found, _ in observe(scenario("get; close; settle"), go, 3)[0]}
    if drains(go):
        assert outcome(dials=1, reused="FTTTTT", loops=1, idle=1) in seen
    else:
        assert {outcome(dials=6, reused="FFFFFF", loops=0)} == seen


@every_go
def test_close_of_a_body_too_long_to_drain_ends_the_connection(go: Toolchain) -> None:
    server = ServerScript(bytes=262145)
    gone = outcome(dials=2, reused="FF", loops=0)
    assert (((gone, 3),), 0) == observe(scenario("get; close; settle", 2, server=server), go, 3)


@every_go
@pytest.mark.parametrize("body", ["length", "chunked", "until-close"])
def test_a_stalled_body_is_stuck_once_read(go: Toolchain, body: str) -> None:
    server = ServerScript(body=body, behaviour="stall-body")
    seen, _ = observe(scenario("get; read-all", 2, server=server), go)
    assert ((outcome(dials=1, reused="FF", loops=1, unread=1, errors="stuck"), 1),) == seen


@every_go
def test_a_stalled_head_is_stuck_and_not_idle(go: Toolchain) -> None:
    seen, _ = observe(scenario("get; read-all", 2, server=ServerScript(behaviour="stall-head")), go)
    assert ((outcome(dials=1, reused="FF", loops=1, errors="stuck"), 1),) == seen


@every_go
@pytest.mark.parametrize(
    ("behaviour", "body", "error"),
    [
        ("truncate-body", "length", "unexpected-eof"),
        ("truncate-body", "chunked", "unexpected-eof"),
        ("truncate-body", "until-close", ""),
        ("drop-request", "length", "server-closed"),
    ],
)
def test_a_server_that_hangs_up(go: Toolchain, behaviour: str, body: str, error: str) -> None:
    server = ServerScript(body=body, behaviour=behaviour)
    seen, _ = observe(scenario("get; read-all; settle", 2, server=server), go)
    left = 2 if release(go) in LEAKS_ON_READ_ERROR and error == "unexpected-eof" else 0
    assert ((outcome(dials=2, reused="FF", loops=left, errors=error), 1),) == seen


@every_go
@pytest.mark.parametrize(
    ("field", "behaviour", "error"),
    [
        ("Timeout", "stall-head", "deadline"),
        ("Timeout", "stall-body", "deadline"),
        ("ResponseHeaderTimeout", "stall-head", "header-timeout"),
    ],
)
def test_a_pending_timeout_is_not_rest(go: Toolchain, field: str, behaviour: str, error: str) -> None:
    stalled = scenario("get; read-all", 1, server=ServerScript(behaviour=behaviour))
    seen, _ = observe(replace(stalled, transport={field: 200}), go)
    assert ((outcome(dials=1, reused="F", loops=0, errors=error), 1),) == seen


@every_go
def test_a_read_after_close_is_named(go: Toolchain) -> None:
    ((seen, _),), _ = observe(scenario("get; close; read-all; settle", 1), go)
    assert ("closed-body",) == seen.errors


@every_go
@pytest.mark.parametrize(("text", "errors"), [("head; read-all", ("", "")), ("post; read 100; close", ("", ""))])
def test_other_methods(go: Toolchain, text: str, errors: tuple[str, ...]) -> None:
    ((seen, _),), _ = observe(scenario(text + "; settle", 2), go)
    assert errors == seen.errors


@every_go
def test_a_queued_caller_counts_as_a_goroutine(go: Toolchain) -> None:
    """Two callers, one connection allowed: the second waits for ever behind the first one's unread body."""
    one = scenario("get", 1)
    both = replace(one, callers=one.callers * 2, transport={"MaxConnsPerHost": 1})
    ((seen, _),), _ = observe(both, go)
    assert 1 == seen.dials
    assert 1 + 2 + 1 == seen.goroutines
    assert {"", "stuck"} == set(seen.errors)


@any_go
def test_one_process_runs_many_scenarios(go: Toolchain) -> None:
    programs = [scenario("get", 2), scenario("get; read-all", 2)] * 3
    assert [2, 1] * 3 == [found.outcome.dials for found in observations(programs, go)]


@any_go
def test_a_driver_that_ended_is_started_again(go: Toolchain) -> None:
    with Driver(go) as driver:
        first = driver.run(scenario("get; read-all"))
        assert driver._process
        driver._process._popen.kill()
        assert first == driver.run(scenario("get; read-all"))


@any_go
def test_the_deadline_ends_a_scenario_that_never_rests(go: Toolchain) -> None:
    endless = scenario("get; read-all", 1, server=ServerScript(bytes=1 << 40))
    with Driver(go, deadline=0.5) as driver:
        seen = driver.watch(endless)
        assert ("stuck",) == seen.outcome.errors and not seen.at_rest
        assert ("",) == driver.run(scenario("get; read-all", 1)).errors


@any_go
def test_what_the_driver_does_not_know_is_refused(go: Toolchain) -> None:
    with pytest.raises(GoError, match=r"refused 'get': .*MaxTea"):
        observe(replace(scenario("get"), transport={"MaxTea": 1}), go)


@any_go
def test_the_compilers_words_are_in_the_error(go: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_sources", lambda program: {"main.go": b"package main\n\nfunc main() { tea() }\n"})
    monkeypatch.setattr(building, "_cache", lambda: tmp_path)
    with pytest.raises(GoError, match=r"could not build our driver:\n[\s\S]*undefined: tea"):
        building.built("driver", go)
    assert [] == [path for path in tmp_path.iterdir() if path.name.startswith("build-")]
