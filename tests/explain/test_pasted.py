"""Dumps as people paste them: cut by a terminal or a log, with prose around them."""

import pytest

from pcstate.errors import GoError
from pcstate.specs.library import Spec
from tests.explain.dumps import GET_CONN, IDLE, LEAK, LONE, PEEK, RUNNING, UNREAD, WAITING, WRITER, diagnosed
from tests.golang.dumps import said


def wrapped(text: str, width: int) -> str:
    """A terminal's lines: cut at its width."""
    return "\n".join(line[at : at + width] for line in text.split("\n") for at in range(0, max(1, len(line)), width))


@pytest.mark.parametrize("width", [60, 79, 80])
@pytest.mark.parametrize(
    ("text", "state"),
    [
        (UNREAD, "body-unfinished"),
        (PEEK.replace("0x1)", f"0x1{', 0x0' * 9})"), "idle"),
        (WAITING.replace("0xc0000e0000)", f"0xc0000e0000{', 0x0' * 9})"), "awaiting-headers"),
        (GET_CONN, "queued"),
    ],
)
def test_a_terminals_width_does_not_matter(spec: Spec, text: str, state: str, width: int) -> None:
    assert [state] == [group.state for group in diagnosed(spec, wrapped(text, width)).groups]


@pytest.mark.parametrize("width", [70, 80])
def test_a_terminals_width_does_not_matter_to_a_profile(spec: Spec, width: int) -> None:
    source = "/home/somebody/sdk/go1.22.1/src"
    text = f"""\
goroutine profile: total 12
7 @ 0x438936 0x449473 0x94d3c4 0x94d3c5 0x94d3c6 0x94d3c7 0x94d3c8 0x94d3c9 0x94d3ca
#\t0x46c214\tinternal/poll.runtime_pollWait+0x54\t\t{source}/runtime/netpoll.go:220
#\t0x5868a4\tbufio.(*Reader).Peek+0x5c\t\t{source}/bufio/bufio.go:101
#\t0x94d3c4\tnet/http.(*persistConn).readLoop+0xda4\t\t{source}/net/http/transport.go:2213

5 @ 0x438936 0x449474
#\t0x94d3c4\tnet/http.(*persistConn).readLoop+0xda4\t\t{source}/net/http/transport.go:2213
"""
    found = diagnosed(spec, wrapped(text.expandtabs(), width))
    assert ("leak", (("body-unfinished", 5, 5), ("idle", 7, 7))) == said(found)


def test_a_log_that_cuts_long_lines_loses_no_function(spec: Spec) -> None:
    """An escaped dump in a log's lines of 120 characters: a function's arguments go on in the next."""
    escaped = (UNREAD + "\n" + PEEK + "\n" + WRITER).replace("\n", "\\n").replace("\t", "\\t")
    start = escaped.index("Peek(") + 12
    pieces = (escaped[:start], escaped[start:])
    found = diagnosed(spec, *(f"Jan 02 15:04:05 host app[12]: {piece}" for piece in pieces))
    assert ("leak", (LEAK, IDLE, LONE)) == said(found)


def test_a_call_that_was_broken_at_its_arguments_is_one(spec: Spec) -> None:
    broken = UNREAD.replace("readLoop(0xc0000a2000)", "readLoop(\n0xc0000a2000)")
    assert ("leak", (LEAK,)) == said(diagnosed(spec, broken))
    headless = PEEK.partition("\n")[2].replace("(0xc0000f49c0, 0x1)", "(0xc0000f49c0\n, 0x1\n)").replace("Loop(", "Loop(\n")
    assert ("no-leak", (IDLE,)) == said(diagnosed(spec, headless))


def test_a_stack_whose_header_was_cut_off_does_not_show_where_it_waits(spec: Spec) -> None:
    """What stood above readLoop may have been cut off with the header: Peek, for one."""
    headless = UNREAD.partition("\n")[2]
    listed = diagnosed(spec, "Test appears to have leaked a Transport:\n" + headless)  # as net/http's own tests list them
    assert ["body-unfinished"] == [group.state for group in listed.groups]
    assert ["unknown"] == [group.state for group in diagnosed(spec, headless).groups]
    cut = diagnosed(spec, headless, RUNNING)
    assert [("unknown", "guess")] == [(group.state, group.confidence) for group in cut.groups]
    assert not cut.whole


SYMBOLS = """\
#\t0x858ea1\tnet/http.(*bodyEOFSignal).Read+0x141\t/usr/local/go/src/net/http/transport.go:2774
#\t0x517fbe\tshop/stock.(*Client).Watch+0x16b\t/srv/shop/stock/watch.go:165

1 @ 0x438936 0x4315b7
#\t0x4630e8\tmain.main+0x88\t/srv/shop/main.go:30
"""


def test_a_profile_that_begins_within_a_goroutine_has_it(spec: Spec) -> None:
    assert ["body-being-read"] == [group.state for group in diagnosed(spec, SYMBOLS).groups]
    assert diagnosed(spec, SYMBOLS).other_goroutines == 1


@pytest.mark.parametrize("header", ["heap profile: 1: 16 [1: 16] @ heap/1048576", "1: 8192 [4: 32768] @ 0x438936 0x4315b7"])
def test_a_profile_of_something_else_has_no_goroutine(spec: Spec, header: str) -> None:
    with pytest.raises(GoError):
        diagnosed(spec, header, SYMBOLS.partition("\n\n")[0])


INTO_BODY = """\
net/http.(*body).Read(0xc0000f1000, {0xc000633000, 0x1000, 0x1000})
\t/usr/local/go/src/net/http/transfer.go:845 +0x105
net/http.(*bodyEOFSignal).Read(0xc0000f2000, {0xc000633000, 0x1000, 0x1000})
\t/usr/local/go/src/net/http/transport.go:2774 +0x141
created by main.main
\t/srv/shop/main.go:7 +0x20
"""
READING = f"""\
goroutine 60 [IO wait]:
net/http.(*persistConn).Read(0xc0000a2000, {{0xc000633000, 0x1000, 0x1000}})
\t/usr/local/go/src/net/http/transport.go:1929 +0x105
{INTO_BODY}"""
READING_TOO = f"""\
goroutine 61 [sync.Mutex.Lock]:
sync.(*Mutex).Lock(...)
\t/usr/local/go/src/sync/mutex.go:90
{INTO_BODY}"""


def test_two_readers_of_one_body_hold_one_connection(spec: Spec) -> None:
    """The other one, whose body nobody has, is a leak still."""
    other = UNREAD.replace("goroutine 20", "goroutine 22").replace("0xc0000a2000", "0xc0000b2000")
    found = diagnosed(spec, RUNNING, UNREAD, READING, READING_TOO, other)
    assert ("leak", (("body-unfinished", 1, 1), ("body-being-read", 1, 3))) == said(found)


ANSWERED_EARLY = """\
goroutine profile: total 4
1 @ 0x438936 0x4315b7
#\t0x858ea1\tnet/http.(*persistConn).readLoop+0x141\t/usr/local/go/src/net/http/transport.go:2207

1 @ 0x438936 0x4315b8
#\t0x858ea1\tinternal/poll.(*FD).Write+0x141\t/usr/local/go/src/internal/poll/fd_unix.go:380
#\t0x858ea2\tnet/http.persistConnWriter.Write+0x141\t/usr/local/go/src/net/http/transport.go:1990
#\t0x858ea3\tnet/http.(*persistConn).writeLoop+0x141\t/usr/local/go/src/net/http/transport.go:2421

2 @ 0x438936 0x4315b9
#\t0x858ea1\tmain.main+0x141\t/srv/shop/main.go:7
"""


def test_a_write_loop_that_still_writes_belongs_to_the_answer_that_came_early(spec: Spec) -> None:
    assert ("leak", (("body-unfinished", 1, 2),)) == said(diagnosed(spec, ANSWERED_EARLY))


def test_a_type_of_the_same_name_is_not_net_https(spec: Spec) -> None:
    own = UNREAD.replace("net/http.(*persistConn)", "main.(*persistConn)").replace("net/http.(*Transport).dialConn", "main.main")
    assert "none" == diagnosed(spec, own, RUNNING).verdict


@pytest.mark.parametrize(("above", "alone"), [("panic: boom\n", True), ("", False)])
def test_the_one_goroutine_that_a_panic_shows_proves_nothing(spec: Spec, above: str, alone: bool) -> None:
    assert alone == bool(diagnosed(spec, above + RUNNING).missing)


def test_a_stack_that_a_goroutine_shows_of_itself_proves_nothing(spec: Spec) -> None:
    shown = RUNNING.replace(
        "main.main()", "runtime/debug.Stack()\n\t/usr/local/go/src/runtime/debug/stack.go:26 +0x5e\nmain.main()"
    )
    assert diagnosed(spec, shown).missing


def test_one_goroutine_that_runs_and_is_not_mains_has_shown_its_own_stack(spec: Spec) -> None:
    """As of runtime.Stack, which leaves no function of its own: where all are shown, main's is there."""
    alone = RUNNING.replace("goroutine 1 ", "goroutine 57 ").replace("main.main", "main.(*shop).serve")
    alone += "created by main.main in goroutine 1\n\t/srv/shop/main.go:3 +0x3a\n"
    one, both = diagnosed(spec, alone), diagnosed(spec, alone, RUNNING.replace("running", "select"))
    assert [(False, False), (True, True)] == [(each.whole, each.conclusive) for each in (one, both)]
    assert "own stack" in one.missing


def test_a_goroutine_whose_stack_cannot_be_shown_may_be_the_other_half(spec: Spec) -> None:
    hidden = """\
goroutine 19 [running]:
\tgoroutine running on other thread; stack unavailable
created by net/http.(*Transport).dialConn in goroutine 7
\t/usr/local/go/src/net/http/transport.go:1747 +0x1e05
"""
    assert [("orphaned-write-loop", False, "guess")] == [
        (group.state, group.leak, group.confidence) for group in diagnosed(spec, RUNNING, hidden, WRITER).groups
    ]


CRASHED = """\
fatal error: concurrent map iteration and map write

goroutine 21 [running]:
net/http.Header.sortedKeyValues(0xc0000c4000, 0x0)
\t/usr/local/go/src/net/http/header.go:162 +0x105
net/http.(*Request).write(0xc0000c5000, {0x7f28, 0xc0000c4000}, 0x0, 0x0, 0x0)
\t/usr/local/go/src/net/http/request.go:680 +0x9a5
net/http.(*persistConn).writeLoop(0xc0000a2000)
\t/usr/local/go/src/net/http/transport.go:2403 +0x174
created by net/http.(*Transport).dialConn
\t/usr/local/go/src/net/http/transport.go:1748 +0x1e65
"""


def test_who_runs_waits_for_nothing(spec: Spec) -> None:
    """Two goroutines that use one Header crash within writeLoop: that is no body that does not come."""
    assert [("unknown", "guess")] == [(group.state, group.confidence) for group in diagnosed(spec, CRASHED).groups]
    assert ("leak", (("body-unfinished", 1, 2),)) == said(diagnosed(spec, UNREAD, CRASHED))
    reading = PEEK.replace("[IO wait, 6 minutes]", "[running]").replace("bufio.(*Reader).Peek(", "net/http.ReadResponse(")
    assert ["unknown"] == [group.state for group in diagnosed(spec, reading).groups]
    waiting = diagnosed(spec, WAITING.replace("[select, 9 minutes]", "[runnable]"))
    assert ("no-leak", False) == (waiting.verdict, waiting.conclusive)


def test_what_shares_a_pointer_is_one_connection_without_its_read_loop_too(spec: Spec) -> None:
    writer = WRITER.replace("0xc0000c4000", "0xc0000d5000")
    assert ("stuck", (("awaiting-headers", 1, 2),)) == said(diagnosed(spec, WAITING, writer))
    assert 2 == len(diagnosed(spec, WAITING, WRITER).groups)


CLOSE = """\
net/http.(*persistConn).closeLocked(0xc0000a2000, {0x1550020, 0xc000112c20})
\t/usr/local/go/src/net/http/transport.go:2714 +0x130
"""
CLOSING = UNREAD.replace("net/http.(*persistConn).readLoop(", f"{CLOSE}net/http.(*persistConn).readLoop(")


def test_a_connection_whose_close_does_not_return_is_stuck(spec: Spec) -> None:
    assert [("unknown", True)] == [(group.state, group.stuck) for group in diagnosed(spec, CLOSING).groups]


RACE = """\
==================
WARNING: DATA RACE
Read at 0x00c0001a2008 by goroutine 12:
  net/http.(*persistConn).readLoop()
      /usr/local/go/src/net/http/transport.go:2205 +0x1234

Goroutine 12 (running) created at:
  net/http.(*Transport).dialConn()
      /usr/local/go/src/net/http/transport.go:1765 +0x2b5e
==================
"""


def test_a_race_detectors_report_is_no_dump(spec: Spec) -> None:
    with pytest.raises(GoError):
        diagnosed(spec, RACE)
    for report in (RACE, RACE.removesuffix("==================\n")):
        assert ("no-leak", (IDLE,)) == said(diagnosed(spec, report, PEEK))


@pytest.mark.parametrize(
    ("goroot", "go"),
    [
        ("/usr/local/go1.21.3/src", "1.21.3"),
        ("/nix/store/hash-go-1.21.3/share/go/src", "1.21.3"),
        ("/opt/homebrew/Cellar/go@1.21/1.21.13/libexec/src", "1.21.13"),
        ("/home/shop/.goenv/versions/1.21.3/src", "1.21.3"),
        ("/usr/local/go1.22rc1/src", "1.22"),
    ],
)
def test_the_release_is_read_off_the_path_of_go_and_not_of_the_program(spec: Spec, goroot: str, go: str) -> None:
    program = RUNNING.replace("/srv/shop", "/srv/go1.12/shop")
    assert "1.12" not in diagnosed(spec, program, UNREAD).go
    assert go == diagnosed(spec, program, UNREAD.replace("/usr/local/go/src", goroot)).go


def test_a_servers_read_of_a_request_body_is_the_servers(spec: Spec) -> None:
    reads = """\
goroutine 9 [IO wait]:
net/http.(*connReader).Read(0xc000168018, {0xc000633000, 0x1000, 0x1000})
\t/usr/local/go/src/net/http/server.go:789 +0x105
"""
    assert diagnosed(spec, reads).server_goroutines == 1


def test_what_a_server_waits_for_before_its_answer_is_the_servers(spec: Spec) -> None:
    """It reads what is left of a request's body, and that lock is another goroutine's of the same server."""
    drains = """\
goroutine 9 [sync.Mutex.Lock, 10 minutes]:
net/http.(*body).Read(0xc000b52b40, {0xc003008000, 0x2000, 0x2000})
\t/usr/local/go/src/net/http/transfer.go:834 +0x157
net/http.(*chunkWriter).writeHeader(0xc001412498, {0xc001d36800, 0x145, 0x800})
\t/usr/local/go/src/net/http/server.go:1350 +0xfc6
"""
    assert ((), 1, 0) == ((found := diagnosed(spec, drains)).groups, found.server_goroutines, found.other_goroutines)


def test_blank_lines_do_not_break_a_stack_whose_header_was_cut_off(spec: Spec) -> None:
    headless = PEEK.partition("\n")[2]
    assert ("no-leak", (IDLE,)) == said(diagnosed(spec, headless.replace("\n", "\n\n")))


TRACES = """\
File: shop
Type: goroutine
Time: Jan 2, 2024 at 3:04pm (UTC)
-----------+-------------------------------------------------------
       12   runtime.gopark
             runtime.selectgo
             net/http.(*persistConn).readLoop
-----------+-------------------------------------------------------
     12   runtime.gopark
             runtime.selectgo
             net/http.(*persistConn).writeLoop
-----------+-------------------------------------------------------
      job:  nightly
          3   runtime.gopark /usr/local/go/src/runtime/proc.go:424
             internal/poll.(*pollDesc).waitRead /usr/local/go/src/internal/poll/fd_poll_runtime.go:89 (inline)
             net/http.(*bodyEOFSignal).Read /usr/local/go/src/net/http/transport.go:2774
             shop/stock.(*Client).Count /srv/shop/stock/client.go:31
-----------+-------------------------------------------------------
(pprof) exit
"""


def test_traces_of_pprof_are_read(spec: Spec) -> None:
    for text in (TRACES, TRACES.replace("\n", "\n> "), TRACES.replace("   runtime.", "   000000000042fd10 runtime.")):
        found = diagnosed(spec, text)
        assert ("traces", 0) == (found.format, found.other_goroutines)
        assert ("leak", (("body-unfinished", 9, 18), ("body-being-read", 3, 9))) == said(found)
        assert ("shop/stock.(*Client).Count (/srv/shop/stock/client.go:31)",) == found.groups[1].frames


def test_code_behind_a_dump_is_no_function_of_it(spec: Spec) -> None:
    profile = "1 @ 0x4416ea 0x450c79\n#\t0x4c72e8\tnet/http.(*persistConn).readLoop+0x9c8\t/usr/go/transport.go:1536\n"
    cases = [(profile, "shop.Fetch(req)\nwg.Wait()"), (WAITING, "- It is **v1.2.3** (`shop.run`, called from `shop.main`)")]
    for text, prose in cases:
        assert [group.frames for group in diagnosed(spec, text).groups] == [
            group.frames for group in diagnosed(spec, text, prose).groups
        ]


def test_copies_and_vendored_libraries_are_nobodys_code(spec: Spec) -> None:
    copy = WAITING.replace("net/http.(*", "example.com/fork/http.(*").replace(
        "shop/stock.(*Client)", "shop/vendor/golang.org/x/net/context/ctxhttp.Do(0x1)\nshop/stock.(*Client)"
    )
    (group,) = diagnosed(spec, copy).groups
    assert ("shop/stock.(*Client).Count (/srv/shop/stock/client.go:31)",) == group.frames


def test_a_connections_own_loops_run_nobodys_code(spec: Spec) -> None:
    tunnel = PEEK.replace("bufio.(*Reader).Peek", "shop/tunnel.(*Conn).Read(0xc000)\n\t/srv/shop/conn.go:3\nbufio.(*Reader).Peek")
    assert () == diagnosed(spec, tunnel).groups[0].frames


def test_what_waits_in_peek_is_a_read_loop_though_the_rest_was_cut_off(spec: Spec) -> None:
    def cut(reader: str) -> str:
        read = f"{reader}(0xc0000b3000, 0x1)\n\t/usr/local/go/src/net/http/of.go:9\nbufio.(*Reader).fill(0x1)\n\t/b.go:9\n"
        peek = PEEK.partition("net/http.(*persistConn).readLoop")[0]
        return peek.replace("bufio.(*Reader).Peek", f"{read}bufio.(*Reader).Peek")

    for reader in ("net/http.(*persistConn).Read", "net/http.noteEOFReader.Read"):
        (group,) = diagnosed(spec, cut(reader)).groups
        assert ("idle", "guess") == (group.state, group.confidence)
    assert () == diagnosed(spec, cut("net/http.(*connReader).Read")).groups


def test_a_stack_ends_at_the_loop_that_has_nothing_outside_of_it(spec: Spec) -> None:
    pasted = "\n".join(each.partition("\n")[2].partition("created by")[0] for each in ("\n" + PEEK, "\n" + WRITER))
    assert ("no-leak", (IDLE, LONE)) == said(diagnosed(spec, pasted.replace(PEEK.partition("\n")[0], "").replace("\n\n", "\n")))


def test_what_rsyslog_makes_of_a_dump_is_undone(spec: Spec) -> None:
    """A tab is #011, and a message of several lines one line with #012 for their ends."""
    (group,) = diagnosed(spec, "Nov 26 10:00:01 web shop[7]: " + UNREAD.replace("\n", "#012").replace("\t", "#011")).groups
    assert ("body-unfinished", 5) == (group.state, group.minutes)


DIALLING = """\
goroutine 70 [IO wait]:
net.(*netFD).connect(0xc0)
\t/usr/local/go/src/net/fd_unix.go:140 +0x1
net/http.(*Transport).dialConn(0xc0)
\t/usr/local/go/src/net/http/transport.go:1700 +0x1
created by net/http.(*Transport).queueForDial
\t/usr/local/go/src/net/http/transport.go:1500 +0x1
"""


def test_more_requests_than_dials_are_not_said_to_have_nobody_who_dials(spec: Spec) -> None:
    """MaxConnsPerHost: a dial that hangs has a place."""
    waiting = [GET_CONN.replace("goroutine 50", f"goroutine {n}") for n in (51, 52, 53)]
    for whole in ((), (RUNNING,)):
        queued, dialing = diagnosed(spec, *whole, DIALLING, *waiting).groups
        assert [("queued", 2, True), ("dialing", 1, True)] == [(g.state, g.connections, g.stuck) for g in (queued, dialing)]
        assert "nobody dials" not in queued.why + queued.title and "See first to the dials" in queued.fix
    (alone,) = diagnosed(spec, RUNNING, *waiting).groups
    assert "nobody dials" in alone.why
