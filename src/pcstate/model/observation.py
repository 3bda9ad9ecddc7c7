"""What real Go showed of one run of a client program: its outcome, and what was seen on the way there."""

from dataclasses import dataclass, field

from pcstate.model.lts import Value
from pcstate.model.scenario import Outcome

__all__ = ["FACTS", "SHOWN", "TOLD", "Entry", "Observation"]

SHOWN = ("return", "closed", "get-conn", "got-conn", "wrote-request", "got-first-response-byte", "put-idle-conn")
"""The kinds of entries that show a step."""
TOLD = ("go-on", "stall", "hang-up", "hung-up")
"""Those that say what servers were told; the others are `begin`, `abandon` (the cancel of a request from outside) and `rest`."""
FACTS = ("error", "reused", "was_idle")
"""What an entry shows besides, but for `rest`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the driver's log (`golang/programs/driver/events.go` lists the kinds, and which orders mean something)."""

    kind: str
    caller: int = -1
    request: int = -1
    """Of that caller, from 0."""
    step: int = -1
    """Of its program's steps of one request, from 0; only of `begin` and `return`."""
    facts: tuple[tuple[str, Value], ...] = ()
    """What else was seen: `error` (a class, `""` for none), `reused` and `was_idle` (0 or 1), or of a `rest` its counts."""

    def __str__(self) -> str:
        facts = ", ".join(f"{key} {value or 'none' if key == 'error' else value}" for key, value in self.facts)
        of = f" of caller {self.caller}, request {self.request}" if self.caller >= 0 else ""
        return f"{self.kind}{of}{': ' if facts else ''}{facts}"


@dataclass(frozen=True, slots=True)
class Observation:
    """One run."""

    outcome: Outcome
    entries: tuple[Entry, ...] = field(default=())
    at_rest: bool = True
    """Whether the outcome was taken at rest; False: the driver's deadline came first."""
