"""Whether facts of the network keep a vector off for as long as a cluster stays as it is (check/persistent.py), for numba."""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import inner, trailing
from pcstate.check.cluster_kernels import blocker_of, offers, take, use
from pcstate.check.persistent import DEEP
from pcstate.check.recall_kernels import holds, listed

__all__ = ["kept_off"]

U = np.uint64
_0, _1 = U(0), U(1)


@inner
def _is_open(plan, by_local, masks, reg, asked, state, fact, deep):
    """Whether a fact does not hold, or one of its ends can fire that is not among the first `deep` vectors on the way."""
    ends = plan[plan[P.ENDS] + fact]
    for u in range(plan[plan[P.END_WORDS] + fact], plan[plan[P.END_WORDS] + fact + 1]):
        w = plan[u]
        left = masks[ends, w] & masks[P.ABLE, w] & masks[P.OUTSIDE, w] & masks[P.ENABLED, w]
        while left != _0:
            end = w * 64 + np.int64(trailing(left))
            left &= left - _1
            if not listed(reg, P.WAY, deep, end):
                return True
    return not holds(plan, by_local, reg, asked, fact, state)


@inner
def _next_end(plan, masks, reg, fact, after, deep):
    """The first end of a fact behind `after` that the cluster lets fire, and that is not on the way; -1 if there is none."""
    ends = plan[plan[P.ENDS] + fact]
    for u in range(plan[plan[P.END_WORDS] + fact], plan[plan[P.END_WORDS] + fact + 1]):
        w = plan[u]
        left = masks[ends, w] & masks[P.ABLE, w] & masks[P.OUTSIDE, w]
        if w == (after + 1) >> 6:
            left &= ~_0 << U((after + 1) & 63)
        elif w < (after + 1) >> 6:
            continue
        while left != _0:
            end = w * 64 + np.int64(trailing(left))
            left &= left - _1
            if not listed(reg, P.WAY, deep, end):
                return end
    return np.int64(-1)


@inner
def _surely_off(plan, by_local, masks, reg, asked, state, vector, assumed, top):
    """Whether facts keep a vector from firing until the cluster moves, if the `assumed` one does not fire: they are put into the
    list of facts from `top` on. Returns its new end; -1 if there are none.

    What can end one of them is kept off in its turn, down to DEEP vectors on the way: at each, one fact is tried after the other,
    and of that one end after the other.
    """
    reg[P.WAY], reg[P.WAY + 1], deep = assumed, vector, 1
    reg[P.TRIED + 1], reg[P.TOP + 1] = plan[plan[P.ABOUT] + vector], top
    reg[P.TRYING + 1] = -1
    while deep:
        if reg[P.TRYING + deep] < 0:
            vector = reg[P.WAY + deep]
            tried, last = reg[P.TRIED + deep], plan[plan[P.ABOUT] + vector + 1]
            while tried < last and _is_open(plan, by_local, masks, reg, asked, state, plan[tried], deep):
                tried += 1
            if tried == last:
                deep -= 1  # the fact that this was an end of keeps nothing off: on to the next
                reg[P.TRYING + deep] = -1
                continue
            if reg[P.TOP + deep] == P.LONG:
                return np.int64(-1)  # no room for another: to say less is safe
            reg[P.TRIED + deep], reg[P.TRYING + deep], reg[P.ENDED + deep] = tried + 1, plan[tried], -1
            reg[P.FACT_LIST + reg[P.TOP + deep]] = plan[tried]
            reg[P.TOP + deep + 1] = reg[P.TOP + deep] + 1
        end = _next_end(plan, masks, reg, reg[P.TRYING + deep], reg[P.ENDED + deep], deep)
        if end < 0:
            top = reg[P.TOP + deep + 1]
            deep -= 1
            reg[P.TOP + deep + 1] = top
            if deep == 0:
                return top
        elif deep == DEEP:
            reg[P.TRYING + deep] = -1
        else:
            reg[P.ENDED + deep] = end
            top = reg[P.TOP + deep + 1]
            deep += 1
            reg[P.WAY + deep], reg[P.TRYING + deep], reg[P.TOP + deep] = end, -1, top
            reg[P.TRIED + deep] = plan[plan[P.ABOUT] + end]
    return np.int64(-1)


@inner
def kept_off(plan, by_local, masks, reg, asked, state, vector):
    """Whether facts keep the vector from firing until the cluster moves; a component is taken in where that helps."""
    begin = reg[P.FACTS_USED]
    best, best_end, least = np.int64(-1), np.int64(-1), np.int64(P.ANY)
    for k in range(plan[plan[P.ABOUT] + vector], plan[plan[P.ABOUT] + vector + 1]):
        fact = plan[k]
        if not holds(plan, by_local, reg, asked, fact, state):
            continue
        ends, possible = plan[plan[P.ENDS] + fact], False
        words, last = plan[plan[P.END_WORDS] + fact], plan[plan[P.END_WORDS] + fact + 1]
        for u in range(words, last):
            w = plan[u]
            possible |= masks[ends, w] & masks[P.ABLE, w] & masks[P.OUTSIDE, w] & masks[P.ENABLED, w] != _0
        if possible:
            continue
        reg[P.FACT_LIST + begin] = fact
        top, left_over, price = begin + 1, np.int64(-1), 0
        for u in range(words, last):
            w = plan[u]
            left = masks[ends, w] & masks[P.ABLE, w] & masks[P.OUTSIDE, w]
            while left != _0:
                end = w * 64 + np.int64(trailing(left))
                left &= left - _1
                further = _surely_off(plan, by_local, masks, reg, asked, state, end, vector, top)
                if further >= 0:
                    top = further
                    continue
                if left_over < 0:
                    left_over = end
                blocker = blocker_of(plan, by_local, masks, reg, asked, state, end)
                goes_on = blocker >= 0 and offers(plan, by_local, blocker, state[blocker])
                if goes_on and not listed(reg, P.GOING_ON, price, blocker):
                    reg[P.GOING_ON + price] = blocker
                    price += 1
        if left_over < 0:
            _use(reg, begin, top)
            return True
        if price < least and not (price and plan[plan[P.OFF] + fact]):
            best, best_end, least = np.int64(fact), left_over, np.int64(price)
    if best >= 0:
        reg[P.FACT_LIST + begin] = best
        _use(reg, begin, begin + 1)
        take(plan, by_local, masks, reg, asked, state, best_end)
        return True
    return False


@inner
def _use(reg, begin, end):
    """Keep those of the facts between two places of their list that are not in it yet."""
    for k in range(begin, end):
        use(reg, reg[P.FACT_LIST + k])
