"""Labelled transition systems: one component, seen as configurations and the events that lead between them.

A `Behaviour` is what a chart, a hand-made `Lts` and a scenario's line of steps have in common: numbered configurations and
a partial step function. It may be lazy: a chart is driven only where the network goes.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Behaviour", "Configuration", "Event", "Lts", "Value", "explore_behaviour", "lts", "one_event"]

Value = int | str


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """What a chart receives: a name and named arguments, in the order in which the network writes them."""

    name: str
    args: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={value}" for key, value in self.args)
        return f"{self.name}({inside})" if inside else self.name


@functools.cache
def one_event(name: str, args: tuple[tuple[str, Value], ...] = ()) -> Event:
    """The event of that name with these arguments: the same object each time, which a table finds without a comparison."""
    return Event(name, args)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The active states of one component in document order, outermost first, and its data in declaration order."""

    active: tuple[str, ...]
    data: tuple[tuple[str, Value], ...] = ()

    @property
    def state(self) -> str:
        """The innermost active state."""
        return self.active[-1]

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={value}" for key, value in self.data)
        return f"{self.state}({inside})" if inside else self.state


class Behaviour(Protocol):
    """A component's transition system; configurations are numbered from 0 as they are met."""

    def configuration(self, local: int) -> Configuration:
        """The configuration behind a number."""
        ...

    def step(self, local: int, event: Event) -> int:
        """The configuration that `event` leads to, or -1 where the component does not offer it."""
        ...

    def may(self, local: int, name: str) -> bool:
        """Whether an event of that name may be offered there; where not, none is, whatever its arguments. So it is in each
        configuration of the same state."""
        ...

    def cites(self, local: int, event: Event) -> tuple[str, ...]:
        """The clauses of the transition that `step` would take; empty where there is none."""
        ...

    def renamed(self, local: int, datum: str, value: Value) -> int:
        """The configuration that differs from `local` in one datum only."""
        ...


@dataclass(frozen=True, slots=True)
class Lts:
    """A finite, deterministic labelled transition system; `initial` is a configuration's number."""

    initial: int
    configurations: tuple[Configuration, ...]
    transitions: Mapping[tuple[int, Event], int]

    def configuration(self, local: int) -> Configuration:
        """The configuration behind a number."""
        return self.configurations[local]

    def step(self, local: int, event: Event) -> int:
        """The target of `event` from `local`, or -1."""
        return self.transitions.get((local, event), -1)

    def may(self, local: int, name: str) -> bool:
        """Whether any of its transitions goes by that name."""
        return any(event.name == name for _, event in self.transitions)

    def cites(self, local: int, event: Event) -> tuple[str, ...]:
        """A hand-made system cites nothing."""
        return ()

    def renamed(self, local: int, datum: str, value: Value) -> int:
        """A hand-made system has no data."""
        return local


def explore_behaviour(behaviour: Behaviour, initial: int, alphabet: Sequence[Event]) -> Lts:
    """The part of `behaviour` that `alphabet` reaches from `initial`, as a finite LTS renumbered breadth first.

    Cost: one step per reachable configuration and event. Bounds: none; does not end if the data grow for ever.
    """
    number = {initial: 0}
    queue = [initial]
    transitions: dict[tuple[int, Event], int] = {}
    for local in queue:
        for event in alphabet:
            target = behaviour.step(local, event)
            if target < 0:
                continue
            if target not in number:
                number[target] = len(number)
                queue.append(target)
            transitions[number[local], event] = number[target]
    return Lts(0, tuple(behaviour.configuration(local) for local in queue), transitions)


def lts(drawing: str | Iterable[str]) -> Lts:
    """A small system from a drawing such as `"a -x-> b -y-> a"`; several lines draw several walks; the first state begins.

    >>> lts("a -x-> b").step(0, Event("x"))
    1
    """
    number: dict[str, int] = {}
    transitions: dict[tuple[int, Event], int] = {}
    for walk in [drawing] if isinstance(drawing, str) else drawing:
        words = walk.split()
        for word in words[::2]:
            number.setdefault(word, len(number))
        for source, arrow, target in zip(words[::2], words[1::2], words[2::2], strict=False):
            transitions[number[source], Event(arrow.removeprefix("-").removesuffix("->"))] = number[target]
    return Lts(0, tuple(Configuration((name,)) for name in number), transitions)
