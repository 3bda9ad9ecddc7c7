"""A body that nobody is inside Read of: who of the program may have it in hand is looked for before a leak is certain."""

from itertools import count

import pytest

from pcstate.check.diagnosis import HELD
from pcstate.show.explanation import explain_text, headline
from pcstate.specs.library import Spec
from tests.explain.dumps import LEAK, PEEK, RUNNING, UNREAD, WAITING, diagnosed
from tests.explain.test_http2 import H2_CLEANUP, H2_LOOP
from tests.explain.test_own_code import COPYING, DIAL_CONN, READ_LOOP, goroutine

NUMBERS = count(40)


def program(*functions: str, wait: str = "chan receive", by: str = "shop.run in goroutine 1") -> str:
    """A goroutine of the program, with a number of its own."""
    return goroutine(*functions, wait=wait, by=by).replace("goroutine 10", f"goroutine {next(NUMBERS)}", 1)


def unread(connections: int) -> str:
    each = UNREAD.replace("goroutine 20", "goroutine {0}").replace("0xc0000a2000", "0xc0000a{0}00")
    return "\n".join(each.format(500 + n) for n in range(connections))


HANDLED = ("net/http.HandlerFunc.ServeHTTP(0xc0)", "net/http.serverHandler.ServeHTTP(0xc0)", "net/http.(*conn).serve(0xc0)")
HOLDING = {
    "an event is handed on": program("shop.consume()", wait="chan send"),
    "it sleeps between two": program("time.Sleep(0x1)", "shop.consume()", wait="sleep"),
    "it waits for a lock": program("sync.(*Mutex).Lock(0xc0)", "shop.consume()", wait="sync.Mutex.Lock"),
    "it asks a database": program("internal/poll.(*FD).Read(0xc0)", "net.(*conn).Read(0xc0)", "shop.consume()", wait="IO wait"),
    "it asks another server": WAITING.replace("shop/stock.(*Client).Count", "shop.consume").replace("9 minutes", "3 minutes"),
    "a handler": program("shop.consume()", *HANDLED, by="net/http.(*Server).Serve"),
    "it has a method with a name of Go's": program("shop.consumer.Accept(0xc0)"),
    "it was running": program("shop.consume()", wait="runnable"),
    "a sequence that gives its events with yield": program("iter.Pull[...].func1.1()", "shop.consume()", wait="coroutine"),
    "it helps the collector": program("shop.consume()", wait="GC assist wait"),
}


@pytest.mark.parametrize("holder", HOLDING.values(), ids=HOLDING.keys())
def test_a_stream_between_two_reads_is_a_likely_leak_at_most(spec: Spec, holder: str) -> None:
    """As server-sent events, or a json.Decoder in a loop: readLoop waits for the body, and nobody is inside Read."""
    group = diagnosed(spec, RUNNING, UNREAD, holder).groups[0]
    assert ("body-unfinished", True, "likely", 1) == (group.state, group.leak, group.confidence, group.holders)
    assert group.held_at[0].startswith("1 at shop.consume")
    assert "unless" in group.remark and "'held?'" in group.why


@pytest.mark.parametrize("above", ["fatal error: concurrent map writes\n", "panic: boom\n", "SIGQUIT: quit\nPC=0x43ea81\n"])
def test_who_has_crashed_may_have_had_the_body_in_hand(spec: Spec, above: str) -> None:
    """It runs no deferred Close any more; who takes a dump runs, too, and so does what ends a test that takes too long."""
    crashed, timer = (
        program("shop.parse()", "main.main()", wait="running"),
        program("testing.(*M).startAlarm.func1()", wait="running"),
    )
    group, *_ = diagnosed(spec, above, crashed, UNREAD, "rax    0x0").groups
    assert ("likely", ("1 at shop.parse (/srv/0/of.go:0)",)) == (group.confidence, group.held_at)
    for taken in (diagnosed(spec, crashed, UNREAD), diagnosed(spec, above, timer, UNREAD, "rax    0x0")):
        assert ("certain", ()) == (taken.groups[0].confidence, taken.groups[0].held_at)


NOBODY = {
    "main waits for nothing at all": program("main.main()", wait="select (no cases)"),
    "main serves": program("net.(*netFD).accept(0xc0)", "net/http.(*Server).Serve(0xc0)", "main.main()", wait="IO wait"),
    "main runs tests": program("testing.(*T).Run(0xc0)", "testing.(*M).Run(0xc0)", "main.main()"),
    "a connection of one's own, between two requests": program(
        "shop.(*counted).Read(0xc0)", "net/http.(*connReader).Read(0xc0)", "net/http.(*conn).readRequest(0xc0)",
        "net/http.(*conn).serve(0xc0)", wait="IO wait", by="net/http.(*Server).Serve",
    ),
    "a connection of one's own, idle": program(
        "shop.(*counted).Read(0xc0)", "net/http.(*persistConn).Read(0xc0)", "bufio.(*Reader).Peek(0xc0)", READ_LOOP,
        wait="IO wait", by="net/http.(*Transport).dialConn in goroutine 9",
    ).replace("0xc0000a2000", "0xc0000f2000"),
    "a dial": program("shop.dial(0xc0)", "net/http.(*Transport).dial(0x0)", DIAL_CONN, by="net/http.(*Transport).dialConnFor"),
    "a check of a certificate": program("shop.verify(0xc0)", "net/http.(*persistConn).addTLS.func2()", by="net/http.x"),
    "a test that waits for its turn": program("testing.(*T).Parallel(0xc0)", "shop.TestIt(0xc0)", by="testing.(*T).Run"),
    "none of the program's functions is there": program("sync.(*WaitGroup).Wait(0xc0)", wait="semacquire"),
    "blocked since before there was a body": program("shop.work()", wait="chan receive, 6 minutes"),
}  # fmt: skip


@pytest.mark.parametrize("other", NOBODY.values(), ids=NOBODY.keys())
def test_where_nobody_can_have_the_body_the_leak_is_certain(spec: Spec, other: str) -> None:
    (group,) = (group for group in diagnosed(spec, RUNNING, UNREAD, other).groups if group.leak)
    assert ("certain", 0, (), "") == (group.confidence, group.holders, group.held_at, group.remark)


@pytest.mark.parametrize(("connections", "told"), [(9, "likely"), (10, "certain"), (50, "certain")])
def test_four_goroutines_cannot_have_the_bodies_of_many_connections(spec: Spec, connections: int, told: str) -> None:
    workers = [program("shop.work()") for _ in range(4)]
    (group,) = diagnosed(spec, RUNNING, unread(connections), *workers).groups
    assert (connections, told, 4, ("4 at shop.work (/srv/0/of.go:0)",)) == (
        group.connections,
        group.confidence,
        group.holders,
        group.held_at,
    )
    assert ("certain" == told) == ("nobody has it" in group.why) == ("" == group.remark)
    assert ("certain" == told) == ("deferred Close" in group.why)  # in a loop: one that has the bodies of many


def test_who_copies_may_have_more_than_one_body_in_hand(spec: Spec) -> None:
    """io.MultiReader of several responses: one is being copied, the others wait for their turn."""
    found = diagnosed(spec, RUNNING, unread(3), COPYING)
    assert [("body-unfinished", 2, "likely"), ("body-being-read", 1, "guess")] == [
        (group.state, group.connections, group.confidence) for group in found.groups
    ]


def test_as_many_goroutines_as_connections_leave_a_doubt(spec: Spec) -> None:
    workers = [program("shop.work()") for _ in range(20)]
    assert "likely" == diagnosed(spec, RUNNING, unread(20), *workers).groups[0].confidence


def test_where_most_goroutines_stand_is_shown_and_the_rest_is_counted(spec: Spec, capsys: pytest.CaptureFixture[str]) -> None:
    others = [program(f"shop.work{chr(97 + n)}()") for n in range(HELD + 2)]
    found = diagnosed(spec, RUNNING, UNREAD, *others, program("shop.most()"), program("shop.most()"))
    explain_text(found)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    first = lines.index("held? 2 at shop.most (/srv/0/of.go:0)")
    assert ["1 at shop.worka (/srv/0/of.go:0)", "3 elsewhere"] == [lines[first + 1], lines[first + HELD]]


def test_a_profile_counts_who_may_have_the_body(spec: Spec) -> None:
    """debug=1 has neither waits nor ages: whoever is there counts."""
    listed = (
        "goroutine profile: total 5\n2 @ 0x43 0x44\n#\t0x44\tnet/http.(*persistConn).readLoop+0x1\t/go/t.go:9\n\n"
        "3 @ 0x43 0x45\n#\t0x45\tshop.consume+0x1\t/srv/feed.go:21\n"
    )
    (group,) = diagnosed(spec, listed).groups
    assert ("likely", 3, ("3 at shop.consume (/srv/feed.go:21)",)) == (group.confidence, group.holders, group.held_at)


def test_what_go_has_proved_is_not_doubted(spec: Spec) -> None:
    (group,) = diagnosed(spec, RUNNING, UNREAD.replace("[select, 5 minutes]", "[select (leaked)]"), program("shop.work()")).groups
    assert ("certain", 0) == (group.confidence, group.holders)


def test_what_go_has_proved_of_others_proves_nothing_here(spec: Spec) -> None:
    """Behind a goroutineleak profile each goroutine that is leaked is marked in any dump."""
    leaked = program("shop.forgotten()", wait="chan send (leaked)", by="shop.start")
    (group,) = diagnosed(spec, RUNNING, UNREAD, program("shop.work()"), leaked).groups
    assert ("likely", True) == (group.confidence, group.holders > 0)
    (fresh,) = diagnosed(spec, RUNNING, UNREAD.replace(", 5 minutes", ""), leaked).groups
    assert "wait of a minute" in fresh.why


@pytest.mark.parametrize("system", [False, True], ids=["all", "system"])  # GOTRACEBACK
def test_a_request_that_is_sent_may_send_the_body_of_another_response(spec: Spec, system: bool) -> None:
    """http.Post(url, "", response.Body): its writeLoop has read some, and waits for the server to take it."""
    functions = "net/http.persistConnWriter.Write({0xc0})", "io.copyBuffer({0x1})", "net/http.(*transferWriter).writeBody(0xc0)"
    outside = ("net/http.(*Transport).dialConn.gowrap3()", "runtime.goexit({})") if system else ()
    writing = goroutine(*functions, "net/http.(*persistConn).writeLoop(0xc0000f9000)", *outside, wait="IO wait")
    group = diagnosed(spec, RUNNING, UNREAD, writing).groups[0]
    assert ("body-unfinished", "likely", 1) == (group.state, group.confidence, group.holders)
    assert group.held_at[0].startswith("1 at net/http.(*persistConn).writeLoop (sends")
    bytes_of_its_own = writing.replace("io.copyBuffer", "bytes.(*Reader).WriteTo(0xc0)\n\t/b.go:9\nio.copyBuffer")
    assert "certain" == diagnosed(spec, RUNNING, UNREAD, bytes_of_its_own).groups[0].confidence


PIPE = ("io.(*pipe).read(0xc0)", "io.(*PipeReader).Read(0xc0)")
SENT = {
    "a pipe": (PIPE, "certain"),
    "a file": (("internal/poll.(*FD).Read(0xc0)", "os.(*File).Read(0xc0)"), "certain"),
    "a pipe, and behind it a response": ((*PIPE, "io.(*multiReader).Read(0xc0)"), "likely"),
    "a reader of the program's, above a pipe": ((*PIPE, "shop.(*signed).Read(0xc0)"), "likely"),
}


@pytest.mark.parametrize(("functions", "told"), SENT.values(), ids=SENT.keys())
def test_what_comes_through_a_pipe_is_no_response(spec: Spec, functions: tuple[str, ...], told: str) -> None:
    """Whoever feeds the pipe may have one in hand, and is in the dump, too."""
    outside = (
        "io.copyBuffer({0x1})",
        "net/http.(*transferWriter).doBodyCopy(0xc0)",
        "net/http.(*persistConn).writeLoop(0xc0000f9000)",
    )
    sending = goroutine(*functions, *outside, wait="IO wait" if "os." in functions[-1] else "select")
    groups = diagnosed(spec, RUNNING, UNREAD, sending).groups
    assert [told] == [group.confidence for group in groups if group.state == "body-unfinished"]


def test_a_stream_of_http2_between_two_reads_shows_who_may_have_it(spec: Spec) -> None:
    stream = H2_CLEANUP.replace("cleanupWriteRequest", "writeRequest").replace("semacquire", "select").replace("sync.", "x.")
    found = diagnosed(spec, RUNNING, H2_LOOP, stream, program("shop.consume()", wait="chan send"))
    assert (True, "likely", 1) == (found.groups[0].leak, found.groups[0].confidence, found.groups[0].holders)
    assert "nor closed; unless one of the program's other goroutines has it in hand)" in headline(found)


def test_who_may_have_a_body_is_counted_where_it_was(spec: Spec) -> None:
    """It stays among the others, and a handler among the server's."""
    found = diagnosed(spec, UNREAD, HOLDING["a handler"], HOLDING["it sleeps between two"])
    assert (1, 1, [LEAK]) == (
        found.server_goroutines,
        found.other_goroutines,
        [(group.state, group.connections, group.goroutines) for group in found.groups],
    )


def timers(number: int) -> str:
    """Of an http.Client with a Timeout and a RoundTripper that wraps a Transport: one beside each request."""
    return "\n".join(
        f"goroutine {700 + n} [select, 2 minutes]:\nnet/http.setRequestCancel.func4()\n\t/go/src/net/http/client.go:409 +0x85\n"
        "created by net/http.setRequestCancel in goroutine 1\n\t/go/src/net/http/client.go:408 +0x433\n"
        for n in range(number)
    )


def test_more_timers_of_a_client_than_requests_are_of_bodies_that_nobody_has_closed(spec: Spec) -> None:
    """Close stops the timer, reading to io.EOF does not: net/http's cancelTimerBody."""
    found = diagnosed(spec, RUNNING, timers(5), WAITING, UNREAD, PEEK)
    (left,) = (group for group in found.groups if "Timeout still runs" in group.title)
    assert (3, 3, "request", True, "likely") == (left.connections, left.goroutines, left.unit, left.leak, left.confidence)
    under_way = diagnosed(spec, RUNNING, timers(2), WAITING, UNREAD, PEEK)
    assert not any("Timeout" in group.title for group in under_way.groups)
    assert 2 == under_way.other_goroutines - diagnosed(spec, RUNNING, WAITING, UNREAD, PEEK).other_goroutines


@pytest.mark.parametrize(("number", "said"), [(3, True), (30, False)])
def test_who_is_to_close_a_body_yet_is_shown_beside_the_timers(spec: Spec, number: int, said: bool) -> None:
    (group,) = diagnosed(spec, RUNNING, timers(number), program("shop.work()")).groups
    assert (said, ("1 at shop.work (/srv/0/of.go:0)",)) == ("is to close it yet" in group.remark, group.held_at)
