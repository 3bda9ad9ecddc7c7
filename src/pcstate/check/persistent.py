"""Persistent sets (Godefroid 1996, after Overman): of the steps that are possible in a state, some that are enough to find every
state at rest.

A set of enabled vectors is persistent if nothing that can happen without them disables one of them, or comes out differently
when one of them goes first. Taking only such a set, one vector at least, reaches every state from which no step is possible.
It is found as what happens among some components, a cluster. The cluster grows from the components of one enabled vector:

* A vector that joins components inside with others outside cannot fire, as long as none of the cluster has moved, if one of
  those inside does not offer its event now. Otherwise the others join the cluster, unless
* all that it does inside is to look, and what the enabled vectors of the cluster would change is not what it looks at; or
* the network states that it stays off until some step that cannot come first either (`Apart`).

The enabled vectors whose components are all inside are then persistent. What was found is remembered by what it rests on: the
configurations of the cluster's components, and the facts.
"""

from collections.abc import Iterable

from pcstate.model.formula import Formula, compile_formula
from pcstate.model.lts import Event
from pcstate.model.network import Apart, GlobalState, Network

__all__ = ["PersistentSets", "Steps"]

Steps = list[tuple[int, GlobalState]]


_NEAR = {"conns": 0, "all_requests": 1, "callers": 2}
"""Which components to take in first: those that fewer others have to do with."""


class PersistentSets:
    """Finds small persistent sets among the vectors whose kind is one of `kinds`.

    The others must not be possible as long as one of these is: `explore` takes a timer's step only where nothing happens at
    once, and then takes every timer's, so that what is kept is every state from which only clocks go on.
    """

    def __init__(self, network: Network, kinds: Iterable[str]) -> None:
        self.network = network
        counted = set(kinds)
        size = len(network.components)
        initial = network.initial()
        moved = {
            c for v in network.vectors for c, event in (*v.who, *v.also) if self.step(c, initial[c], event) not in (-1, initial[c])
        }
        self.inside = [frozenset(c for c, _ in (*v.who, *v.also, *v.unless) if c in moved) for v in network.vectors]
        self.who: list[dict[Event, list[int]]] = [{} for _ in range(size)]
        self.also: list[list[tuple[int, Event]]] = [[] for _ in range(size)]
        self.unless: list[list[tuple[int, Event]]] = [[] for _ in range(size)]
        for number, v in enumerate(network.vectors):
            if v.kind in counted:
                for c, event in v.who:
                    self.who[c].setdefault(event, []).append(number)
                for c, event in v.also:
                    self.also[c].append((number, event))
                for c, event in v.unless:
                    self.unless[c].append((number, event))
        self._offered: list[dict[int, list[int]]] = [{} for _ in range(size)]
        self.facts = [compile_formula(fact.formula, network, fact.names) for fact in network.apart]
        self.ends = [_ends(network, fact) for fact in network.apart]
        self.facts_about = [self._facts_about(number) for number in range(len(network.vectors))]
        self.rank = [_NEAR.get(component.over, len(_NEAR)) for component in network.components]
        goroutine = [component.kind == "goroutine" for component in network.components]
        last = [max((c for c, _ in v.who if goroutine[c]), default=-1) for v in network.vectors]
        order = sorted(range(len(network.vectors)), key=lambda number: (-last[number], number))
        self._place = {number: place for place, number in enumerate(order)}
        self._known: dict[int, dict[tuple[tuple[int, ...], tuple[int, ...]], dict[tuple[int, ...], frozenset[int]]]] = {}

    def choose(self, state: GlobalState, steps: Steps) -> Steps:
        """Those of `steps`, which must be all that are possible, that the smallest persistent set found has in it.

        Goroutines that the network names last are tried first: what goes on behind the callers is done before they go on.
        """
        if len(steps) < 2:
            return steps
        first = next((step for step in steps if self.network.vectors[step[0]].first), None)
        if first is not None:
            return [first]
        enabled = frozenset(number for number, _ in steps)
        best = enabled
        truth: dict[int, bool] = {}
        for seed in sorted(enabled, key=self._place.__getitem__):
            found = self._recall(seed, state, enabled, truth)
            if len(found) < len(best):
                best = found
                if len(best) == 1:
                    break
        return [step for step in steps if step[0] in best]

    def _recall(self, seed: int, state: GlobalState, enabled: frozenset[int], truth: dict[int, bool]) -> frozenset[int]:
        known = self._known.setdefault(seed, {})
        for (components, facts), answers in known.items():
            answer = answers.get(tuple([state[c] for c in components]))
            if answer is not None and all(self.holds(fact, state, truth) for fact in facts):
                return answer
        cluster = _Cluster(self, state, enabled, truth)
        found = cluster.grow(seed)
        if found is None:
            return enabled
        key = (tuple(sorted(cluster.components)), tuple(sorted(cluster.facts)))
        known.setdefault(key, {})[tuple([state[c] for c in key[0]])] = found
        return found

    def holds(self, fact: int, state: GlobalState, truth: dict[int, bool]) -> bool:
        """Whether a fact's condition is true in `state`; `truth` remembers."""
        if fact not in truth:
            truth[fact] = bool(self.facts[fact](state))
        return truth[fact]

    def step(self, component: int, local: int, event: Event) -> int:
        """Where the event leads the component; -1 where it does not take it."""
        return self.network.components[component].behaviour.step(local, event)

    def offered(self, component: int, local: int) -> list[int]:
        """The vectors that the component is ready for."""
        known = self._offered[component]
        if local not in known:
            events = self.who[component].items()
            known[local] = [n for event, numbers in events if self.step(component, local, event) >= 0 for n in numbers]
        return known[local]

    def _facts_about(self, number: int) -> list[int]:
        parts = {component for component, _ in self.network.vectors[number].who}
        return [n for n, fact in enumerate(self.network.apart) if parts & fact.these and parts & fact.those]


class _Cluster:
    """One cluster, while it grows in one state."""

    def __init__(self, sets: PersistentSets, state: GlobalState, enabled: frozenset[int], truth: dict[int, bool]) -> None:
        self.sets = sets
        self.state = state
        self.enabled = enabled
        self.truth = truth
        self.components: set[int] = set()
        self.facts: set[int] = set()
        self.found: list[int] = []

    def grow(self, seed: int) -> frozenset[int] | None:
        """The enabled vectors of the cluster around `seed`; None if these are all that are enabled."""
        self.components |= self.sets.inside[seed]
        while True:
            self.found = [n for n in self.enabled if self.sets.inside[n] <= self.components]
            if len(self.found) == len(self.enabled):
                return None
            size = len(self.components)
            for number in self._touching():
                if not self.sets.inside[number] <= self.components:
                    self._consider(number)
                    if len(self.components) > size:
                        break
            else:
                return frozenset(self.found)

    def _touching(self) -> Iterable[int]:
        """The vectors that might happen to the cluster from outside."""
        for c in sorted(self.components):
            local = self.state[c]
            yield from self.sets.offered(c, local)
            for number, event in self.sets.also[c]:
                targets = [local, *self._targets(c)]
                if any(self.sets.step(c, here, event) not in (-1, here) for here in targets):
                    yield number
            for number, event in self.sets.unless[c]:
                if self.sets.step(c, local, event) < 0 and any(self.sets.step(c, t, event) >= 0 for t in self._targets(c)):
                    yield number

    def _targets(self, component: int) -> list[int]:
        """Where the enabled vectors of the cluster lead one of its components."""
        found = []
        for number in self.found:
            v = self.sets.network.vectors[number]
            for c, event in (*v.who, *v.also):
                if c == component:
                    target = self.sets.step(c, self.state[c], event)
                    if target >= 0:
                        found.append(target)
        return found

    def _consider(self, number: int) -> None:
        """Take the components of a vector in, unless it cannot come first or does not matter."""
        v, step = self.sets.network.vectors[number], self.sets.step
        looks = True
        for c, event in v.who:
            if c in self.components:
                local = self.state[c]
                target = step(c, local, event)
                if target < 0:
                    return
                looks = looks and target == local and all(step(c, t, event) == t for t in self._targets(c))
        for c, event in v.also:
            if c in self.components:
                looks = looks and all(step(c, t, event) in (-1, t) for t in (self.state[c], *self._targets(c)))
        for c, event in v.unless:
            if c in self.components:
                if step(c, self.state[c], event) >= 0:
                    return
                looks = looks and not any(step(c, t, event) >= 0 for t in self._targets(c))
        if looks:
            return
        facts = [fact for fact in self.sets.facts_about[number] if self.sets.holds(fact, self.state, self.truth)]
        for fact in facts:
            if all(map(self._off, self.sets.ends[fact])):
                self.facts.add(fact)
                return
        if not any(map(self._keep, facts)):
            self._take(number)

    def _keep(self, fact: int) -> bool:
        """Take a component in that helps to keep a fact true until the cluster moves; False if there is none."""
        number = next(number for number in self.sets.ends[fact] if not self._off(number))
        if number in self.enabled:
            return False
        self._take(number)
        return True  # the cluster has grown: all is looked at again

    def _off(self, number: int) -> bool:
        """Whether a component of the cluster keeps a vector from firing, or it is the cluster's own."""
        if self.sets.inside[number] <= self.components:
            return True
        return any(c in self.components and self.sets.step(c, self.state[c], e) < 0 for c, e in self.sets.network.vectors[number].who)

    def _take(self, number: int) -> None:
        """Take in what decides whether a vector can fire: a component that keeps it from firing now, or else all of its own."""
        sets = self.sets
        blocking = [c for c, event in sets.network.vectors[number].who if sets.step(c, self.state[c], event) < 0]
        if blocking:
            self.components.add(min(blocking, key=lambda c: (bool(sets.offered(c, self.state[c])), sets.rank[c], c)))
        else:
            self.components |= sets.inside[number]


def _ends(network: Network, fact: Apart) -> list[int]:
    """The vectors that can end a fact: those that it names, and those that can move one of the components it names."""
    return [
        number
        for number, v in enumerate(network.vectors)
        if any(v.name == name and set(args) <= set(v.args) for name, args in fact.steps)
        or any(c in fact.until for c, _ in (*v.who, *v.also))
    ]
