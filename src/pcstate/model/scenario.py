"""Client programs and what they leave behind.

A `Scenario` is a small client program against servers of one behaviour; an `Outcome` is what is there at rest, when
every goroutine is blocked and no timer is pending but IdleConnTimeout. Both are the public formats of DESIGN.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["METHODS", "CallerProgram", "Outcome", "Scenario", "ServerScript", "Step", "milliseconds"]

METHODS = ("get", "head", "post")
"""Steps that begin a request."""

_MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "\u00b5s": 1e-3, "\u03bcs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}
_PART = r"(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)"
"""Both signs for a millionth are one to Go: that of the unit, and the Greek letter."""


def milliseconds(duration: str) -> float | None:
    """How long a duration is that is written as in Go, `250ms` or `1m30s`; None if it is none.

    >>> milliseconds("1m30s")
    90000.0
    """
    if not re.fullmatch(f"[-+]?(?:0|(?:{_PART})+)", duration, re.ASCII):
        return None
    length = sum((float(number) * _MILLISECONDS[unit] for number, unit in re.findall(_PART, duration, re.ASCII)), 0.0)
    return -length if duration.startswith("-") else length


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One step of one request, such as `get`, `read-all` or `read 100`."""

    verb: str
    amount: int = 0
    """The byte count of `read N`; 0 for every other verb."""

    def __str__(self) -> str:
        return f"{self.verb} {self.amount}" if self.verb == "read" else self.verb


@dataclass(frozen=True, slots=True)
class ServerScript:
    """What every host answers."""

    body: str = "length"
    """`none`, `length`, `chunked` or `until-close`."""
    bytes: int = 10240
    """Size of the body; ignored when there is none."""
    connection: str = "keep-alive"
    """`keep-alive` or `close`."""
    behaviour: str = "normal"
    """`normal`, `close-after-response`, `close-while-idle`, `stall-head`, `stall-body`, `truncate-body`, `drop-request`."""


@dataclass(frozen=True, slots=True)
class CallerProgram:
    """One client goroutine: `requests` times the steps `each`; request i goes to host `hosts[i % len(hosts)]`."""

    requests: int
    hosts: tuple[int, ...]
    each: tuple[Step, ...]

    def host(self, request: int) -> int:
        """The host that request number `request` (from 0) of this caller goes to."""
        return self.hosts[request % len(self.hosts)]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A client program: the callers run side by side, each host answers as `server` says."""

    name: str
    about: str
    callers: tuple[CallerProgram, ...]
    server: ServerScript = field(default_factory=ServerScript)
    transport: Mapping[str, Any] = field(default_factory=dict)
    """Fields of http.Transport by their Go names (and Client.Timeout as `Timeout`); absent means the zero value. Durations
    are in milliseconds; the driver takes Go's strings, such as `1m30s`, too."""

    @property
    def requests(self) -> int:
        """How many requests all callers make together."""
        return sum(caller.requests for caller in self.callers)

    @property
    def hosts(self) -> tuple[int, ...]:
        """The hosts that any request goes to, by their numbers."""
        return tuple(sorted({caller.host(k) for caller in self.callers for k in range(caller.requests)}))


@dataclass(frozen=True, slots=True, order=True)
class Outcome:
    """What a scenario leaves behind, taken at rest. Requests are listed caller by caller, in program order."""

    dials: int
    reused: tuple[bool, ...]
    read_loops: int
    write_loops: int
    goroutines: int
    """1 (main) + the client's."""
    idle_conns: int
    unread_conns: int
    errors: tuple[str, ...]
    """The error class of each request, `""` where there was none, `"stuck"` where it never returned."""

    def as_json(self) -> dict[str, Any]:
        """The OUTCOME object of DESIGN.md, without `count`."""
        return {
            "dials": self.dials,
            "reused": list(self.reused),
            "read_loops": self.read_loops,
            "write_loops": self.write_loops,
            "goroutines": self.goroutines,
            "idle_conns": self.idle_conns,
            "unread_conns": self.unread_conns,
            "errors": [error or None for error in self.errors],
        }
