"""How a cluster grows around one enabled vector (check/persistent.py, step for step), for numba."""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import inner, ones, trailing
from pcstate.check.cluster_kernels import between, has, join, take, use
from pcstate.check.commuting_kernels import meanwhile
from pcstate.check.fact_kernels import kept_off
from pcstate.check.recall_kernels import ask, listed, row_of

__all__ = ["grow"]

U = np.uint64
_0, _1 = U(0), U(1)


@inner
def grow(plan, by_local, masks, reg, asked, slots, entries, keys, pool, key, state, seed, limit):
    """Grow the cluster around `seed`: how many of the enabled vectors, then in FOUND, are in it; as many as it had then when
    these are `limit` or more. What came into it in one round after the other are its stages."""
    size, width = plan[P.SIZE], masks.shape[1]
    for c in range(size):
        reg[P.INSIDE + c] = 0
    for k in range(reg[P.FACTS_USED]):
        reg[P.FACT_USED + reg[P.FACT_LIST + k]] = 0
    reg[P.FACTS_USED] = reg[P.CLUSTER_SIZE] = reg[P.STAGES] = reg[P.RESTS_ON] = 0
    for w in range(width):
        masks[P.NOW, w] = masks[P.ABLE, w] = masks[P.COUNTED, w]
        masks[P.OFF_NOW, w] = _0
    join(plan, by_local, masks, reg, asked, state, seed)
    while True:
        reg[P.TAKEN] = 0
        _look_outside(plan, by_local, masks, reg, asked, state)
        count = 0
        for w in range(width):
            masks[P.FOUND, w] = masks[P.ENABLED, w] & masks[P.COUNTED, w] & ~masks[P.OUTSIDE, w]
            count += np.int64(ones(masks[P.FOUND, w]))
        stage = reg[P.STAGES]
        reg[P.STAGE_PARTS + stage], reg[P.STAGE_FACTS + stage] = reg[P.CLUSTER_SIZE], reg[P.FACTS_USED]
        reg[P.STAGE_COUNT + stage] = count
        reg[P.STAGES] += 1
        if count >= limit:
            return count
        _disturb(plan, by_local, masks, reg, asked, slots, entries, keys, pool, key, state)
        _forget_off(masks)
        for w in range(width):
            left = masks[P.DISTURBING, w] & ~masks[P.OFF_NOW, w]
            while left != _0:
                vector, before = w * 64 + np.int64(trailing(left)), reg[P.CLUSTER_SIZE]
                if has(masks, P.ABLE, vector):
                    if not kept_off(plan, by_local, masks, reg, asked, state, vector):
                        take(plan, by_local, masks, reg, asked, state, vector)
                    elif reg[P.CLUSTER_SIZE] == before:
                        masks[P.OFF_NOW, w] |= left & ~(left - _1)
                left &= left - _1
        if reg[P.TAKEN] == 0:
            return count
        for w in range(width):
            masks[P.SCOPE, w] = masks[P.ABLE, w] & masks[P.OUTSIDE, w]


@inner
def _look_outside(plan, by_local, masks, reg, asked, state):
    """Put into OUTSIDE the vectors that have to do with a component outside."""
    size, width = plan[P.SIZE], masks.shape[1]
    joined = P.HERE + 2 * size + plan[P.FIRST_SPENT]  # behind a row for each fact
    for w in range(width):
        masks[P.OUTSIDE, w] = masks[P.JOINING, w] = _0
    for c in range(size):
        if reg[P.INSIDE + c] == 0:
            for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
                masks[P.OUTSIDE, plan[u]] |= masks[P.HERE + size + c, plan[u]]
                masks[P.JOINING, plan[u]] |= masks[joined + c, plan[u]]
    for w in range(width):
        left = masks[P.ENABLED, w] & masks[P.COUNTED, w] & masks[P.OUTSIDE, w] & ~masks[P.JOINING, w]
        while left != _0:
            if _is_on_its_own(plan, by_local, reg, asked, state, w * 64 + np.int64(trailing(left))):
                masks[P.OUTSIDE, w] &= ~(left & (~left + _1))
            left &= left - _1


@inner
def _is_on_its_own(plan, by_local, reg, asked, state, vector):
    """Whether facts say of all its components outside that it has nothing to do with them: the cluster rests on these then."""
    top = reg[P.RESTS_ON]
    for k in range(plan[plan[P.MOBILE] + vector], plan[plan[P.MOBILE] + vector + 1]):
        if reg[P.INSIDE + plan[k]] == 0:
            fact = between(plan, by_local, reg, asked, state, vector, plan[k])
            if fact < 0:
                return False
            if not listed(reg, P.FACTS_BETWEEN, top, fact):
                reg[P.FACTS_BETWEEN + top] = fact
                top += 1
    for n in range(reg[P.RESTS_ON], top):
        use(reg, reg[P.FACTS_BETWEEN + n])
    reg[P.RESTS_ON] = top
    return True


@inner
def _forget_off(masks):
    """What facts kept off, and nothing else, they keep off in the next round too if no more can fire by now to end them."""
    more = _0
    for w in range(masks.shape[1]):
        more |= masks[P.ABLE, w] & masks[P.OUTSIDE, w] & ~masks[P.SCOPE, w]
    if more != _0:
        for w in range(masks.shape[1]):
            masks[P.OFF_NOW, w] = _0


@inner
def _disturb(plan, by_local, masks, reg, asked, slots, entries, keys, pool, key, state):
    """Put into DISTURBING the vectors from outside that would change the cluster, or that one of those FOUND would change, where
    that makes a difference; from then on ABLE is about wherever the others may bring its components."""
    width, size = masks.shape[1], reg[P.CLUSTER_SIZE]
    for n in range(size):
        c = reg[P.CLUSTER + n]
        row = row_of(by_local, reg, asked, c, state[c], P.CHANGES)
        for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
            masks[P.HERE + c, plan[u]] = masks[row, plan[u]]
    for w in range(width):
        left = masks[P.FOUND, w]
        while left != _0:
            vector = w * 64 + np.int64(trailing(left))
            left &= left - _1
            for k in range(plan[plan[P.MOVED] + vector], plan[plan[P.MOVED] + vector + 1], 2):
                c, target = plan[k], by_local[plan[k + 1], state[plan[k]]]
                if target == P.UNKNOWN:
                    ask(reg, asked, P.ROW, c, state[c])
                elif target >= 0 and reg[P.INSIDE + c]:
                    row = row_of(by_local, reg, asked, c, target, P.ALLOWED)
                    for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
                        masks[P.HERE + c, plan[u]] |= masks[row + P.CHANGES, plan[u]] | masks[row + P.STOPPED, plan[u]]
    for w in range(width):
        masks[P.ABLE, w] = masks[P.COUNTED, w]
        masks[P.DISTURBING, w] = _0
    disturbed = 0
    for n in range(size):
        c = reg[P.CLUSTER + n]
        touched = False
        for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
            touched |= masks[P.HERE + c, plan[u]] & masks[P.NOW, plan[u]] & masks[P.OUTSIDE, plan[u]] != _0
        if touched:
            reg[P.GOING_ON + disturbed] = c
            disturbed += 1
        else:
            _stays(plan, by_local, masks, reg, asked, state, c)
    if disturbed:
        _others(masks)
        for n in range(disturbed):
            c = reg[P.GOING_ON + n]
            row = meanwhile(plan, by_local, masks, reg, asked, slots, entries, keys, pool, key, c, state[c], P.NOTHING, P.OTHERS)
            if row != P.NOTHING:
                for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
                    masks[P.ABLE, plan[u]] &= masks[row, plan[u]]
        _others(masks)
        for n in range(disturbed):
            c = reg[P.GOING_ON + n]
            row = meanwhile(plan, by_local, masks, reg, asked, slots, entries, keys, pool, key, c, state[c], P.FOUND, P.OTHERS)
            allowed = row_of(by_local, reg, asked, c, state[c], P.ALLOWED)
            commutes = row != P.NOTHING
            for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
                commutes &= masks[row, plan[u]] & ~masks[allowed, plan[u]] & masks[P.INNER, plan[u]] == _0
            if commutes:
                for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
                    differing = masks[row + 1, plan[u]] & masks[P.OTHERS, plan[u]]
                    masks[P.ABLE, plan[u]] &= masks[row, plan[u]] | differing
                    masks[P.DISTURBING, plan[u]] |= differing
            else:
                _stays(plan, by_local, masks, reg, asked, state, c)
    for n in range(reg[P.RESTS_ON]):
        fact = reg[P.FACTS_BETWEEN + n]
        for u in range(plan[plan[P.END_WORDS] + fact], plan[plan[P.END_WORDS] + fact + 1]):
            masks[P.DISTURBING, plan[u]] |= masks[plan[plan[P.ENDS] + fact], plan[u]]
    for w in range(width):
        masks[P.DISTURBING, w] &= masks[P.ABLE, w] & masks[P.OUTSIDE, w]


@inner
def _others(masks):
    """ABLE, split into OTHERS, which touch a component outside the cluster, and INNER, which do not."""
    for w in range(masks.shape[1]):
        masks[P.OTHERS, w] = masks[P.ABLE, w] & masks[P.OUTSIDE, w]
        masks[P.INNER, w] = masks[P.ABLE, w] & ~masks[P.OUTSIDE, w]


@inner
def _stays(plan, by_local, masks, reg, asked, state, component):
    """Take the component as one that stays where it is: ABLE keeps only what it allows there, and what would move it disturbs."""
    row = row_of(by_local, reg, asked, component, state[component], P.ALLOWED)
    for u in range(plan[plan[P.WORDS] + component], plan[plan[P.WORDS] + component + 1]):
        masks[P.ABLE, plan[u]] &= masks[row, plan[u]]
        masks[P.DISTURBING, plan[u]] |= masks[P.HERE + component, plan[u]]
