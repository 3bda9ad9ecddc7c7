"""The components that a persistent set is grown from, for numba: which are in the cluster, and what must come into it.

NOW and ABLE are the vectors that no component of the cluster keeps from firing: as they are, and wherever they may be brought.
"""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import inner, tight
from pcstate.check.recall_kernels import holds, row_of

__all__ = ["between", "blocker_of", "has", "join", "offers", "take", "use"]

U = np.uint64
_0, _1 = U(0), U(1)


@tight
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


@tight
def use(reg, fact):
    """Put a fact into the list of those that the cluster rests on."""
    if reg[P.FACT_USED + fact] == 0:
        reg[P.FACT_USED + fact] = 1
        reg[P.FACT_LIST + reg[P.FACTS_USED]] = fact
        reg[P.FACTS_USED] += 1


@inner
def between(plan, by_local, reg, asked, state, vector, component):
    """A fact by which a vector and a component that goes on have nothing to do with each other; -1 if there is none."""
    if not offers(plan, by_local, component, state[component]):
        return np.int64(-1)
    at, end = plan[plan[P.BETWEEN] + vector], plan[plan[P.BETWEEN] + vector + 1]
    while at < end:
        next_ = at + 2 + plan[at + 1]
        if plan[at] == component:
            for k in range(at + 2, next_):
                if holds(plan, by_local, reg, asked, plan[k], state):
                    return plan[k]
        at = next_
    return np.int64(-1)


@inner
def join(plan, by_local, masks, reg, asked, state, vector):
    """Take in the components of a vector that it has to do with."""
    for k in range(plan[plan[P.MOBILE] + vector], plan[plan[P.MOBILE] + vector + 1]):
        if reg[P.INSIDE + plan[k]] == 0 and between(plan, by_local, reg, asked, state, vector, plan[k]) < 0:
            add(plan, by_local, masks, reg, asked, state, plan[k])


@tight
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
    """Take in what decides whether a vector can fire: what keeps it from that; or, if it can, what it has to do with; or all."""
    blocker = blocker_of(plan, by_local, masks, reg, asked, state, vector)
    if blocker >= 0:
        add(plan, by_local, masks, reg, asked, state, blocker)
    elif has(masks, P.ENABLED, vector) and has(masks, P.COUNTED, vector):
        join(plan, by_local, masks, reg, asked, state, vector)
    else:
        for k in range(plan[plan[P.MOBILE] + vector], plan[plan[P.MOBILE] + vector + 1]):
            add(plan, by_local, masks, reg, asked, state, plan[k])
