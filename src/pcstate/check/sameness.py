"""Do two explored networks take the same steps in the same order?

Both are deterministic: a state and a vector have one successor. So they are bisimilar, and have the same traces, if states that
the same steps reach offer the same steps; the pairs of such states are looked at a level at a time.
"""

from collections.abc import Sequence

import numpy as np

from pcstate.check.arrows import Explored, Ints

__all__ = ["same_steps"]


def same_steps(one: Explored, other: Explored) -> bool:
    """Whether both networks, explored to their ends, are bisimilar; vectors are the same if they are written alike.

    What the components hold does not matter, only what can happen. Not to be trusted with False where two networks have the same
    vectors in another order.
    Cost: linear in the pairs of states that the same steps reach, and in their transitions.
    """
    if one.stopped or other.stopped:
        return False
    names: dict[str, int] = {}
    labels = [_labels([str(vector) for vector in graph.network.vectors], names) for graph in (one, other)]
    arrows, others = one.arrows(), other.arrows()
    width = np.int64(len(other.states))
    seen = front = np.zeros(1, dtype=np.int64)
    while len(front):
        steps, place = arrows.of(front // width)
        steps_, place_ = others.of(front % width)
        if not np.array_equal(place, place_) or not np.array_equal(
            labels[0][arrows.fires(steps)], labels[1][others.fires(steps_)]
        ):
            return False
        reached = np.unique(arrows.leads(steps) * width + others.leads(steps_))
        front = np.setdiff1d(reached, seen, assume_unique=True)
        seen = np.concatenate((seen, front))
    return True


def _labels(written: Sequence[str], names: dict[str, int]) -> Ints:
    return np.array([names.setdefault(name, len(names)) for name in written], dtype=np.int64)
