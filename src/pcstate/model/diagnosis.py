"""What the goroutines of a dump mean: what spec/diagnosis knows (`Knowledge`), and what was found (`Diagnosis`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pcstate.errors import Place

__all__ = ["CONFIDENCES", "STATES", "VERDICTS", "Diagnosis", "Group", "Knowledge", "Point", "Sign", "State"]

STATES = (
    "idle", "awaiting-headers", "reading-headers", "body-unfinished", "body-being-read", "draining", "writing-request",
    "request-body-stalled", "awaiting-100-continue", "dialing", "queued", "orphaned-write-loop", "http2", "unknown",
)  # fmt: skip
VERDICTS = ("leak", "stuck", "no-leak", "none")
CONFIDENCES = ("certain", "likely", "guess")

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Point:
    """One [[point]]: where a goroutine can stand, told by its functions and its wait reason."""

    role: str
    name: str
    frames: tuple[Pattern, ...]
    """Each must match a function of the stack, in this order, from the innermost outwards."""
    leaf: Pattern | None
    """If given, must match the innermost function that is not the runtime's."""
    without: tuple[Pattern, ...]
    """None of these may match any function."""
    calls: Pattern | None
    """If given, must match a function of Go's own that has called one of the program's, which has not returned."""
    waits: tuple[str, ...]
    """The wait reasons that it has; empty: any."""
    conn: Pattern | None
    """The function whose first argument is the connection."""
    vague: bool
    """Whether another point looks the same in a dump that lacks some functions: likely, at most."""
    own: bool
    """Whether a function of the program's own must be in the stack."""
    begins: Pattern | None
    """The function inside of which it has begun the dial that it waits for."""
    clauses: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class State:
    """One [[state]]: where the goroutines of a connection stand in it, why that is so, and what to do."""

    name: str
    phase: str
    parts: Mapping[str, tuple[str, ...]]
    """For a role the points that it may be at; `none` among them: it may be missing."""
    only: str
    """`whole`, `part`: said only of a whole dump, or of one that may be a part; `""`: of both."""
    after: str
    """A name of states before this one: said only where connections of that name have been found."""
    alone: bool
    """Whether it is told by a caller that is not there: likely, at most, in a dump that may be a part of one."""
    beyond: bool
    """Whether each request under way has a caller of that kind beside it: said only of as many as there are more."""
    young: bool
    """Whether it is not said of a readLoop that has waited for a minute or more."""
    shared: bool
    """Whether any number of callers use one connection."""
    remark: str
    """Of a state whose callers share connections: what the requests are, behind `3 requests`."""
    takes: tuple[str, ...]
    """Points of further callers that belong to it, one each."""
    held_is: str
    """What is said in the headline where goroutines of the program may have its bodies in hand."""
    held_why: str
    """What is said then; `""`: nobody can have them. Where somebody may, it is likely, at most."""
    crowd: int
    """From how many connections on goroutines of less than half that number make no doubt of it; 0: never."""
    crowd_why: str
    leak: bool
    stuck: bool
    confidence: str
    """The most that can be claimed."""
    title: str
    """What its connections are, behind `3 connections`; `""`: what all of that name are."""
    unit: str
    """What is counted: `connection`, or `request`, which has none yet."""
    why: str
    part_why: str
    """What is said too where the dump may be a part of one."""
    fix: str
    predict: str
    """Arguments of `pcstate predict` that show it; `{n}` is how many connections; `""` where the model has no such state."""
    several: int
    """From how many connections on `several_why` is said too, and it is likely, at most; 0: never."""
    several_why: str
    many: int
    """From how many connections on it is a guess, `many_is` and `many_why` are said, `many_fix` instead of `fix`; 0: never."""
    many_is: str
    many_why: str
    many_fix: str
    old: int
    """From how many minutes on `old_why` is said too; 0: never."""
    old_why: str
    place: Place


@dataclass(frozen=True, slots=True)
class Sign:
    """One [[sign]]: a function that exists only in some releases; `created by` is a dump that says by which goroutine."""

    function: Pattern
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All of spec/diagnosis."""

    points: tuple[Point, ...] = ()
    states: tuple[State, ...] = ()
    signs: tuple[Sign, ...] = ()
    waits: tuple[tuple[Pattern, str], ...] = ()
    """Functions of the runtime, and the wait reason of a goroutine that is inside them."""
    made_by: Mapping[str, Pattern] = field(default_factory=dict)
    """For a role the function that creates its goroutine."""
    library: frozenset[str] = frozenset()
    """First elements of the import paths that are Go's own."""
    fresh: str = ""
    """What is said of connections that hang, but for less than a minute, as far as the dump notes."""
    untimed: str = ""
    """What is said of connections that hang where the dump does not tell for how long."""


@dataclass(frozen=True, slots=True)
class Group:
    """Connections (or requests that have none yet) in one state."""

    state: str
    phase: str
    connections: int
    goroutines: int
    leak: bool
    stuck: bool
    confidence: str
    minutes: int | None
    frames: tuple[str, ...]
    """The user's own functions that are involved, `function (file:line)`."""
    why: str
    fix: str
    predict: str
    remark: str = ""
    """What is to be said of them in the headline too: what so many look like, or how many requests wait for what."""
    title: str = ""
    """What they are, if not what all of that state are."""
    unit: str = "connection"
    """What `connections` counts."""
    holders: int = 0
    """How many other goroutines of the program may have its bodies in hand."""
    crowded: bool = False
    """Whether there are so many of them that they may be a leak, which does not show."""
    held_at: tuple[str, ...] = ()
    """Where these stand, those first where most do: `3 at function (file:line)`."""
    candidates: tuple[str, ...] = ()
    """Functions like `frames`, of more goroutines than belong to it: the dump does not tell which of them do."""

    @property
    def told(self) -> bool:
        """Whether the dump tells what these do: a guess that nothing is wrong tells nothing."""
        return self.leak or self.stuck or self.confidence != "guess"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a dump means."""

    go: str
    format: str
    groups: tuple[Group, ...]
    server_goroutines: int
    other_goroutines: int
    missing: str = ""
    """What the dump lacks, in a sentence; `""`: nothing that shows."""
    whole: bool = True
    """Whether it has all goroutines, as far as it shows."""
    number: int = 1
    """Which dump of the file this is."""
    beside: tuple["Diagnosis", ...] = ()
    """What the file's other dumps mean, in their order."""
    crowd: str = ""
    """Where many of the other goroutines stand, `5000 at function (file:line)`; `""`: nowhere, or they are named as holders."""

    @property
    def verdict(self) -> str:
        """`leak` if any group is one, else `stuck` if any is, else `no-leak`; `none` where there is no connection."""
        if any(group.leak for group in self.groups):
            return "leak"
        if any(group.stuck for group in self.groups):
            return "stuck"
        return "no-leak" if self.groups else "none"

    @property
    def conclusive(self) -> bool:
        """Whether anything can be said: not where all is unknown, or what is missing, or so many, can be anything."""
        if not self.groups:
            return not self.missing
        if self.verdict == "no-leak" and (not self.whole or any(group.crowded for group in self.groups)):
            return all(group.told for group in self.groups)
        return any(group.told for group in self.groups)
