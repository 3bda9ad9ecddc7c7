"""Questions about the protocol that properties and predictions answer, profile by profile."""

from collections.abc import Mapping
from dataclasses import dataclass

from pcstate.errors import Place
from pcstate.model.formula import Written
from pcstate.model.replay import Replayed

__all__ = ["Answer", "Answered", "Expected", "Question"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What every outcome of a scenario must be like for a yes: a formula over the numbers of an `Outcome`."""

    scenario: str
    says: Written


@dataclass(frozen=True, slots=True)
class Question:
    """One question: yes where all `promises` hold, none of the `exceptions` is reached and all `outcomes` are as they say."""

    number: str
    asks: str
    means: str
    """What a no means for a program."""
    promises: tuple[str, ...]
    exceptions: tuple[str, ...]
    programs: tuple[str, ...]
    """Scenarios in whose networks the properties are judged; the free one that each needs where there is none."""
    outcomes: tuple[Expected, ...]
    place: Place

    @property
    def scenarios(self) -> tuple[str, ...]:
        """All the scenarios that it is answered by."""
        return (*self.programs, *(expected.scenario for expected in self.outcomes))


@dataclass(frozen=True, slots=True)
class Answer:
    """`yes`, `no`, `unknown` where a search was stopped, or `silent` where nothing speaks of that profile.

    `because` are the properties and scenarios that a no or an unknown comes from.
    """

    word: str
    because: tuple[str, ...] = ()
    replays: tuple[tuple[str, Replayed], ...] = ()
    """Of each property that a no comes from, what real Go did along its trace, where that was asked for."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its answer for each profile, by name."""

    question: Question
    answers: Mapping[str, Answer]
