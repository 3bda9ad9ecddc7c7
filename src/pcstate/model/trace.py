"""Traces: how a state came about, step by step."""

from dataclasses import dataclass

__all__ = ["Trace", "TraceStep"]


@dataclass(frozen=True, slots=True)
class TraceStep:
    """`who` moves (the goroutine first), by `action`, as `clause` says of `source` in Go's tree."""

    who: str
    action: str
    clause: str
    source: str
    changed: tuple[tuple[str, str], ...] = ()
    """(component, its configuration after the step) of each component that moved."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Steps from the initial state; from `loop` on they repeat for ever, if it is not None (a lasso)."""

    steps: tuple[TraceStep, ...]
    loop: int | None = None
