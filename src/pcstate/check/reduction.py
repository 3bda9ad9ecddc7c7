"""What need not be told apart when only the states at rest count: the reduction that `predict` uses.

* Of the steps that are possible only those of a persistent set are taken (`check.persistent`).
* Connections, callers of one program and requests left behind are interchangeable: a state stands for all that differ in their
  order only (`check.symmetry`).
* What is over is forgotten: what the objects of a request hold when nothing can ever look at it again. A connection that is
  over is as good as one that was never dialled, so that a network needs no more of them than there are at a time.

The network file states the facts that the first and the last rest on ([[apart]], [[spent]], `first`). Tests compare `predict`
with and without the reduction, and hold the facts against explored networks.
"""

from collections.abc import Callable, Sequence

from pcstate.check.bits import bits
from pcstate.check.persistent import PersistentSets
from pcstate.check.symmetry import NOBODY, Places, Symmetry
from pcstate.model.formula import compile_formula
from pcstate.model.network import GlobalState, Network, Spent

__all__ = ["AT_ONCE", "TIMERS", "Reduction"]

AT_ONCE = ("", "environment")
"""The classes of vectors that wait for no clock."""
TIMERS = ("timer", "environment-timer")


class Reduction:
    """The reduction for one network; `alike` are the callers that run the same program, in groups; `first` as in
    `PersistentSets`; a connection that is over is dialled `again`, so that a path is no run of the network any more."""

    def __init__(self, network: Network, alike: Sequence[Sequence[int]] = (), first: bool = True, again: bool = True) -> None:
        self.network = network
        self.persistent = PersistentSets(network, AT_ONCE, first)
        self.symmetry = Symmetry(network, alike)
        self.waiting = [
            sum(1 << number for number, v in enumerate(network.vectors) if v.kind in kinds) for kinds in (TIMERS, ("settle",))
        ]
        self.spent = [_Over(network, fact, again and fact.again) for fact in network.spent]

    def steps(self, state: GlobalState, after: int = -1) -> list[tuple[int, GlobalState]]:
        """The steps to take from `state`: a persistent set of what can happen at once; if nothing can, what a timer does; if
        none is set, what waits for all to be quiet. `after` is the vector that led there, if that is known."""
        single = self.persistent.single(state, after)
        if single >= 0:
            return [(single, self.network.fire(single, state))]
        chosen = self.persistent.choose(state, after)
        if not chosen:
            enabled = self.persistent.dependence.enabled(state)
            chosen = next((enabled & waiting for waiting in self.waiting if enabled & waiting), 0)
        return [(number, self.network.fire(number, state)) for number in bits(chosen)]

    def canonical(self, state: GlobalState) -> tuple[GlobalState, tuple[int, ...]]:
        """One of the states that differ from `state` in nothing that counts; where each caller is then, () if nowhere else."""
        return self.symmetry.sort(self.forget(state))

    def places(self, state: GlobalState) -> Places:
        """Where everything is then that is elsewhere in `state`."""
        return self.symmetry.places(self.forget(state))

    def forget(self, state: GlobalState) -> GlobalState:
        """`state` without what is over."""
        for over in self.spent:
            state = over.forgotten(state)
        return state


class _Over:
    """One of the network's facts about what is spent, and what its objects hold from then on. A connection that begins `again`
    holds what it held at first; so do objects that refer to others, which they must not; every other object is
    frozen as it was when the fact was first met, so that only states occur that can (a connection as a whole, where one might
    begin again and does not). Of what has one datum spent, that refers to nobody from then on."""

    def __init__(self, network: Network, fact: Spent, again: bool) -> None:
        self.holds: Callable[[GlobalState], object] = compile_formula(fact.formula, network, fact.names).remembered()
        self.objects, self.datum = fact.objects, fact.datum
        self.behaviours = [network.components[c].behaviour for c in fact.objects]
        initial = network.initial()
        refers = (network.components[c].name in network.references and not (fact.again or fact.datum) for c in fact.objects)
        self.kept = [initial[c] if again or some else -1 for c, some in zip(fact.objects, refers, strict=True)]

    def forgotten(self, state: GlobalState) -> GlobalState:
        """`state` without what the objects hold, if they are spent there."""
        if not self.holds(state):
            return state
        changed = list(state)
        for place, component in enumerate(self.objects):
            if self.datum:
                changed[component] = self.behaviours[place].renamed(state[component], self.datum, NOBODY)
                continue
            if self.kept[place] < 0:
                self.kept[place] = state[component]
            changed[component] = self.kept[place]
        return tuple(changed)
