"""Replays: what steers a trace on real Go (`Steering`), what is done for one (`Plan`), and what was seen (`Replayed`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pcstate.errors import Place
from pcstate.model.stack import Stack
from pcstate.model.verdict import Verdict

__all__ = [
    "Action", "Attempt", "Call", "Expected", "Gate", "Image", "Look", "Plan", "Record", "Replayed", "Sight", "Stand",
    "Steering", "Step", "Unsteered",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gate:
    """Where a goroutine that calls ours is held. It is always there, or only once after a vector of `arms` has fired."""

    name: str
    key: str
    """The argument of a vector that tells one such gate from another."""
    arms: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Action:
    """What makes its vectors happen: our program `does` something, or lets a goroutine through the gate that it `opens`."""

    vectors: tuple[str, ...]
    does: str
    opens: str
    passes: str
    """What goes through with the goroutine: how our net.Conn answers."""
    ms: int
    """How long is waited, for a clock."""
    about: str
    place: Place


@dataclass(frozen=True, slots=True)
class Stand:
    """For each state of a chart the points of spec/diagnosis that a goroutine can be seen at then; `""`: at none."""

    chart: str
    role: str
    points: Mapping[str, tuple[str, ...]]
    place: Place


@dataclass(frozen=True, slots=True)
class Steering:
    """All of spec/replay."""

    gates: tuple[Gate, ...] = ()
    actions: tuple[Action, ...] = ()
    never: tuple[tuple[str, str], ...] = ()
    """Vectors that are not let happen, each with the reason."""
    stands: tuple[Stand, ...] = ()
    dials: Mapping[str, str] = field(default_factory=dict)
    """Vectors with which request `r` begins to dial a connection, each with the argument that says which."""
    errors: tuple[str, ...] = ()
    """Vectors with which a call for request `r` returns error `e`."""


Image = tuple[tuple[tuple[str, str], ...], ...]
"""What a state looks like from outside: for each goroutine the (role, point) pairs that it can be seen at."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is there when nothing moves: how many goroutines stand where, and the first error of each request."""

    points: tuple[tuple[tuple[str, str], int], ...]
    errors: tuple[tuple[int, str], ...]
    dials: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and what the spec allows to be seen after it."""

    number: int
    """Of the trace's step, from 1."""
    vector: str
    action: Action
    key: int
    arguments: Mapping[str, int | str]
    hurry: int
    """How many steps ago a clock began to run that the trace does not wait for; 0: none runs."""
    allowed: tuple["Expected", ...]
    raced: bool = False
    """Whether it is possible only where a race went the trace's way."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a state allows to be seen."""

    image: Image
    errors: tuple[tuple[int, str], ...]
    dials: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A trace as steps for our program."""

    steps: tuple[Step, ...]
    dials: tuple[tuple[int, int], ...]
    """(request, connection) pairs in the order in which the dials begin."""
    same: tuple[Expected, ...]
    """What is seen at the end if real Go does the same."""
    other: tuple[Expected, ...]
    """What else the spec allows after the same steps: a race that nothing here decides."""
    races: tuple[str, ...]
    """Steps of the trace that only one outcome of a race makes possible."""
    clock: int
    """Milliseconds of the shortest clock."""


@dataclass(frozen=True, slots=True)
class Unsteered:
    """Why a trace has no plan."""

    vector: str
    reason: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call by one of the user's goroutines, and what it returned: `ok`, an error class, or `""` if it has not."""

    who: str
    request: int
    name: str
    result: str


@dataclass(frozen=True, slots=True)
class Look:
    """What our program saw when nothing moved, after a step or in the end."""

    missed: str
    """Why the step could not be done; `""`: it could."""
    began: float
    done: float
    """Milliseconds since the replay began."""
    dials: int
    errors: tuple[tuple[int, str], ...]
    """The first error of each request that has one."""
    stacks: tuple[Stack, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """All that our program saw of one replay."""

    looks: tuple[Look, ...]
    end: Look
    at_rest: bool
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of real Go along a plan."""

    sights: tuple[Sight, ...]
    """After each step of the plan."""
    missed: tuple[str, ...]
    """For each step why it could not be done; `""`: it could."""
    end: Sight
    left: tuple[Stack, ...]
    """The goroutines in the end: net/http's, and the user's that are inside of it."""
    calls: tuple[Call, ...]
    diverged: int | None
    """The position of the first step after which something else was seen than the spec allows."""
    late: bool
    """Whether a clock that the trace does not wait for may have been faster."""
    verdict: Verdict
    """VIOLATED: the same; HOLDS: not; UNKNOWN: the race went the other way, or a clock may have been faster."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What replays of one trace on one Go came to."""

    go: str
    plan: Plan | None
    attempts: tuple[Attempt, ...]
    verdict: Verdict
    reason: str = ""

    @property
    def shown(self) -> Attempt | None:
        """The attempt that the verdict is of: the first with it."""
        return next((each for each in self.attempts if each.verdict is self.verdict), None)
