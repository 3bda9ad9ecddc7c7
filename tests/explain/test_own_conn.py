"""What a dump says where a connection is a net.Conn of the program's own, which may wait for something else than the network."""

import pytest

from pcstate.specs.library import Spec
from tests.explain.dumps import RUNNING, UNREAD, WAITING, diagnosed
from tests.explain.test_own_code import ADD_TLS, READ_LOOP, WRITE_LOOP, goroutine

IN_OWN_WRITE = goroutine("sync.(*Mutex).Lock(0xc0)", "shop.(*metered).Write(0xc0)",
                         "net/http.persistConnWriter.Write({0xc0})", "bufio.(*Writer).Flush(0xc0)",
                         WRITE_LOOP, wait="sync.Mutex.Lock")  # fmt: skip
IN_OWN_READ = goroutine("time.Sleep(0x1)", "shop.(*metered).Read(0xc0)", "net/http.(*persistConn).Read(0xc0000a2000)",
                        "net/http.(*bodyEOFSignal).Read(0xc0)", "io.ReadAll({0x1})", "shop.fetch(0xc0)",
                        wait="sleep", by="shop.run in goroutine 1")  # fmt: skip

IN_OWN_PEEK = goroutine("time.Sleep(0x1)", "shop.(*metered).Read(0xc0)", "net/http.(*persistConn).Read(0xc0000d5000)",
                        "bufio.(*Reader).Peek(0xc0)", READ_LOOP.replace("a2000", "d5000"), wait="sleep")  # fmt: skip
OWN = "shop.(*metered).Read(0xc0)\n\t/srv/1/of.go:1 +0x1c\n"
TLS_READ = OWN + "crypto/tls.(*atLeastReader).Read(0xc0)\n\t/tls.go:1 +0x1\ncrypto/tls.(*Conn).Read(0xc0)\n\t/tls.go:2 +0x1\n"
HANDSHAKE = goroutine(
    "time.Sleep(0x1)", "shop.(*metered).Read(0xc0)", "crypto/tls.(*atLeastReader).Read(0xc0)",
    "crypto/tls.(*Conn).readFromUntil(0xc0)", "crypto/tls.(*Conn).clientHandshake(0xc0)",
    "crypto/tls.(*Conn).HandshakeContext(...)", "net/http.(*persistConn).addTLS.func2()",
    wait="sleep", by="net/http.(*persistConn).addTLS in goroutine 9",
)  # fmt: skip


@pytest.mark.parametrize(
    ("waiting", "beside", "state"),
    [
        (IN_OWN_WRITE, "", "writing-request"),
        (IN_OWN_READ, UNREAD, "body-being-read"),
        (IN_OWN_READ.replace(OWN, TLS_READ), UNREAD, "body-being-read"),
        (IN_OWN_PEEK, WAITING, "awaiting-headers"),
        (IN_OWN_PEEK.replace(OWN, TLS_READ), WAITING, "awaiting-headers"),
        (HANDSHAKE, ADD_TLS, "dialing"),
    ],
    ids=["write", "body", "body, TLS", "head", "head, TLS", "handshake"],
)
def test_a_connection_of_ones_own_that_waits_is_told_from_the_network(spec: Spec, waiting: str, beside: str, state: str) -> None:
    """A net.Conn that limits or locks: not the server is to blame; one that only wraps another waits for it."""
    network = waiting.replace("sync.(*Mutex).Lock", "net.(*conn).Write").replace("time.Sleep", "net.(*conn).Read")
    (own,), (wrapped,) = (diagnosed(spec, RUNNING, beside, each).groups for each in (waiting, network))
    assert [(state, True), (state, True)] == [(own.state, own.stuck), (wrapped.state, wrapped.stuck)]
    assert [True, False] == ["net.Conn of the program's own" in each.title for each in (own, wrapped)]
    assert any(frame.startswith("shop.(*metered)") for frame in own.frames)


def test_an_idle_connection_is_idle_in_a_net_conn_of_ones_own_too(spec: Spec) -> None:
    """As over a multiplexer, whose streams wait in a select: no request waits for it."""
    (group,) = diagnosed(spec, RUNNING, IN_OWN_PEEK).groups
    assert ("idle", False, False) == (group.state, group.leak, group.stuck)
