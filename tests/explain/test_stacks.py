"""Dumps in every dress: what carried them, what was left out of them, and what older Gos wrote, does not matter."""

import csv
import gzip
import html
import io
import json
import quopri
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from pcstate.errors import GoError
from pcstate.explain import explain
from pcstate.model.diagnosis import Diagnosis, Group
from pcstate.specs.library import Spec
from tests.golang.dumps import EXPECTED, said

DUMPS = Path(__file__).parents[1] / "dumps"
KEPT = sorted(DUMPS.iterdir())


def state_of(path: Path) -> str:
    return path.name.partition("-go1.")[0]


def diagnosed(spec: Spec, text: str | bytes) -> Diagnosis:
    return explain(spec, io.BytesIO(text.encode() if isinstance(text, str) else text))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_a_kept_dump_says_what_it_was_made_for(spec: Spec, path: Path) -> None:
    found = diagnosed(spec, path.read_bytes())
    assert (EXPECTED[state_of(path)], "") == (said(found), found.missing)


def test_every_state_is_kept() -> None:
    assert set(EXPECTED) == {state_of(path) for path in KEPT}


# --- what carried it -------------------------------------------------------------------------------------------------------


def each_line(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "\n".join(map(change, text.split("\n")))


def table(rows: list[list[str]], quoting: Literal[0, 1]) -> str:
    written = io.StringIO()
    csv.writer(written, quoting=quoting).writerows(rows)
    return written.getvalue()


DRESSES: dict[str, Callable[[str], str | bytes]] = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "no blank lines": lambda text: re.sub("\n\n+", "\n", text),
    "twice as many lines": lambda text: text.replace("\n", "\n\n"),
    "indented": each_line(lambda line: f"        {line}"),
    "spaces for tabs": lambda text: text.replace("\t", "    "),
    "no indentation": each_line(str.strip),
    "quoted": each_line(lambda line: f"> {line}"),
    "journald": each_line(lambda line: f"Jan 02 15:04:05 host app[123]: {line}"),
    "container runtime": each_line(lambda line: f"2024-01-01T00:00:00.123456789Z stderr F {line}"),
    "compose": each_line(lambda line: f"web_1  | {line}"),
    "glog": each_line(lambda line: f"E0102 15:04:05.000000   12345 main.go:42] {line}"),
    "docker": each_line(lambda line: json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2024-01-01T00:00:00Z"})),
    "journald in JSON": each_line(lambda line: json.dumps({"__CURSOR": "s=1", "MESSAGE": line, "_PID": "12"})),
    "Fluent Bit": each_line(
        lambda line: f'[0] kube.app: [[1704067200.5, {{}}], {{"stream"=>"stderr", "log"=>{json.dumps(line)}}}]'
    ),
    "fluentd in Ruby": each_line(lambda line: f'2024-01-01 00:00:00 +0000 kube.app: {{"log" => {json.dumps(line)}}}'),
    "one JSON string": lambda text: json.dumps({"level": "error", "msg": "boom", "error": {"stack": text}}),
    "one escaped string": lambda text: f"ERROR boom stack={json.dumps(text)}",
    "HTML": lambda text: f"<html><pre>{html.escape(text)}</pre></html>",
    "HTML with breaks": lambda text: html.escape(text).replace("\n", "<br>\n"),
    "HTML in one line": lambda text: f"<p>{html.escape(text).replace(chr(10), '<br>')}</p>",
    "HTML within HTML": lambda text: html.escape(f"<p>{html.escape(text).replace(chr(10), '<br/>')}</p>"),
    "HTML with numbers": each_line(lambda line: f'<tr><td class="n">12</td><td>{html.escape(line)}</td></tr>'),
    "HTML rows with dates": each_line(lambda line: f"<tr><td>28</td><td>2026-11-28</td><td>{html.escape(line)}</td></tr>"),
    "HTML rows in one line": lambda text: "".join(
        f"<tr><th>7</th><td>{html.escape(line)}</td></tr>" for line in text.split("\n")
    ),
    "fields of a log": each_line(lambda line: f'time="10:00" level=error msg={json.dumps(line)} file="main.go:12" pid=7'),
    "fields of a log, it last": each_line(lambda line: f"level=INFO source=/srv/main.go:12 msg={json.dumps(line)}"),
    "fields of a log, all in one": lambda text: f'level=error msg="boom" stack={json.dumps(text)} pid=7',
    "a field of a log, whose key tells nothing": lambda text: f'level=ERROR msg="dumped" goroutines={json.dumps(text)}',
    "single quotes": each_line(lambda line: f"textPayload: '{line}'"),
    "a log of a log of a log": lambda text: json.dumps({"message": json.dumps({"log": json.dumps({"stack": text})})}),
    "exported": each_line(lambda line: f"_PID=12\nMESSAGE={line}\n"),
    "cat -A": each_line(lambda line: line.replace("\t", "^I") + "$"),
    "grep -A": each_line(lambda line: f"/var/log/shop.log-{line}"),
    "grep -nA": each_line(lambda line: f"12-{line}"),
    "grep -HnA": each_line(lambda line: f"shop.log.1-12-{line}"),
    "a terminal's frame": each_line(lambda line: f"│ {line.expandtabs():100} │"),
    "UTF-16": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16, the other way": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-8 with a mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "gzip twice": lambda text: gzip.compress(gzip.compress(text.encode())),
    "colours": each_line(lambda line: f"\x1b[31m{line}\x1b[0m"),
    "colours in JSON": each_line(lambda line: json.dumps({"log": f"\x1b[1;31m{line}\x1b[0m\n"})),
    "colours without their first sign": each_line(lambda line: f"[31m{line}[0m"),
    "colours made visible": each_line(lambda line: f"^[[31m{line}^[[0m"),
    "HTTP head": lambda text: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + text,
    "Windows paths": lambda text: re.sub(r"\t(?=\S+\.go:)", "\tC:/Program Files/Go/src/", text),
    "Markdown": lambda text: f"It hangs:\n\n```\n{text}\n```\n",
    "inline code, a line each": each_line(lambda line: f"`{line}`"),
    "inline code": lambda text: f"It hangs: `{text.strip()}`\n",
    "asterisks made underscores": lambda text: text.replace("(*", "(_"),
    "asterisks escaped": lambda text: text.replace("(*", "(\\*"),
    "asterisks eaten": lambda text: text.replace("(*", "("),
    "signs escaped": lambda text: re.sub(r"([][*_#{}()+.-])", r"\\\1", text),
    "brackets doubled": lambda text: text.replace("]:", "[]:"),
    "hashes eaten": lambda text: re.sub("(?m)^#", "", text),
    "spaces behind": each_line(lambda line: f"{line}  "),
    "strings of an array": each_line(lambda line: f'  "{line}",'),
    "a string over many lines": each_line(lambda line: line.replace("\t", "\\t") + "\\n\\"),
    "a table's cell": lambda text: table([["2024-01-01", "error", text]], csv.QUOTE_MINIMAL),
    "a table, a line each": lambda text: table([["2024-01-01", "app-1", line] for line in text.split("\n")], csv.QUOTE_MINIMAL),
    "a table with quotes": lambda text: table([["2024-01-01", line, "app-1"] for line in text.split("\n")], csv.QUOTE_ALL),
    "a table, its lines first": lambda text: table([[line, "2024-01-01"] for line in text.split("\n")], csv.QUOTE_ALL),
    "mail": lambda text: quopri.encodestring(text.encode()),
    "no newline at the end": lambda text: text.rstrip("\n"),
    "twice in one file": lambda text: f"{text}\n{text}",
}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("form", ["debug1", "debug2", "stack", "sigquit"])
def test_what_a_dump_came_in_does_not_matter(spec: Spec, dress: str, form: str) -> None:
    for path in (path for path in KEPT if path.name.endswith(f"{form}.txt")):
        text = path.read_text(encoding="utf-8")
        plain, dressed = diagnosed(spec, text), diagnosed(spec, DRESSES[dress](text))
        assert plain.groups == tuple(map(_undrived, dressed.groups)), path.name
        assert (plain.server_goroutines, plain.other_goroutines) == (dressed.server_goroutines, dressed.other_goroutines)


def _undrived(group: Group) -> Group:
    """A group whose places are not on a drive of Windows."""
    frames, held_at = (
        tuple(place.replace("C:/Program Files/Go/src/", "") for place in places) for places in (group.frames, group.held_at)
    )
    return replace(group, frames=frames, held_at=held_at)


@pytest.mark.parametrize(
    "dress",
    [
        str,
        each_line(lambda line: f"Jan 02 15:04:05 host app[123]: {line}"),
        lambda text: json.dumps([{"at": [7, "app"], "textPayload": f"{line}\n", "z": 1} for line in text.split("\n")], indent=1),
    ],
)
def test_a_log_that_shows_the_newest_line_first_is_turned_round(spec: Spec, dress: Callable[[str], str]) -> None:
    """Each function had the place of another, and each goroutine the header of the one before."""
    for path in (path for path in KEPT if path.name.endswith(("debug2.txt", "stack.txt", "sigquit.txt"))):
        text = path.read_text(encoding="utf-8")
        plain, turned = diagnosed(spec, text), diagnosed(spec, dress("\n".join(text.split("\n")[::-1])))
        assert (plain.groups, plain.whole) == (turned.groups, turned.whole), path.name


@pytest.mark.parametrize("line", ['"' + "x" * 200_000 + '","y"', ("x" * 70 + "=\n") * 1000 + "x"], ids=["a cell", "mail"])
def test_a_line_that_has_no_end_is_no_dump(spec: Spec, line: str) -> None:
    found = diagnosed(spec, f"goroutine 1 [running]:\nmain.main()\n\n{line}\ngoroutine 2 [select]:\nmain.work()\n")
    assert 2 == found.other_goroutines


# --- what Gos of all ages wrote ---------------------------------------------------------------------------------------------

LOOPS_14 = """\
goroutine 20 [select]:
net/http.(*persistConn).readLoop(0xc2080a2000)
\t/usr/local/go/src/net/http/transport.go:868 +0x829
created by net/http.(*Transport).dialConn
\t/usr/local/go/src/net/http/transport.go:660 +0xc9f

goroutine 21 [select]:
net/http.(*persistConn).writeLoop(0xc2080a2000)
\t/usr/local/go/src/net/http/transport.go:945 +0x41d
created by net/http.(*Transport).dialConn
\t/usr/local/go/src/net/http/transport.go:661 +0xcbc
"""
PEEK_15 = """\
goroutine 6 [IO wait, 3 minutes]:
net.runtime_pollWait(0xaa5c78, 0x72, 0xc82006a0a0)
\t/usr/local/go/src/runtime/netpoll.go:157 +0x60
net.(*pollDesc).Wait(0xc8201d7170, 0x72, 0x0, 0x0)
\t/usr/local/go/src/net/fd_poll_runtime.go:73 +0x3a
net/http.noteEOFReader.Read(0xaa5f78, 0xc820030010, 0xc8200d6478, 0xc820291000, 0x1000, 0x1000, 0x0, 0x0, 0x0)
\t/usr/local/go/src/net/http/transport.go:1370 +0x67
net/http.(*noteEOFReader).Read(0xc820010220, 0xc820291000, 0x1000, 0x1000, 0xc82007bc18, 0x0, 0x0)
\t<autogenerated>:126 +0xd0
bufio.(*Reader).fill(0xc82001c240)
\t/usr/local/go/src/bufio/bufio.go:97 +0x1e9
bufio.(*Reader).Peek(0xc82001c240, 0x1, 0x0, 0x0, 0x0, 0x0, 0x0)
\t/usr/local/go/src/bufio/bufio.go:132 +0xcc
net/http.(*persistConn).readLoop(0xc8200d6420)
\t/usr/local/go/src/net/http/transport.go:876 +0xf7
created by net/http.(*Transport).dialConn
\t/usr/local/go/src/net/http/transport.go:685 +0xc78
"""
ROUND_TRIP_15 = """\
goroutine 9 [select, 3 minutes]:
net/http.(*persistConn).roundTrip(0xc8200d6420, 0xc833c5ae60, 0x0, 0x0, 0x0)
\t/usr/local/go/src/net/http/transport.go:1165 +0xf1f
net/http.(*Transport).RoundTrip(0xc833ad0540, 0xc833b3e540, 0xc833ad0540, 0x0, 0x0)
\t/usr/local/go/src/net/http/transport.go:235 +0x9bb
crawler/web.(*Request).Do(0xc833ad0480, 0xc833c57410, 0x0, 0x0)
\t/home/me/src/crawler/web/web.go:463 +0x800
main.main()
\t/home/me/src/crawler/main.go:12 +0x20
"""
DIAL_TLS_17 = """\
goroutine 12 [chan receive]:
net/http.(*Transport).dialConn(0xc42009e000, 0x7d8a40, 0xc420010158, 0x0, 0xc4200f0050, 0x5)
\t/usr/local/go/src/net/http/transport.go:1015 +0x1a6f
net/http.(*Transport).getConn.func4(0xc42009e000, 0x7d8a40, 0xc420010158, 0xc4200d2270, 0xc420062480)
\t/usr/local/go/src/net/http/transport.go:866 +0x78
created by net/http.(*Transport).getConn
\t/usr/local/go/src/net/http/transport.go:868 +0x398
"""
PROFILE_17 = """\
goroutine profile: total 854
426 @ 0x4416ea 0x450c79 0x44fa6c 0x4c72e9 0x472411
#\t0x4c72e8\tnet/http.(*persistConn).readLoop+0x9c8\t/usr/local/go/src/net/http/transport.go:1536

426 @ 0x4416ea 0x450c79 0x44fa6c 0x4c866d 0x472411
#\t0x4c866c\tnet/http.(*persistConn).writeLoop+0x3bc\t/usr/local/go/src/net/http/transport.go:1641

2 @ 0x4416ea
#\t0x4c866c\tmain.main+0x3bc\t/home/me/main.go:7
"""
GOLEAK = """\
    leaks.go:78: found unexpected goroutines:
        [Goroutine 22546 in state select, with net/http.(*persistConn).writeLoop on top of the stack:
        goroutine 22546 [select]:
        net/http.(*persistConn).writeLoop(0xc0015d4900)
        \tGOROOT/src/net/http/transport.go:2410 +0xf2
        created by net/http.(*Transport).dialConn
        \tGOROOT/src/net/http/transport.go:1766 +0x173d

         Goroutine 22545 in state select, with net/http.(*persistConn).readLoop on top of the stack:
        goroutine 22545 [select]:
        net/http.(*persistConn).readLoop(0xc0015d4900)
        \tGOROOT/src/net/http/transport.go:2213 +0xda5
        created by net/http.(*Transport).dialConn
        \tGOROOT/src/net/http/transport.go:1765 +0x16ea
        ]
"""
GOLEAK_13 = """\
goleak: Errors on successful test run: found unexpected goroutines:
[Goroutine 62 in state select, with net/http.(*persistConn).writeLoop on top of the stack:
net/http.(*persistConn).writeLoop(0xc0000e0120)
\t/opt/hostedtoolcache/go/1.24.8/x64/src/net/http/transport.go:2593 +0x1b7
created by net/http.(*Transport).dialConn in goroutine 90
\t/opt/hostedtoolcache/go/1.24.8/x64/src/net/http/transport.go:1948 +0x2dda
 Goroutine 61 in state select, with net/http.(*persistConn).readLoop on top of the stack:
net/http.(*persistConn).readLoop(0xc0000e0120)
\t/opt/hostedtoolcache/go/1.24.8/x64/src/net/http/transport.go:2398 +0x14f3
created by net/http.(*Transport).dialConn in goroutine 90
\t/opt/hostedtoolcache/go/1.24.8/x64/src/net/http/transport.go:1947 +0x2d52
]
"""
HEADLESS = """\
\tz_last_test.go:97: Test appears to have leaked a Transport:
\t\tnet/http.(*persistConn).readLoop(0xc20858c0b0)
\t\t\t/usr/local/go/src/net/http/transport.go:858 +0x4eb
\t\tcreated by net/http.(*Transport).dialConn
\t\t\t/usr/local/go/src/net/http/transport.go:660 +0x10d4

\t\ttesting.RunTests(0x6bb550, 0x838980, 0x1a, 0x1a, 0x11800)
\t\t\t/usr/local/go/src/testing/testing.go:556 +0xdc3
\t\tmain.main()
\t\t\tgithub.com/x/y/_test/_testmain.go:102 +0x28d
"""
SYSTEM = """\
goroutine 7 gp=0xc000186000 m=nil [select, 4 minutes, locked to thread] {job: "a b", id: 7}:
runtime.gopark(0xc00033d5e8?, 0x6?, 0x0?, 0x0?, 0xc00033d4d4?)
\t/usr/local/go/src/runtime/proc.go:402 +0xce fp=0xc00033d378 sp=0xc00033d358 pc=0x5c7305
runtime.selectgo(0xc00033d5e8, 0xc00033d4c8, 0x0?, 0x0, 0x0?, 0x1)
\t/usr/local/go/src/runtime/select.go:327 +0x725 fp=0xc00033d5d8 sp=0xc00033d4b8 pc=0x5c7305
net/http.(*persistConn).readLoop(0xc0000e0120)
\t/usr/local/go/src/net/http/transport.go:2261 +0xd85 fp=0xc00033d6d8 sp=0xc00033d5d8 pc=0x5c7305
runtime.goexit({})
\t/usr/local/go/src/runtime/asm_amd64.s:1695 +0x1 fp=0xc00033d7e8 sp=0xc00033d6d8 pc=0x5c7305
created by net/http.(*Transport).dialConn in goroutine 6
\t/usr/local/go/src/net/http/transport.go:1799 +0x1585
"""
BUBBLE_124 = "goroutine 7 [select (synctest), synctest group 3]:"
BUBBLE = """\
goroutine 7 [select (durable), 2 minutes, synctest bubble 3]:
net/http.(*persistConn).readLoop(0xc0000e0120)
\t/usr/local/go/src/net/http/transport.go:2261 +0xd85
created by net/http.(*Transport).dialConn in goroutine 6
\t/usr/local/go/src/net/http/transport.go:1799 +0x1585
"""
LABELS = (
    ' labels:{"job": "orders [7]: a, b", "of": "the long way from the warehouse to the shop and from there to whoever has paid"}'
)
LABELS_126 = BUBBLE.replace(" (durable), 2 minutes, synctest bubble 3", LABELS)
LABELS_127 = BUBBLE.replace(" (durable), 2 minutes, synctest bubble 3]", f", 2 minutes]{LABELS.removeprefix(' labels:')}")
LEAK_PROFILE = """\
goroutineleak profile: total 2
2 @ 0x486f8a 0x462097 0x6ac3fb 0x48dcc1
# labels: {"job":"a"}
#\t0x6ac3fa\tnet/http.(*persistConn).readLoop+0xbda\tnet/http/transport.go:2616
"""
RUNNING = "goroutine 1 [running]:\nmain.main()\n\t/home/me/main.go:7 +0x20\n\n"
COPY = LOOPS_14.replace("net/http.(*", "github.com/imroc/req/v3.(*")
FOREVER = LOOPS_14.replace("[select]", "[chan receive]", 1)
PANIC = "panic: test timed out after 10m0s\nrunning tests:\n\tTestX (10m0s)\n\n" + LOOPS_14
LEAK = ("body-unfinished", 1, 2)
WRITTEN: dict[str, tuple[str, str, str, tuple[tuple[str, int, int], ...]]] = {
    "1.4, a body": (LOOPS_14, "debug=2", "leak", (LEAK,)),
    "1.5, idle": (PEEK_15, "debug=2", "no-leak", (("idle", 1, 1),)),
    "1.5, no head": (PEEK_15 + "\n" + ROUND_TRIP_15, "debug=2", "stuck", (("awaiting-headers", 1, 2),)),
    "1.5, the caller alone": (ROUND_TRIP_15, "debug=2", "stuck", (("awaiting-headers", 1, 1),)),
    "1.7, TLS": (DIAL_TLS_17, "debug=2", "stuck", (("dialing:tls", 1, 1),)),
    "1.7, counted": (PROFILE_17, "debug=1", "leak", (("body-unfinished", 426, 852),)),
    "goleak 1.1": (GOLEAK, "goleak", "leak", (LEAK,)),
    "goleak 1.3": (GOLEAK_13, "goleak", "leak", (LEAK,)),
    "no headers": (HEADLESS, "stacks", "leak", (("body-unfinished", 1, 1),)),
    "frames of the runtime": (SYSTEM, "debug=2", "leak", (("body-unfinished", 1, 1),)),
    "in a bubble": (BUBBLE, "debug=2", "leak", (("body-unfinished", 1, 1),)),
    "in a bubble of 1.24": (BUBBLE_124 + BUBBLE[BUBBLE.index("\n") :], "debug=2", "leak", (("body-unfinished", 1, 1),)),
    "labels of 1.26": (LABELS_126, "debug=2", "leak", (("body-unfinished", 1, 1),)),
    "labels of 1.27": (LABELS_127, "debug=2", "leak", (("body-unfinished", 1, 1),)),
    "goleak, labels of 1.26": (GOLEAK_13.replace("in state select", f"in state select{LABELS}"), "goleak", "leak", (LEAK,)),
    "a profile of leaks": (LEAK_PROFILE, "debug=1", "leak", (("body-unfinished", 2, 2),)),
    "a copy of net/http": (COPY, "debug=2", "leak", (LEAK,)),
    "a loop without a request": (FOREVER, "debug=2", "leak", (("unknown", 1, 2),)),
    "a test's timeout": (PANIC, "panic", "leak", (LEAK,)),
    "writeLoop alone": (RUNNING + LOOPS_14.partition("\n\n")[2], "debug=2", "leak", (("orphaned-write-loop", 1, 1),)),
}


@pytest.mark.parametrize(("text", "form", "verdict", "groups"), WRITTEN.values(), ids=WRITTEN.keys())
def test_dumps_of_all_ages_are_read(
    spec: Spec, text: str, form: str, verdict: str, groups: tuple[tuple[str, int, int], ...]
) -> None:
    found = diagnosed(spec, text)
    assert ((verdict, groups), form) == (said(found), found.format)


RELEASES = {
    "/home/travis/.gimme/versions/go1.10.linux.amd64/src/net/http": "1.10",
    "/usr/local/Cellar/go/1.11.4/libexec/src/net/http": "1.11.4",
    "/var/lib/jenkins/.gvm/versions/go1.17.5.linux.amd64/src/net/http": "1.17.5",
    "/root/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64/src/net/http": "1.22.3",
    "C:/hostedtoolcache/windows/go/1.24.8/x64/src/net/http": "1.24.8",
    "/usr/lib/go-1.19/src/net/http": "1.19",
    "/usr/local/go/src/net/http": "",
}


@pytest.mark.parametrize(("folder", "release"), RELEASES.items())
def test_a_path_tells_the_release(spec: Spec, folder: str, release: str) -> None:
    assert release == diagnosed(spec, LOOPS_14.replace("/usr/local/go/src/net/http", folder)).go


def test_functions_tell_the_release(spec: Spec) -> None:
    bundle = PEEK_15.replace("net.runtime_pollWait", "internal/poll.runtime_pollWait").replace(
        "noteEOFReader", "http2clientStream"
    )
    moved = SYSTEM.replace("runtime.goexit", "net/http.http2RoundTripper.RoundTrip")
    assert ["1.6 or earlier", "1.21 or later", "1.9 to 1.26", "1.21 or later", ""] == [
        diagnosed(spec, text).go for text in (PEEK_15, SYSTEM, bundle, moved, PEEK_15 + SYSTEM)
    ]


def test_age_and_the_users_own_functions_are_told(spec: Spec) -> None:
    (group,) = diagnosed(spec, PEEK_15 + "\n" + ROUND_TRIP_15).groups
    assert 3 == group.minutes
    web = "crawler/web.(*Request).Do (/home/me/src/crawler/web/web.go:463)"
    assert (web, "main.main (/home/me/src/crawler/main.go:12)") == group.frames


def test_a_pointer_ties_a_caller_to_its_connection(spec: Spec) -> None:
    """Two connections peek; the request waits for one of them, for certain."""
    other = PEEK_15.replace("0xc8200d6420", "0xc8200d9999").replace("goroutine 6", "goroutine 7").replace(", 3 minutes", "")
    found = diagnosed(spec, "\n".join((RUNNING, other, PEEK_15, ROUND_TRIP_15)))
    assert [("awaiting-headers", 3, "certain"), ("idle", None, "certain")] == [
        (group.state, group.minutes, group.confidence) for group in found.groups
    ]


def test_of_several_dumps_the_largest_is_spoken_of(spec: Spec) -> None:
    trace = "goroutine 20 [running]:\nmain.main()\n\t/home/me/main.go:7 +0x20\n\n"
    found = diagnosed(spec, trace + LOOPS_14 + "\n" + trace)
    assert (("leak", (LEAK,)), 2) == (said(found), found.number)
    assert [(1, "none"), (3, "none")] == [(each.number, each.verdict) for each in found.beside]


def test_a_wait_below_a_writer_is_not_the_bodys(spec: Spec) -> None:
    """A response's body that is the next request's body: one goroutine writes the one, and reads the other."""
    writer = """\
goroutine 5 [IO wait]:
internal/poll.runtime_pollWait(0x7f28, 0x72)
net.(*conn).Read(0xc000046080)
net/http.(*persistConn).Read(0xc000111000, {0xc0000de000?, 0x0?, 0x9e3ec0?})
net/http.(*body).Read(0xc0000de000)
net/http.(*bodyEOFSignal).Read(0xc0000de000)
net/http.(*transferWriter).doBodyCopy(0xc0000de000)
net/http.(*Request).write(0xc0000de000)
net/http.(*persistConn).writeLoop(0xc000222000)
created by net/http.(*Transport).dialConn in goroutine 1

"""
    loops = LOOPS_14.replace("0xc2080a2000", "0xc000111000")
    peek = PEEK_15.replace("0xc8200d6420", "0xc000222000")
    found = diagnosed(spec, writer + loops + "\n" + peek)
    assert ("stuck", (("request-body-stalled", 1, 2), ("body-being-read", 1, 2))) == said(found)


# --- what is no dump, or not enough of one -----------------------------------------------------------------------------------

NO_DUMPS: dict[str, bytes] = {
    "nothing": b"",
    "a newline": b"\n",
    "prose": b"Dear all,\nthe server (version 1.2) hangs.\nsee main.go:7\n",
    "bytes": bytes(range(256)) * 20,
    "a page": b"<html><body><h1>404 page not found</h1></body></html>",
    "JSON": b'{"goroutines": 12}',
    "a long line": b"x" * 3_000_000,
    "another profile": gzip.compress(b"\x0a\x04\x08\x01\x10\x02\x32\x00\x32\x03cpu\x32\x0bnanoseconds"),
    "a profile of locks": b"--- mutex:\n7 3 @ 0x43cd45\n#\t0x71f1e8\tnet/http.(*Transport).getConn+0x5\t/x.go:1\n",
    "a profile of threads": b"threadcreate profile: total 1\n1 @ 0x43cd45\n#\t0x71f1e8\tmain.main+0x5\t/x.go:1\n",
    "half of a profile": b"\x0a\x04\x08\x01\x10",
    "gzip of nothing": gzip.compress(b""),
    "half of gzip": gzip.compress(b"goroutine 1 [running]:")[:11],
}


@pytest.mark.parametrize("data", NO_DUMPS.values(), ids=NO_DUMPS.keys())
def test_what_is_no_dump_is_refused(spec: Spec, data: bytes) -> None:
    with pytest.raises(GoError):
        diagnosed(spec, data)


PREFIXES = ["12:", "+", "dump.txt:12:", "2024-05-06T07:08:09Z app[1781] ams [info]", "\u200b", "\x1b_bk;t=1714979289123\x07"]


@pytest.mark.parametrize("prefix", PREFIXES, ids=["grep -n", "diff", "grep -H", "fly", "zero width", "buildkite"])
def test_what_stands_before_each_line_without_a_space_does_not_matter(spec: Spec, prefix: str) -> None:
    for dump in (LOOPS_14, PROFILE_17):
        plain = diagnosed(spec, dump)
        assert said(plain) == said(diagnosed(spec, "".join(prefix + line for line in dump.splitlines(keepends=True))))
        assert plain.groups


def test_a_profile_and_the_same_goroutines_in_full_are_two_dumps(spec: Spec) -> None:
    found = diagnosed(spec, PROFILE_17 + "\n" + LOOPS_14)
    assert (1, [2]) == (found.number, [each.number for each in found.beside])
