"""Where goroutines stand at rest and why requests fail, and what to do about it."""

from dataclasses import dataclass

from pcstate.errors import Place
from pcstate.model.formula import Formula, Written

__all__ = ["Advice", "CompiledAdvice", "Failure", "Standing"]


@dataclass(frozen=True, slots=True)
class Advice:
    """One [[rest]] of spec/advice: where `when` holds, the goroutines of `who` wait for what `waits` says, `""` for nothing."""

    variable: str
    over: str
    """The index set that `variable` goes through."""
    who: tuple[str, ...]
    when: Written
    waits: str
    fix: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class CompiledAdvice:
    """Advice for one value of its index variable in one network: the formula, and the components that it speaks of."""

    advice: Advice
    when: Formula
    who: frozenset[int]


@dataclass(frozen=True, slots=True)
class Standing:
    """What `count` goroutines (or pairs of loops) of one state wait for; `{conns}` or `{callers}` in `waits` is their number."""

    waits: str
    count: int
    fix: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """One [[error]] of spec/failures: why a request fails with an error of that class."""

    error: str
    why: str
    fix: tuple[str, ...]
    place: Place
