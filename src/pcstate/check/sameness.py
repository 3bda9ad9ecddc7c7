"""Are two explored networks the same? And if not, do they take the same steps in the same order?

Both are deterministic: a state and a vector have one successor. So they are bisimilar, and have the same traces, if states that
the same steps reach offer the same steps; the pairs of such states are looked at a level at a time.
"""

from collections.abc import Collection, Sequence

import numpy as np

from pcstate.check.arrows import Explored, Ints

__all__ = ["identical", "same_steps"]


def identical(one: Explored, other: Explored) -> bool:
    """Whether two networks, explored to their ends, hold the same in every state, by number, and take the same transitions by the
    same vectors, which the same components owe: what is judged by these is true of both or of neither.

    Cost: linear in the transitions, and a sort of the states for each component; less where they differ.
    """
    if one.stopped or other.stopped or len(one.states) != len(other.states):
        return False
    every = np.arange(len(one.states))
    (steps, place), (steps_, place_) = one.arrows().of(every), other.arrows().of(every)
    arrows, others = one.arrows(), other.arrows()
    return (
        [(str(v), v.who, v.kind, v.abstract) for v in one.network.vectors]
        == [(str(v), v.who, v.kind, v.abstract) for v in other.network.vectors]
        and np.array_equal(place, place_)
        and np.array_equal(arrows.fires(steps), others.fires(steps_))
        and np.array_equal(arrows.leads(steps), others.leads(steps_))
        and all(_holds_alike(one, other, component) for component in range(len(one.network.components)))
    )


def _holds_alike(one: Explored, other: Explored, component: int) -> bool:
    """Whether a component is in the same configuration in each state of both."""
    found = []
    classes = [graph.classes([component]) for graph in (one, other)]
    for graph, (_, first) in zip((one, other), classes, strict=True):
        behaviour = graph.network.components[component].behaviour
        found.append([behaviour.configuration(graph.states[int(n)][component]) for n in first])
    pairs = np.unique(classes[0][0] * len(found[1]) + classes[1][0])
    return all(found[0][pair // len(found[1])] == found[1][pair % len(found[1])] for pair in pairs.tolist())


def same_steps(one: Explored, other: Explored, unseen: Collection[str] = ()) -> bool:
    """Whether both networks, explored to their ends, are bisimilar; vectors are the same if they are written alike.

    What the components hold does not matter, only what can happen. A step of `other` that `one` does not do there is left out
    if it brings nothing new: its vector's name is `unseen`, and it leads nowhere else and is no event of the lifecycle, or it
    leads where another such step does, that both have and that is the same event.
    Not to be trusted with False where two networks have the same vectors in another order.
    Cost: linear in the pairs of states that the same steps reach, and in their transitions.
    """
    if one.stopped or other.stopped:
        return False
    names: dict[str, int] = {}
    labels = [_labels([str(vector) for vector in graph.network.vectors], names) for graph in (one, other)]
    events = _labels([repr(vector.abstract) for vector in other.network.vectors], {repr(None): 0})
    events[[vector.name not in unseen for vector in other.network.vectors]] = -1
    arrows, others = one.arrows(), other.arrows()
    width, count = np.int64(len(other.states)), np.int64(len(names) + 1)
    seen = front = np.zeros(1, dtype=np.int64)
    while len(front):
        steps, place = arrows.of(front // width)
        steps_, place_ = others.of(front % width)
        keys = place * count + labels[0][arrows.fires(steps)]
        keys_ = place_ * count + labels[1][others.fires(steps_)]
        if not np.array_equal(keys, keys_):
            both, event = np.isin(keys_, keys), events[others.fires(steps_)]
            if not np.array_equal(keys, keys_[both]) or (event[~both] < 0).any():
                return False
            ends = (event * len(front) + place_) * width + others.leads(steps_)
            own = np.arange(len(front)) * width + front % width
            if not np.isin(ends[~both], np.concatenate((own, ends[both]))).all():
                return False
            steps_ = steps_[both]
        reached = np.unique(arrows.leads(steps) * width + others.leads(steps_))
        front = np.setdiff1d(reached, seen, assume_unique=True)
        seen = np.concatenate((seen, front))
    return True


def _labels(written: Sequence[str], names: dict[str, int]) -> Ints:
    return np.array([names.setdefault(name, len(names)) for name in written], dtype=np.int64)
