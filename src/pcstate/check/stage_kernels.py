"""How clusters grew, remembered stage by stage (check/persistent.py), for numba: a tree of lists of bases.

An entry of a basis that is a stage leads to the head of the list of what came next there, and so on to where the set is.
"""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import inner
from pcstate.check.recall_kernels import COUNT, LINK, VALUE, all_hold, enter, find, hash_of, node_for

__all__ = ["TOO_LARGE", "descend", "record"]

ABSENT, TOO_LARGE = -1, -2
"""What `descend` returns where nothing is remembered, and where what is says that the cluster is too large."""


@inner
def descend(plan, by_local, reg, asked, slots, entries, keys, nodes, pool, head, state, limit):
    """The entry of what a cluster came to that grew, stage by stage, where all was as in `state`, which has been weighed; its
    nodes are the PATH. ABSENT if there is none, TOO_LARGE if such a one is known to hold `limit` vectors or more."""
    depth, before, node = 0, np.int64(head), np.int64(nodes[head, LINK])
    reg[P.LISTS] = head
    while node > 0 or depth:
        if node == 0:
            depth -= 1
            before = reg[P.PATH + depth]
            node = np.int64(nodes[before, LINK])
            continue
        entry = find(slots, entries, keys, nodes, pool, node, state, hash_of(nodes, pool, reg, node))
        if entry < 0 or not all_hold(plan, by_local, reg, asked, pool, nodes, node, state):
            before, node = node, np.int64(nodes[node, LINK])
            continue
        reg[P.BEFORE + depth], reg[P.PATH + depth] = before, node
        depth += 1
        further = -entries[entry, VALUE]
        if further <= 0:
            reg[P.DEPTH] = depth
            _promote(nodes, reg, depth)
            return entry
        if nodes[further, COUNT] >= limit:
            _promote(nodes, reg, depth)
            return np.int64(TOO_LARGE)
        reg[P.LISTS + depth] = before = further
        node = np.int64(nodes[further, LINK])
    return np.int64(ABSENT)


@inner
def _promote(nodes, reg, depth):
    """Bring each node of the PATH to the front of its list: what was so is mostly so again (Rivest 1976)."""
    for k in range(depth):
        node, head = reg[P.PATH + k], reg[P.LISTS + k]
        if reg[P.BEFORE + k] != head:
            nodes[reg[P.BEFORE + k], LINK] = nodes[node, LINK]
            nodes[node, LINK] = nodes[head, LINK]
            nodes[head, LINK] = node


@inner
def record(slots, entries, keys, nodes, pool, reg, head, state, stage):
    """Remember one stage of a cluster that grew in `state`, which has been weighed, in the list of `head`: the components of
    CLUSTER and the facts of FACT_LIST that came with it. Its node goes on the PATH; returns the head of the later stages."""
    parts, facts = (reg[P.STAGE_PARTS + stage - 1], reg[P.STAGE_FACTS + stage - 1]) if stage else (0, 0)
    size, count = reg[P.STAGE_PARTS + stage] - parts, reg[P.STAGE_FACTS + stage] - facts
    node = node_for(nodes, pool, reg, head, P.CLUSTER + parts, size, P.FACT_LIST + facts, count, P.ANY)
    reg[P.PATH + stage] = node
    found = hash_of(nodes, pool, reg, node)
    entry = find(slots, entries, keys, nodes, pool, node, state, found)
    if entry < 0:
        further = reg[P.NEXT_NODE]
        reg[P.NEXT_NODE] += 1
        nodes[further, LINK], nodes[further, COUNT] = 0, reg[P.STAGE_COUNT + stage]
        entry = enter(slots, entries, keys, nodes, pool, reg, node, state, found, -further)
    return -entries[entry, VALUE]
