"""Goroutines as Go prints them, put together into dumps, and what `explain` says of these."""

import io

from pcstate.explain import explain
from pcstate.model.diagnosis import Diagnosis
from pcstate.specs.library import Spec

__all__ = ["GET_CONN", "IDLE", "LEAK", "LONE", "PEEK", "RUNNING", "UNREAD", "WAITING", "WRITER", "diagnosed"]


def diagnosed(spec: Spec, *parts: str) -> Diagnosis:
    return explain(spec, io.BytesIO("\n".join(parts).encode()))


RUNNING = """\
goroutine 1 [running]:
main.main()
\t/srv/shop/main.go:7 +0x20
"""
UNREAD = """\
goroutine 20 [select, 5 minutes]:
net/http.(*persistConn).readLoop(0xc0000a2000)
\t/usr/local/go/src/net/http/transport.go:2207 +0xd8a
created by net/http.(*Transport).dialConn
\t/usr/local/go/src/net/http/transport.go:1747 +0x1e05
"""
PEEK = """\
goroutine 30 [IO wait, 6 minutes]:
internal/poll.runtime_pollWait(0x7f28, 0x72)
\t/usr/local/go/src/runtime/netpoll.go:234 +0x89
bufio.(*Reader).Peek(0xc0000f49c0, 0x1)
\t/usr/local/go/src/bufio/bufio.go:140 +0x5d
net/http.(*persistConn).readLoop(0xc0000b3000)
\t/usr/local/go/src/net/http/transport.go:2087 +0x1ac
created by net/http.(*Transport).dialConn
\t/usr/local/go/src/net/http/transport.go:1747 +0x1e05
"""
WRITER = """\
goroutine 21 [select, 7 minutes]:
net/http.(*persistConn).writeLoop(0xc0000c4000)
\t/usr/local/go/src/net/http/transport.go:2386 +0xfb
created by net/http.(*Transport).dialConn
\t/usr/local/go/src/net/http/transport.go:1748 +0x1e65
"""
WAITING = """\
goroutine 40 [select, 9 minutes]:
net/http.(*persistConn).roundTrip(0xc0000d5000, 0xc0000e0000)
\t/usr/local/go/src/net/http/transport.go:2610 +0x765
net/http.(*Transport).roundTrip(0xc000420140, 0xc000966200)
\t/usr/local/go/src/net/http/transport.go:592 +0xacb
shop/stock.(*Client).Count(0xc000420140)
\t/srv/shop/stock/client.go:31 +0x35
created by shop.run
\t/srv/shop/run.go:9 +0x35
"""
GET_CONN = """\
goroutine 50 [select, 5 minutes]:
net/http.(*Transport).getConn(0xc0000637c0, 0xc0003bb540, {{}, 0x0, {0xc00002e198, 0x5}, {0xc000015240, 0xf}, 0x0})
\t/usr/local/go/src/net/http/transport.go:1370 +0x66f
shop/stock.(*Client).Count(0xc000420140)
\t/srv/shop/stock/client.go:31 +0x35
created by shop.run
\t/srv/shop/run.go:9 +0x35
"""
IDLE, LEAK, LONE = ("idle", 1, 1), ("body-unfinished", 1, 1), ("orphaned-write-loop", 1, 1)
