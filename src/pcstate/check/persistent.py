"""Persistent sets (Godefroid 1996, after Overman): of the steps that are possible in a state, some that are enough to find every
state at rest.

A set of enabled vectors is persistent if nothing that can happen without them disables one of them, or comes out differently
when one of them goes first. Taking only such a set, one vector at least, reaches every state from which no step is possible.
It is found as what happens among some components, a cluster. The cluster grows from the components of one enabled vector:

* A vector that joins components inside with others outside cannot fire, as long as none of the cluster has moved, if one of
  those inside does not offer its event now. Otherwise the others join the cluster, unless
* all that it does inside is to look, and what the enabled vectors of the cluster would change is not what it looks at; or
* in every component of the cluster that it touches, firing it before or after any enabled vector of the cluster gives the same
  configuration, in every configuration to which such vectors from outside can bring that component; and there it allows no vector
  wholly inside the cluster that it does not allow now; or
* a fact of the network (`Apart`) forbids it until another vector fires, and each vector that can end the fact is kept from firing
  by the cluster, or by a fact in its turn.

A component that a vector asks for no event in `who` is not taken in with it while a fact says that they have nothing to do with
each other. Then every vector that can end that fact counts as disturbing the cluster, and must itself be kept off.

The enabled vectors whose components are all inside, but for these, are then persistent. What was found is remembered by what it
rests on: the configurations of the cluster's components, and the facts; a set of one vector also by the vector that led there,
for what comes behind it is mostly the same wherever it fires. Sets of vectors are integers, one bit a vector.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from pcstate.check.bits import bits
from pcstate.check.dependence import Dependence
from pcstate.check.facts import Facts
from pcstate.check.symmetry import DIALS
from pcstate.model.network import GlobalState, Network, getter

__all__ = ["PersistentSets"]

_NEAR = {"conns": 0, "all_requests": 1, "callers": 2}
"""Which components to take in first: those that fewer others have to do with."""


_Answer = tuple[int, bool]
"""A persistent set, and whether that is all of it."""
_Basis = tuple[tuple[int, ...], tuple[int, ...]]
"""What an answer rests on: the configurations of components, and facts that hold."""


class _Stage(NamedTuple):
    """One step of the way to an answer: by the configurations of the basis' components what comes next."""

    basis: _Basis
    get: Callable[[GlobalState], tuple[int, ...]]
    answers: "dict[tuple[int, ...], _Answer | list[_Stage]]"


class _Next(NamedTuple):
    """By the configurations of the basis' components the one vector that is enough."""

    basis: _Basis
    get: Callable[[GlobalState], tuple[int, ...]]
    singles: dict[tuple[int, ...], int]


GAIN, HOPELESS, SELDOM = 200, -200, 16
"""A seed that gives a small set adds `GAIN` to the luck of all vectors of its name, one that gives none takes 1 from it. What has
come to less than `HOPELESS` is no more tried on the way from one state that is kept to the next, and in those only each
`SELDOM`th time: what was in vain while others were busy need not be when they are done."""
DEEP = 3
"""How many vectors that could end one another's facts are followed."""
NEXT = 48
"""How many bases of single vectors are remembered for each vector that leads there."""


class PersistentSets:
    """Finds small persistent sets among the vectors whose kind is one of `kinds`.

    The others must not be possible as long as one of these is: `explore` takes a timer's step only where nothing happens at
    once, and then takes every timer's, so that what is kept is every state from which only clocks go on.

    A step that the network declares to be `first` may be taken although it does not help to reach such a state, so that a path is
    some steps longer than it need be; without `first` a shortest one is kept, for two to three times the states.
    """

    def __init__(self, network: Network, kinds: Iterable[str], first: bool = True) -> None:
        self.network = network
        self.dependence = Dependence(network, kinds)
        self.facts = Facts(network, self.dependence)
        self.rank = [_NEAR.get(component.over, len(_NEAR)) for component in network.components]
        goroutine = [component.kind == "goroutine" for component in network.components]
        last = [max((c for c, _ in v.who if goroutine[c]), default=-1) for v in network.vectors]
        order = sorted(range(len(network.vectors)), key=lambda number: (-last[number], number))
        self.place = {number: place for place, number in enumerate(order)}
        self.first = sum(1 << number for number, v in enumerate(network.vectors) if first and v.first) & self.dependence.counted
        self.late = [any(network.components[c].name == DIALS for c, _ in v.who) for v in network.vectors]
        """Vectors that dial. They are tried last: meanwhile another connection may end and be reused, and fewer are needed."""
        self.name = [v.name for v in network.vectors]
        self._luck = dict.fromkeys(self.name, 0)
        self._known: dict[int, list[_Stage]] = {}
        self._next: list[list[_Next]] = [[] for _ in network.vectors]

    def single(self, state: GlobalState, after: int) -> int:
        """A vector that is a persistent set of its own in `state`, if one is known from another state to which `after` led; -1 if
        not. It is what `choose` gave there."""
        if after >= 0:
            for (_, facts), get, singles in self._next[after]:
                number = singles.get(get(state))
                if number is not None and (not facts or self.facts.hold(facts, state)):
                    return number
        return -1

    def choose(self, state: GlobalState, after: int = -1) -> int:
        """Of the vectors that can fire in `state`, those of the smallest persistent set found; 0 if none of `kinds` can.

        One that the network declares to be `first` is a set of its own. Goroutines that the network names last are tried
        first: what goes on behind the callers is done before they go on. Along a chain `after` is the vector that led there:
        where no set of one is found then, these are all that can fire.
        """
        enabled = self.dependence.enabled(state) & self.dependence.counted
        first = enabled & self.first
        if first:
            best = first & -first
            basis: _Basis | None = (self.dependence.components(best.bit_length() - 1), ())
        else:
            best, basis = self._smallest(state, enabled, after) if enabled & (enabled - 1) else (enabled, None)
        if basis and after >= 0 and not best & (best - 1) and not self.late[best.bit_length() - 1]:
            self._learn(after, basis, state, best.bit_length() - 1)
        return best

    def _learn(self, after: int, basis: _Basis, state: GlobalState, single: int) -> None:
        known = self._next[after]
        found = next((each for each in known if each.basis == basis), None)
        if found is None:
            if len(known) == NEXT:
                return
            found = _Next(basis, getter(basis[0]), {})
            known.append(found)
        found.singles[found.get(state)] = single

    def _smallest(self, state: GlobalState, enabled: int, after: int) -> tuple[int, _Basis | None]:
        """The smallest persistent set that any seed gives, and what one of one vector rests on; all `enabled` if none is
        smaller. In a chain, which ends where no set of one is found, none else is looked for."""
        luck, name = self._luck, self.name
        best, basis = enabled, None
        for *_, seed in sorted([(self.late[n], -luck[name[n]], self.place[n], n) for n in bits(enabled)]):
            if self._is_hopeless(name[seed], after):
                continue
            found, stages = self._around(seed, state, enabled, 2 if after >= 0 else best.bit_count())
            had = luck[name[seed]]
            luck[name[seed]] = max(had, HOPELESS) + GAIN if found else had - 1 if had >= HOPELESS else HOPELESS - 1
            if found:
                best = found
                if best.bit_count() == 1:
                    basis = _together(stages)
                    break
        return best, basis

    def _is_hopeless(self, name: str, after: int) -> bool:
        """Whether no seed of that name has given a small set for so long that none is tried now."""
        if self._luck[name] >= HOPELESS or (after < 0 and self._luck[name] == HOPELESS - SELDOM):
            return False
        if after < 0:
            self._luck[name] -= 1
        return True

    def within(self, state: GlobalState, among: int) -> int:
        """A small persistent set of those that can fire in `state` that holds none but vectors of `among`; 0 if none is found."""
        enabled = self.dependence.enabled(state) & self.dependence.counted
        first = enabled & self.first & among
        if first:
            return first & -first
        best, limit = 0, enabled.bit_count() + 1
        for seed in sorted(bits(enabled & among), key=lambda n: self.place[n]):
            found, _ = self._around(seed, state, enabled, limit)
            if found and not found & ~among:
                best, limit = found, found.bit_count()
                if limit == 1:
                    break
        return best

    def _around(self, seed: int, state: GlobalState, enabled: int, limit: int) -> tuple[int, Sequence[_Basis]]:
        """The persistent set that grows from `seed`, and what it rests on; 0 if it has `limit` members or more."""
        known = self._known.setdefault(seed, [])
        stages: list[_Basis] = []
        answer = self._recall(known, state, limit, stages)
        if answer is None:
            cluster = _Cluster(self, state, enabled)
            found = cluster.grow(seed, limit)
            answer, stages = (found, found.bit_count() < limit), cluster.stages
            _remember(known, stages, state, answer)
        found, whole = answer
        return (found if whole and found.bit_count() < limit else 0), stages

    def _recall(self, known: list[_Stage], state: GlobalState, limit: int, stages: list[_Basis]) -> _Answer | None:
        """What a cluster came to that grew where all that it rests on, which is put into `stages`, was the same. What one held
        that was given up is known too: as much will be in it again."""
        for basis, get, answers in known:
            found = answers.get(get(state))
            if found is None or not self.facts.hold(basis[1], state):
                continue
            stages.append(basis)
            if not isinstance(found, list):
                if found[1] or found[0].bit_count() >= limit:
                    return found
            elif (answer := self._recall(found, state, limit, stages)) is not None:
                return answer
            stages.pop()
        return None


class _Cluster:
    """One cluster, while it grows in one state."""

    def __init__(self, sets: PersistentSets, state: GlobalState, enabled: int) -> None:
        self.sets = sets
        self.state = state
        self.enabled = enabled
        self.components: set[int] = set()
        self.stages: list[_Basis] = []
        """The components that were taken in one round after the other, and the facts that were looked at in the round before."""
        self._taken: list[int] = []
        self._facts: set[int] = set()
        self._between: set[int] = set()
        """The facts by which what is outside has nothing to do with a vector of the cluster."""
        self.able = sets.dependence.counted
        """The vectors that no component of the cluster keeps from firing, there or wherever others may bring it."""
        self._now = sets.dependence.counted
        """Those that none keeps from firing there."""

    def grow(self, seed: int, limit: int) -> int:
        """The enabled vectors of the cluster around `seed`; when these are `limit` or more, as many as it had then."""
        self._join(seed)
        while True:
            self.stages.append((tuple(self._taken), tuple(sorted(self._facts))))
            self._taken = []
            outside = self._outside()
            found = self.enabled & ~outside
            if found.bit_count() >= limit:
                return found
            self._facts = set(self._between)
            for number in bits(self._disturbing(found, outside)):
                if self.able >> number & 1 and not self._kept_off(number, outside):
                    self._take(number)
                    assert self._taken, "what may come first is kept off, or the cluster grows"
            if not self._taken:
                self.stages.append(((), tuple(sorted(self._facts))))
                return found

    def _outside(self) -> int:
        """The vectors that have to do with a component outside."""
        dependence, outside, joined = self.sets.dependence, 0, 0
        for component, parts in enumerate(dependence.parts):
            if component not in self.components:
                outside |= parts
                joined |= dependence.joined[component]
        for number in bits(self.enabled & outside & ~joined):
            facts = [self._between_them(number, c) for c in dependence.components(number) if c not in self.components]
            if -1 not in facts:
                self._between.update(facts)
                outside &= ~(1 << number)
        return outside

    def _between_them(self, number: int, component: int) -> int:
        """A fact by which a vector and a component have nothing to do with each other; -1 if there is none, or the component goes
        on nowhere: to take it in costs nothing then."""
        if not self.sets.dependence.offers(component, self.state[component]):
            return -1
        facts = self.sets.facts.between[number].get(component, ())
        return next((fact for fact in facts if self.sets.facts.holds[fact](self.state)), -1)

    def _join(self, number: int) -> None:
        """Take in the components of a vector that it has to do with."""
        for component in self.sets.dependence.components(number):
            if component not in self.components and self._between_them(number, component) < 0:
                self._add(component)

    def _add(self, component: int) -> None:
        if component not in self.components:
            self.components.add(component)
            self._taken.append(component)
            allowed = self.sets.dependence.allowed(component, self.state[component])
            self._now &= allowed
            self.able &= allowed

    def _disturbing(self, found: int, outside: int) -> int:
        """The vectors from outside that would change the cluster, or that one of its enabled vectors would change, where that
        makes a difference; from now on `able` is about wherever the others may bring its components."""
        dependence, state = self.sets.dependence, self.state
        targets: dict[int, set[int]] = {component: set() for component in self.components}
        for number in bits(found):
            for component, target in self.sets.network.moved(number, state):
                if component in targets:
                    targets[component].add(target)
        able, disturbing, disturbed = dependence.counted, 0, {}
        for component, reached in targets.items():
            here = dependence.changes(component, state[component])
            for target in reached:
                here |= dependence.changes(component, target) | dependence.stopped(component, target)
            if here & self._now & outside:
                disturbed[component] = here
            else:
                able &= dependence.allowed(component, state[component])
                disturbing |= here
        others = able & outside
        for component in disturbed:
            able &= dependence.meanwhile(component, state[component], 0, others & dependence.parts[component])[1] or -1
        others, inside = able & outside, able & ~outside
        for component, here in disturbed.items():
            mine, allowed = dependence.parts[component], dependence.allowed(component, state[component])
            differing, offered = dependence.meanwhile(component, state[component], found & mine, others & mine)
            if offered and not offered & ~allowed & inside:
                able &= offered | differing
                disturbing |= differing
            else:
                able &= allowed
                disturbing |= here
        for fact in self._between:
            disturbing |= self.sets.facts.ends[fact]
        self.able = able
        return able & outside & disturbing

    def _kept_off(self, number: int, outside: int) -> bool:
        """Whether facts keep the vector from firing until the cluster moves; a component is taken in where that helps, one that
        goes on nowhere if there is any.

        What other facts keep from firing until then ends nothing. For a fact that names what is off, which has many ends,
        nothing is taken in that goes on.
        """
        open_ends: list[tuple[int, int, int]] = []
        for fact in self.sets.facts.about[number]:
            if not self.sets.facts.holds[fact](self.state):
                continue
            ends = self.sets.facts.ends[fact] & self.able & outside
            if ends & self.enabled:
                continue
            off = {end: self._surely_off(end, outside, 1 << number) for end in bits(ends)}
            left = [end for end, others in off.items() if others is None]
            if not left:
                self._facts.update([fact], *(others or () for others in off.values()))
                return True
            price = self._price(left)
            if not (price and self.sets.network.apart[fact].off):
                open_ends.append((price, fact, left[0]))
        if open_ends:
            _, fact, end = min(open_ends)
            self._facts.add(fact)
            self._take(end)
            return True  # the cluster has grown: all is looked at again
        return False

    def _price(self, ends: Iterable[int]) -> int:
        """How many components that go on would be taken in to keep all these vectors from firing."""
        going_on = {self._blocker(end) for end in ends}
        return sum(1 for c in going_on if c is not None and self.sets.dependence.offers(c, self.state[c]))

    def _surely_off(self, number: int, outside: int, assumed: int) -> list[int] | None:
        """Facts that keep the vector from firing until the cluster moves, if what is `assumed` does not fire; None if there are
        none.

        What can end one of them is kept off in its turn: the first of all these to fire would have to fire before itself.
        """
        if assumed.bit_count() > DEEP:
            return None
        for fact in self.sets.facts.about[number]:
            ends = self.sets.facts.ends[fact] & self.able & outside & ~assumed
            if ends & self.enabled or not self.sets.facts.holds[fact](self.state):
                continue
            used = [fact]
            for end in bits(ends):
                others = self._surely_off(end, outside, assumed | 1 << number)
                if others is None:
                    break
                used += others
            else:
                return used
        return None

    def _take(self, number: int) -> None:
        """Take in what decides whether a vector can fire: one more component that keeps it from firing now; or, if it can, those
        that it has to do with; or else all of its own."""
        blocker = self._blocker(number)
        if blocker is not None:
            self._add(blocker)
        elif self.enabled >> number & 1:
            self._join(number)
        else:
            for component in self.sets.dependence.components(number):
                self._add(component)

    def _blocker(self, number: int) -> int | None:
        """Which component outside keeps a vector from firing; one that goes on nowhere if there is any."""
        dependence = self.sets.dependence
        blocking = [c for c in dependence.blocking(number, self.state) if c not in self.components]
        return min(blocking, key=lambda c: (dependence.offers(c, self.state[c]), self.sets.rank[c], c), default=None)


def _together(stages: Sequence[_Basis]) -> _Basis:
    """What an answer rests on that was found in stages."""
    return tuple(sorted({c for components, _ in stages for c in components})), tuple(
        sorted({fact for _, facts in stages for fact in facts})
    )


def _remember(known: list[_Stage], stages: Sequence[_Basis], state: GlobalState, answer: _Answer) -> None:
    for number, basis in enumerate(stages):
        stage = next((stage for stage in known if stage.basis == basis), None)
        if stage is None:
            stage = _Stage(basis, getter(basis[0]), {})
            known.append(stage)
        key = stage.get(state)
        if number + 1 == len(stages):
            stage.answers[key] = answer
            return
        further = stage.answers.get(key)
        if not isinstance(further, list):
            further = stage.answers[key] = []
        known = further
