"""A goroutine of a dump, as it was printed."""

from dataclasses import dataclass

__all__ = ["Goroutine", "Stack"]


@dataclass(frozen=True, slots=True)
class Stack:
    """What goroutines that wait at the same place have in common: all that decides what it means."""

    frames: tuple[str, ...]
    """Functions as Go writes them, the innermost first."""
    wait: str = ""
    """The wait reason, as in `select`; `""` where the form of the dump does not tell it."""
    created_by: str = ""
    headless: bool = False
    """Whether its innermost functions may be missing: the text began within it."""


@dataclass(frozen=True, slots=True)
class Goroutine:
    """A goroutine, or `count` of them that the dump says are alike."""

    stack: Stack
    arguments: tuple[str, ...] = ()
    """For each frame its arguments as printed, `""` where there are none; empty where the form has none at all."""
    places: tuple[str, ...] = ()
    """For each frame `file:line`, or `""`."""
    ancestors: tuple[str, ...] = ()
    """Frames of the goroutines that began this one (GODEBUG=tracebackancestors), each `function (file:line)`."""
    minutes: int | None = None
    """How long it has waited, where that is a minute at least."""
    count: int = 1
    dump: int = 0
    """Which of the dumps of its file it belongs to."""
    number: str = ""
    """Its own, `""` where the form of the dump has none."""
    parent: str = ""
    """The number of the goroutine that began it, as Go 1.21 and later print it; `""`: not told."""
    leaked: bool = False
    """Whether Go says that nothing can wake it any more."""
