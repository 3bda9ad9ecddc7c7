"""The components that a persistent set is grown from, for numba: which are in the cluster, and what must come into it.

NOW and ABLE are the vectors that no component of the cluster keeps from firing: as they are, and wherever they may be brought.
"""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import inner
from pcstate.check.recall_kernels import row_of

__all__ = ["add", "blocker_of", "has", "offers", "take"]

U = np.uint64
_0, _1 = U(0), U(1)


@inner
def has(masks, row, vector):
    """Whether a vector is a member of a row."""
    return (masks[row, vector >> 6] >> U(vector & 63)) & _1 != _0


@inner
def add(plan, by_local, masks, reg, asked, state, component):
    """Take a component into the cluster."""
    if reg[P.INSIDE + component] == 0:
        reg[P.INSIDE + component] = 1
        reg[P.CLUSTER + reg[P.CLUSTER_SIZE]] = component
        reg[P.CLUSTER_SIZE] += 1
        reg[P.TAKEN] = 1
        row = row_of(by_local, reg, asked, component, state[component], P.ALLOWED)
        for u in range(plan[plan[P.WORDS] + component], plan[plan[P.WORDS] + component + 1]):
            masks[P.NOW, plan[u]] &= masks[row, plan[u]]
            masks[P.ABLE, plan[u]] &= masks[row, plan[u]]


@inner
def offers(plan, by_local, component, local):
    """Whether a component offers anything at all in a configuration."""
    return by_local[plan[P.SIZE] + component, local]


@inner
def blocker_of(plan, by_local, masks, reg, asked, state, vector):
    """Which component outside keeps a vector from firing; one that goes on nowhere if there is any; -1 if none does."""
    best, least = np.int64(-1), np.int64(P.ANY)
    for k in range(plan[plan[P.WHO] + vector], plan[plan[P.WHO] + vector + 1]):
        c = plan[k]
        if reg[P.INSIDE + c] == 0 and not has(masks, row_of(by_local, reg, asked, c, state[c], P.ALLOWED), vector):
            rank = (offers(plan, by_local, c, state[c]) * 4 + plan[plan[P.RANK] + c]) * 65536 + c
            if rank < least:
                best, least = np.int64(c), np.int64(rank)
    return best


@inner
def take(plan, by_local, masks, reg, asked, state, vector):
    """Take in what decides whether a vector can fire."""
    blocker = blocker_of(plan, by_local, masks, reg, asked, state, vector)
    if blocker >= 0:
        add(plan, by_local, masks, reg, asked, state, blocker)
    else:
        for k in range(plan[plan[P.MOBILE] + vector], plan[plan[P.MOBILE] + vector + 1]):
            add(plan, by_local, masks, reg, asked, state, plan[k])
