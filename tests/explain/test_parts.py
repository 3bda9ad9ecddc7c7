"""Parts of a dump: what is certain only in a whole one, and how a part is told from that."""

import pytest

from pcstate.show.explanation import headline
from pcstate.specs.library import Spec
from tests.explain.dumps import GET_CONN, IDLE, LONE, PEEK, RUNNING, UNREAD, WAITING, WRITER, diagnosed
from tests.golang.dumps import said


def test_a_lone_write_loop_proves_nothing_in_a_part_of_a_dump(spec: Spec) -> None:
    part, whole = diagnosed(spec, WRITER), diagnosed(spec, RUNNING, WRITER)
    assert (False, "guess", True, "likely") == (
        part.conclusive,
        part.groups[0].confidence,
        whole.conclusive,
        whole.groups[0].confidence,
    )
    assert headline(part) == "inconclusive: 1 connection of which only writeLoop is there, for up to 7 minutes"
    assert "idle connection" in part.groups[0].why


def test_that_nobody_asks_or_reads_is_certain_only_in_a_whole_dump(spec: Spec) -> None:
    part, whole = diagnosed(spec, UNREAD, PEEK), diagnosed(spec, RUNNING, UNREAD, PEEK)
    assert ["likely", "likely", "certain", "certain"] == [each.confidence for each in (*part.groups, *whole.groups)]
    signal = diagnosed(spec, "SIGQUIT: quit\nPC=0x43ea81\n", UNREAD, "rax    0x0")
    assert [False, True, True] == [part.whole, whole.whole, signal.whole]


@pytest.mark.parametrize(
    "line",
    [
        "...",
        "[...]",
        "\u2026",
        "<snip>",
        "[ cut ]",
        "(41 more goroutines)",
        "... 7 similar goroutines omitted",
        "--",
        "> --",
        "--- 8< ---",
        "Jan 02 15:04:05 host systemd-journald[88]: Suppressed 412 messages from shop.service",
        "imjournal: 412 messages lost due to rate-limiting",
        "##[warning]Output truncated",
        "[...skipped 300 lines...]",
        "... (truncated 120 KiB)",
        "(12 lines omitted)",
        "--More--(45%)",
        "The job exceeded the maximum log length, and has been terminated.",
    ],
)
def test_where_somebody_has_left_goroutines_out_the_rest_is_a_part(spec: Spec, line: str) -> None:
    """What the runtime leaves out of a deep stack is within one goroutine, and a text before the dump may have dots, too."""
    cut = (diagnosed(spec, RUNNING, line, UNREAD), diagnosed(spec, RUNNING, UNREAD, line))
    assert [(False, "likely")] * 2 == [(each.whole, each.groups[0].confidence) for each in cut]
    deep = UNREAD.replace("created by", "...23 frames elided...\ncreated by")
    whole = (diagnosed(spec, line, RUNNING, UNREAD), diagnosed(spec, RUNNING, deep))
    assert [(True, "certain")] * 2 == [(each.whole, each.groups[0].confidence) for each in whole]


@pytest.mark.parametrize("sign", ["-", " ", "> ", "... "])
def test_long_lines_of_dots_and_dashes_take_no_time(spec: Spec, sign: str) -> None:
    """What marks what was left out was looked for from each sign on: ten seconds a line. This ends."""
    found = diagnosed(spec, RUNNING, f"{sign * (9_000 // len(sign))}x\n" * 200, UNREAD)
    assert ("leak", True) == (found.verdict, found.whole)


@pytest.mark.parametrize(
    "text",
    [
        " goroutine 1\n\t/srv/shop/main.go:9 +0x1a\n\n" + RUNNING,
        "created by main.run in goroutine 1\n\t/srv/shop/main.go:9 +0x1a\n\n" + RUNNING,
        "\t/srv/shop/main.go:9 +0x1a\n\n" + RUNNING,
        RUNNING.replace("main.main", "main.run()\n\t/srv/shop/main.go:9 +0x2\nmain.main").partition(":7")[0],
        RUNNING.replace("main.main", "main.run()\n\t/srv/shop/main.go:9 +0x2\nmain.main").partition("\t/srv/shop/main.go:7")[0],
        RUNNING + "\ngorouti",
        RUNNING + "\ngoroutine 2 [sel",
        "rbx    0x0\nrip    0x403a2e\n\n-----\n\nSIGQUIT: quit\nPC=0x46d5a3 m=2\n\ngoroutine 0 [idle]:\n"
        "runtime.futex()\n\t/usr/local/go/src/sys.s:5 +0x23\nrax    0x0\n",
        "SIGQUIT: quit\nPC=0x46d5a3 m=2\n\ngoroutine 0 [idle]:\nruntime.futex()\n\t/usr/local/go/src/sys.s:5 +0x23\nrax    0x0\n",
    ],
)
def test_a_dump_that_was_cut_within_a_goroutine_is_a_part(spec: Spec, text: str) -> None:
    """At its beginning or its end, as `tail -n` and `head -c` do: there was "none" in it, and exit status 0."""
    found = diagnosed(spec, text)
    assert (False, False, "none") == (found.whole, found.conclusive, found.verdict)


def test_what_each_thread_was_at_is_no_dump_of_its_own(spec: Spec) -> None:
    """As GOTRACEBACK=crash adds it: the schedulers, all of them goroutine 0, and what could not be shown on its thread before."""
    scheduler = (
        "SIGQUIT: quit\nPC=0x43ea81 m={} sigcode=0\n\ngoroutine 0 [idle]:\nruntime.mcall()\n\t/usr/local/go/src/asm.s:4 +0x5\n"
    )
    hidden = "goroutine 1 [running]:\n\tgoroutine running on other thread; stack unavailable\ncreated by main.init\n"
    end = "\nrax    0x0\n"
    first = scheduler.format(0) + "\n" + hidden + "\n" + PEEK + end
    found = diagnosed(spec, first, "-----\n", scheduler.format(1) + end, "-----\n", scheduler.format(2), RUNNING + end)
    assert (("no-leak", (IDLE,)), (), True) == (said(found), found.beside, found.whole)
    assert 1 == len(diagnosed(spec, first, "-----\n", first).beside)


def test_the_end_of_what_sigquit_prints_is_a_part(spec: Spec) -> None:
    """As `tail` gives it: it has the registers, and who would tell of the lone writeLoop may stand above."""
    end = diagnosed(spec, WRITER, "rax    0x0")
    assert (False, False, "guess") == (end.whole, end.conclusive, end.groups[0].confidence)


@pytest.mark.parametrize("name", ["SIGQUIT: quit", "SIGABRT: abort", "SIGSEGV: segmentation violation"])
def test_what_a_signal_makes_go_print_ends_with_registers(spec: Spec, name: str) -> None:
    cut = diagnosed(spec, f"{name}\nPC=0x43ea81 m=0 sigcode=0\n", RUNNING)
    assert ("none", False, False) == (cut.verdict, cut.whole, cut.conclusive)
    assert "registers" in cut.missing
    assert diagnosed(spec, f"{name}\nPC=0x43ea81 m=0 sigcode=0\n", RUNNING, "r0      0x10").conclusive


def test_a_signal_that_go_makes_a_panic_of_has_no_registers(spec: Spec) -> None:
    signal = "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x0]\n"
    found = diagnosed(spec, "panic: runtime error: invalid memory address or nil pointer dereference", signal, RUNNING, PEEK)
    assert ("panic", True, "") == (found.format, found.whole, found.missing)


def test_what_goleak_lists_is_a_part_of_a_dump(spec: Spec) -> None:
    listed = WRITER.replace(
        "goroutine 21 [select, 7 minutes]:",
        "Goroutine 21 in state select, with net/http.(*persistConn).writeLoop on top of the stack:",
    )
    assert not diagnosed(spec, listed).conclusive


@pytest.mark.parametrize(("total", "leak"), [(5, False), (3, True)])
def test_a_count_tells_whether_a_profile_is_whole(spec: Spec, total: int, leak: bool) -> None:
    """A writeLoop more than readLoops: the readLoop may be among those that were not pasted."""
    text = f"""\
goroutine profile: total {total}
2 @ 0x438936 0x449473
#\t0x94e4b4\tnet/http.(*persistConn).writeLoop+0xf4\t/usr/local/go/src/net/http/transport.go:2392

1 @ 0x438936 0x449474
#\t0x94d3c4\tnet/http.(*persistConn).readLoop+0xda4\t/usr/local/go/src/net/http/transport.go:2213
"""
    found = diagnosed(spec, text)
    assert ("leak", (("body-unfinished", 1, 2), LONE)) == said(found)
    assert [True, leak] == [group.leak for group in found.groups]


PLACES = {
    "peek": ("runtime.netpollblock", "bufio.(*Reader).Peek", "net/http.(*persistConn).readLoop"),
    "tells": ("runtime.selectgo", "net/http.(*persistConn).readLoop"),
    "select": ("runtime.selectgo", "net/http.(*persistConn).writeLoop"),
    "own body": ("io.(*pipe).read", "net/http.(*transferWriter).writeBody", "net/http.(*persistConn).writeLoop"),
    "hook": ("main.wrote", "net/http.(*Request).write", "net/http.(*persistConn).writeLoop"),
    "waits": ("runtime.selectgo", "net/http.(*persistConn).roundTrip", "main.post"),
    "own dial": ("main.dial", "net/http.(*Transport).dial", "net/http.(*Transport).dialConn"),
    "asks proxy": ("runtime.selectgo", "net/http.(*Transport).dialConn", "net/http.(*Transport).dialConnFor"),
    "hears proxy": ("net/http.ReadResponse", "net/http.(*Transport).dialConn.func3"),
    "cannot return": (
        "runtime.chanrecv1", "net/http.(*persistConn).mapRoundTripError", "net/http.(*persistConn).roundTrip", "main.post",
    ),
}  # fmt: skip


def profile(**counts: int) -> str:
    """A whole debug=1 dump with so many goroutines at each of those places, and one that takes it."""
    stacks = {**{PLACES[place.replace("_", " ")]: count for place, count in counts.items()}, ("main.dump", "main.main"): 1}
    entries = (
        f"{count} @ 0x1\n" + "".join(f"#\t0x{n:x}\t{name}+0x1\t/src/{n}.go:1\n" for n, name in enumerate(stack))
        for stack, count in stacks.items()
    )
    return f"goroutine profile: total {sum(stacks.values())}\n" + "\n".join(entries)


@pytest.mark.parametrize(
    ("counts", "verdict", "wanted"),
    [
        ({"select": 6, "own_body": 3, "peek": 6, "waits": 1}, "leak",
         (("request-body-stalled", 3, 3), ("awaiting-headers", 1, 3), ("idle", 5, 10))),
        ({"select": 5, "own_body": 3, "peek": 6, "waits": 1, "cannot_return": 2}, "stuck",
         (("request-body-stalled", 2, 4), ("request-body-stalled", 1, 3), ("idle", 5, 10))),
        ({"select": 1, "own_body": 4, "tells": 2, "peek": 1, "waits": 1, "cannot_return": 4}, "stuck",
         (("request-body-stalled", 4, 10), ("awaiting-headers", 1, 3))),
        ({"select": 13, "own_body": 3, "tells": 12, "peek": 2, "waits": 2, "cannot_return": 2}, "leak",
         (("body-unfinished", 12, 24), ("request-body-stalled", 2, 4), ("request-body-stalled", 1, 3),
          ("awaiting-headers", 1, 3))),
        ({"select": 1, "hook": 1, "own_body": 1, "peek": 2, "waits": 1}, "leak",
         (("request-body-stalled", 1, 1), ("writing-request", 1, 3), ("idle", 1, 2))),
        ({"select": 1, "own_body": 1, "peek": 2, "waits": 2}, "stuck",
         (("request-body-stalled", 1, 3), ("awaiting-headers", 1, 3))),
        ({"select": 2, "own_body": 1, "peek": 1, "waits": 1}, "leak",
         (("request-body-stalled", 1, 1), ("orphaned-write-loop", 1, 1), ("awaiting-headers", 1, 3))),
    ],
    ids=[
        "answered early", "hung up", "some were cancelled", "bodies are unread, too", "one in a hook", "one for each readLoop",
        "one more, idle",
    ],
)  # fmt: skip
def test_a_write_loop_that_outlives_its_read_loop_takes_no_other_ones(
    spec: Spec, counts: dict[str, int], verdict: str, wanted: tuple[tuple[str, int, int], ...]
) -> None:
    """Without pointers it is told by the count: those that are in the program's own Request.Body have lost theirs first."""
    found = diagnosed(spec, profile(**counts))
    assert (verdict, wanted) == said(found)
    assert all(group.confidence == "likely" for group in found.groups)


def test_who_hears_a_proxy_belongs_to_the_dial_that_has_asked_it(spec: Spec) -> None:
    found = diagnosed(spec, profile(own_dial=1, asks_proxy=1, hears_proxy=1))
    assert {("tcp", 1), ("proxy", 2)} == {(group.phase, group.goroutines) for group in found.groups}


def test_a_write_loop_is_its_callers_where_their_read_loop_is_not_in_the_part(spec: Spec) -> None:
    """As the first entries of a profile, which have most goroutines: they are one connection each, not two."""
    text = "\n".join(line for line in profile(select=9, waits=7).splitlines() if "total" not in line)
    assert ("stuck", (("awaiting-headers", 7, 14), ("orphaned-write-loop", 2, 2))) == said(diagnosed(spec, text))


def test_pointers_keep_the_halves_of_two_connections_apart(spec: Spec) -> None:
    found = diagnosed(spec, PEEK, WRITER)
    assert ("no-leak", (IDLE, LONE)) == said(found)
    idle = "1 connection idle, kept for reuse, for up to 6 minutes"
    assert headline(found) == f"inconclusive: {idle} and 1 connection of which only writeLoop is there, for up to 7 minutes"


def test_a_request_is_waited_for_certainly_only_where_its_write_loop_is_seen(spec: Spec) -> None:
    """That may be in the program's own request body, or wait for 100 Continue, and lack in a part of a dump."""
    loops = (WAITING, PEEK.replace("0xc0000b3000", "0xc0000d5000"))
    both = (*loops, WRITER.replace("0xc0000c4000", "0xc0000d5000"))
    found = [diagnosed(spec, *parts).groups for parts in (loops, both, (RUNNING, *loops))]
    assert [[("awaiting-headers", claim)] for claim in ("likely", "certain", "certain")] == [
        [(group.state, group.confidence) for group in groups] for groups in found
    ]


def test_a_caller_is_not_put_to_another_connection(spec: Spec) -> None:
    found = diagnosed(spec, PEEK, WAITING)
    assert ("stuck", (("awaiting-headers", 1, 1), IDLE)) == said(found)
    assert ("shop/stock.(*Client).Count (/srv/shop/stock/client.go:31)",) == found.groups[0].frames


def test_who_waits_for_a_connection_is_queued_for_certain_only_in_a_whole_dump(spec: Spec) -> None:
    (part,), (whole,) = diagnosed(spec, GET_CONN).groups, diagnosed(spec, RUNNING, GET_CONN).groups
    assert [("queued", "guess"), ("queued", "likely")] == [(each.state, each.confidence) for each in (part, whole)]
    assert "dialConn" in part.fix


def test_functions_that_were_left_out_make_it_likely_at_most(spec: Spec) -> None:
    first, *_, last = PEEK.partition("net/http.(*persistConn).readLoop")
    elided = "\n".join(first.split("\n")[:3]) + "\n...\nnet/http.(*persistConn).readLoop" + last
    (group,) = diagnosed(spec, elided).groups
    assert ("idle", "likely") == (group.state, group.confidence)


def test_a_profile_that_has_lost_functions_is_a_part(spec: Spec) -> None:
    """Lines were wrapped between address and name, and what begins with a name is no line of a profile."""
    whole = profile(peek=1, select=1)
    wrapped = whole.replace("\tmain.dump", "\n\tmain.dump")
    assert (True, False) == (diagnosed(spec, whole).whole, diagnosed(spec, wrapped).whole)


def test_a_handshake_alone_is_a_connection_being_dialled(spec: Spec) -> None:
    helper = """\
goroutine 70 [IO wait]:
internal/poll.runtime_pollWait(0x7f28, 0x72)
crypto/tls.(*Conn).clientHandshake(0xc042050000)
crypto/tls.(*Conn).HandshakeContext(0xc042050000)
net/http.(*persistConn).addTLS.func2()
created by net/http.(*persistConn).addTLS in goroutine 7
"""
    found = diagnosed(spec, helper)
    assert (("stuck", (("dialing:tls", 1, 1),)), "likely") == (said(found), found.groups[0].confidence)


def test_what_is_idle_for_long_is_of_another_transport(spec: Spec) -> None:
    young = PEEK.replace("6 minutes", "1 minutes")
    assert [True, False] == [
        "not of http.DefaultTransport" in diagnosed(spec, RUNNING, text).groups[0].why for text in (PEEK, young)
    ]


def test_what_a_part_of_a_dump_does_not_tell_is_said(spec: Spec) -> None:
    """Both loops of a connection alone: in Peek a request may wait for its answer, in the select a Read may go on."""
    for loop, lacking in ((PEEK, "roundTrip"), (UNREAD, "inside Read may not be")):
        pointer = loop.partition("readLoop(")[2].partition(")")[0]
        part, whole = (diagnosed(spec, *more, loop, WRITER.replace("0xc0000c4000", pointer)) for more in ((), (RUNNING,)))
        assert [("likely", True), ("certain", False)] == [
            (group.confidence, lacking in group.why) for each in (part, whole) for group in each.groups
        ]


def test_a_part_without_http_is_told_from_a_dump_without(spec: Spec) -> None:
    part, whole = diagnosed(spec, RUNNING.replace("running", "select")), diagnosed(spec, RUNNING)
    assert "none: no HTTP client connection in what looks like a part of a dump" == headline(part)
    assert "none: no HTTP client connection in this dump" == headline(whole)


def without(text: str, first: str, last: str = "") -> str:
    """A text without the lines from that which has `first` in it to that which has `last`, or without that one line."""
    lines = text.splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if first in line)
    end = next(n for n, line in enumerate(lines) if n >= start and (last or first) in line)
    return "".join(lines[:start] + lines[end + 1 :])


LOSSES = {
    "the place of a function": ("client.go:31",),
    "the place where it was created": ("transport.go:1747",),
    "who created it": ("created by", "transport.go:1747"),
    "the end of one goroutine, and the beginning of the next": ("client.go:31", "netpoll.go:234"),
    "the rest of who waits, and who is created by the place behind": ("main.go:7", "transport.go:2610"),
    "a place, and a function that has another": ("netpoll.go:234", "bufio.(*Reader).Peek"),
    "what polls": ("runtime_pollWait", "netpoll.go:234"),
}


@pytest.mark.parametrize("lost", LOSSES.values(), ids=LOSSES.keys())
def test_lines_that_were_lost_without_a_mark_make_it_a_part(spec: Spec, lost: tuple[str, ...]) -> None:
    """As where a log drops some: what is idle may be waited for by who is lost, and is not certainly without a leak."""
    dump = RUNNING + WAITING + PEEK
    assert diagnosed(spec, dump).whole and not diagnosed(spec, without(dump, *lost)).whole


SPANS = """\
SIGQUIT: quit

goroutine 1 gp=0xc0000061c0 m=nil [select (no cases), 2 minutes]:
runtime.gopark(0x0?, 0x0?, 0x0?, 0x0?, 0x0?)
\t/usr/local/go/src/runtime/proc.go:402 +0xce fp=0xc000105a80 sp=0xc000105a60 pc=0x43c8ce
runtime.block()
\t/usr/local/go/src/runtime/select.go:104 +0x26 fp=0xc000105ab0 sp=0xc000105a80 pc=0x44c6c6
shop.serve(...)
\t/srv/shop/serve.go:7
main.main()
\t/srv/shop/main.go:7 +0x20 fp=0xc000105af0 sp=0xc000105ab0 pc=0x4b6cae

rip    0x46a2b3
"""


def test_the_stacks_own_addresses_tell_that_functions_between_were_lost(spec: Spec) -> None:
    """What a signal makes Go print says where on the stack each function begins and ends."""
    assert diagnosed(spec, SPANS).whole and not diagnosed(spec, without(SPANS, "runtime.block", "select.go:104")).whole
    elided = SPANS.replace("runtime.block()", "...12 frames elided...\nshop.walk()").replace("sp=0xc000105a80", "sp=0xc0001ff000")
    assert diagnosed(spec, elided).whole


@pytest.mark.parametrize("outermost", ["shop/stock.init.0()", "shop/stock.init()", "_cgoexp_5d9c_onEvent(0x7ffd)"])
def test_what_is_created_by_nobody_is_whole(spec: Spec, outermost: str) -> None:
    """While a package is initialised, and where C has called Go."""
    assert diagnosed(spec, RUNNING, f"goroutine 9 [select]:\n{outermost}\n\t/srv/shop/stock/init.go:9 +0x9\n", PEEK).whole


def test_a_write_loop_of_which_functions_were_lost_is_not_certainly_idle(spec: Spec) -> None:
    """It may be inside of the program's own request body."""
    loops = WAITING + PEEK.replace("0xc0000b3000", "0xc0000d5000") + WRITER.replace("0xc0000c4000", "0xc0000d5000")
    lost = loops.replace(
        "net/http.(*persistConn).writeLoop(",
        "io.(*PipeReader).Read(0xc0)\n\t/p.go:9 +0x9\n" + "net/http.(*persistConn).writeLoop(",
    )
    claims = [diagnosed(spec, RUNNING, each).groups[0].confidence for each in (loops, lost)]
    assert ["certain", "likely"] == claims
