"""What `explain` must say of each state that our dumper (tests/golang/dumper) brings a client into, and the dumps it makes."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pcstate.golang import building
from pcstate.golang.toolchain import Toolchain, go_environment
from pcstate.model.diagnosis import Diagnosis

__all__ = ["EXPECTED", "FORMS", "build_dumper", "dump", "dump_all", "said"]

DUMPER = Path(__file__).with_name("dumper")
FORMS = {
    "debug1.txt": "debug=1",
    "debug2.txt": "debug=2",
    "profile.pb.gz": "pprof",
    "stack.txt": "debug=2",
    "sigquit.txt": "SIGQUIT",
}

Said = tuple[str, tuple[tuple[str, int, int], ...]]
"""The verdict, and for each group its state (with the phase behind a colon), connections and goroutines."""

IDLE, UNREAD, READ = ("idle", 1, 2), ("body-unfinished", 1, 2), ("body-being-read", 1, 3)
EXPECTED: dict[str, Said] = {
    "none": ("none", ()),
    "server": ("none", ()),
    "idle": ("no-leak", (IDLE,)),
    "transport-per-request": ("no-leak", (("idle", 120, 240),)),
    "idle-and-unread": ("leak", (UNREAD, IDLE)),
    "unread": ("leak", (("body-unfinished", 3, 6),)),
    "unread-with-timeout": ("leak", (UNREAD,)),
    "half-read": ("leak", (UNREAD,)),
    "being-read": ("stuck", (READ,)),
    "being-read-chunked": ("stuck", (READ,)),
    "being-read-gzip": ("stuck", (READ,)),
    "reverse-proxy": ("stuck", (READ,)),
    "awaiting-headers": ("stuck", (("awaiting-headers", 2, 6),)),
    "awaiting-headers-and-idle": ("stuck", (("awaiting-headers", 1, 3), IDLE)),
    "awaiting-headers-with-timeout": ("stuck", (("awaiting-headers", 1, 3),)),
    "server-and-awaiting": ("stuck", (("awaiting-headers", 1, 3),)),
    "reading-headers": ("stuck", (("reading-headers", 1, 3),)),
    "writing-request": ("stuck", (("writing-request", 1, 3),)),
    "request-body-stalled": ("stuck", (("request-body-stalled", 1, 3),)),
    "awaiting-100-continue": ("stuck", (("awaiting-100-continue", 1, 3),)),
    "dialing-dns": ("stuck", (("dialing:dns", 1, 2),)),
    "dialing-tcp": ("stuck", (("dialing:tcp", 1, 2),)),
    "dialing-own": ("stuck", (("dialing:tcp", 1, 2),)),
    "dialing-tls": ("stuck", (("dialing:tls", 1, 3),)),
    "dialing-proxy": ("stuck", (("dialing:proxy", 1, 3),)),
    "dialing-socks": ("stuck", (("dialing:proxy", 1, 3),)),
    "queued": ("leak", (UNREAD, ("queued", 2, 2))),
    "http2": ("no-leak", (("http2", 1, 1),)),
    "http2-unread": ("no-leak", (("http2", 1, 1),)),
    "http2-awaiting": ("stuck", (("http2", 1, 3),)),
    "http2-being-read": ("stuck", (("http2", 1, 3),)),
    "http2-half-unread": ("leak", (("http2", 1, 2),)),
    "truncated-without-close": ("none", ()),
}
"""Of Go 1.27.0 the last is another: there a failed Read without Close leaves both loops."""


def said(found: Diagnosis) -> Said:
    """A diagnosis as EXPECTED has it."""
    groups = ((f"{g.state}:{g.phase}" if g.phase else g.state, g.connections, g.goroutines) for g in found.groups)
    return found.verdict, tuple(groups)


def build_dumper(toolchain: Toolchain, folder: Path) -> Path:
    """Our dumper, built by that Go."""
    sources = {path.name: path.read_bytes() for path in sorted(DUMPER.glob("*.go"))}
    binary = folder / "dumper"
    building._build(sources, toolchain, binary)
    return binary


def dump(dumper: Path, state: str, folder: Path, **environment: str) -> Path:
    """The folder with the dumps of one state, in every form of FORMS."""
    folder.mkdir()
    command = [str(dumper), state, str(folder)]
    done = subprocess.run(
        command, env={**go_environment(), **environment}, capture_output=True, text=True, check=False, timeout=60
    )
    (folder / "sigquit.txt").write_text(done.stderr, encoding="utf-8")
    assert "SIGQUIT" in done.stderr, f"{state}: {done.stderr[:2000]}"
    return folder


def dump_all(dumper: Path, folder: Path) -> dict[str, Path]:
    """The folders with the dumps of every state, a few made at a time."""
    with ThreadPoolExecutor(4) as pool:
        made = {state: pool.submit(dump, dumper, state, folder / state) for state in EXPECTED}
        return {state: each.result() for state, each in made.items()}
