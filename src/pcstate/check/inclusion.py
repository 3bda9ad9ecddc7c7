"""Refinement of one explored network in another: is all that is seen of the one's connections seen of the other's, too?

Weak trace inclusion: a step that the network file maps to a lifecycle event is seen as that event of its connection; every other
step is hidden. Neither network is deterministic in what is seen, so that both are made so while they are walked together (the
subset construction of Rabin and Scott 1959): a set of states is where a network may be after what was seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pcstate.check.arrows import Explored, Ints, Levels
from pcstate.check.limits import Limits
from pcstate.model.verdict import Verdict

__all__ = ["Inclusion", "included"]

HIDDEN = -1
HELD = 100_000_000
"""The states that the sets may have, all sets together; eight bytes each."""
Labels = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What the walk came to. VIOLATED: `events` is a shortest sequence of lifecycle events that only the first network has, each
    with its connection in brackets where there are several, and `steps` a shortest run of it that shows them."""

    verdict: Verdict
    reason: str = ""
    events: tuple[str, ...] = ()
    steps: tuple[tuple[int, int], ...] = ()


def included(one: Explored, other: Explored, limits: Limits) -> Inclusion:
    """Is every sequence of lifecycle events of `one` a sequence of `other`?

    UNKNOWN, with the reason, where a limit was reached, or where a search was stopped that matters: that of `one` if nothing was
    found in what there is of it, that of `other` if something was. A counterexample from a stopped search may not be a shortest.
    Order: breadth first, events in the order of the vectors of `one`.
    Cost:   the transitions of a set for each set that is reached: exponential at worst, but some hundred sets and less than a
            second for two networks at the default bounds. Bounds: `limits`, and `HELD`.
    """
    if one.permutations is not None or other.permutations is not None:
        return Inclusion(Verdict.UNKNOWN, "symmetry has taken connections for one that have to be told apart")
    seen = [vector.abstract for graph in (one, other) for vector in graph.network.vectors if vector.abstract]
    labels = {abstract: number for number, abstract in enumerate(dict.fromkeys(seen))}
    left, right = _Determined(one, labels), _Determined(other, labels)
    words: dict[tuple[int, int], tuple[int, ...]] = {(0, 0): ()}
    queue = [(0, 0)]
    for done, (here, there) in enumerate(queue):
        stopped = limits.reached(len(queue), done, len(words[here, there]))
        if left.held + right.held > HELD:
            stopped = f"limit of {HELD:,} states in all sets"
        if stopped:
            return Inclusion(Verdict.UNKNOWN, f"the comparison stopped at its {stopped}")
        allowed = right.after(there)
        for label, target in left.after(here).items():
            word = (*words[here, there], label)
            if label not in allowed:
                return _only(one, other, labels, word)
            reached = target, allowed[label]
            if reached not in words:
                words[reached] = word
                queue.append(reached)
    if one.stopped:
        return Inclusion(Verdict.UNKNOWN, f"the search stopped at its {one.stopped}")
    return Inclusion(Verdict.HOLDS)


def _only(one: Explored, other: Explored, labels: Labels, word: Sequence[int]) -> Inclusion:
    """What it means that `one` has a word which was not found in `other`."""
    if other.stopped:
        return Inclusion(Verdict.UNKNOWN, f"the search of the other network stopped at its {other.stopped}")
    several = len({conn for _, conn in labels}) > 1
    names = [f"{event}[{conn}]" if several else event for event, conn in labels]
    steps = _run(one, _seen(one, labels), word)
    return Inclusion(Verdict.VIOLATED, "", tuple(names[label] for label in word), steps)


def _seen(graph: Explored, labels: Labels) -> Ints:
    """For each vector what is seen of it."""
    return np.array([HIDDEN if v.abstract is None else labels[v.abstract] for v in graph.network.vectors], dtype=np.int64)


class _Determined:
    """A network as a deterministic automaton over what is seen of it, worked out as far as it is asked for.

    A state of it is the set of states right after something was seen (of set 0: the initial one), without what is hidden next.
    """

    def __init__(self, graph: Explored, labels: Labels) -> None:
        self._arrows, self._label = graph.arrows(), _seen(graph, labels)
        self._met = np.zeros(len(graph.states), dtype=np.bool_)
        self._sets = [np.zeros(1, dtype=np.int64).tobytes()]
        self._number = {self._sets[0]: 0}
        self._after: dict[int, dict[int, int]] = {}
        self.held = 1
        """How many states all sets have together."""

    def after(self, number: int) -> dict[int, int]:
        """For each label that may be seen next the set that it leads to."""
        if number not in self._after:
            states: Ints = np.frombuffer(self._sets[number], dtype=np.int64)
            self._after[number] = {label: self._numbered(reached) for label, reached in self._next(states)}
        return self._after[number]

    def _numbered(self, states: Ints) -> int:
        key = states.tobytes()
        if key not in self._number:
            self._number[key] = len(self._sets)
            self._sets.append(key)
            self.held += len(states)
        return self._number[key]

    def _next(self, front: Ints) -> list[tuple[int, Ints]]:
        """What may be seen from these states on, after any hidden steps, each with the states that it leads to."""
        met, closed, visible, reached = self._met, [], [], []
        met[front] = True
        while len(front):
            closed.append(front)
            steps, _ = self._arrows.of(front)
            labels, targets = self._label[self._arrows.fires(steps)], self._arrows.leads(steps).astype(np.int64)
            hidden = labels == HIDDEN
            visible.append(labels[~hidden])
            reached.append(targets[~hidden])
            front = np.unique(targets[hidden & ~met[targets]])
            met[front] = True
        for states in closed:
            met[states] = False
        label, target = np.concatenate(visible), np.concatenate(reached)
        return [(int(each), np.unique(target[label == each])) for each in np.unique(label)]


def _run(graph: Explored, label: Ints, word: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """A shortest run of which this word is seen, in pairs (how much of the word was seen, state)."""
    arrows, size, wanted = graph.arrows(), np.int64(len(graph.states)), np.array(word)
    seen = np.zeros(len(word) * int(size), dtype=np.bool_)
    levels = Levels(np.zeros(1, dtype=np.int64))
    seen[0] = True
    while True:
        steps, place = arrows.of(levels.last % size)
        before, met = levels.last[place] // size, label[arrows.fires(steps)]
        fits = met == wanted[before]
        ends = np.flatnonzero(fits & (before == len(word) - 1))
        if len(ends):
            _, path = levels.back(int(place[ends[0]]))
            way = np.array([*(arrow for arrow, _ in path), int(steps[ends[0]])])
            return tuple(zip(arrows.fires(way).tolist(), arrows.leads(way).tolist(), strict=True))
        reached = (before + fits) * size + arrows.leads(steps)
        levels.add(reached, steps, place, np.flatnonzero((fits | (met == HIDDEN)) & ~seen[reached]))
        seen[levels.last] = True
