"""How what real Go showed compares with what the spec allows."""

from dataclasses import dataclass

from pcstate.model.scenario import Outcome
from pcstate.model.verdict import Verdict

__all__ = ["Conformance", "Difference", "Outside"]


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
class Conformance:
    """HOLDS: all that was seen is allowed; VIOLATED: `outside` is not; UNKNOWN: `reason` says why that is not known."""

    verdict: Verdict
    observed: int
    """How many different outcomes were seen."""
    predicted: int
    """How many the spec allows, as far as is known."""
    outside: tuple[Outside, ...] = ()
    reason: str = ""
    """Only of UNKNOWN."""
