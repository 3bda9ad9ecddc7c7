"""Traces: how a state came about, step by step."""

import re
from dataclasses import dataclass

from pcstate.model.lts import Configuration

__all__ = ["Move", "Trace", "TraceStep"]


@dataclass(frozen=True, slots=True)
class Move:
    """What one component (`read_loop[0]`) does in a step. Its configuration stays the same where it merely offers `event`."""

    component: str
    kind: str
    """`goroutine`, `object` or `environment`."""
    event: str
    before: Configuration
    after: Configuration

    @property
    def changes(self) -> bool:
        """Whether its configuration is another one afterwards."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class TraceStep:
    """`who` moves (the goroutine first), by `action`, as `clause` says of `source` in Go's tree."""

    who: str
    action: str
    clause: str
    source: str
    kind: str = ""
    """The class of the vector: `environment`, `timer` ..., or `""`."""
    moves: tuple[Move, ...] = ()
    """Everybody who takes part, in the vector's order."""

    @property
    def name(self) -> str:
        """The action without its arguments."""
        return self.action.partition("(")[0]

    @property
    def symbol(self) -> str:
        """The source without its folder and version: `transport.go (pc *persistConn) readLoop`."""
        return re.sub(r"^(?:\S*/)?(\S+) (?:func )?(.*?)(?: @ go\S+)?$", r"\1 \2", self.source)

    @property
    def changed(self) -> dict[str, str]:
        """The configuration after the step of each component that has another one then."""
        return {move.component: str(move.after) for move in self.moves if move.changes}


@dataclass(frozen=True, slots=True)
class Trace:
    """Steps from the initial state; from `loop` on they repeat for ever, if it is not None (a lasso)."""

    steps: tuple[TraceStep, ...]
    loop: int | None = None
    initial: tuple[tuple[str, Configuration], ...] = ()
    """Every component with its first configuration."""

    def states(self) -> list[dict[str, Configuration]]:
        """Every component's configuration, at first and after each step."""
        found = [dict(self.initial)]
        for step in self.steps:
            found.append({**found[-1], **{move.component: move.after for move in step.moves}})
        return found
