"""The urgent exploration of a network of which only the states are kept where it goes on in more ways than one, or not at all.

In: a network and limits. Out: its skeleton. Theory of operation: most states of a program have a single step before them once a
reduction has chosen. Such steps make chains, and a chain is one arrow: what it leads through is neither numbered nor kept, only
the vectors that fire on it are. It ends in a state in canonical form, which is kept.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pcstate.check.explore import urgent_steps
from pcstate.check.limits import Headway
from pcstate.check.reduction import Reduction
from pcstate.check.symmetry import Places
from pcstate.model.network import GlobalState, Network
from pcstate.model.verdict import Bounds

__all__ = ["Arrow", "Chained", "Noted", "Skeleton", "skeleton"]

LONGEST = 1000
"""A chain ends after that many steps, for it may be a circle."""


class Arrow(NamedTuple):
    """A way from one kept state to another: vectors that fire one after the other, and where each caller is moved then, () if
    nowhere else. The first vector is a choice, the others follow."""

    vectors: tuple[int, ...]
    turn: tuple[int, ...]
    target: int
    places: Places | None = None
    """Where everything is moved, if the reduction of the search does not say it."""


Noted = tuple[tuple[int, ...], tuple[int, ...]]
"""What observers see of an arrow: those of its vectors that they note, and its turn."""


class Chained(Protocol):
    """The kept states of a network, and the arrows from each of those that were expanded, whichever search found them.

    `states[0]` is initial. `stopped` says which limit ended the search, `""` when it is complete; `short` whether it ended at a
    state that lacks something that the network was given too few of.
    """

    network: Network
    seconds: float
    stopped: str
    short: bool

    @property
    def states(self) -> Sequence[GlobalState]:
        """The kept states."""

    def arrows_of(self, number: int) -> Sequence[Arrow]:
        """The arrows from a state, none where it was not expanded."""

    def noted_of(self, number: int) -> Iterable[tuple[Noted, int]]:
        """What observers see of each of them, and where it leads; what is the same only once."""

    def rests(self, number: int) -> bool:
        """Whether nothing more happens in a state."""

    def fired(self) -> set[int]:
        """The vectors that fire somewhere."""


@dataclass(slots=True)
class Skeleton:
    """What the plain search found (`Chained`)."""

    network: Network
    states: list[GlobalState]
    arrows: list[tuple[Arrow, ...]] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = ""
    short: bool = False

    def arrows_of(self, number: int) -> tuple[Arrow, ...]:
        """The arrows from a state, none where it was not expanded."""
        return self.arrows[number] if number < len(self.arrows) else ()

    def noted_of(self, number: int) -> set[tuple[Noted, int]]:
        """What observers see of each of them, and where it leads."""
        vectors = self.network.vectors
        return {
            ((tuple(v for v in arrow.vectors if vectors[v].notes), arrow.turn), arrow.target) for arrow in self.arrows_of(number)
        }

    def rests(self, number: int) -> bool:
        """Whether nothing more happens in a state."""
        return number < len(self.arrows) and not self.arrows[number]

    def fired(self) -> set[int]:
        """The vectors that fire somewhere."""
        return {number for arrows in self.arrows for arrow in arrows for number in arrow.vectors}


def skeleton(
    network: Network,
    bounds: Bounds,
    reduction: Reduction | None = None,
    lacks: Callable[[GlobalState], bool] | None = None,
    headway: Headway | None = None,
) -> Skeleton:
    """The urgent exploration of `network`: a timer fires only where nothing else can happen, `settle` only where no timer can
    either; a `reduction` leaves out what makes no difference to the states at rest.

    Order: breadth first, vectors in the network's order. Cost: one look at the steps of every state, one tuple a kept state and
    one a chain. Bounds: stops at `bounds.max_states` kept states or after `bounds.timeout` seconds, and says so; stops too where
    `lacks` is true of a kept state, for then the network is too small and its states at rest mean nothing. (A chain ends where it
    is, for what is over may make up for it.)
    """
    begin = time.monotonic()
    search = _Search(network, reduction, lacks)
    found = search.skeleton
    for state in found.states:
        if len(found.states) > bounds.max_states:
            found.stopped = f"limit of {bounds.max_states:,} states"
        arrows = []
        for vector, reached in search.steps(state):
            if time.monotonic() - begin > bounds.timeout:
                found.stopped = f"timeout of {bounds.timeout:g} s"
            if found.short or found.stopped:
                break
            arrows.append(search.arrow(vector, reached))
        if found.short or found.stopped:
            break
        found.arrows.append(tuple(arrows))
        if headway:
            headway(len(found.arrows), len(found.states))
    found.seconds = time.monotonic() - begin
    return found


class _Search:
    """A search under way: what is kept; each chain by the state that it begins in; by the one that it ends in, what is kept of
    that."""

    def __init__(self, network: Network, reduction: Reduction | None, lacks: Callable[[GlobalState], bool] | None) -> None:
        self.steps = reduction.steps if reduction else lambda state, after=-1: urgent_steps(network, state)
        self.canonical = reduction.canonical if reduction else lambda state: (state, ())
        self.lacks = lacks or (lambda state: False)
        initial = network.initial()
        self.skeleton = Skeleton(network, [initial])
        self._number = {initial: 0}
        self._chains: dict[GlobalState, Arrow] = {}
        self._ends: dict[GlobalState, tuple[tuple[int, ...], int]] = {}

    def arrow(self, vector: int, reached: GlobalState) -> Arrow:
        """What a step to `reached` leads to."""
        chain = self._chains.get(reached)
        if chain is None:
            chain = self._chains[reached] = self._chain(reached, vector)
        return Arrow((vector, *chain.vectors), chain.turn, chain.target)

    def _chain(self, state: GlobalState, after: int) -> Arrow:
        """The steps from `state`, to which the vector `after` led, for as long as there is only one."""
        vectors: list[int] = []
        while len(vectors) < LONGEST:
            if self.lacks(state):
                break
            steps = self.steps(state, after)
            if len(steps) != 1:
                break
            ((after, state),) = steps
            vectors.append(after)
        found = self._ends.get(state)
        if found is None:
            end, turn = self.canonical(state)
            self.skeleton.short |= self.lacks(end)
            found = self._ends[state] = turn, self._keep(end)
        return Arrow(tuple(vectors), *found)

    def _keep(self, state: GlobalState) -> int:
        number = self._number.setdefault(state, len(self.skeleton.states))
        if number == len(self.skeleton.states):
            self.skeleton.states.append(state)
        return number
