"""What the vectors of a network mean to one component: which move it, which see it move, which must come before it can take part.

These are the questions that stubborn sets ask (`check.stubborn`). Each is answered from the component's own transitions and
remembered; a component that can come to many configurations, or has many events, is looked at one step ahead only.
"""

from collections.abc import Callable, Iterable

from pcstate.model.lts import Event
from pcstate.model.network import Network

__all__ = ["Dependence"]

MANY = 200
"""A component with more configurations or events than this is not looked through."""

Vectors = frozenset[int]


class Dependence:
    """The questions for one network, of whose vectors only those of the given kinds count."""

    def __init__(self, network: Network, kinds: Iterable[str]) -> None:
        self.network = network
        count, counted = len(network.components), set(kinds)
        self.who: list[dict[Event, list[int]]] = [{} for _ in range(count)]
        self.also: list[dict[Event, list[int]]] = [{} for _ in range(count)]
        self.unless: list[dict[Event, list[int]]] = [{} for _ in range(count)]
        self.moving: list[dict[Event, list[int]]] = [{} for _ in range(count)]
        for number, vector in enumerate(network.vectors):
            if vector.kind in counted:
                for parts, tables in (
                    (vector.who, (self.who, self.moving)),
                    (vector.also, (self.also, self.moving)),
                    (vector.unless, (self.unless,)),
                ):
                    for component, event in parts:
                        for table in tables:
                            table[component].setdefault(event, []).append(number)
        self._alphabet: dict[int, dict[Event, None]] = {}
        for started, events in zip(network.components, self.moving, strict=True):
            self._alphabet.setdefault(id(started.behaviour), {}).update(dict.fromkeys(events))
        self._known: dict[tuple[int, int], list[tuple[int, list[int]]]] = {}
        self._moves: dict[tuple[int, int], Vectors] = {}
        self._towards: dict[tuple[int, int, Event], Vectors] = {}
        self._cuts: dict[tuple[int, int, Event], list[Vectors]] = {}
        self._spoils: dict[tuple[int, int, Event], Vectors] = {}
        self._sees: dict[tuple[int, int, int], Vectors] = {}
        self._reached: dict[tuple[int, int], list[int]] = {}
        self._next: dict[tuple[int, int], list[int]] = {}

    def step(self, component: int, local: int, event: Event) -> int:
        """Where the event leads the component; -1 where it does not take it."""
        return self.network.components[component].behaviour.step(local, event)

    def moves(self, component: int, local: int) -> Vectors:
        """The vectors that could move the component from there."""
        key = (component, local)
        if key not in self._moves:
            self._moves[key] = self._offering(component, local, lambda _: True)
        return self._moves[key]

    def towards(self, component: int, local: int, event: Event) -> Vectors:
        """The vectors that could move the component from there to where `event` may yet be offered."""
        key = (component, local, event)
        if key not in self._towards:
            self._towards[key] = self._offering(component, local, lambda target: not self._never(component, target, event))
        return self._towards[key]

    def cuts(self, component: int, local: int, event: Event) -> list[Vectors]:
        """Sets of vectors of each of which one must move the component before it offers `event`, which it does not now.

        They are those that enter each layer of configurations at one distance from where `event` is offered; none are known
        for a component that cannot be looked through.
        """
        key = (component, local, event)
        if key not in self._cuts:
            found = []
            reached = self._reach(component, local)
            near = {here for here in reached if self.step(component, here, event) >= 0}
            while near and local not in near:
                outside = {here for here in reached if here not in near and not near.isdisjoint(self._after(component, here))}
                entering = (self._offering(component, here, near.__contains__) for here in outside)
                found.append(frozenset().union(*entering))
                near = near | outside if outside else set(reached)
            self._cuts[key] = found
        return self._cuts[key]

    def spoils(self, component: int, local: int, event: Event) -> Vectors:
        """The vectors that could move the component, at once or after moves that do no harm, so that `event`, which now leaves
        it where it is, does not any more."""
        key = (component, local, event)
        if key not in self._spoils:
            found: set[int] = set()
            queue = [local]
            for here in queue:
                for other, numbers in self.moving[component].items():
                    target = self.step(component, here, other)
                    if target >= 0 and self.step(component, target, event) != target:
                        found.update(numbers)
                    elif target >= 0 and target not in queue:
                        queue.append(target)
                if len(queue) > MANY:
                    found.update(*self.moving[component].values())
                    break
            self._spoils[key] = frozenset(found)
        return self._spoils[key]

    def sees(self, component: int, local: int, target: int) -> Vectors:
        """The vectors that look at the component and might fare otherwise once it has moved from `local` to `target`."""
        key = (component, local, target)
        if key not in self._sees:
            found: set[int] = set()
            for event, numbers in self.who[component].items():
                if self.step(component, local, event) >= 0 and self.step(component, target, event) != target:
                    found.update(numbers)
            for event, numbers in self.unless[component].items():
                if self.step(component, local, event) < 0 <= self.step(component, target, event):
                    found.update(numbers)
            for event, numbers in self.also[component].items():
                if any(self.step(component, here, event) not in (-1, here) for here in (local, target)):
                    found.update(numbers)
            self._sees[key] = frozenset(found)
        return self._sees[key]

    def _offering(self, component: int, local: int, leads: Callable[[int], bool]) -> Vectors:
        """The vectors that could move the component from there to where `leads` says yes."""
        return frozenset().union(*(numbers for target, numbers in self._edges(component, local) if leads(target)))

    def _edges(self, component: int, local: int) -> list[tuple[int, list[int]]]:
        """Where the component could move from there, with the vectors that move it."""
        key = (component, local)
        if key not in self._known:
            moved = ((self.step(component, local, event), numbers) for event, numbers in self.moving[component].items())
            self._known[key] = [(target, numbers) for target, numbers in moved if target not in (-1, local)]
        return self._known[key]

    def _never(self, component: int, local: int, event: Event) -> bool:
        behaviour = self.network.components[component].behaviour
        if behaviour.never(local, event):
            return True
        reached = self._reach(component, local)
        return bool(reached) and all(behaviour.step(here, event) < 0 for here in reached)

    def _reach(self, component: int, local: int) -> list[int]:
        """The configurations that the component can come to if all others let it; empty if it cannot be looked through."""
        behaviour = id(self.network.components[component].behaviour)
        key = (behaviour, local)
        if key not in self._reached:
            few = len(self._alphabet[behaviour]) <= MANY
            found = [local]
            for here in found if few else ():
                found += [target for target in self._after(component, here) if target not in found]
                if len(found) > MANY:
                    few = False
                    break
            self._reached[key] = found if few else []
        return self._reached[key]

    def _after(self, component: int, local: int) -> list[int]:
        behaviour = self.network.components[component].behaviour
        key = (id(behaviour), local)
        if key not in self._next:
            found = {behaviour.step(local, event) for event in self._alphabet[id(behaviour)]}
            self._next[key] = sorted(found - {-1, local})
        return self._next[key]
