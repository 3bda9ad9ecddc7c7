"""What the texts for people have in common: the console, numbers with their nouns, traces."""

from collections.abc import Iterable, Sequence

from rich.console import Console

from pcstate.model.trace import TraceStep

__all__ = ["listed", "span", "step_line", "terminal"]


def terminal() -> Console:
    """Lines for people: as wide as the terminal, or wide enough for a trace where there is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


def span(values: Iterable[int], noun: str = "", plural: str = "") -> str:
    """The range of some numbers, with a noun if one is given.

    >>> span([2, 1], "connection")
    '1 or 2 connections'
    """
    numbers = sorted(set(values))
    low, high = numbers[0], numbers[-1]
    text = str(low) if low == high else f"{low} or {high}" if numbers == [low, low + 1] else f"{low} to {high}"
    return f"{text} {noun if high == 1 == low else plural or noun + 's'}" if noun else text


def listed(words: Sequence[str]) -> str:
    """Words as a sentence names them: `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def step_line(number: int, step: TraceStep) -> str:
    """Step number `number` (from 0) of a trace as one line."""
    return f"  {number + 1:3} {step.who:32} {step.action:40} {step.clause}"
