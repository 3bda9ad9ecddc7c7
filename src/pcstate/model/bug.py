"""Bugs that Go has had: what each was, and how the spec is made to have it (`Bug`); whether check finds it (`Proven`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pcstate.errors import Place
from pcstate.model.property import Mutant, Property
from pcstate.model.replay import Replayed
from pcstate.model.trace import Trace
from pcstate.model.verdict import Verdict

__all__ = ["Bug", "Proven", "Side"]


@dataclass(frozen=True, slots=True)
class Bug:
    """One file of spec/bugs."""

    name: str
    number: int
    """Of the issue at golang/go."""
    title: str
    releases: str
    """Those that have it, as far as the source and the issue tell."""
    source: str
    """Where what is said here comes from."""
    means: str
    """What it is to a Go programmer."""
    violates: str
    """The name of a property; `""` where `promise` is the file's own."""
    promise: Property | None
    without: str
    """A profile that does not have it."""
    profile: str
    """A profile that has it; `""` where `edits` put it into the spec."""
    edits: tuple[Mutant, ...]
    sizes: Mapping[str, int]
    """Of the network: callers, conns, hosts, requests; what is not said is 1."""
    program: str
    """What each caller does, as an expression; `""`: anything."""
    transport: Mapping[str, Any]
    """Fields of http.Transport, with a program."""
    seen: tuple[str, ...]
    """Releases of real Go that must do the same as the trace,"""
    unseen: tuple[str, ...]
    """and those that must not."""
    not_replayed: str
    """Why there are none."""
    place: Place

    @property
    def how(self) -> str:
        """`profile` or `mutant`."""
        return "profile" if self.profile else "mutant"


@dataclass(frozen=True, slots=True)
class Side:
    """What check says of the spec with the bug, or without it."""

    profile: str
    verdict: Verdict
    reason: str
    states: int
    seconds: float
    trace: Trace | None


@dataclass(frozen=True, slots=True)
class Proven:
    """One bug: check finds it where it is, and does not where it is not."""

    bug: Bug
    present: Side
    absent: Side
    replays: tuple[tuple[str, Replayed | None], ...]
    """For each release whether real Go did the same; None: it is not installed."""

    @property
    def verdict(self) -> Verdict:
        """HOLDS: both sides, and every replay, are as they must be. VIOLATED: one is not. UNKNOWN: one is not known."""
        found = [(self.present.verdict, Verdict.VIOLATED), (self.absent.verdict, Verdict.HOLDS)]
        for go, replayed in self.replays:
            if replayed is not None:
                found.append((replayed.verdict, Verdict.VIOLATED if go in self.bug.seen else Verdict.HOLDS))
        if any(seen is not wanted and seen is not Verdict.UNKNOWN for seen, wanted in found):
            return Verdict.VIOLATED
        return Verdict.UNKNOWN if any(seen is not wanted for seen, wanted in found) else Verdict.HOLDS
