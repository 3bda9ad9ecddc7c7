"""Persistent sets as in check/persistent.py, step for step, for numba."""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import inner, ones, trailing
from pcstate.check.commuting_kernels import meanwhile
from pcstate.check.persistent import DEEP, GAIN, HOPELESS, NEXT
from pcstate.check.recall_kernels import (
    FACTS,
    FACTS_AT,
    LINK,
    PARTS,
    PARTS_AT,
    VALUE,
    ask,
    holds,
    keep,
    node_for,
    recall,
    row_of,
    weigh,
)

__all__ = ["choose", "fire"]

U = np.uint64
_0, _1 = U(0), U(1)
_QUICK_GAIN, _THOROUGH_GAIN = GAIN
_QUICK_HOPELESS, _THOROUGH_HOPELESS = HOPELESS
_ANY = 1 << 30


@inner
def fire(plan, by_local, reg, asked, vector, state, after):
    """The state that a vector leads to, into `after`."""
    for c in range(len(state)):
        after[c] = state[c]
    for k in range(plan[plan[P.MOVED] + vector], plan[plan[P.MOVED] + vector + 1], 2):
        c, target = plan[k], by_local[plan[k + 1], state[plan[k]]]
        if target >= 0:
            after[c] = target
        elif target == P.UNKNOWN:
            ask(reg, asked, P.ROW, c, state[c])


@inner
def _enabled(plan, by_local, masks, reg, asked, state):
    for w in range(masks.shape[1]):
        masks[P.ENABLED, w] = ~_0
    for c in range(len(state)):
        row = row_of(by_local, reg, asked, c, state[c], P.ALLOWED)
        for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
            masks[P.ENABLED, plan[u]] &= masks[row, plan[u]]


@inner
def _take_all(masks, row, reg):
    """The members of a set, as the choice."""
    count = 0
    for w in range(masks.shape[1]):
        left = masks[row, w]
        while left != _0:
            reg[P.CHOICE + count] = w * 64 + np.int64(trailing(left))
            left &= left - _1
            count += 1
    reg[P.CHOSEN] = count


@inner
def _has(masks, row, vector):
    return (masks[row, vector >> 6] >> U(vector & 63)) & _1 != _0


@inner
def _add(plan, by_local, masks, reg, asked, state, component):
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
def _offers(plan, by_local, component, local):
    return by_local[plan[P.SIZE] + component, local]


@inner
def _blocker(plan, by_local, masks, reg, asked, state, vector):
    """Which component outside keeps a vector from firing; one that goes on nowhere if there is any; -1 if none does."""
    best, least = np.int64(-1), np.int64(_ANY)
    for k in range(plan[plan[P.WHO] + vector], plan[plan[P.WHO] + vector + 1]):
        c = plan[k]
        if reg[P.INSIDE + c] == 0 and not _has(masks, row_of(by_local, reg, asked, c, state[c], P.ALLOWED), vector):
            rank = (_offers(plan, by_local, c, state[c]) * 4 + plan[plan[P.RANK] + c]) * 65536 + c
            if rank < least:
                best, least = np.int64(c), np.int64(rank)
    return best


@inner
def _take(plan, by_local, masks, reg, asked, state, vector):
    """Take in what decides whether a vector can fire."""
    blocker = _blocker(plan, by_local, masks, reg, asked, state, vector)
    if blocker >= 0:
        _add(plan, by_local, masks, reg, asked, state, blocker)
    else:
        for k in range(plan[plan[P.MOBILE] + vector], plan[plan[P.MOBILE] + vector + 1]):
            _add(plan, by_local, masks, reg, asked, state, plan[k])


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
            if not _on_the_way(reg, end, deep):
                return True
    return not holds(plan, by_local, reg, asked, fact, state)


@inner
def _on_the_way(reg, vector, deep):
    found = False
    for k in range(deep):
        found |= reg[P.WAY + k] == vector
    return found


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
            if not _on_the_way(reg, end, deep):
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
def _kept_off(plan, by_local, masks, reg, asked, state, vector):
    """Whether facts keep the vector from firing until the cluster moves; a component is taken in where that helps."""
    begin = reg[P.FACTS_USED]
    best, best_end, least = np.int64(-1), np.int64(-1), np.int64(_ANY)
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
                blocker = _blocker(plan, by_local, masks, reg, asked, state, end)
                if blocker >= 0 and _offers(plan, by_local, blocker, state[blocker]):
                    known = False
                    for other in range(price):
                        known |= reg[P.GOING_ON + other] == blocker
                    if not known:
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
        _take(plan, by_local, masks, reg, asked, state, best_end)
        return True
    return False


@inner
def _use(reg, begin, end):
    """Keep those of the facts between two places of their list that are not in it yet."""
    for k in range(begin, end):
        fact = reg[P.FACT_LIST + k]
        if reg[P.FACT_USED + fact] == 0:
            reg[P.FACT_USED + fact] = 1
            reg[P.FACT_LIST + reg[P.FACTS_USED]] = fact
            reg[P.FACTS_USED] += 1


@inner
def _disturb(plan, by_local, masks, reg, asked, slots, entries, keys, key, state, thorough):
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
        if thorough:
            touched = False
            for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
                touched |= masks[P.HERE + c, plan[u]] & masks[P.NOW, plan[u]] & masks[P.OUTSIDE, plan[u]] != _0
            if touched:
                reg[P.GOING_ON + disturbed] = c
                disturbed += 1
                continue
        _keep(plan, by_local, masks, reg, asked, state, c)
    if disturbed:
        _others(masks)
        for n in range(disturbed):
            c = reg[P.GOING_ON + n]
            row = meanwhile(plan, by_local, masks, reg, asked, slots, entries, keys, key, c, state[c], P.NOTHING, P.OTHERS)
            if row != P.NOTHING:
                for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
                    masks[P.ABLE, plan[u]] &= masks[row, plan[u]]
        _others(masks)
        for n in range(disturbed):
            c = reg[P.GOING_ON + n]
            row = meanwhile(plan, by_local, masks, reg, asked, slots, entries, keys, key, c, state[c], P.FOUND, P.OTHERS)
            allowed = row_of(by_local, reg, asked, c, state[c], P.ALLOWED)
            commutes = row != P.NOTHING
            for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
                commutes &= masks[row, plan[u]] & ~masks[allowed, plan[u]] & masks[P.INNER, plan[u]] == _0
            if commutes:
                for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
                    masks[P.ABLE, plan[u]] &= masks[row, plan[u]]
            else:
                _keep(plan, by_local, masks, reg, asked, state, c)
    for w in range(width):
        masks[P.DISTURBING, w] &= masks[P.ABLE, w] & masks[P.OUTSIDE, w]


@inner
def _others(masks):
    """ABLE, apart by whether they have a part outside."""
    for w in range(masks.shape[1]):
        masks[P.OTHERS, w] = masks[P.ABLE, w] & masks[P.OUTSIDE, w]
        masks[P.INNER, w] = masks[P.ABLE, w] & ~masks[P.OUTSIDE, w]


@inner
def _keep(plan, by_local, masks, reg, asked, state, component):
    """What would move the component disturbs."""
    row = row_of(by_local, reg, asked, component, state[component], P.ALLOWED)
    for u in range(plan[plan[P.WORDS] + component], plan[plan[P.WORDS] + component + 1]):
        masks[P.ABLE, plan[u]] &= masks[row, plan[u]]
        masks[P.DISTURBING, plan[u]] |= masks[P.HERE + component, plan[u]]


@inner
def _grow(plan, by_local, masks, reg, asked, slots, entries, keys, key, state, seed, limit, thorough):
    """Grow the cluster around `seed`: how many of the enabled vectors, then in FOUND, are in it; as many as it had then when
    these are `limit` or more."""
    size, width = plan[P.SIZE], masks.shape[1]
    for c in range(size):
        reg[P.INSIDE + c] = 0
    for k in range(reg[P.FACTS_USED]):
        reg[P.FACT_USED + reg[P.FACT_LIST + k]] = 0
    reg[P.FACTS_USED] = reg[P.CLUSTER_SIZE] = 0
    for w in range(width):
        masks[P.NOW, w] = masks[P.ABLE, w] = masks[P.COUNTED, w]
    for k in range(plan[plan[P.MOBILE] + seed], plan[plan[P.MOBILE] + seed + 1]):
        _add(plan, by_local, masks, reg, asked, state, plan[k])
    while True:
        reg[P.TAKEN] = 0
        for w in range(width):
            masks[P.OUTSIDE, w] = _0
        for c in range(size):
            if reg[P.INSIDE + c] == 0:
                for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
                    masks[P.OUTSIDE, plan[u]] |= masks[P.HERE + size + c, plan[u]]
        count = 0
        for w in range(width):
            masks[P.FOUND, w] = masks[P.ENABLED, w] & masks[P.COUNTED, w] & ~masks[P.OUTSIDE, w]
            count += np.int64(ones(masks[P.FOUND, w]))
        if count >= limit:
            return count
        _disturb(plan, by_local, masks, reg, asked, slots, entries, keys, key, state, thorough)
        for w in range(width):
            left = masks[P.DISTURBING, w]
            while left != _0:
                vector = w * 64 + np.int64(trailing(left))
                left &= left - _1
                if _has(masks, P.ABLE, vector) and not _kept_off(plan, by_local, masks, reg, asked, state, vector):
                    _take(plan, by_local, masks, reg, asked, state, vector)
        if reg[P.TAKEN] == 0:
            return count


@inner
def _sort(numbers, begin, count):
    for k in range(begin + 1, begin + count):
        number, at = numbers[k], k
        while at > begin and numbers[at - 1] > number:
            numbers[at] = numbers[at - 1]
            at -= 1
        numbers[at] = number


@inner
def _around(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, state, seed, limit, thorough):
    """The entry for what grows from `seed`, and its node: its value is where in the pool the set is, behind its size and whether
    it is whole; -1 where something is not known yet."""
    head = plan[P.HEADS] + plan[P.VECTORS] + 2 * seed + thorough
    node = np.int64(nodes[head, LINK])
    while node > 0:
        entry, node = recall(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, node, state)
        if entry >= 0:
            at = entries[entry, VALUE]
            if pool[at + 1] or pool[at] >= limit:
                return entry, node
            node = np.int64(nodes[node, LINK])
    count = _grow(plan, by_local, masks, reg, asked, slots, entries, keys, key, state, seed, limit, thorough)
    if reg[P.ASKED]:
        return np.int64(-1), np.int64(-1)
    _sort(reg, P.CLUSTER, reg[P.CLUSTER_SIZE])
    _sort(reg, P.FACT_LIST, reg[P.FACTS_USED])
    node = node_for(nodes, pool, reg, head, P.CLUSTER, reg[P.CLUSTER_SIZE], P.FACT_LIST, reg[P.FACTS_USED], _ANY)
    at = reg[P.NEXT_POOL]
    pool[at], pool[at + 1], end = count, count < limit, at + 2
    if count < limit:
        for w in range(masks.shape[1]):
            left = masks[P.FOUND, w]
            while left != _0:
                pool[end] = w * 64 + np.int64(trailing(left))
                left &= left - _1
                end += 1
    reg[P.NEXT_POOL] = end
    return keep(slots, entries, keys, nodes, pool, reg, node, state, at), node


@inner
def _smallest(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, state, thorough):
    """Make the smallest persistent set that any seed gives the choice, if it is smaller than that; the node that a set of one
    rests on, else -1."""
    luck = plan[P.LUCK] + thorough * plan[P.NAMES]
    seeds = 0
    for w in range(masks.shape[1]):
        left = masks[P.ENABLED, w] & masks[P.COUNTED, w]
        while left != _0:
            vector = w * 64 + np.int64(trailing(left))
            left &= left - _1
            reg[P.SEEDS + seeds] = (65536 - plan[luck + plan[plan[P.NAME] + vector]]) * 65536 + plan[plan[P.PLACE] + vector]
            seeds += 1
    _sort(reg, P.SEEDS, seeds)
    for n in range(seeds):
        seed = plan[plan[P.SEED_AT] + (reg[P.SEEDS + n] & 65535)]
        name = luck + plan[plan[P.NAME] + seed]
        if plan[name] < (_THOROUGH_HOPELESS if thorough else _QUICK_HOPELESS):
            break
        limit = reg[P.CHOSEN]
        entry, node = _around(
            plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, state, seed, limit, thorough
        )
        if entry < 0:
            return np.int64(-1)
        at = entries[entry, VALUE]
        if pool[at + 1] and pool[at] < limit:
            plan[name] += _THOROUGH_GAIN if thorough else _QUICK_GAIN
            reg[P.CHOSEN] = pool[at]
            for k in range(pool[at]):
                reg[P.CHOICE + k] = pool[at + 2 + k]
            if pool[at] == 1:
                return node
        else:
            plan[name] -= 1
    return np.int64(-1)


@inner
def choose(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, state, after):
    """The vectors to take from `state`, to which `after` led (-1: not known), as the choice; none where nothing goes on."""
    weigh(reg, state)
    if after >= 0:
        entry, _ = recall(
            plan, by_local, reg, asked, slots, entries, keys, nodes, pool, np.int64(nodes[plan[P.HEADS] + after, LINK]), state
        )
        if entry >= 0:
            reg[P.CHOSEN], reg[P.CHOICE] = 1, entries[entry, VALUE]
            return
    _enabled(plan, by_local, masks, reg, asked, state)
    if reg[P.ASKED]:
        return
    width = masks.shape[1]
    for w in range(width):
        masks[P.FOUND, w] = masks[P.ENABLED, w] & masks[P.COUNTED, w]
    _take_all(masks, P.FOUND, reg)
    if reg[P.CHOSEN] == 0:
        for row in range(P.WAITING, P.WAITING + 2):
            if reg[P.CHOSEN] == 0:
                for w in range(width):
                    masks[P.FOUND, w] = masks[P.ENABLED, w] & masks[row, w]
                _take_all(masks, P.FOUND, reg)
        return
    for w in range(width):
        left = masks[P.FOUND, w] & masks[P.FIRST, w]
        if left != _0:
            first = w * 64 + np.int64(trailing(left))
            reg[P.CHOSEN], reg[P.CHOICE] = 1, first
            size = plan[plan[P.MOBILE] + first + 1] - plan[plan[P.MOBILE] + first]
            for k in range(size):
                reg[P.CLUSTER + k] = plan[plan[plan[P.MOBILE] + first] + k]
            _sort(reg, P.CLUSTER, size)
            _learn(plan, reg, slots, entries, keys, nodes, pool, state, after, size, 0)
            return
    for thorough in range(2):
        if reg[P.CHOSEN] > 1:
            node = _smallest(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, state, thorough)
            if reg[P.ASKED]:
                return
            if node >= 0:
                size, facts = nodes[node, PARTS], nodes[node, FACTS]
                for k in range(size):
                    reg[P.CLUSTER + k] = pool[nodes[node, PARTS_AT] + k]
                for k in range(facts):
                    reg[P.BASIS + k] = pool[nodes[node, FACTS_AT] + k]
                _learn(plan, reg, slots, entries, keys, nodes, pool, state, after, size, facts)


@inner
def _learn(plan, reg, slots, entries, keys, nodes, pool, state, after, size, facts):
    """Remember by the vector that led to `state` the one that is enough there, and what that rests on: the first components of
    CLUSTER and the first facts of BASIS."""
    if after < 0:
        return
    node = node_for(nodes, pool, reg, plan[P.HEADS] + after, P.CLUSTER, size, P.BASIS, facts, NEXT)
    if node >= 0:
        keep(slots, entries, keys, nodes, pool, reg, node, state, reg[P.CHOICE])
