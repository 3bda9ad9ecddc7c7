"""How what real Go showed compares with what the spec allows."""

from dataclasses import dataclass

from pcstate.model.observation import Entry
from pcstate.model.scenario import Outcome
from pcstate.model.verdict import Verdict

__all__ = ["Conformance", "Difference", "Misfit", "Outside"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which an outcome that was seen differs from one that is allowed."""

    field: str
    seen: object
    allowed: object


@dataclass(frozen=True, slots=True)
class Outside:
    """An outcome that was seen and is not among those predicted."""

    seen: Outcome
    nearest: Outcome | None
    """The predicted one that is most like it; None where there is none at all."""
    differences: tuple[Difference, ...]
    """The fields in which the two differ."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Where a run and the spec part: an entry of the run's log that no state fits which has fitted all before it."""

    entry: Entry
    number: int
    """Its place in the log, from 0."""
    last: tuple[str, ...]
    """Where the goroutines stand in some of the states that fitted up to there."""
    states: int
    """How many those are."""
    allowed: tuple[str, ...]
    """What the spec would have allowed there."""


@dataclass(frozen=True, slots=True)
class Conformance:
    """HOLDS: all that was seen is allowed; VIOLATED: `outside` or `misfit` is not; UNKNOWN: `reason` says why that is not
    known."""

    verdict: Verdict
    observed: int
    """How many different outcomes were seen."""
    predicted: int
    """How many the spec allows, as far as is known."""
    outside: tuple[Outside, ...] = ()
    reason: str = ""
    """Only of UNKNOWN."""
    misfit: Misfit | None = None
    """Where the first run whose log fits no run of the network leaves it."""
    complete: bool = True
    """Whether those `predicted` are all that the spec allows. Where they are not, HOLDS says that the logs fit, and end in the
    outcomes that were seen."""
