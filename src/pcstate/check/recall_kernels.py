"""What a compiled search remembers, for numba: values by keys of short numbers, and lists of what answers rest on.

A key belongs to a node, which says what the key's numbers are. The nodes of a list are the bases that answers to one question
have rested on so far: a basis is some components, whose configurations are the key, and some facts (check/persistent.py).
"""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import SPREAD, inner, mix, tight

__all__ = [
    "COLUMNS", "COUNT", "FACTS", "FACTS_AT", "HASH", "KEY", "LINK", "MIXED", "NODE", "PARTS", "PARTS_AT", "VALUE", "all_hold",
    "ask", "enter", "find", "gather", "hash_of", "holds", "keep", "listed", "node_for", "probe", "put", "recall", "row_of",
    "weigh",
]  # fmt: skip

U = np.uint64
LINK, PARTS_AT, PARTS, FACTS_AT, FACTS, HASH, FILTER, COUNT = range(8)
"""The columns of a node: the next of its list, where in the pool its components and facts are, and how many, a hash of these, and
a Bloom filter of its entries: one bit a hash, so that few are looked for that are not there. Of the head of a list of later
stages: the first of the list, and how many vectors the cluster holds by then."""
COLUMNS = 8
"""How wide a node is: a cache line."""
NODE, KEY, VALUE, MIXED = range(4)
"""The columns of an entry: its node, where its key begins, its value, and the key's hash."""


@inner
def ask(reg, asked, kind, what, where):
    """Note what is not known yet. What is worked out from there on is thrown away."""
    if reg[P.ASKED] < len(asked):
        asked[reg[P.ASKED], 0] = kind
        asked[reg[P.ASKED], 1] = what
        asked[reg[P.ASKED], 2] = where
        reg[P.ASKED] += 1


@tight
def listed(reg, begin, count, number):
    """Whether one of so many registers is that number."""
    found = False
    for k in range(begin, begin + count):
        found |= reg[k] == number
    return found


@tight
def row_of(by_local, reg, asked, component, local, which):
    """The row of masks for a component in a configuration."""
    row = by_local[component, local]
    if row == P.NOTHING:
        ask(reg, asked, P.ROW, component, local)
        return np.int64(P.NOTHING)
    return np.int64(row + which)


@tight
def holds(plan, by_local, reg, asked, question, state):
    """Whether the answer to a question about `state` is yes (model/decision.py): a walk along its jumps."""
    at = plan[plan[P.JUMPS] + question]
    while at >= 0:
        local = state[plan[at + 1]]
        truth = by_local[plan[at], local]
        if truth < 0:
            ask(reg, asked, P.ROW, plan[at + 1], local)
            return False
        at = plan[at + 2 + truth]
    return at == P.YES


@inner
def all_hold(plan, by_local, reg, asked, pool, nodes, node, state):
    """Whether all facts of a basis hold in `state`."""
    for k in range(nodes[node, FACTS_AT], nodes[node, FACTS_AT] + nodes[node, FACTS]):
        if not holds(plan, by_local, reg, asked, pool[k], state):
            return False
    return True


@inner
def gather(pool, nodes, node, state, key):
    """The configurations in `state` of the components of a basis, into `key`; returns how many."""
    at, size = nodes[node, PARTS_AT], nodes[node, PARTS]
    for k in range(size):
        key[k] = state[pool[at + k]]
    return size


@inner
def _hash(node, key, size):
    found = U(node)
    for k in range(size):
        found = (found ^ U(np.int64(key[k]) & 0xFFFF)) * SPREAD
        found ^= found >> U(29)
    return mix(found)


@tight
def _slot(slots, entries, node, found, slot):
    """The first slot from `slot` on with an entry of that node and hash; a free one if it comes before."""
    last = U(len(slots) - 1)
    slot &= last
    while slots[slot] >= 0 and (entries[slots[slot], MIXED] != found or entries[slots[slot], NODE] != node):
        slot = (slot + U(1)) & last
    return slot


@inner
def _insert(slots, entries, reg, node, found, size, value):
    """A new entry, and where the `size` numbers of its key go."""
    slot, last = U(found) & U(len(slots) - 1), U(len(slots) - 1)
    while slots[slot] >= 0:
        slot = (slot + U(1)) & last
    entry, at = reg[P.NEXT_ENTRY], reg[P.NEXT_KEY]
    slots[slot] = entry
    entries[entry, NODE], entries[entry, KEY], entries[entry, VALUE], entries[entry, MIXED] = node, at, value, found
    reg[P.NEXT_ENTRY], reg[P.NEXT_KEY] = entry + 1, at + size
    return entry, at


@inner
def probe(slots, entries, keys, node, key, size):
    """The entry of a node with that key, -1 if there is none."""
    found = np.int64(_hash(node, key, size))
    slot = _slot(slots, entries, node, found, U(found))
    while slots[slot] >= 0:
        at, same = entries[slots[slot], KEY], True
        for k in range(size):
            same &= keys[at + k] == key[k]
        if same:
            return np.int64(slots[slot])
        slot = _slot(slots, entries, node, found, slot + U(1))
    return np.int64(-1)


@inner
def put(slots, entries, keys, reg, node, key, size, value):
    """A new entry for a node, of whose entries none has that key."""
    entry, at = _insert(slots, entries, reg, node, np.int64(_hash(node, key, size)), size, value)
    for k in range(size):
        keys[at + k] = key[k]
    return entry


@inner
def weigh(reg, state):
    """Give each component a weight by its configuration, so that what a basis holds hashes to the sum of some (Zobrist 1970)."""
    for c in range(len(state)):
        reg[P.WEIGHTS + c] = np.int64(mix(U((c << 16) + state[c] + 1)))


@tight
def hash_of(nodes, pool, reg, node):
    """What the components of a basis hash to."""
    at, found = nodes[node, PARTS_AT], node * 0x9E3779B97F4A7C1
    for k in range(nodes[node, PARTS]):
        found += reg[P.WEIGHTS + pool[at + k]]
    return np.int64(found)


@tight
def _bit(found):
    """The bit of a node's filter for a hash: by its highest digits, since the lowest choose the slot."""
    return np.int64(U(1) << (U(found) >> U(58)))


@tight
def find(slots, entries, keys, nodes, pool, node, state, found):
    """The entry of a basis for what it holds in `state`, whose hash is `found`; -1 if there is none."""
    if nodes[node, FILTER] & _bit(found) == 0:
        return np.int64(-1)
    slot = _slot(slots, entries, node, found, U(found))
    while slots[slot] >= 0:
        at, parts, same = entries[slots[slot], KEY], nodes[node, PARTS_AT], True
        for k in range(nodes[node, PARTS]):
            same &= keys[at + k] == state[pool[parts + k]]
        if same:
            return np.int64(slots[slot])
        slot = _slot(slots, entries, node, found, slot + U(1))
    return np.int64(-1)


@inner
def recall(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, node, state):
    """The first entry from `node` on, along its list, that rests on what is so in `state`, which has been weighed; -1 if there is
    none."""
    while node > 0:
        entry = find(slots, entries, keys, nodes, pool, node, state, hash_of(nodes, pool, reg, node))
        if entry >= 0 and all_hold(plan, by_local, reg, asked, pool, nodes, node, state):
            return entry
        node = np.int64(nodes[node, LINK])
    return np.int64(-1)


@inner
def keep(slots, entries, keys, nodes, pool, reg, node, state, value):
    """Remember a value for what a basis holds in `state`, which has been weighed; its entry."""
    found = hash_of(nodes, pool, reg, node)
    entry = find(slots, entries, keys, nodes, pool, node, state, found)
    if entry >= 0:
        entries[entry, VALUE] = value
        return entry
    return enter(slots, entries, keys, nodes, pool, reg, node, state, found, value)


@inner
def enter(slots, entries, keys, nodes, pool, reg, node, state, found, value):
    """A new entry for what a basis holds in `state`, whose hash is `found`."""
    entry, at = _insert(slots, entries, reg, node, found, nodes[node, PARTS], value)
    nodes[node, FILTER] |= _bit(found)
    parts = nodes[node, PARTS_AT]
    for k in range(nodes[node, PARTS]):
        keys[at + k] = state[pool[parts + k]]
    return entry


@inner
def node_for(nodes, pool, reg, head, parts, size, facts, count, most):
    """The node of a list (`head` is no member) for the components and facts that are in the registers from `parts` and `facts`
    on, in order; a new one if there is none, but -1 where the list has `most` already."""
    found = U(size)
    for k in range(size):
        found = mix(found ^ U(reg[parts + k]))
    for k in range(count):
        found = mix(found ^ U(reg[facts + k] + 65536))
    short = np.int32(found & U(0x7FFFFFFF))
    last, members = head, 0
    node = nodes[head, LINK]
    while node > 0:
        if nodes[node, HASH] == short and nodes[node, PARTS] == size and nodes[node, FACTS] == count:
            same = True
            for k in range(size):
                same &= pool[nodes[node, PARTS_AT] + k] == reg[parts + k]
            for k in range(count):
                same &= pool[nodes[node, FACTS_AT] + k] == reg[facts + k]
            if same:
                return np.int64(node)
        last, node = node, nodes[node, LINK]
        members += 1
    if members >= most:
        return np.int64(-1)
    node, at = reg[P.NEXT_NODE], reg[P.NEXT_POOL]
    for k in range(size):
        pool[at + k] = reg[parts + k]
    for k in range(count):
        pool[at + size + k] = reg[facts + k]
    nodes[node, LINK] = nodes[node, FILTER] = 0
    nodes[node, PARTS_AT] = at
    nodes[node, PARTS] = size
    nodes[node, FACTS_AT] = at + size
    nodes[node, FACTS] = count
    nodes[node, HASH] = short
    nodes[last, LINK] = node
    reg[P.NEXT_NODE] = node + 1
    reg[P.NEXT_POOL] = at + size + count
    return np.int64(node)
