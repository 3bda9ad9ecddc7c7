"""What two Go versions answer differently."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pcstate.model.lts import Value
from pcstate.model.scenario import Outcome
from pcstate.model.trace import Trace
from pcstate.model.verdict import Verdict

__all__ = ["Agreement", "ConstantChange", "Distinction", "Lives", "PropertyChange", "ScenarioChange", "agreement"]


class Agreement(StrEnum):
    """What a comparison came to. `UNKNOWN`: nothing differs in what was looked at, but not everything was."""

    SAME = "same"
    DIFFER = "differ"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ConstantChange:
    """A constant that two profiles set differently (None where one does not set it), and what it means."""

    name: str
    values: tuple[Value | None, Value | None]
    about: str


@dataclass(frozen=True, slots=True)
class Lives:
    """Whether each sequence of lifecycle events of one version is one of the other; if not, `only` is a shortest that is not.

    That tells how two versions come to their answers; by itself it is no difference in these.
    """

    verdict: Verdict
    reason: str = ""
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Distinction:
    """A run of version number `side` (0 or 1) that tells it from the other, which can take the first `common` steps too."""

    side: int
    trace: Trace
    common: int
    shortest: bool = True
    """Whether none is shorter that shows the same: of lassos, and where the search for it had to stop, that is not known."""


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A property with two verdicts, neither NOT_RUN, and the reason of each; none to compare where one of them is UNKNOWN."""

    name: str
    verdicts: tuple[Verdict, Verdict]
    reasons: tuple[str, str]
    distinction: Distinction | None = None

    @property
    def known(self) -> bool:
        """Whether the verdicts are known to differ."""
        return Verdict.UNKNOWN not in self.verdicts


@dataclass(frozen=True, slots=True)
class ScenarioChange:
    """A scenario, the outcomes that only the first and only the second version has; `reason` says what is not known."""

    scenario: str
    only: tuple[tuple[Outcome, ...], tuple[Outcome, ...]]
    distinction: Distinction | None = None
    reason: str = ""

    @property
    def known(self) -> bool:
        """Whether the outcomes are known to differ."""
        return any(self.only)


def agreement(changes: Sequence[PropertyChange | ScenarioChange]) -> Agreement:
    """DIFFER if something is known to, UNKNOWN if something is not known, else SAME."""
    if any(change.known for change in changes):
        return Agreement.DIFFER
    return Agreement.UNKNOWN if changes else Agreement.SAME
