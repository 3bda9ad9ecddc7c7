"""What a dump tells of itself: whether it is whole, which of a file's dumps it is, and how long its goroutines have waited."""

from itertools import zip_longest

import pytest

from pcstate.show.explanation import explain_text
from pcstate.specs.library import Spec
from tests.explain.dumps import GET_CONN, IDLE, LEAK, PEEK, RUNNING, UNREAD, WAITING, WRITER, diagnosed
from tests.golang.dumps import said


def test_what_hangs_for_less_than_a_minute_may_be_under_way(spec: Spec) -> None:
    """Where the dump does not tell for how long, as debug=1, that is said; where Go says that it leaks, nothing."""
    young, old = diagnosed(spec, WAITING.replace(", 9 minutes", "")), diagnosed(spec, WAITING)
    listed = diagnosed(spec, "1 @ 0x43 0x44\n#\t0x44\tnet/http.(*persistConn).roundTrip+0x1\t/go/t.go:9\n")
    assert [True, False, False] == ["wait of a minute" in each.groups[0].why for each in (young, old, listed)]
    assert [False, False, True] == ["does not tell for how long" in each.groups[0].why for each in (young, old, listed)]
    assert "under way" not in diagnosed(spec, PEEK.replace(", 6 minutes", "")).groups[0].why
    proved = diagnosed(spec, RUNNING, UNREAD.replace("[select, 5 minutes]", "[select (leaked)]"))
    assert (True, False) == (proved.groups[0].leak, "under way" in proved.groups[0].why)


@pytest.mark.parametrize(("addresses", "broken"), [(3, False), (12, True)])
def test_a_profile_that_has_fewer_functions_than_it_says_breaks_off(spec: Spec, addresses: int, broken: bool) -> None:
    listed = f"1 @{' 0x43ad' * addresses}\n#\t0x57\tnet.(*netFD).Write+0x51\t/usr/local/go/src/net/fd_unix.go:220\n"
    assert broken is not diagnosed(spec, listed).conclusive


def test_each_dump_of_a_file_is_judged_by_what_it_says_of_itself(spec: Spec) -> None:
    """A profile behind a part of a dump does not make that whole, and a second dump that breaks off does not cut the first."""
    part = "\n".join(
        WRITER.replace("goroutine 21", f"goroutine {n}").replace("0xc0000c4000", f"0xc0000c{n}00") for n in (21, 22, 23)
    )
    behind = "goroutine profile: total 1\n1 @ 0x43\n#\t0x43\tmain.main+0x1\t/srv/main.go:9\n"
    assert [False, False] == [diagnosed(spec, part, *more).conclusive for more in ((), (behind,))]
    first = diagnosed(spec, RUNNING, UNREAD, PEEK, RUNNING, WRITER.partition("created by")[0])
    assert (1, True, ["", "the dump breaks off: there may be more than this"]) == (
        first.number,
        first.whole,
        [first.missing, *(each.missing for each in first.beside)],
    )


def test_who_takes_a_second_dump_belongs_to_it(spec: Spec) -> None:
    """Each begins with the one goroutine that runs, whatever its number."""
    later = RUNNING.replace("goroutine 1", "goroutine 7")
    found = diagnosed(spec, RUNNING, PEEK, later, PEEK)
    assert [(1, True)] * 2 == [(each.other_goroutines, each.whole) for each in (found, *found.beside)]


@pytest.mark.parametrize(
    "innermost",
    [
        "syscall.Syscall(0x0, 0x9, 0xc0000a40a1, 0x1)",
        "internal/runtime/syscall.Syscall6(0x0)",
        "os/signal.signal_recv()",
        "net._C2func_getaddrinfo(0xc000012345)",
    ],
)
def test_who_comes_from_the_system_takes_no_dump_of_its_own(spec: Spec, innermost: str) -> None:
    """It is said to run, beside the one that takes the dump: what came behind it was taken for another dump."""
    returning = f"""\
goroutine 6 [running]:
{innermost}
\t/usr/local/go/src/syscall/syscall_linux.go:74 +0x25
net/http.(*connReader).backgroundRead(0xc0000a4080)
\t/usr/local/go/src/net/http/server.go:746 +0x32
created by net/http.(*connReader).startBackgroundRead in goroutine 1
\t/usr/local/go/src/net/http/server.go:742 +0xba
"""
    found = diagnosed(spec, RUNNING, PEEK, returning, UNREAD)
    assert (("leak", (LEAK, IDLE)), (), True) == (said(found), found.beside, found.whole)


def test_what_a_signal_makes_go_print_is_a_dump_of_its_own(spec: Spec) -> None:
    """A log has the stack of a panic that was recovered from, and the goroutine it was of comes again in what SIGQUIT prints."""
    recovered = WAITING.replace("[select, 9 minutes]", "[running]")
    quits = ["SIGQUIT: quit\nPC=0x46a2b3 m=0 sigcode=0\n", RUNNING, UNREAD, WAITING, PEEK, "rax    0xca\nrip    0x46a2b3\n"]
    found = diagnosed(spec, recovered, *quits)
    assert (2, "SIGQUIT", True) == (found.number, found.format, found.whole)
    assert diagnosed(spec, *quits).groups == found.groups
    assert ["debug=2"] == [each.format for each in found.beside]


def test_what_a_program_writes_within_a_dump_does_not_divide_it(spec: Spec) -> None:
    found = diagnosed(spec, RUNNING, UNREAD, "2026/11/28 recovered from panic: boom\n", PEEK)
    assert ((), "debug=2") == (found.beside, found.format)


def test_a_dump_behind_another_has_its_own_form(spec: Spec) -> None:
    """The program was begun anew after the SIGQUIT: what it shows then has no registers at its end, and need not."""
    found = diagnosed(spec, "SIGQUIT: quit\n", RUNNING, "rax    0xca\n", RUNNING, UNREAD, PEEK)
    assert (2, "debug=2", "", ["SIGQUIT"]) == (found.number, found.format, found.missing, [each.format for each in found.beside])


def test_a_profile_of_leaked_goroutines_has_no_other(spec: Spec) -> None:
    listed = "goroutineleak profile: total 1\n1 @ 0x43\n#\t0x43\tmain.main+0x1\t/srv/main.go:9\n"
    assert [False, True] == [diagnosed(spec, each).conclusive for each in (listed, listed.replace("leak ", " "))]


@pytest.mark.parametrize("line", ["7 @ 0x43 0x44", "goroutine profile: total 7", "-----------+----\n 7 main.main"])
def test_a_number_with_thousands_of_digits_counts_nothing(spec: Spec, line: str) -> None:
    assert 1 == diagnosed(spec, RUNNING, line.replace("7", "7" * 5000)).other_goroutines


def test_a_connection_has_waited_for_as_long_as_its_caller(spec: Spec) -> None:
    """readLoop stands in its select for as long as a download takes, and in Peek since the connection has been idle."""
    read = "".join(
        f"{name}(0xc0000a2000)\n\t/of.go:9\n"
        for name in ("net/http.(*persistConn).Read", "net/http.(*bodyEOFSignal).Read", "main.main")
    )
    reading = diagnosed(spec, UNREAD, f"goroutine 41 [IO wait]:\n{read}").groups[0]
    asking = diagnosed(spec, PEEK.replace("0xc0000b3000", "0xc0000d5000"), WAITING.replace(", 9 minutes", "")).groups[0]
    for group, state in ((reading, "body-being-read"), (asking, "awaiting-headers")):
        assert (state, None) == (group.state, group.minutes)
        assert "wait of a minute" in group.why
    assert 9 == diagnosed(spec, PEEK.replace("0xc0000b3000", "0xc0000d5000"), WAITING).groups[0].minutes


def test_a_goroutine_without_functions_does_not_make_a_dump_whole(spec: Spec) -> None:
    """As grep leaves it: the header alone."""
    assert not diagnosed(spec, WRITER, "goroutine 0 [idle]:").conclusive
    found = diagnosed(spec, PEEK, *(f"goroutine {n} [running]:\n" for n in (30, 31, 32)))
    assert ("no-leak", 1) == (found.verdict, found.number)


def test_a_read_loop_that_may_just_have_been_woken_is_likely_to_be_idle(spec: Spec) -> None:
    dumps = [diagnosed(spec, RUNNING, PEEK.replace("[IO wait, 6 minutes]", f"[{wait}]")) for wait in ("IO wait", "runnable")]
    assert [("idle", "certain"), ("idle", "likely")] == [(each.groups[0].state, each.groups[0].confidence) for each in dumps]


def test_a_part_of_a_dump_without_any_connection_is_said_to_be_one(spec: Spec, capsys: pytest.CaptureFixture[str]) -> None:
    explain_text(diagnosed(spec, RUNNING.replace("[running]", "[select]")))
    assert "part of a dump" in capsys.readouterr().out


def test_what_a_dump_is_known_to_lack_may_hold_who_waits_in_peek(spec: Spec) -> None:
    """Idle, and waiting for a response, readLoop stands at one point: of a part nothing is said that the rest could deny."""
    listed = "2 @ 0x43 0x44\n#\t0x44\tbufio.(*Reader).Peek+0x1\t/b.go:9\n#\t0x45\tnet/http.(*persistConn).readLoop+0x1\t/t.go:9\n"
    cut, whole = (diagnosed(spec, f"goroutine profile: total {total}\n{listed}") for total in (5, 2))
    assert [("idle", False), ("idle", True)] == [(each.groups[0].state, each.conclusive) for each in (cut, whole)]


HTTP2 = """\
goroutine 40 [IO wait, 5 minutes]:
net/http.(*http2ClientConn).readLoop(0xc0000b4000)
\t/go/h2_bundle.go:9 +0x1
created by net/http.(*http2Transport).newClientConn
\t/go/h2_bundle.go:7 +0x1
"""
MANY_SAID = "so many may be of a Transport made for each request"


@pytest.mark.parametrize(
    ("connections", "confidence", "said"),
    [(2, "certain", ""), (3, "likely", ""), (49, "likely", ""), (50, "guess", MANY_SAID)],
)
def test_the_more_connections_are_idle_the_less_is_certain(spec: Spec, connections: int, confidence: str, said: str) -> None:
    """A Transport keeps two for one host, unless it is told otherwise. Some tens may be a healthy pool, and whose they are a dump
    does not tell; what leaks a Transport for each request comes to more soon."""
    idle = [
        PEEK.replace("goroutine 30", f"goroutine {n}").replace("0xc0000b3000", f"0xc0000b{n}00")
        for n in range(100, 100 + connections)
    ]
    found = diagnosed(spec, RUNNING, *idle)
    (group,) = found.groups
    assert (connections, confidence, said) == (group.connections, group.confidence, group.remark)
    assert ("of several Transports" in group.why) == (confidence == "likely")
    assert found.conclusive == (confidence != "guess")
    assert "share" in group.fix
    beside = diagnosed(spec, RUNNING, *idle, HTTP2)  # which is told, and tells nothing of the others
    assert (2, confidence != "guess") == (len(beside.groups), beside.conclusive)


def test_an_http2_connection_whose_streams_do_not_show_is_not_certainly_without_a_leak(spec: Spec) -> None:
    """An open stream has a goroutine since Go 1.18 only, and a response that has ended has none, read or not."""
    (group,) = diagnosed(spec, RUNNING, HTTP2).groups
    assert ("http2", False, "likely") == (group.state, group.leak, group.confidence)


@pytest.mark.parametrize("cut", [2, 3, 4])
@pytest.mark.parametrize("reader", ["persistConn).Read(0xc0000a2000", "noteEOFReader).Read(0xc1"])
def test_a_read_of_a_body_is_told_where_the_functions_around_it_are_cut_off(spec: Spec, reader: str, cut: int) -> None:
    names = [f"(*{reader})", "internal.(*chunkedReader).beginChunk(0xc2)", "(*body).readLocked(0xc3)", "(*body).Read(0xc3)"]
    frames = "\n".join(f"net/http{'/' if name[0] == 'i' else '.'}{name}\n\t/go/transport.go:9 +0x1" for name in names[:cut])
    found = diagnosed(spec, f"goroutine 60 [IO wait, 7 minutes]:\n{frames}\nnet/http.")
    (group,) = found.groups
    assert ("body-being-read", "likely", 7) == (group.state, group.confidence, group.minutes)


def timed(number: int, *functions: str) -> str:
    """A goroutine that reads a body, with the function around it that there is only with an http.Client.Timeout."""
    names = (*functions, "net/http.(*cancelTimerBody).Read(0xc1)", "io.ReadAll({0x1, 0x2})", "shop.fetch(0xc0)")
    frames = "\n".join(f"{name}\n\t/srv/of.go:1 +0x1" for name in names)
    return f"goroutine {number} [select, 3 minutes]:\n{frames}\ncreated by shop.run\n\t/srv/of.go:1 +0x1\n"


def test_a_read_that_clients_timeout_ends_is_neither_stuck_nor_in_want_of_a_timeout(spec: Spec) -> None:
    """Without cancelTimerBody, or with a context's deadline, which a dump does not show, it is what somebody else must end."""
    body = ("net/http.(*persistConn).Read(0xc0000a2000)", "net/http.(*bodyEOFSignal).Read(0xc1)")
    stream = ("net/http.http2transportResponseBody.Read(0xc1)",)
    for dump in (
        diagnosed(spec, RUNNING, UNREAD, timed(60, *body)),
        diagnosed(spec, RUNNING, timed(60, *body)),
        diagnosed(spec, RUNNING, timed(60, *stream)),
    ):
        (group,) = dump.groups
        assert ("no-leak", False, False) == (dump.verdict, group.leak, group.stuck)
        assert "http.Client.Timeout" in group.why and "Set" not in group.fix
    bare = diagnosed(spec, RUNNING, UNREAD, timed(60, *body).replace("cancelTimerBody", "body"))
    assert ("stuck", True) == (bare.verdict, "Set a timeout" in bare.groups[0].fix)


STUCK = """\
goroutine {} [chan send, 5 minutes]:
shop.(*Queue).put(0xc1)
\t/srv/shop/queue.go:9 +0x1
created by shop.run
\t/srv/of.go:1 +0x1
"""


@pytest.mark.parametrize(("number", "said"), [(9, ""), (10, ", 10 at shop.(*Queue).put (/srv/shop/queue.go:9)")])
def test_where_many_goroutines_of_the_program_stand_is_said(
    spec: Spec, number: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No connection of theirs leaks, and yet it is they whom somebody looks for who sees NumGoroutine grow."""
    queue = [STUCK.format(n) for n in range(100, 100 + number)]
    for parts in (queue, [PEEK, WRITER.replace("0xc0000c4000", "0xc0000b3000"), *queue]):
        explain_text(diagnosed(spec, RUNNING, *parts))
        assert f"besides, 0 goroutines of HTTP servers and {number + 1} others{said})" in capsys.readouterr().out


def test_a_crowd_is_named_once(spec: Spec) -> None:
    """Those that may have a body in hand stand under held?, and who waits for a connection is none of the others."""
    queue = [STUCK.format(n) for n in range(100, 120)]
    callers = [GET_CONN.replace("goroutine 50", f"goroutine {n}") for n in range(200, 220)]
    held, queued = diagnosed(spec, RUNNING, UNREAD, *queue), diagnosed(spec, RUNNING, *callers)
    assert ["20 at shop.(*Queue).put (/srv/shop/queue.go:9)"] == list(held.groups[0].held_at)
    assert ["", ""] == [held.crowd, queued.crowd]


def test_what_is_told_of_is_not_said_to_be_untold(spec: Spec) -> None:
    """Whatever leaks or is stuck has a headline that says so: "in a state that the dump does not tell" is for the rest."""
    assert [] == [
        state for state in spec.knowledge.states if (state.leak or state.stuck) and state.name == "unknown" and not state.title
    ]


@pytest.mark.parametrize("state", ["awaiting-headers", "writing-request", "body-being-read"])
def test_who_is_to_set_a_timeout_hears_that_a_dump_does_not_show_it(spec: Spec, state: str) -> None:
    advice = [
        each.fix for each in spec.knowledge.states if each.name == state and "Set a " in each.fix and "Client.Timeout" in each.fix
    ]
    assert advice and all("does not show" in fix for fix in advice if "tunnel" not in fix)


SOURCES = {
    "Docker Compose": ("web-1     | ", "worker-12 | "),
    "kubectl": ("[pod/web-6b7/web] ", "[pod/web-9c1/web] "),
    "journald": ("Nov 28 19:00:00 node1 shop[12]: ", "Nov 28 19:00:01 node1 shop[13]: "),
    "journald, ISO": ("2026-11-28T19:00:00+0000 node1 shop[12]: ", "2026-11-28T19:00:00+0000 node2 shop[12]: "),
    "Heroku": ("2026-11-28T19:00:00.123456+00:00 app[web.1]: ", "2026-11-28T19:00:00.123457+00:00 app[web.2]: "),
}


@pytest.mark.parametrize("sources", SOURCES.values(), ids=SOURCES.keys())
def test_the_dumps_of_two_processes_in_one_log_are_taken_apart(spec: Spec, sources: tuple[str, str]) -> None:
    """Both are asked for one at the same moment: their lines lie between each other, and their numbers and pointers are alike."""
    dumps = RUNNING + UNREAD + WRITER, RUNNING + WAITING + PEEK.replace("0xc0000b3000", "0xc0000d5000")
    lines = [[source + line for line in dump.splitlines()] for source, dump in zip(sources, dumps, strict=True)]
    found = diagnosed(spec, *(line for pair in zip_longest(*lines) for line in pair if line))
    apart = [diagnosed(spec, dump).groups for dump in dumps]
    assert sorted(apart, key=str) == sorted([found.groups, *(each.groups for each in found.beside)], key=str)


def test_parts_of_the_dumps_of_two_processes_are_two(spec: Spec) -> None:
    """Neither shows where it begins, and one breaks off; the same pointer is another connection in each."""
    first, second = UNREAD.partition("created by")[0], WRITER.replace("0xc0000c4000", "0xc0000a2000")
    mixed = [f"web-1  | {line}" for line in first.splitlines()] + [f"web-2  | {line}" for line in second.splitlines()]
    found = diagnosed(spec, *mixed)
    assert [1, 1] == [group.goroutines for each in (found, *found.beside) for group in each.groups]
    assert {True, False} == {bool(each.missing) for each in (found, *found.beside)}
