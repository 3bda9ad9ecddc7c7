"""Delve's `goroutines -t`, and its shorter lists: `explain` says as much as each shows."""

import re

import pytest

from pcstate.specs.library import Spec
from tests.explain.dumps import LEAK, diagnosed
from tests.explain.dumps import UNREAD as OF_DUMP
from tests.golang.dumps import said

SRC = "/usr/lib/go-1.19/src"
TRUNCATED = "\t(truncated)\n"
MAIN = f"""\
  Goroutine 1 - User: ./shop/main.go:67 main.main (0x70b492) (thread 8522)
\t0  0x000000000043b356 in runtime.gopark
\t    at {SRC}/runtime/proc.go:364
\t1  0x000000000070b492 in main.main
\t    at ./shop/main.go:67
\t2  0x000000000043af92 in runtime.main
\t    at {SRC}/runtime/proc.go:250
\t3  0x000000000046c181 in runtime.goexit
\t    at {SRC}/runtime/asm_amd64.s:1594
"""
READING = f"""\
* Goroutine 20 - User: {SRC}/net/fd_posix.go:55 net.(*netFD).Read (0x50b729) [IO wait 7181223]
\t 0  0x000000000043b356 in runtime.gopark
\t     at {SRC}/runtime/proc.go:364
\t 1  0x00000000004667c9 in internal/poll.runtime_pollWait
\t     at {SRC}/runtime/netpoll.go:305
\t 2  0x000000000050b729 in net.(*netFD).Read
\t     at {SRC}/net/fd_posix.go:55
\t 3  0x000000000069560e in net/http.(*persistConn).Read
\t     at {SRC}/net/http/transport.go:1929
{TRUNCATED}\t10  0x0000000000699ce2 in net/http.(*bodyEOFSignal).Read
\t     at {SRC}/net/http/transport.go:2774
\t11  0x00000000004893b6 in bufio.(*Scanner).Scan
\t     at {SRC}/bufio/scan.go:214
\t12  0x00000000007025b2 in example.com/shop/stock.(*Client).Watch
\t     at ./shop/stock/watch.go:335
\t13  0x000000000046c181 in runtime.goexit
\t     at {SRC}/runtime/asm_amd64.s:1594
"""
UNREAD = f"""\
  Goroutine 22 - User: {SRC}/net/http/transport.go:2213 net/http.(*persistConn).readLoop (0x697005) [select]
\t0  0x000000000043b356 in runtime.gopark
\t    at {SRC}/runtime/proc.go:364
\t1  0x000000000044b23c in runtime.selectgo
\t    at {SRC}/runtime/select.go:328
\t2  0x0000000000697005 in net/http.(*persistConn).readLoop
\t    at {SRC}/net/http/transport.go:2213
\t3  0x000000000046c181 in runtime.goexit
\t    at {SRC}/runtime/asm_amd64.s:1594
  Goroutine 23 - User: {SRC}/net/http/transport.go:2392 net/http.(*persistConn).writeLoop (0x6980b5) [select]
\t0  0x000000000043b356 in runtime.gopark
\t    at {SRC}/runtime/proc.go:364
\t1  0x000000000044b23c in runtime.selectgo
\t    at {SRC}/runtime/select.go:328
\t2  0x00000000006980b5 in net/http.(*persistConn).writeLoop
\t    at {SRC}/net/http/transport.go:2392
\t3  0x000000000046c181 in runtime.goexit
\t    at {SRC}/runtime/asm_amd64.s:1594
"""
DEEP, CUT = READING.replace(TRUNCATED, ""), READING.partition(TRUNCATED)[0] + TRUNCATED


def listed(text: str) -> str:
    """The same goroutines without their stacks."""
    return re.sub(r"(?m)^\t.*\n", "", text)


def ended(*goroutines: str) -> str:
    """Behind its list Delve says how many there were."""
    text = "".join(goroutines)
    return f"(dlv) {text}[{text.count(' - User:')} goroutines]\n(dlv) "


@pytest.mark.parametrize(
    "dress", [str, lambda text: text.replace("\n", "\r\n").replace(f"at {SRC}", "at C:/Program Files/Go/src")]
)
def test_a_list_with_whole_stacks_says_what_a_dump_does(spec: Spec, dress: type[str]) -> None:
    found = diagnosed(spec, dress(ended(MAIN, DEEP, UNREAD)))
    assert ("stuck", (("body-being-read", 1, 3),)) == said(found)
    assert ("Delve", "", True, 1) == (found.format, found.missing, found.whole, found.other_goroutines)
    (group,) = found.groups
    assert ("likely", ("example.com/shop/stock.(*Client).Watch (./shop/stock/watch.go:335)",)) == (group.confidence, group.frames)
    assert group.minutes is None and "does not tell for how long" in group.why


@pytest.mark.parametrize("quote", ['  "{}",', "{}"])
def test_a_stack_whose_header_was_cut_off_is_one_of_its_own(spec: Spec, quote: str) -> None:
    """By a terminal's width, say; its functions were given to the goroutine before."""
    lines = ended(MAIN, DEEP, UNREAD).replace("\t", "\\t" if '"' in quote else "\t").split("\n")
    found = diagnosed(spec, *(quote.format(line if " in " in line else line[:79]) for line in lines))
    assert ("stuck", (("body-being-read", 1, 3),), 1) == (*said(found), found.other_goroutines)


def test_one_stack_behind_a_list_is_another_dump(spec: Spec) -> None:
    """What `stack` shows of a goroutine that has been listed: it was that goroutine twice."""
    (first,) = (found := diagnosed(spec, ended(MAIN, UNREAD) + UNREAD.partition("\n")[2].partition("  Goroutine")[0])).beside
    assert (1, 3, "body-unfinished") == (found.number, found.groups[0].goroutines + found.other_goroutines, first.groups[0].state)


def test_a_leak_is_likely_where_all_stacks_are_shown(spec: Spec) -> None:
    found = diagnosed(spec, ended(MAIN, UNREAD))
    assert ("leak", (("body-unfinished", 1, 2),)) == said(found)
    assert ("likely", True) == (found.groups[0].confidence, found.whole)


@pytest.mark.parametrize("text", [ended(MAIN, CUT, UNREAD), ended(MAIN, UNREAD, CUT), listed(ended(MAIN, DEEP, UNREAD))])
def test_of_stacks_that_end_too_soon_a_leak_is_a_guess(spec: Spec, text: str) -> None:
    """Whoever reads the body may be among them, and here is."""
    found = diagnosed(spec, text)
    leak = next(group for group in found.groups if group.state == "body-unfinished")
    assert ("guess", 2, False) == (leak.confidence, leak.goroutines, found.whole)
    assert "goroutines -t 50" in found.missing


def test_a_list_that_has_fewer_than_it_says_breaks_off(spec: Spec) -> None:
    found = diagnosed(spec, ended(MAIN, DEEP, UNREAD).replace(MAIN, ""))
    assert (False, "breaks off") == (found.whole, found.missing[9:19])


def test_two_lists_of_a_session_are_two_dumps(spec: Spec) -> None:
    both = ended(MAIN, DEEP, UNREAD)
    found = diagnosed(spec, listed(both) + both)
    assert (2, "stuck", ["leak"]) == (found.number, found.verdict, [each.verdict for each in found.beside])


def test_who_has_begun_a_goroutine_is_not_what_it_is_at(spec: Spec) -> None:
    """Behind `Go:`, as of `goroutines -g`: both loops are begun by dialConn, and do not dial."""
    begun = listed(ended(MAIN, UNREAD)).replace(" - User:", " - Go:")
    begun = begun.replace("(*persistConn).readLoop", "(*Transport).dialConn").replace(
        "(*persistConn).writeLoop", "(*Transport).dialConn"
    )
    found = diagnosed(spec, begun)
    assert ((), False, 3) == (found.groups, found.conclusive, found.other_goroutines)


def test_a_function_of_delves_within_another_dump_is_none_of_it(spec: Spec) -> None:
    """As of a session that a log has, too; where nothing has begun, it begins nothing either."""
    call = "\t3  0x0000000000697005 in net/http.(*persistConn).roundTrip"
    assert ("leak", (LEAK,)) == said(diagnosed(spec, call, OF_DUMP.replace("created by", f"{call}\ncreated by")))
