"""Mutants of the spec: small edits of one file, and what became of each when every property was judged on it."""

from dataclasses import dataclass
from enum import StrEnum

from pcstate.errors import Place
from pcstate.model.verdict import Bounds

__all__ = ["Argument", "Edit", "Fate", "Mutation", "Tried"]


@dataclass(frozen=True, slots=True)
class Edit:
    """`text` in place of the characters from `start` to before `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutant of one spec file (`file`, below spec/).

    `part` is the chart that it changes, or `network` or `profile`, and `kind` what that is: a goroutine, an object or the
    environment. `where` names the transition, vector or datum, `what` says what is changed in it.
    """

    operator: str
    part: str
    kind: str
    file: str
    place: Place
    where: str
    what: str
    edits: tuple[Edit, ...]

    def edited(self, text: str) -> str:
        """The file's text with the edits done."""
        for edit in sorted(self.edits, key=lambda edit: edit.start, reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text


@dataclass(frozen=True, slots=True)
class Argument:
    """Why a mutant that nothing tells from the spec at the bounds looked at makes no difference at any."""

    operator: str
    file: str
    where: str
    what: str
    why: str

    def speaks_of(self, mutation: Mutation) -> bool:
        """Whether it is about that mutant; several may be alike."""
        found = (mutation.operator, mutation.file, mutation.where, mutation.what)
        return found == (self.operator, self.file, self.where, self.what)


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    """A verdict is another than the spec's own."""
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    """It does the same steps in the same order as the spec does, at the largest bounds looked at."""
    ARGUED = "argued"
    """It is said to make no difference (`Argument`)."""
    REFUSED = "refused"
    """It is no spec: `spec lint` or the network refuses it."""
    UNKNOWN = "unknown"
    """A limit ended its search, and what was seen of it kills it not."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A mutant, and what became of it."""

    mutation: Mutation
    fate: Fate
    properties: tuple[str, ...] = ()
    """Those that kill it, in the first network in which any does."""
    bounds: Bounds | None = None
    """The size of that network; None where none kills it."""
    reason: str = ""
    """Why it was refused, is unknown, or makes no difference."""
    program: str = ""
    """If it survived, a program of the library that comes to other outcomes in it; `""` if none does, or none was asked."""
