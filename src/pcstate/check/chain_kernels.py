"""The search for kept states and chains as in check/skeleton.py, for numba."""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import SPREAD, borrowed, inner, kept, mix
from pcstate.check.persistent_kernels import choose, fire
from pcstate.check.recall_kernels import MIXED, ask, holds
from pcstate.check.skeleton import LONGEST
from pcstate.check.symmetry_kernels import sort

__all__ = ["SLACK", "rehash", "replace", "search"]

U = np.uint64
SLACK = 1 << 16
"""How much room a step may need in what grows."""
STEPS = 2_000
"""After how many steps the loops ask whether time is up."""


@inner
def _hash(states, n):
    found = U(0)
    for c in range(states.shape[1]):
        found = (found ^ U(np.int64(states[n, c]) & 0xFFFF)) * SPREAD
        found ^= found >> U(29)
    return mix(found)


@inner
def enter(slots, states, count):
    """The number of the state `states[count]` among those before it; `count` itself if it is new, which is noted in `slots`."""
    last = U(len(slots) - 1)
    slot = _hash(states, count) & last
    while slots[slot] >= 0:
        number, same = slots[slot], True
        for c in range(states.shape[1]):
            if states[number, c] != states[count, c]:
                same = False
                break
        if same:
            return np.int64(number)
        slot = (slot + U(1)) & last
    slots[slot] = count
    return np.int64(count)


@kept()
def rehash(slots, entries, count):
    """Enter the first `count` entries into `slots`, which are empty."""
    last = U(len(slots) - 1)
    for entry in range(count):
        slot = U(entries[entry, MIXED]) & last
        while slots[slot] >= 0:
            slot = (slot + U(1)) & last
        slots[slot] = entry


@kept()
def replace(slots, states, count):
    """Note the first `count` states in `slots`, which are empty."""
    last = U(len(slots) - 1)
    for number in range(count):
        slot = _hash(states, number) & last
        while slots[slot] >= 0:
            slot = (slot + U(1)) & last
        slots[slot] = number


@inner
def _copy(source, target):
    for n in range(len(source)):
        target[n] = source[n]


@inner
def _forget(plan, by_local, reg, asked, state):
    """Give what is spent what it is to hold from then on."""
    for s in range(plan[P.SPENTS]):
        if holds(plan, by_local, reg, asked, plan[P.FIRST_SPENT] + s, state):
            for k in range(plan[plan[P.SPENT] + s], plan[plan[P.SPENT] + s + 1], 2):
                c, known = plan[k], plan[k + 1]
                if known == P.AS_MET:
                    known = plan[k + 1] = state[c]
                elif known <= P.LETS_GO:
                    known = by_local[P.LETS_GO - known, state[c]]
                if known == P.UNKNOWN:
                    ask(reg, asked, P.ROW, c, state[c])
                else:
                    state[c] = known


@inner
def _is_full(masks, reg, entries, keys, nodes, pool, kept, starts, arrows, vectors):
    """Whether a step may not find room for what it adds."""
    return (
        reg[P.NEXT_MASK] + SLACK > len(masks)
        or reg[P.NEXT_ENTRY] + SLACK > len(entries)
        or reg[P.NEXT_KEY] + SLACK > len(keys)
        or reg[P.NEXT_NODE] + SLACK > len(nodes)
        or reg[P.NEXT_POOL] + SLACK > len(pool)
        or reg[P.KEPT] + 1 >= len(kept)
        or reg[P.CHAINS] + 1 >= len(starts)
        or reg[P.ARROWS] + SLACK > len(arrows)
        or reg[P.FOLLOWED] + SLACK > len(vectors)
    )


@inner
def _end_chain(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, looks, key, here, there, ordered, places,
               kept, kept_slots, chain_end, chain_target, chain_places):  # fmt: skip
    """Keep the state that the chain under way has come to; nothing changes where something is asked for. Whether the network is
    too small for it."""
    _copy(here, there)
    _forget(plan, by_local, reg, asked, there)
    if not reg[P.ASKED]:
        sort(plan, reg, asked, slots, entries, keys, nodes, pool, looks, key, there, ordered, places)
    short = not reg[P.ASKED] and holds(plan, by_local, reg, asked, plan[P.LACKS], ordered)
    if reg[P.ASKED]:
        return False
    _copy(ordered, kept[reg[P.KEPT]])
    target = enter(kept_slots, kept, reg[P.KEPT])
    if target == reg[P.KEPT]:
        reg[P.KEPT] += 1
    chain_target[reg[P.CHAINS]], chain_end[reg[P.CHAINS]] = target, reg[P.FOLLOWED]
    _copy(places, chain_places[reg[P.CHAINS]])
    reg[P.CHAINS] += 1
    reg[P.PHASE] = P.TAKE_BRANCH
    return short


@inner
def _search(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, looks, key, here, there, ordered, places,
            kept, kept_slots, first_arrow, starts, start_slots, chain_end, chain_target, chain_places, arrows, vectors,
            most):  # fmt: skip
    """Search on until there is a reason to stop, which is returned. The next call goes on from there.

    Kept state n has the `arrows` from `first_arrow[n]` to `first_arrow[n + 1]`: a vector, and the chain that it begins. Chain n
    begins in `starts[n]`, has the `vectors` from `chain_end[n - 1]` to `chain_end[n]`, and ends in `chain_target[n]`.
    """
    for _ in range(STEPS):
        if _is_full(masks, reg, entries, keys, nodes, pool, kept, starts, arrows, vectors):
            return P.FULL
        reg[P.ASKED] = 0
        if reg[P.PHASE] == P.EXPAND:
            if reg[P.CURRENT] == reg[P.KEPT] or reg[P.KEPT] > most:  # what is under way is done first
                return P.DONE
            _copy(kept[reg[P.CURRENT]], there)
            choose(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, there, np.int64(-1))
            if reg[P.ASKED]:
                return P.MISSING
            for k in range(reg[P.CHOSEN]):
                arrows[reg[P.ARROWS] + k, 0] = reg[P.CHOICE + k]
            reg[P.BRANCH], reg[P.BRANCHES], reg[P.PHASE] = 0, reg[P.CHOSEN], P.TAKE_BRANCH
        elif reg[P.PHASE] == P.TAKE_BRANCH:
            at = reg[P.ARROWS] + reg[P.BRANCH]
            if reg[P.BRANCH] == reg[P.BRANCHES]:
                reg[P.ARROWS] = at
                reg[P.CURRENT] += 1
                first_arrow[reg[P.CURRENT]] = at
                reg[P.PHASE] = P.EXPAND
                continue
            _copy(kept[reg[P.CURRENT]], there)
            fire(plan, by_local, reg, asked, np.int64(arrows[at, 0]), there, here)
            if reg[P.ASKED]:
                return P.MISSING
            _copy(here, starts[reg[P.CHAINS]])
            arrows[at, 1] = enter(start_slots, starts, reg[P.CHAINS])
            reg[P.BRANCH] += 1
            if arrows[at, 1] == reg[P.CHAINS]:
                reg[P.AFTER], reg[P.PHASE] = arrows[at, 0], P.FOLLOW
        else:
            begin = chain_end[reg[P.CHAINS] - 1] if reg[P.CHAINS] else 0
            if reg[P.FOLLOWED] - begin < LONGEST:
                lacking = holds(plan, by_local, reg, asked, plan[P.LACKS], here)
                if not lacking:
                    choose(plan, by_local, masks, reg, asked, slots, entries, keys, nodes, pool, key, here, reg[P.AFTER])
                    if not reg[P.ASKED] and reg[P.CHOSEN] == 1:
                        fire(plan, by_local, reg, asked, reg[P.CHOICE], here, there)
                if reg[P.ASKED]:
                    return P.MISSING
                if not lacking and reg[P.CHOSEN] == 1:
                    _copy(there, here)
                    vectors[reg[P.FOLLOWED]] = reg[P.AFTER] = reg[P.CHOICE]
                    reg[P.FOLLOWED] += 1
                    continue
            short = _end_chain(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, looks, key, here, there, ordered,
                               places, kept, kept_slots, chain_end, chain_target, chain_places)  # fmt: skip
            if reg[P.ASKED]:
                return P.MISSING
            if short:
                return P.TOO_SMALL
    return P.PAUSE


@kept()
def search(*arrays):
    """`_search` to be called from Python."""
    return _search(*borrowed(arrays))
