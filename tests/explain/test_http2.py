"""What a dump says of HTTP/2: connections that requests share."""

import pytest

from pcstate.show.explanation import headline
from pcstate.specs.library import Spec
from tests.explain.dumps import RUNNING, UNREAD, diagnosed

H2 = "golang.org/x/net/http2"
H2_LOOP = f"""\
goroutine 60 [IO wait]:
internal/poll.runtime_pollWait(0x7f2c1d8bcfd8, 0x72)
{H2}.(*clientConnReadLoop).run(0xc000058fb8)
{H2}.(*ClientConn).readLoop(0xc000194f00)
created by {H2}.(*Transport).newClientConn
"""
H2_LOCKED = f"""\
goroutine 61 [sync.Mutex.Lock, 3 minutes]:
internal/sync.(*Mutex).lockSlow(0xc000195050)
sync.(*Mutex).Lock(...)
{H2}.(*ClientConn).RoundTrip(0xc000194f00, 0xc000204100)
shop.fetch(0xc000204100)
created by shop.run in goroutine 1
"""
H2_CLEANUP = f"""\
goroutine 62 [semacquire, 3 minutes]:
sync.runtime_SemacquireMutex(0xc000195054)
sync.(*Mutex).Lock(0xc000195050)
{H2}.(*clientStream).cleanupWriteRequest(0xc000195050)
{H2}.(*clientStream).doRequest(0xc000195050)
created by {H2}.(*ClientConn).RoundTrip in goroutine 1
"""
H2_WAITING = f"""\
goroutine 63 [select, 3 minutes]:
{H2}.(*ClientConn).RoundTrip(0xc000194f00, 0xc000204100)
shop.fetch(0xc000204100)
created by shop.run in goroutine 1
"""
H2_WRITING = f"""\
goroutine 64 [IO wait]:
internal/poll.runtime_pollWait(0x7f2c1d8bcf08, 0x77)
net.(*conn).Write(0xc00000e030)
{H2}.stickyErrWriter.Write(0x7f2c1d8bd030)
{H2}.(*clientStream).writeRequestBody(0xc0001b6000)
{H2}.(*clientStream).doRequest(0xc000195050)
created by {H2}.(*ClientConn).RoundTrip in goroutine 1
"""
H2_FEEDING = f"""\
goroutine 65 [select]:
io.(*pipe).read(0xc000012345)
shop.(*Feed).Read(0xc000012345)
\t/srv/shop/feed.go:12 +0x35
{H2}.(*clientStream).writeRequestBody(0xc0001b6000)
{H2}.(*clientStream).doRequest(0xc000195050)
created by {H2}.(*ClientConn).RoundTrip in goroutine 1
"""
H2_SAID = {
    "a lock": ((H2_LOOP, H2_LOCKED, H2_CLEANUP), "1 connection of HTTP/2 (2 requests blocked on a lock of the connection)", 3),
    "no head": ((H2_LOOP, H2_WAITING), "1 connection of HTTP/2 (1 request waiting for the head of a response)", 2),
    "no loop": ((H2_WAITING,), "1 goroutine of HTTP/2 (1 request waiting for the head of a response)", 1),
    "no reader": ((H2_LOOP, H2_WAITING, H2_WRITING), "1 connection of HTTP/2 (1 request that the server does not read)", 3),
    "no body": (
        (H2_LOOP, H2_WAITING, H2_FEEDING),
        "1 connection of HTTP/2 (1 request waiting for the program's own request body)",
        3,
    ),
}


@pytest.mark.parametrize(("parts", "line", "goroutines"), H2_SAID.values(), ids=H2_SAID.keys())
def test_the_headline_says_what_requests_of_http2_wait_for(
    spec: Spec, parts: tuple[str, ...], line: str, goroutines: int
) -> None:
    found = diagnosed(spec, *parts)
    assert (f"stuck: {line}", goroutines) == (headline(found).partition(", for")[0], sum(g.goroutines for g in found.groups))


def test_streams_without_callers_are_a_leak_only_in_a_whole_dump(spec: Spec) -> None:
    stream = H2_CLEANUP.replace("semacquire", "select").partition("\n")
    text = stream[0] + "\n" + "\n".join(stream[2].split("\n")[3:])
    part, whole = diagnosed(spec, text), diagnosed(spec, RUNNING, text)
    assert [(False, "no-leak"), (True, "leak")] == [(each.conclusive, each.verdict) for each in (part, whole)]
    assert headline(part).startswith("inconclusive: 1 goroutine of HTTP/2 (1 request whose callers are not in the dump)")


def test_who_waits_for_the_pools_lock_in_http2_waits_for_a_lock(spec: Spec) -> None:
    waits = """\
goroutine 9 [semacquire]:
sync.(*Mutex).lockSlow(0xc000168018)
\t/usr/local/go/src/sync/mutex.go:138 +0x105
net/http.(*http2clientConnPool).getClientConn(0xc000168010, 0xc00027a300)
\t/usr/local/go/src/net/http/h2_bundle.go:715 +0x60
created by main.main
\t/srv/shop/main.go:7 +0x20
"""
    assert [("http2", True)] == [(group.state, group.stuck) for group in diagnosed(spec, waits).groups]


def test_a_pointer_tells_which_connection_a_request_waits_on(spec: Spec) -> None:
    """Two more: of one the body is unread, one has nothing to do."""
    second, third = (
        H2_LOOP.replace("goroutine 60", f"goroutine 7{n}").replace("0xc000194f00", f"0xc00019{n}000") for n in (1, 2)
    )
    stream = H2_CLEANUP.replace("cleanupWriteRequest", "writeRequest").replace("semacquire", "select").replace("sync.", "x.")
    found = diagnosed(spec, RUNNING, H2_LOOP, second, third, H2_WAITING, stream, stream.replace("62", "66"))
    assert [(1, True, False), (1, False, True), (1, False, False)] == [
        (group.connections, group.leak, group.stuck) for group in found.groups
    ]


def test_a_hook_that_holds_the_reader_holds_all_its_requests(spec: Spec) -> None:
    hook = H2_LOOP.replace(
        f"{H2}.(*clientConn", f"shop.hook(...)\n{H2}.(*clientConnReadLoop).processHeaders(0xc0)\n{H2}.(*clientConn"
    )
    hook = hook.replace("internal/poll.runtime_pollWait(0x7f2c1d8bcfd8, 0x72)\n", "")
    second = H2_WAITING.replace("goroutine 63", "goroutine 68")
    (group,) = diagnosed(spec, RUNNING, hook, H2_WAITING, second).groups
    assert (1, True, False) == (group.connections, group.stuck, group.leak)
    assert "2 requests waiting for a hook of the program's own" in group.remark


def test_a_copy_of_nethttp_is_likely_at_most(spec: Spec) -> None:
    own, copy = (
        diagnosed(spec, RUNNING, text).groups[0].confidence for text in (UNREAD, UNREAD.replace("net/http", "bfe/bfe_http"))
    )
    assert ("certain", "likely") == (own, copy)


H2_READING = f"""\
goroutine 67 [sync.Cond.Wait]:
sync.(*Cond).Wait(0xc0)
{H2}.transportResponseBody.Read({{0xc0}})
shop.fetch(0xc000204100)
created by shop.run in goroutine 1
"""


@pytest.mark.parametrize("sending", [H2_FEEDING, H2_WRITING])
def test_a_request_that_goes_both_ways_is_one(spec: Spec, sending: str) -> None:
    """Its body is still being sent while its response is read: gRPC."""
    (group,) = diagnosed(spec, RUNNING, H2_LOOP, sending, H2_READING).groups
    assert (1, 3, True) == (group.connections, group.goroutines, group.stuck)
    assert group.remark.startswith("1 request ") and "; " not in group.remark
    second = H2_READING.replace("goroutine 67", "goroutine 69")
    both = diagnosed(spec, RUNNING, H2_LOOP, sending, H2_READING, second).groups
    assert [3, 1] == [group.goroutines for group in both]
    assert both[1].remark.startswith("1 request whose response body is being read")


def test_a_request_that_is_being_sent_has_one_goroutine_that_waits_for_it(spec: Spec) -> None:
    """Who reads another response is not its."""
    for waiting in (H2_WAITING, H2_WAITING.replace("0xc000194f00", "0x0")):
        sent, read = diagnosed(spec, RUNNING, H2_LOOP, H2_FEEDING, waiting, H2_READING).groups
        assert [(3, True), (1, True)] == [(group.goroutines, group.remark.startswith("1 request ")) for group in (sent, read)]


def test_a_request_that_is_meant_to_stay_open_is_not_said_to_be_wrong(spec: Spec) -> None:
    (group,) = diagnosed(spec, RUNNING, H2_LOOP, H2_FEEDING, H2_READING).groups
    assert "meant to stay open in both directions" in group.fix


def test_a_request_of_http2_may_send_the_body_of_a_response_of_http1(spec: Spec) -> None:
    reading = H2_FEEDING.replace("io.(*pipe).read(0xc000012345)", "net/http.(*persistConn).Read(0xc0000a2000)")
    reading = reading.replace("shop.(*Feed).Read(0xc000012345)", "net/http.(*bodyEOFSignal).Read(0xc0)")
    found = diagnosed(spec, RUNNING, UNREAD, H2_LOOP, reading, H2_WAITING)
    assert ["body-being-read", "http2"] == [group.state for group in found.groups]
    served = H2_FEEDING.replace("shop.(*Feed).Read(0xc000012345)", f"{H2}.(*requestBody).Read(0xc0)").replace(
        "io.(*pipe)", "x.(*pipe)"
    )
    (group,) = diagnosed(spec, RUNNING, H2_LOOP, served, H2_WAITING).groups
    assert "whose body comes from another connection" in group.remark


def test_who_waits_for_a_place_on_a_connection_is_told_from_who_waits_for_the_server(spec: Spec) -> None:
    """StrictMaxConcurrentStreams: a response that nobody reads keeps the only place."""
    stream = H2_CLEANUP.replace("semacquire", "select").replace("sync.", "x.")
    waiting = H2_CLEANUP.replace("semacquire", "sync.Cond.Wait").replace("goroutine 62", "goroutine 66")
    waiting = waiting.replace("sync.(*Mutex).Lock", "sync.(*Cond).Wait").replace(
        f"{H2}.(*clientStream).cleanup", f"{H2}.(*ClientConn).awaitOpenSlotForStreamLocked(0xc0)\n{H2}.(*clientStream)."
    )
    found = diagnosed(spec, RUNNING, H2_LOOP, stream, waiting, H2_WAITING)
    leak, queued = found.groups
    assert [(True, False, 1), (False, True, 3)] == [(group.leak, group.stuck, group.goroutines) for group in (leak, queued)]
    assert queued.remark.startswith("1 request waiting for a place")
