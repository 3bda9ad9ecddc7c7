"""Stubborn sets (Valmari 1991): of the steps that are possible in a state, some that are enough to find every state at rest.

A set of vectors is stubborn in a state if no sequence of vectors outside it can disable one of it that is enabled, enable one
that is not, or lead elsewhere when it comes first. Taking only the enabled vectors of such a set, one at least, reaches every
state from which no step is possible. The set grows from one enabled vector:

* an enabled vector brings in those that could move its components, and those that would see it move them;
* one that is not enabled brings in those of which one must come first: before one of its components offers its event, or,
  where the network states that it stays off until some components move (`Apart`), those that move these.

Where there is a choice, one is taken that brings in no more enabled vectors than any other; there are two ways to break ties,
and both are tried. Every choice is sound; a poor one makes the set larger.
"""

import itertools
from collections.abc import Iterable, Set

from pcstate.check.dependence import Dependence
from pcstate.model.formula import compile_formula
from pcstate.model.network import Apart, GlobalState, Network

__all__ = ["Steps", "StubbornSets"]

Steps = list[tuple[int, GlobalState]]


class StubbornSets:
    """Finds small stubborn sets among the vectors whose kind is one of `kinds`.

    The others must not be possible as long as one of these is: `explore` takes a timer's step only where nothing happens at
    once, and then takes every timer's, so that what is kept is every state from which only clocks go on.
    """

    def __init__(self, network: Network, kinds: Iterable[str]) -> None:
        self.network = network
        self.dependence = Dependence(network, kinds)
        self._apart = [compile_formula(fact.formula, network, fact.names) for fact in network.apart]
        self._goroutine = [component.kind == "goroutine" for component in network.components]
        self._steps = [self._fired_by(fact) for fact in network.apart]
        self._facts = [self._facts_about(number) for number in range(len(network.vectors))]
        last = [max((c for c, _ in v.who if self._goroutine[c]), default=-1) for v in network.vectors]
        self._order = sorted(range(len(network.vectors)), key=lambda number: (-last[number], number))
        self._place = {number: place for place, number in enumerate(self._order)}

    def choose(self, state: GlobalState, steps: Steps) -> Steps:
        """Those of `steps`, which must be all that are possible, that the smallest stubborn set found has in it.

        Goroutines that the network names last are tried first: what goes on behind the callers is done before they go on.
        """
        if len(steps) < 2:
            return steps
        enabled = frozenset(number for number, _ in steps)
        best: Set[int] = enabled
        true = [formula(state) for formula in self._apart]
        seeds = sorted(enabled, key=self._place.__getitem__)
        for objects_first, seed in itertools.product((False, True), seeds):
            growth = _Growth(self, state, enabled, true, objects_first)
            if growth.grow(seed, len(best)):
                best = growth.found & enabled
                if len(best) == 1:
                    break
        return [step for step in steps if step[0] in best]

    def _fired_by(self, fact: Apart) -> frozenset[int]:
        """The vectors that the fact names as steps."""
        vectors = enumerate(self.network.vectors)
        return frozenset(
            number for number, v in vectors for name, args in fact.steps if v.name == name and set(args) <= set(v.args)
        )

    def _facts_about(self, number: int) -> list[int]:
        parts = {component for component, _ in self.network.vectors[number].who}
        return [n for n, fact in enumerate(self.network.apart) if parts & fact.these and parts & fact.those]


class _Growth:
    """One stubborn set, while it grows in one state."""

    def __init__(self, sets: StubbornSets, state: GlobalState, enabled: Set[int], true: list[bool], objects_first: bool) -> None:
        self.sets = sets
        self.dependence = sets.dependence
        self.state = state
        self.enabled = enabled
        self.true = true
        self.objects_first = objects_first
        self.found: set[int] = set()

    def grow(self, seed: int, limit: int) -> bool:
        """Make it stubborn around `seed`; False, and it is not, if it would have `limit` enabled vectors or more."""
        self.found, todo, count = {seed}, [seed], 0
        while todo:
            number = todo.pop()
            count += number in self.enabled
            if count >= limit:
                return False
            added = (self._rivals(number) if number in self.enabled else self._keys(number)) - self.found
            todo += added
            self.found |= added
        return True

    def _rivals(self, number: int) -> frozenset[int]:
        """What might not commute with an enabled vector."""
        vector = self.sets.network.vectors[number]
        found: frozenset[int] = frozenset()
        for component, event in (*vector.who, *vector.also):
            local = self.state[component]
            target = self.dependence.step(component, local, event)
            if target < 0:
                found |= self.dependence.towards(component, local, event)
            elif target == local:
                found |= self.dependence.spoils(component, local, event)
            else:
                found |= self.dependence.moves(component, local) | self.dependence.sees(component, local, target)
        for component, event in vector.unless:
            found |= self.dependence.towards(component, self.state[component], event)
        return found

    def _keys(self, number: int) -> frozenset[int]:
        """Vectors of which one must come before one that is off can be on."""
        vector, step, state = self.sets.network.vectors[number], self.dependence.step, self.state
        choices = [(0, self._ends(n)) for n in self.sets._facts[number] if self.true[n]]
        off = [(c, state[c], event) for c, event in vector.who if step(c, state[c], event) < 0]
        choices += [(1 + self.sets._goroutine[part[0]], self.dependence.towards(*part)) for part in off]
        choices += [(1, self.dependence.moves(c, state[c])) for c, event in vector.unless if step(c, state[c], event) >= 0]
        best = min(choices, key=self._cost)
        if self._cost(best)[0]:
            further = [(1 + self.sets._goroutine[part[0]], cut) for part in off for cut in self.dependence.cuts(*part)]
            best = min([best, *further], key=self._cost)
        return best[1]

    def _cost(self, choice: tuple[int, frozenset[int]]) -> tuple[int, int, int]:
        added = choice[1] - self.found
        return len(added & self.enabled), choice[0] * self.objects_first, len(added)

    def _ends(self, fact: int) -> frozenset[int]:
        """The vectors that can end a fact."""
        until = self.sets.network.apart[fact].until
        return self.sets._steps[fact].union(*(self.dependence.moves(c, self.state[c]) for c in until))
