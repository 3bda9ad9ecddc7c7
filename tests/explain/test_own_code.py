"""What a dump says where net/http has called a function of the program's own, and where the program may have a body in hand."""

import re
from collections.abc import Callable

import pytest

from pcstate.specs.library import Spec
from tests.explain.dumps import PEEK, RUNNING, UNREAD, WAITING, WRITER, diagnosed

READ_LOOP = "net/http.(*persistConn).readLoop(0xc0000a2000)"
WRITE_LOOP = "net/http.(*persistConn).writeLoop(0xc0000a2000)"
DIAL_CONN = "net/http.(*Transport).dialConn(0xc00045e000, {0xb05e50, 0xc0004620a0}, {{}, 0x0, {0xc00039c1e0, 0x4}, 0x0}, ...)"
HOOK = "shop.hook(...)"


def goroutine(*functions: str, wait: str = "chan receive", by: str = "net/http.(*Transport).dialConn in goroutine 9") -> str:
    """A goroutine as debug=2 shows it, the innermost function first."""
    polled = ("internal/poll.runtime_pollWait(0x7f28, 0x72)",) if wait == "IO wait" else ()
    frames = "\n".join(
        f"{function}\n\t/srv/{number}/of.go:{number} +0x1c" for number, function in enumerate((*polled, *functions))
    )
    began = "" if functions[-1] == "main.main()" else f"created by {by}\n\t/srv/of.go:2123 +0x1da5\n"
    return f"goroutine 10 [{wait}]:\n{frames}\n{began}"


CALLED = {
    "GotFirstResponseByte": (
        goroutine(HOOK, "net/http.(*persistConn).readResponse(0xc0000a2000, {{}})", READ_LOOP), "reading-headers", ""
    ),
    "PutIdleConn": (goroutine(HOOK, "net/http.(*persistConn).readLoop.func2(...)", READ_LOOP), "reading-headers", ""),
    "WroteHeaders": (goroutine(HOOK, "net/http.(*Request).write(0xc000678000)", WRITE_LOOP), "writing-request", ""),
    "WroteRequest, deferred": (
        goroutine(HOOK, "net/http.(*Request).write.func1()", "net/http.(*Request).write(0xc000678000)", WRITE_LOOP),
        "writing-request", "",
    ),
    "of two traces": (
        goroutine(
            HOOK, "reflect.Value.call({0x6a1, 0xc0, 0x13})", "net/http/httptrace.(*ClientTrace).compose.func1({0xc0, 0x1})",
            "net/http.(*Request).write(0xc000678000)", WRITE_LOOP,
        ),
        "writing-request", "",
    ),
    "ConnectStart": (
        goroutine(HOOK, "net.(*sysDialer).dialSingle(0xc0004080c0)", "net/http.(*Transport).dial(0x0)", DIAL_CONN),
        "dialing", "tcp",
    ),
    "DialTLSContext": (goroutine(HOOK, "net/http.(*Transport).customDialTLS(0xc0)", DIAL_CONN), "dialing", "tcp"),
    "DialContext": (goroutine(HOOK, "net/http.(*Transport).dial(0x0)", DIAL_CONN), "dialing", "tcp"),
    "GetProxyConnectHeader": (goroutine(HOOK, DIAL_CONN), "dialing", "proxy"),
    "VerifyPeerCertificate": (
        goroutine(
            HOOK, "crypto/tls.(*Conn).verifyServerCertificate(0xc0001c8408)", "crypto/tls.(*Conn).HandshakeContext(...)",
            "net/http.(*persistConn).addTLS.func2()", by="net/http.(*persistConn).addTLS in goroutine 21",
        ),
        "dialing", "tls",
    ),
    "Transport.Proxy": (
        goroutine(
            HOOK, "net/http.(*Transport).connectMethodForRequest(0xc00045e000)", "net/http.(*Transport).roundTrip(0xc00045e000)",
            by="shop.run in goroutine 1",
        ),
        "unknown", "",
    ),
    "CookieJar.Cookies": (
        goroutine(
            "shop.hook()", "shop.(*jar).Cookies(0xc0)", "net/http.(*Client).send(0xc0)", "net/http.(*Client).do(0xc0)",
            by="shop.run in goroutine 1",
        ),
        "unknown", "",
    ),
    "GotConn": (
        goroutine(
            HOOK, "net/http.(*Transport).getConn(0xc00045e000)", "net/http.(*Transport).roundTrip(0xc00045e000)",
            by="shop.run in goroutine 1",
        ),
        "unknown", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("dump", "state", "phase"), CALLED.values(), ids=CALLED.keys())
def test_a_function_of_the_programs_that_does_not_return_is_named(spec: Spec, dump: str, state: str, phase: str) -> None:
    """Not the server, the peer or the pool is to blame."""
    (group,) = diagnosed(spec, RUNNING, dump).groups
    assert (state, phase, True, False) == (group.state, group.phase, group.stuck, group.leak)
    assert "of the program's own" in group.why
    assert "shop.hook (/srv/0/of.go:0)" in group.frames


def test_what_a_function_of_the_programs_has_reached_counts_where_it_is_the_network(spec: Spec) -> None:
    """A DialContext that wraps net.Dialer waits for the peer; a net.Conn of one's own that wraps another, for the server."""
    connecting = goroutine("net.(*netFD).connect(0xc0)", "net.(*Dialer).DialContext(0xc0)", HOOK,
                           "net/http.(*Transport).dial(0x0)", DIAL_CONN, wait="select")  # fmt: skip
    (dialing,) = diagnosed(spec, RUNNING, connecting).groups
    assert "SYN" in dialing.why
    peeking = goroutine("internal/poll.(*FD).Read(0xc0)", HOOK, "net/http.(*persistConn).Read(0xc0000a2000)",
                        "bufio.(*Reader).Peek(0xc0, 0x1)", READ_LOOP, wait="IO wait")  # fmt: skip
    (idle,) = diagnosed(spec, RUNNING, peeking).groups
    assert idle.state == "idle"


COPYING = goroutine("internal/poll.(*FD).Write(0xc0)", "net.(*conn).Write(0xc0)", "io.copyBuffer({0x1, 0x2})",
                    "shop.tunnel(0xc0)", wait="IO wait", by="shop.run in goroutine 1")  # fmt: skip
FROM_A_PEER = COPYING.replace("FD).Write", "FD).Read").replace("conn).Write", "conn).Read")
REDIRECTED = goroutine(
    HOOK, "net/http.(*Client).checkRedirect(0xc0)", "net/http.(*Client).do(0xc0)", by="shop.run in goroutine 1"
)
THROTTLED = goroutine("time.Sleep(0x1dcd6500)", "shop.(*slowly).Read(0xc0, {0xc1, 0x200})", "io.ReadAll({0x1, 0x2})",
                      "shop.fetch(0xc0)", wait="sleep", by="shop.run in goroutine 1")  # fmt: skip
OF_A_DATABASE = goroutine("internal/poll.(*FD).Read(0xc0)", "net.(*conn).Read(0xc0)", "shop.(*buffer).Read(0xc0)",
                          "bufio.(*Reader).fill(0x1)", wait="IO wait", by="shop.run in goroutine 1")  # fmt: skip


TEEING = goroutine("io.(*PipeWriter).Write(0xc0)", "io.(*teeReader).Read(0xc0, {0xc1, 0x200})", "io.ReadAll({0x1, 0x2})",
                   "shop.copied(0xc0)", by="shop.run in goroutine 1")  # fmt: skip
COOKIES = goroutine("shop.(*jar).SetCookies(0xc0)", "net/http.(*Client).send(0xc0)", "net/http.(*Client).do(0xc0)",
                    by="shop.run in goroutine 1")  # fmt: skip
PROXYING = goroutine("shop.rewrite(0xc0)", "net/http/httputil.(*ReverseProxy).modifyResponse(0xc0)",
                     "net/http/httputil.(*ReverseProxy).ServeHTTP(0xc0)", by="shop.run in goroutine 1")  # fmt: skip


LOCKED = """\
1 @ 0x47
#\t0x47\tinternal/sync.runtime_SemacquireMutex+0x24\t/usr/local/go/src/runtime/sema.go:95
#\t0x48\tinternal/sync.(*Mutex).lockSlow+0x15c\t/usr/local/go/src/internal/sync/mutex.go:149
#\t0x49\tsync.(*Mutex).Lock+0x32\t/usr/local/go/src/sync/mutex.go:46
#\t0x4a\tshop.(*counted).Read+0x2b\t/srv/shop/counted.go:12
#\t0x4b\tio.ReadAll+0x2b\t/usr/local/go/src/io/io.go:712
"""


@pytest.mark.parametrize("holder", [COPYING, REDIRECTED, THROTTLED, TEEING, COOKIES, PROXYING, LOCKED])
def test_who_may_have_the_body_in_hand_is_shown_before_a_leak_is_claimed(spec: Spec, holder: str) -> None:
    (group,) = diagnosed(spec, RUNNING, UNREAD, holder).groups
    assert ("body-being-read", False, "guess") == (group.state, group.leak, group.confidence)
    assert any(frame.startswith("shop.") for frame in group.frames)


def test_one_who_may_have_a_body_in_hand_excuses_one_connection_only(spec: Spec) -> None:
    second = UNREAD.replace("goroutine 20", "goroutine 22").replace("0xc0000a2000", "0xc0000a3000")
    assert [("body-unfinished", 1), ("body-being-read", 1)] == [
        (group.state, group.connections) for group in diagnosed(spec, RUNNING, UNREAD, second, COPYING).groups
    ]


@pytest.mark.parametrize("reader", [FROM_A_PEER, OF_A_DATABASE])
def test_who_waits_for_a_peer_of_another_kind_has_no_body_in_hand(spec: Spec, reader: str) -> None:
    assert ["body-unfinished"] == [group.state for group in diagnosed(spec, RUNNING, UNREAD, reader).groups]


def test_a_handshake_within_ones_own_dial_has_a_fix_of_its_own(spec: Spec) -> None:
    """Transport.TLSHandshakeTimeout does not count for DialTLSContext."""
    dump = goroutine("crypto/tls.(*Conn).HandshakeContext(...)", HOOK, "net/http.(*Transport).customDialTLS(0xc0)", DIAL_CONN)
    (group,) = diagnosed(spec, RUNNING, dump).groups
    assert ("dialing", "tls") == (group.state, group.phase)
    assert "DialTLSContext" in group.why and "does not count there" in group.fix


def test_a_stack_of_the_client_that_does_not_tell_more_is_one_of_it(spec: Spec) -> None:
    cut = goroutine("net/http.(*Transport).RoundTrip(0xc0)", "net/http.send(0xc0)", "shop.fetch()", by="shop.run in goroutine 1")
    for stack in (cut, cut.replace("net/http.(*Transport).RoundTrip", "time.Sleep")):
        found = diagnosed(spec, PEEK, stack)
        assert [("idle", "connection"), ("unknown", "request")] == [(group.state, group.unit) for group in found.groups]
        assert not found.conclusive


def test_a_write_loop_that_copies_a_request_body_holds_no_response(spec: Spec) -> None:
    writing = goroutine("net.(*conn).Write(0xc0)", "net/http.persistConnWriter.Write({0xc0})", "io.copyBuffer({0x1})",
                        "net/http.(*transferWriter).writeBody(0xc0)", WRITE_LOOP, wait="IO wait")  # fmt: skip
    assert ["body-unfinished"] == [group.state for group in diagnosed(spec, RUNNING, UNREAD, writing).groups]


CLOSING = goroutine(HOOK, "net/http.(*persistConn).closeLocked(0xc0000b3000, {0xb0, 0xb5})",
                    "net/http.(*persistConn).closeConnIfStillIdle(0xc0000b3000)", by="time.goFunc")  # fmt: skip
LOCKED = goroutine("sync.(*Mutex).Lock(...)", "net/http.(*Transport).queueForIdleConn(0xc0)",
                   "net/http.(*Transport).getConn(0xc0)", wait="sync.Mutex.Lock", by="shop.run in goroutine 1")  # fmt: skip


def test_a_close_that_hangs_holds_the_pool(spec: Spec) -> None:
    """golang/go#79902: the connection is not idle, and MaxConnsPerHost has no part in it."""
    closing, waiting = diagnosed(spec, RUNNING, PEEK, CLOSING, LOCKED.replace("goroutine 10", "goroutine 11")).groups
    assert ("unknown", "connection", 2, True) == (closing.state, closing.unit, closing.goroutines, closing.stuck)
    assert closing.frames == ("shop.hook (/srv/0/of.go:0)",)
    assert ("unknown", "request", True) == (waiting.state, waiting.unit, waiting.stuck)
    assert "lock" in waiting.why


def test_what_a_dial_waits_for_is_not_guessed_where_it_was_cut_off(spec: Spec) -> None:
    cut = goroutine(DIAL_CONN).partition("\n")[2]
    (group,) = diagnosed(spec, cut).groups
    assert ("dialing", "") == (group.state, group.phase)


FILE = COPYING.replace("shop.tunnel(0xc0)", "net/http.serveContent(0xc0)")
BUFFER = COPYING.replace("io.copyBuffer({0x1, 0x2})", "bytes.(*Buffer).WriteTo(0xc0)\n\t/b.go:9\nio.copyBuffer({0x1, 0x2})")
TUNNEL = COPYING.replace("io.copyBuffer({0x1, 0x2})", "net.(*TCPConn).WriteTo(0xc0)\n\t/t.go:9\nio.copyBuffer({0x1, 0x2})")
SPLICED = COPYING.replace("net.(*conn).Write(0xc0)", "internal/poll.Splice(0xc0)\n\t/s.go:9\nnet.(*TCPConn).ReadFrom(0xc0)")
SENT_FILE = SPLICED.replace("Splice", "SendFile")
LIMITED = goroutine("shop.(*limiter).RoundTrip(0xc0)", "net/http.send(0xc0)", "net/http.(*Client).do(0xc0)",
                    by="shop.run in goroutine 1")  # fmt: skip


@pytest.mark.parametrize("other", [FILE, BUFFER, TUNNEL, SPLICED, SENT_FILE])
def test_who_copies_what_is_no_body_has_none_in_hand(spec: Spec, other: str) -> None:
    assert ["body-unfinished"] == [group.state for group in diagnosed(spec, RUNNING, UNREAD, other).groups]


@pytest.mark.parametrize("stdin", ["stdin", "childStdin"])
def test_who_writes_to_a_process_may_have_a_body_in_hand(spec: Spec, stdin: str) -> None:
    """It has no function of the program's: what was said told to look at one."""
    feeder = f"""\
goroutine 60 [IO wait]:
internal/poll.runtime_pollWait(0x7f28, 0x77)
\t/usr/local/go/src/runtime/netpoll.go:234 +0x89
os.(*File).Write(0xc000014040, {{0xc0000f49c0, 0x8000, 0x8000}})
\t/usr/local/go/src/os/file.go:215 +0x4e
io.copyBuffer({{0x813960, 0xc0000281f0}}, {{0x812b80, 0xc000064180}}, {{0x0, 0x0, 0x0}})
\t/usr/local/go/src/io/io.go:429 +0x204
os/exec.(*Cmd).{stdin}.func1()
\t/usr/local/go/src/os/exec/exec.go:564 +0x33
created by os/exec.(*Cmd).Start
\t/usr/local/go/src/os/exec/exec.go:767 +0x9f3
"""
    (group,) = diagnosed(spec, RUNNING, UNREAD, feeder).groups
    assert ("body-being-read", 1, 2, "guess", ()) == (
        group.state,
        group.connections,
        group.goroutines,
        group.confidence,
        group.frames,
    )
    assert "a process" in group.title and "'code'" not in group.why + group.fix


def test_a_round_tripper_that_waits_is_shown_whether_it_has_a_body_or_not(spec: Spec) -> None:
    (leak,) = diagnosed(spec, RUNNING, UNREAD, LIMITED).groups
    assert ("body-unfinished", True, "guess") == (leak.state, leak.leak, leak.confidence)
    alone = diagnosed(spec, RUNNING, LIMITED)
    assert (("unknown", "request", "guess"), False) == (
        (alone.groups[0].state, alone.groups[0].unit, alone.groups[0].confidence),
        alone.conclusive,
    )
    for group in (leak, *alone.groups):
        assert "shop.(*limiter).RoundTrip (/srv/0/of.go:0)" in group.frames


READING = goroutine("io.ReadAll({0x1, 0x2})", "shop.fetch(0xc0)", wait="runnable", by="shop.run in goroutine 1")
RETURNING = goroutine("net/http.(*persistConn).roundTrip(0xc0000a2000, 0xc0)", "shop.fetch(0xc0)",
                      wait="runnable", by="shop.run in goroutine 1")  # fmt: skip


COLLECTING = READING.replace("runnable", "semacquire")


@pytest.mark.parametrize("mover", [READING, RETURNING, RETURNING.replace("runnable", "select"), COLLECTING])
def test_what_is_in_motion_is_no_leak(spec: Spec, mover: str) -> None:
    """A service that reads and closes every body, taken while it works; what has waited for minutes is not excused by it."""
    young = UNREAD.replace(", 5 minutes", "")
    moving, old = diagnosed(spec, RUNNING, young, mover), diagnosed(spec, RUNNING, UNREAD, mover)
    assert [("no-leak", "body-being-read"), ("leak", "body-unfinished")] == [
        (each.verdict, each.groups[0].state) for each in (moving, old)
    ]


@pytest.mark.parametrize("wait", ["runnable", "semacquire"])
@pytest.mark.parametrize(
    "server",
    [
        ("bufio.(*Writer).Flush(0xc0)", "net/http.(*response).finishRequest(0xc0)"),
        ("bufio.(*Writer).Flush(0xc0)", "net/http.(*conn).finalFlush(0xc0)"),
        ("bufio.(*Reader).ReadSlice(0xc0, 0xa)", "net/http.(*conn).readRequest(0xc0, {0x1, 0x2})"),
        ("net/http.(*connReader).Read(0xc0)", "bufio.(*Reader).Peek(0xc0, 0x4)"),  # for the next request
        ("io.ReadAtLeast({0x1, 0x2}, {0xc0, 0x5, 0x5}, 0x5)", "crypto/tls.(*Conn).serverHandshake(0xc0, {0x1, 0x2})"),
    ],
)
def test_a_server_that_is_in_motion_without_a_handler_has_no_body_in_hand(spec: Spec, wait: str, server: tuple[str, ...]) -> None:
    """A busy server flushed the response of another request: that excused a connection whose body nobody has."""
    outer = "net/http.(*conn).serve(0xc0, {0x1, 0x2})"
    flushing = goroutine(*server, outer, wait=wait, by="net/http.(*Server).Serve in goroutine 3")
    found = diagnosed(spec, RUNNING, UNREAD.replace(", 5 minutes", ""), flushing)
    assert [("body-unfinished", "certain")] == [(group.state, group.confidence) for group in found.groups]
    assert (1, 1) == (found.server_goroutines, found.other_goroutines)


def test_a_function_around_a_loop_that_a_signal_shows_is_no_helper(spec: Spec) -> None:
    """A request body that is another response's: its writeLoop is inside Read of that, below dialConn.func6 (Go 1.21)."""
    mirror = goroutine(
        "net/http.(*bodyEOFSignal).Read(0xc0)", "net/http.(*transferWriter).writeBody(0xc0)",
        "net/http.(*persistConn).writeLoop(0xc0000f9000)", "net/http.(*Transport).dialConn.func6()", wait="sync.Cond.Wait",
    )  # fmt: skip
    assert ["body-being-read"] == [
        group.state for group in diagnosed(spec, RUNNING, UNREAD, mirror).groups if group.leak or "read" in group.state
    ]


def test_a_close_of_ones_own_is_named_on_a_read_loop_too(spec: Spec) -> None:
    closing = goroutine(HOOK, "net/http.(*persistConn).closeLocked(0xc0000a2000)", READ_LOOP)
    assert ("shop.hook (/srv/0/of.go:0)",) == diagnosed(spec, RUNNING, closing).groups[0].frames


def test_what_the_compiler_wraps_a_call_in_is_nobodys_code(spec: Spec) -> None:
    (group,) = diagnosed(spec, RUNNING, LIMITED.replace("created by", "shop.run.gowrap1()\n\t/srv/of.go:1\ncreated by")).groups
    assert not any("gowrap" in frame for frame in group.frames)


def test_a_profile_does_not_show_that_a_function_of_net_https_runs(spec: Spec) -> None:
    """It leaves out the runtime's innermost functions: who allocates looks like one who waits there."""

    def listed(*functions: str) -> str:
        symbols = "".join(f"#\t0x4{n}\t{name}+0x5\t/usr/local/go/src/net/http/of.go:9\n" for n, name in enumerate(functions))
        return f"goroutine profile: total 1\n1 @{' 0x43' * len(functions)}\n{symbols}"

    (dialling,) = diagnosed(spec, listed("net/http.(*Transport).dialConn", "net/http.(*Transport).dialConnFor")).groups
    assert ("dialing", "") == (dialling.state, dialling.phase)
    (writing,) = diagnosed(spec, listed("net/http.(*Request).write", "net/http.(*persistConn).writeLoop")).groups
    assert "request-body-stalled" != writing.state


def test_a_write_loop_that_is_left_in_a_request_body_leaks(spec: Spec) -> None:
    """The server answered early, or hung up: nobody waits for that body, and net/http does not interrupt its Read."""
    uploading = goroutine("io.(*pipe).read(0xc0)", "net/http.(*transferWriter).doBodyCopy(0xc0)", WRITE_LOOP, wait="select")
    left, under_way = (
        diagnosed(spec, RUNNING, uploading),
        diagnosed(spec, RUNNING, uploading, PEEK.replace("0xc0000b3000", "0xc0000a2000")),
    )
    assert [("leak", "request-body-stalled", "likely"), ("stuck", "request-body-stalled", "certain")] == [
        (each.verdict, each.groups[0].state, each.groups[0].confidence) for each in (left, under_way)
    ]
    assert "stuck" == diagnosed(spec, uploading).verdict  # of a part: whoever waits may not be in it


@pytest.mark.parametrize("pointers", [True, False])
def test_who_closes_a_response_that_came_early_is_told_to_end_the_request_body_too(spec: Spec, pointers: bool) -> None:
    """A 413 whose body nobody closes, while the upload stalls: behind Close alone, writeLoop would be left in that Read."""
    uploading = goroutine("io.(*pipe).read(0xc0)", "net/http.(*transferWriter).doBodyCopy(0xc0)", WRITE_LOOP, wait="select")
    writer = WRITER.replace("0xc0000c4000", "0xc0000b2000")
    other = UNREAD.replace("goroutine 20", "goroutine 22").replace("0xc0000a2000", "0xc0000b2000")
    dump = "\n".join((RUNNING, UNREAD, uploading, other, writer))
    early, plain = diagnosed(spec, dump if pointers else re.sub(r"Loop\(.*\)", "Loop(...)", dump)).groups
    assert [("body-unfinished", 1, 2, True)] * 2 == [(g.state, g.connections, g.goroutines, g.leak) for g in (early, plain)]
    assert "PipeReader.Close" in early.fix and "PipeReader.Close" not in plain.fix


SENT = ("net.(*conn).Write(0xc0)", "net/http.persistConnWriter.Write({0xc0})", "bufio.(*Writer).Flush(0xc0)", WRITE_LOOP)
GOT = (
    "net.(*conn).Read(0xc0)",
    "net/http.(*persistConn).Read(0xc0000a2000)",
    "net/http.(*bodyEOFSignal).Read(0xc0)",
    "shop.get()",
)


def counted(text: str) -> str:
    """The same goroutine in debug=1."""
    frames = [line.partition("(0x")[0].partition("({0x")[0].removesuffix("()") for line in text.splitlines()[1:-2:2]]
    return "1 @ 0x43\n" + "".join(f"#\t0x4\t{frame}+0x1\t/srv/of.go:1\n" for frame in frames)


@pytest.mark.parametrize("form", [str, counted], ids=["debug=2", "debug=1"])
@pytest.mark.parametrize(
    ("functions", "beside", "state"),
    [(SENT, (PEEK.replace("b3000", "a2000"), WAITING.replace("d5000", "a2000")), "writing-request"),
     (GOT, (UNREAD,), "body-being-read")],
    ids=["sent", "read"],
)  # fmt: skip
def test_who_is_within_a_system_call_on_a_socket_is_not_stuck(
    spec: Spec, form: Callable[[str], str], functions: tuple[str, ...], beside: tuple[str, ...], state: str
) -> None:
    """A socket does not block: what must wait for it does so in the poller."""
    called = goroutine("syscall.Syscall(0x1)", "syscall.write(0x1)", *functions, wait="syscall")
    waiting = goroutine("internal/poll.runtime_pollWait(0x1)", *functions, wait="IO wait")
    above = "goroutine profile: total 9\n" if form is counted else ""
    for text, stuck in ((called, False), (waiting, True)):
        (group,) = diagnosed(spec, above, *map(form, (RUNNING, *beside, text))).groups
        assert (state, stuck, 1) == (group.state, group.stuck, group.connections)


SOCKS = "net/http.(*socksDialer).connect(0xc0)"
ADD_TLS = goroutine("net/http.(*persistConn).addTLS(0xc0)", DIAL_CONN, by="net/http.(*Transport).dialConnFor").replace(
    "10", "11", 1
)
WATCHED = {
    "tls": (ADD_TLS, "crypto/tls.(*Conn).handshakeContext.func2()", "crypto/tls.(*Conn).handshakeContext"),
    "proxy": (goroutine(SOCKS, DIAL_CONN, wait="IO wait"), "net/http.(*socksDialer).connect.func2()", SOCKS.partition("(0x")[0]),
}


@pytest.mark.parametrize("phase", WATCHED)
def test_who_waits_for_the_end_of_the_context_of_a_dial_is_part_of_that(spec: Spec, phase: str) -> None:
    """Another one, as of a server's handshake, is none of it."""
    dial, function, by = WATCHED[phase]
    watchers = [goroutine(function, wait="select", by=by).replace("goroutine 10", f"goroutine {n}", 1) for n in (20, 21)]
    for count in (0, 1, 2):
        found = diagnosed(spec, RUNNING, dial, *watchers[:count])
        (group,) = found.groups
        assert ("dialing", phase, 1 + min(count, 1)) == (group.state, group.phase, group.goroutines)
        assert 1 + max(count - 1, 0) == found.other_goroutines


def test_a_request_that_has_ended_waits_for_its_own_body(spec: Spec) -> None:
    """RoundTrip returns when writeLoop has, and that is inside Request.Body: no timeout of the request ends it."""
    uploading = goroutine("shop.(*source).Read(0xc0)", "net/http.(*transferWriter).doBodyCopy(0xc0)", WRITE_LOOP)
    waiting = [f"net/http.(*persistConn).{name}(0xc0000a2000)" for name in ("mapRoundTripError", "roundTrip")]
    returning = goroutine(*waiting, "shop.send()", by="shop.run in goroutine 1").replace("goroutine 10", "goroutine 11", 1)
    (group,) = diagnosed(spec, RUNNING, UNREAD, uploading, returning).groups
    assert ("request-body-stalled", True, False, "certain") == (group.state, group.stuck, group.leak, group.confidence)
    assert 3 == group.goroutines and any(frame.startswith("shop.(*source).Read") for frame in group.frames)


def test_a_connection_that_was_taken_over_is_named(spec: Spec) -> None:
    """As for a websocket, through a ReverseProxy or by the program itself: there is no readLoop any more."""
    functions = "net/http.(*persistConn).Read(0xc0000a2000)", "net/http.(*readWriteCloserBody).Read(0xc0)", "shop.pump()"
    taken = goroutine(*functions, wait="IO wait", by="shop.run in goroutine 1")
    found = diagnosed(spec, RUNNING, taken)
    assert ("no-leak", True, 1) == (found.verdict, found.conclusive, found.groups[0].connections)
    assert "101" in found.groups[0].why


FEEDING = "net/http.(*transferWriter).writeBody(0xc0)", "net/http.(*persistConn).writeLoop(0xc0000f9000)"
OF_A_RESPONSE = "net/http.(*persistConn).Read(0xc0000a2000)", "net/http.(*bodyEOFSignal).Read(0xc0)"
OF_A_REQUEST = "net/http.(*connReader).Read(0xc0)", "net/http.(*body).Read(0xc0)"
RELAYED = {
    "a response's": (OF_A_RESPONSE, "See to the other request", ["body-being-read", "request-body-stalled"]),
    "one that a server receives": (OF_A_REQUEST, "Server.ReadTimeout", ["request-body-stalled"]),
    "the program's own": (("io.(*pipe).read(0xc0)",), "PipeWriter", ["request-body-stalled"]),
}


@pytest.mark.parametrize(("body", "fix", "states"), RELAYED.values(), ids=RELAYED.keys())
def test_a_request_whose_body_is_another_connections_is_told_from_one_of_the_programs(
    spec: Spec, body: tuple[str, ...], fix: str, states: list[str]
) -> None:
    """http.Post(url, "", response.Body), or a handler that sends its request's Body on: nobody has a PipeWriter."""
    sending = goroutine(*body, *FEEDING, wait="IO wait")
    waiting = (
        RETURNING.replace("runnable", "select").replace("0xc0000a2000", "0xc0000f9000").replace("goroutine 10", "goroutine 11")
    )
    groups = diagnosed(spec, RUNNING, *([UNREAD] if len(states) > 1 else []), sending, waiting).groups
    assert states == sorted(group.state for group in groups)
    (stalled,) = (group for group in groups if group.state == "request-body-stalled")
    assert (2, True) == (stalled.goroutines, stalled.stuck)
    assert [fix in stalled.fix, "PipeWriter" in stalled.fix] == [True, fix == "PipeWriter"]


@pytest.mark.parametrize("wait", ["runnable", "running", "syscall"])
def test_a_close_that_is_under_way_does_not_hang(spec: Spec, wait: str) -> None:
    """close(2) takes a moment, in which a dump may meet it; who waits there, does."""
    passing = CLOSING.replace("chan receive", wait).replace(f"{HOOK}\n\t/srv/0/of.go:0 +0x1c\n", "net.(*netFD).Close(0xc0)\n")
    loop = goroutine("net.(*netFD).Close(0xc0)", "net/http.(*persistConn).closeLocked(0xc0000a2000)", READ_LOOP, wait=wait)
    found = [diagnosed(spec, PEEK, each) for each in (passing, loop)]
    assert [] == [group for each in found for group in each.groups if group.stuck]
    hanging = passing.replace(wait, "IO wait")
    assert [True] == [group.stuck for group in diagnosed(spec, PEEK, hanging).groups]


@pytest.mark.parametrize("wait", ["semacquire", ""])
def test_a_close_that_waits_for_a_read_of_its_own_socket_does_not_hang(spec: Spec, wait: str) -> None:
    """It has woken that Read: met under load, where many connections are closed at once."""
    close = ("internal/poll.runtime_Semacquire(0xc0)", "internal/poll.(*FD).Close(0xc0)", "net.(*netFD).Close(0xc0)")
    closed = "net/http.(*persistConn).closeLocked(0xc0000a2000)"
    for stack in ((*close, closed, READ_LOOP), (*close, closed, "net/http.(*persistConn).closeConnIfStillIdle(0xc0000a2000)")):
        assert [] == [group.state for group in diagnosed(spec, PEEK, goroutine(*stack, wait=wait)).groups if group.stuck]


def test_what_a_process_prints_is_no_body(spec: Spec) -> None:
    """Its output is copied to a writer that does not take it; what is copied to its input may be one."""
    printing, reading = (
        goroutine("io.(*PipeWriter).Write(0xc0)", "io.copyBuffer({0x1})", f"os/exec.(*Cmd).{name}.func1()", by="shop.run")
        for name in ("writerDescriptor", "stdin")
    )
    assert ["body-unfinished"] == [group.state for group in diagnosed(spec, RUNNING, UNREAD, printing).groups]
    assert ["body-being-read"] == [group.state for group in diagnosed(spec, RUNNING, UNREAD, reading).groups]


def test_who_waits_for_its_turn_on_a_connection_of_its_own_is_queued(spec: Spec) -> None:
    """Transport.NewClientConn: the response of the request before is not done with."""
    turn = [f"net/http.(*persistConn).{name}(0xc0000a2000)" for name in ("waitForAvailability", "roundTrip")]
    found = diagnosed(spec, RUNNING, UNREAD, goroutine(*turn, "shop.send()", wait="select", by="shop.run in goroutine 1"))
    assert [("body-unfinished", "connection", 1), ("queued", "request", 1)] == [
        (group.state, group.unit, group.goroutines) for group in found.groups
    ]
    assert "1.26 or later" == found.go
