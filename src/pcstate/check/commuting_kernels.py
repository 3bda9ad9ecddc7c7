"""Whether it makes a difference to one component what comes first, as check/commuting.py finds out, for numba."""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import SPREAD, inner, tight, trailing
from pcstate.check.commuting import MANY
from pcstate.check.recall_kernels import VALUE, ask, listed, probe, put, row_of

__all__ = ["meanwhile"]

U = np.uint64
_0, _1 = U(0), U(1)


@inner
def meanwhile(plan, by_local, masks, reg, asked, slots, entries, keys, pool, key, component, local, own, others):
    """The row of those vectors that a component does not keep from firing, there or wherever those of the `others` bring it to
    which it makes no difference what comes first; NOTHING if that is not known. The row behind it has those to which it does.
    `own` and `others` are rows, of which only vectors that involve the component are looked at.

    What was asked lately is found by these as they are, all that was asked ever by the roles that they have.
    """
    at, known = _at_hand(plan, masks, pool, component, local, own, others)
    if known:
        return pool[at + 1]
    row = _by_roles(plan, by_local, masks, reg, asked, slots, entries, keys, key, component, local, own, others)
    if reg[P.ASKED] == 0:
        pool[at], pool[at + 1] = local, row
        at += 2
        for u in range(plan[plan[P.WORDS] + component], plan[plan[P.WORDS] + component + 1]):
            mine = masks[P.HERE + plan[P.SIZE] + component, plan[u]]
            pool[at], pool[at + 1] = np.int64(masks[own, plan[u]] & mine), np.int64(masks[others, plan[u]] & mine)
            at += 2
    return row


@tight
def _at_hand(plan, masks, pool, component, local, own, others):
    """Where in the pool the answer stands that was given lately, or is to stand; and whether it does."""
    begin, end = plan[plan[P.WORDS] + component], plan[plan[P.WORDS] + component + 1]
    parts, found = P.HERE + plan[P.SIZE] + component, U(local + 1) * SPREAD
    for u in range(begin, end):
        mine = masks[parts, plan[u]]
        found = (found ^ masks[own, plan[u]] & mine) * SPREAD
        found = (found ^ masks[others, plan[u]] & mine) * SPREAD
    way = np.int64(found >> U(64 - P.WAYS_BITS))
    at = plan[plan[P.RECENT] + component] + way * (2 + 2 * (end - begin))
    known, place = pool[at] == local, at + 2
    for u in range(begin, end):
        mine = masks[parts, plan[u]]
        known &= pool[place] == np.int64(masks[own, plan[u]] & mine)
        known &= pool[place + 1] == np.int64(masks[others, plan[u]] & mine)
        place += 2
    return at, known


@inner
def _by_roles(plan, by_local, masks, reg, asked, slots, entries, keys, key, component, local, own, others):
    """What `meanwhile` says, looked up or worked out."""
    words = plan[plan[P.ROLES] + component]
    size = 1 + 2 * words
    key[0] = local
    for k in range(1, size):
        key[k] = 0
    _roles_of(plan, masks, component, own, key, 1)
    _roles_of(plan, masks, component, others, key, 1 + words)
    node = plan[plan[P.MEANWHILE] + component]
    entry = probe(slots, entries, keys, node, key, size)
    if entry >= 0:
        return entries[entry, VALUE]
    reached, row = _reach(plan, by_local, reg, asked, key, component, local), np.int64(P.NOTHING)
    if reached:
        row = reg[P.NEXT_MASK]
        _allow(plan, by_local, masks, reg, asked, component, reached, row)
        _list_differing(plan, masks, reg, component, row + 1)
    if reg[P.ASKED]:
        return np.int64(P.NOTHING)
    if reached:
        reg[P.NEXT_MASK] += 2
    put(slots, entries, keys, reg, node, key, size, row)
    return row


@inner
def _roles_of(plan, masks, component, vectors, key, at):
    """Note in `key`, from a place on, which roles the members of a row have that the component has a part in."""
    parts, first = P.HERE + plan[P.SIZE] + component, plan[plan[P.WORDS]]
    for u in range(plan[plan[P.WORDS] + component], plan[plan[P.WORDS] + component + 1]):
        members = masks[vectors, plan[u]] & masks[parts, plan[u]]
        if members != _0:
            shares = plan[P.SHARES] + u - first
            for k in range(plan[shares], plan[shares + 1], 3):
                if members & U(plan[k + 2]) != _0:
                    key[at + plan[k]] |= np.int16(plan[k + 1])


@inner
def _list_own(reg, key, words):
    """The roles of its own that `key` names, as the list OWN; how many."""
    count = 0
    for word in range(words):
        for k in range(P.ROLE_BITS):
            if key[1 + word] >> k & 1:
                reg[P.OWN + count] = word * P.ROLE_BITS + k
                count += 1
    return count


@inner
def _reach(plan, by_local, reg, asked, key, component, local):
    """Find where the others of the key bring a component, without those to which it makes a difference what comes first: so many
    of the list REACHED, none if there are too many. The roles of these are the words DIFFERING."""
    words = plan[plan[P.ROLES] + component]
    own = _list_own(reg, key, words)
    for word in range(words):
        reg[P.DIFFERING + word] = 0
    while True:
        count, more = _follow(plan, by_local, reg, asked, key, component, local, own)
        if not more or reg[P.ASKED]:
            return count


@inner
def _follow(plan, by_local, reg, asked, key, component, local, own):
    """Where the others of the key, but for the roles DIFFERING, bring a component: so many of the list REACHED; and whether there
    are more to which it makes a difference what comes first, which are put to these."""
    words, possible = plan[plan[P.ROLES] + component], plan[plan[P.POSSIBLE] + component]
    reg[P.REACHED], count, here, more = local, 1, 0, False
    while here < count:
        local = reg[P.REACHED + here]
        here += 1
        if by_local[component, local] == P.NOTHING:
            ask(reg, asked, P.ROW, component, local)
            continue
        for n in range(own):
            reg[P.OWN_ENDS + n] = _play(plan, by_local, reg, asked, component, reg[P.OWN + n], local)
        for word in range(words):
            left = U(key[1 + words + word] & by_local[possible + word, local] & ~reg[P.DIFFERING + word])
            while left != _0:
                other = word * P.ROLE_BITS + np.int64(trailing(left))
                left &= left - _1
                there = _play(plan, by_local, reg, asked, component, other, local)
                if there < 0:
                    continue
                if not _commute(plan, by_local, reg, asked, component, own, other, local, there):
                    reg[P.DIFFERING + word] |= 1 << other % P.ROLE_BITS
                    more = True
                    continue
                if not listed(reg, P.REACHED, count, there):
                    if count == MANY:
                        return 0, more
                    reg[P.REACHED + count] = there
                    count += 1
    return count, more


@inner
def _list_differing(plan, masks, reg, component, to):
    """Put the vectors with the roles DIFFERING into a row."""
    first = plan[plan[P.WORDS]]
    for u in range(plan[plan[P.WORDS] + component], plan[plan[P.WORDS] + component + 1]):
        masks[to, plan[u]] = _0
        shares = plan[P.SHARES] + u - first
        for k in range(plan[shares], plan[shares + 1], 3):
            if reg[P.DIFFERING + plan[k]] & plan[k + 1]:
                masks[to, plan[u]] |= U(plan[k + 2])


@inner
def _commute(plan, by_local, reg, asked, component, own, other, local, there):
    """Whether each of its own roles leads to the same configuration before and after the other one, which leads to `there`."""
    for n in range(own):
        after = reg[P.OWN_ENDS + n]
        end = _play(plan, by_local, reg, asked, component, other, after)
        if there == local and end == after:
            continue
        last = _play(plan, by_local, reg, asked, component, reg[P.OWN + n], there)
        if last < 0 or last != end:
            return False
    return True


@inner
def _play(plan, by_local, reg, asked, component, role, local):
    """Where a vector with that role leads a component; -1 if it keeps the vector from firing."""
    at = plan[plan[P.PLAYS] + component] + 3 * role
    who, also, unless = plan[at], plan[at + 1], plan[at + 2]
    if unless >= 0 and _step(by_local, reg, asked, component, unless, local) >= 0:
        return np.int64(-1)
    target = local if who < 0 else _step(by_local, reg, asked, component, who, local)
    moved = np.int64(-1) if also < 0 or target < 0 else _step(by_local, reg, asked, component, also, local)
    return target if moved < 0 else moved


@tight
def _step(by_local, reg, asked, component, row, local):
    if local < 0:
        return np.int64(-1)  # what led there is asked for
    target = np.int64(by_local[row, local])
    if target == P.UNKNOWN:
        ask(reg, asked, P.ROW, component, local)
    return target


@inner
def _allow(plan, by_local, masks, reg, asked, component, reached, to):
    """Put into a row what the component allows in one of the configurations REACHED."""
    for u in range(plan[plan[P.WORDS] + component], plan[plan[P.WORDS] + component + 1]):
        masks[to, plan[u]] = _0
    for k in range(reached):
        row = row_of(by_local, reg, asked, component, reg[P.REACHED + k], P.ALLOWED)
        for u in range(plan[plan[P.WORDS] + component], plan[plan[P.WORDS] + component + 1]):
            masks[to, plan[u]] |= masks[row, plan[u]]
