"""Persistent sets as in check/persistent.py, step for step, for numba: which one is taken in a state.

What was best in a kept state is remembered there, too: by the seed it grew from, and what it rests on.
"""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import inner, trailing
from pcstate.check.growth_kernels import grow
from pcstate.check.persistent import GAIN, HOPELESS, NEXT, SELDOM
from pcstate.check.recall_kernels import (
    FACTS,
    FACTS_AT,
    LINK,
    PARTS,
    PARTS_AT,
    VALUE,
    ask,
    keep,
    node_for,
    recall,
    row_of,
    weigh,
)
from pcstate.check.stage_kernels import TOO_LARGE, descend, record

__all__ = ["choose", "fire"]

U = np.uint64
_0, _1 = U(0), U(1)


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
    """ENABLED becomes the vectors that no component keeps from firing; bits beyond the last vector stay set."""
    for w in range(masks.shape[1]):
        masks[P.ENABLED, w] = ~_0
    for c in range(len(state)):
        row = row_of(by_local, reg, asked, c, state[c], P.ALLOWED)
        for u in range(plan[plan[P.WORDS] + c], plan[plan[P.WORDS] + c + 1]):
            masks[P.ENABLED, plan[u]] &= masks[row, plan[u]]


@inner
def _take(pool, at, reg):
    """The set of vectors at that place of the pool, as the choice."""
    reg[P.CHOSEN] = pool[at]
    for k in range(pool[at]):
        reg[P.CHOICE + k] = pool[at + 1 + k]


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
def _sort(numbers, begin, count):
    for k in range(begin + 1, begin + count):
        number, at = numbers[k], k
        while at > begin and numbers[at - 1] > number:
            numbers[at] = numbers[at - 1]
            at -= 1
        numbers[at] = number


@inner
def _around(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, state, seed, limit):
    """Where in the pool the set is that grows from `seed`, behind its size, and on the PATH what it rests on; -1 if it has
    `limit` members or more, or where something is not known yet."""
    head = plan[P.HEADS] + plan[P.VECTORS] + seed
    entry = descend(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, head, state, limit)
    if entry >= 0:
        return entries[entry, VALUE]
    if entry == TOO_LARGE:
        return np.int64(-1)
    count = grow(plan, by_local, masks, reg, asked, slots, entries, keys, pool, key, state, seed, limit)
    if reg[P.ASKED]:
        return np.int64(-1)
    parts, facts = 0, 0
    for stage in range(reg[P.STAGES]):
        _sort(reg, P.CLUSTER + parts, reg[P.STAGE_PARTS + stage] - parts)
        _sort(reg, P.FACT_LIST + facts, reg[P.STAGE_FACTS + stage] - facts)
        parts, facts = reg[P.STAGE_PARTS + stage], reg[P.STAGE_FACTS + stage]
        head = record(slots, entries, keys, nodes, pool, reg, head, state, stage)
    if count >= limit:
        return np.int64(-1)
    _sort(reg, P.FACT_LIST + facts, reg[P.FACTS_USED] - facts)
    node = node_for(nodes, pool, reg, head, P.CLUSTER, 0, P.FACT_LIST + facts, reg[P.FACTS_USED] - facts, P.ANY)
    reg[P.PATH + reg[P.STAGES]], reg[P.DEPTH] = node, reg[P.STAGES] + 1
    at = reg[P.NEXT_POOL]
    pool[at], end = count, at + 1
    for w in range(masks.shape[1]):
        left = masks[P.FOUND, w]
        while left != _0:
            pool[end] = w * 64 + np.int64(trailing(left))
            left &= left - _1
            end += 1
    reg[P.NEXT_POOL] = end
    keep(slots, entries, keys, nodes, pool, reg, node, state, at)
    return at


@inner
def _gather_basis(nodes, pool, reg):
    """All that the PATH rests on, in order: components into CLUSTER, facts into BASIS; how many of each."""
    size, facts = 0, 0
    for k in range(reg[P.DEPTH]):
        node = reg[P.PATH + k]
        for part in range(nodes[node, PARTS_AT], nodes[node, PARTS_AT] + nodes[node, PARTS]):
            reg[P.CLUSTER + size] = pool[part]
            size += 1
        for fact in range(nodes[node, FACTS_AT], nodes[node, FACTS_AT] + nodes[node, FACTS]):
            reg[P.BASIS + facts] = pool[fact]
            facts += 1
    _sort(reg, P.CLUSTER, size)
    _sort(reg, P.BASIS, facts)
    return size, facts


@inner
def _is_hopeless(plan, name, after):
    """Whether no seed of that name has given a small set for so long that none is tried now."""
    if plan[name] >= HOPELESS or (after < 0 and plan[name] == HOPELESS - SELDOM):
        return False
    if after < 0:
        plan[name] -= 1
    return True


@inner
def _smallest(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, state, after):
    """Make the smallest persistent set that any seed gives the choice, if it is smaller than that; what a set of one rests on is
    the PATH. In a chain, which ends where no set of one is found, none else is looked for."""
    luck = plan[P.LUCK]
    seeds = 0
    for w in range(masks.shape[1]):
        left = masks[P.ENABLED, w] & masks[P.COUNTED, w]
        while left != _0:
            vector = w * 64 + np.int64(trailing(left))
            left &= left - _1
            unlucky = 65536 - plan[luck + plan[plan[P.NAME] + vector]]
            reg[P.SEEDS + seeds] = (plan[plan[P.LATE] + vector] << 40) + unlucky * 65536 + plan[plan[P.PLACE] + vector]
            seeds += 1
    _sort(reg, P.SEEDS, seeds)
    for n in range(seeds):
        seed = plan[plan[P.SEED_AT] + (reg[P.SEEDS + n] & 65535)]
        name = luck + plan[plan[P.NAME] + seed]
        if _is_hopeless(plan, name, after):
            continue
        limit = np.int64(2) if after >= 0 else reg[P.CHOSEN]
        at = _around(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, state, seed, limit)
        if reg[P.ASKED]:
            return
        if at >= 0:
            plan[name] = max(plan[name], HOPELESS) + GAIN
            reg[P.BEST] = seed
            _take(pool, at, reg)
            if pool[at] == 1:
                return
        else:
            plan[name] = plan[name] - 1 if plan[name] >= HOPELESS else HOPELESS - 1


@inner
def choose(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, state, after):
    """The vectors to take from `state`, to which `after` led (-1: not known), as the choice; none where nothing goes on."""
    weigh(reg, state)
    if after >= 0:
        entry = recall(
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
    if reg[P.CHOSEN] > 1 and not (
        after < 0 and _recall_best(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, state)
    ):
        reg[P.BEST] = -1
        _smallest(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, state, after)
        if reg[P.ASKED]:
            return
        if reg[P.CHOSEN] == 1:
            size, facts = _gather_basis(nodes, pool, reg)
            _learn(plan, reg, slots, entries, keys, nodes, pool, state, after, size, facts)
        if after < 0 and reg[P.BEST] >= 0:
            _learn_best(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, state)


@inner
def _learn(plan, reg, slots, entries, keys, nodes, pool, state, after, size, facts):
    """Remember by the vector that led to `state` the one that is enough there, and what that rests on: the first components of
    CLUSTER and the first facts of BASIS."""
    if after < 0 or plan[plan[P.LATE] + reg[P.CHOICE]]:
        return
    node = node_for(nodes, pool, reg, plan[P.HEADS] + after, P.CLUSTER, size, P.BASIS, facts, NEXT)
    if node >= 0:
        keep(slots, entries, keys, nodes, pool, reg, node, state, reg[P.CHOICE])


@inner
def _best(plan, seed):
    """The head of the list of what the best sets that grew from a seed rest on."""
    return plan[P.HEADS] + 2 * plan[P.VECTORS] + seed


@inner
def _recall_best(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, state):
    """Whether one of the vectors of the choice gave the best set where all that it rests on was as in `state`, which has been
    weighed; that is the choice then."""
    for k in range(reg[P.CHOSEN]):
        head = _best(plan, reg[P.CHOICE + k])
        entry = recall(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, np.int64(nodes[head, LINK]), state)
        if entry >= 0:
            _take(pool, entries[entry, VALUE], reg)
            return True
    return False


@inner
def _learn_best(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, state):
    """Remember the choice in `state` as the best set that grew from a seed, which is known by now."""
    head = plan[P.HEADS] + plan[P.VECTORS] + reg[P.BEST]
    entry = descend(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, head, state, P.ANY)
    if entry < 0:
        return
    size, facts = _gather_basis(nodes, pool, reg)
    node = node_for(nodes, pool, reg, _best(plan, reg[P.BEST]), P.CLUSTER, size, P.BASIS, facts, NEXT)
    if node >= 0:
        keep(slots, entries, keys, nodes, pool, reg, node, state, entries[entry, VALUE])
