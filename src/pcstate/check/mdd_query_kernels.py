"""The loops of `mdd` that ask something of sets of states, for numba; what a set is, `mdd_kernels` says."""

import numpy as np

from pcstate.check.bit_kernels import borrowed, kept
from pcstate.check.mdd_kernels import BELOW, KINDS, VALUES, answered, can, merged, slot_of

__all__ = ["below", "enabled", "minus", "project", "restrict", "unable"]

_PROJECT, _RESTRICT, _MINUS, _UNABLE = KINDS[4:]


@kept()
def _restricted(s, node, other):
    if node == 0 or other == 0:
        return np.int64(0)
    if other == 1:
        return node
    question = np.int64(_RESTRICT | node << 28 | other)
    slot = slot_of(s, question)
    if s.cache[slot, 0] == question:
        return s.cache[slot, 1]
    level, begin, place = s.nodes[node, 0], s.nodes[node, 1], s.nodes[other, 1]
    end, of_any = place + s.nodes[other, 2], s.edges[place, 0] == s.sizes[level]
    values, below, size = s.work[level, VALUES], s.work[level, BELOW], 0
    for edge in range(begin, begin + s.nodes[node, 2]):
        value = s.edges[edge, 0]
        while not of_any and place < end and s.edges[place, 0] < value:
            place += 1
        if of_any or (place < end and s.edges[place, 0] == value):
            left = _restricted(s, np.int64(s.edges[edge, 1]), np.int64(s.edges[place, 1]))
            if left:
                values[size], below[size] = value, left
                size += 1
    return answered(s, slot, question, level, VALUES, size)


@kept(nogil=True)
def restrict(store, node, other):
    """What is in both nodes. Of the other one, which `project` may have made, a value beyond all stands for any, and node 1 for
    anything below."""
    return _restricted(borrowed(store), np.int64(node), np.int64(other))


@kept()
def _projected(s, node, asked, lowest, serial):
    level = s.nodes[node, 0]
    if level < lowest:
        return np.int64(1)
    question = np.int64(_PROJECT | serial << 28 | node)
    slot = slot_of(s, question)
    if s.cache[slot, 0] == question:
        return s.cache[slot, 1]
    begin, size, seen = s.nodes[node, 1], 0, np.int64(0)
    values, below = s.work[level, VALUES], s.work[level, BELOW]
    for edge in range(begin, begin + s.nodes[node, 2]):
        left = _projected(s, np.int64(s.edges[edge, 1]), asked, lowest, serial)
        if asked[level]:
            values[size], below[size] = s.edges[edge, 0], left
            size += 1
        else:
            seen = merged(s, seen, left)
    if not asked[level]:
        values[0], below[0], size = s.sizes[level], seen, 1
    return answered(s, slot, question, level, VALUES, size)


@kept(nogil=True)
def project(store, node, asked, lowest, serial):
    """What the levels that are `asked` hold together in the node: at others it has the value beyond all, and below the lowest of
    them node 1. `serial` tells projections apart."""
    return _projected(borrowed(store), np.int64(node), asked, np.int64(lowest), np.int64(serial))


@kept()
def _minus(s, node, other):
    if node == 0 or other == 0:
        return node
    if node == other:
        return np.int64(0)
    question = np.int64(_MINUS | node << 28 | other)
    slot = slot_of(s, question)
    if s.cache[slot, 0] == question:
        return s.cache[slot, 1]
    level, begin, place = s.nodes[node, 0], s.nodes[node, 1], s.nodes[other, 1]
    end = place + s.nodes[other, 2]
    values, below, size = s.work[level, VALUES], s.work[level, BELOW], 0
    for edge in range(begin, begin + s.nodes[node, 2]):
        value, left = s.edges[edge, 0], np.int64(s.edges[edge, 1])
        while place < end and s.edges[place, 0] < value:
            place += 1
        if place < end and s.edges[place, 0] == value:
            left = _minus(s, left, np.int64(s.edges[place, 1]))
        if left:
            values[size], below[size] = value, left
            size += 1
    return answered(s, slot, question, level, VALUES, size)


@kept(nogil=True)
def minus(store, node, other):
    """What is in the node and not in the other one."""
    return _minus(borrowed(store), np.int64(node), np.int64(other))


@kept()
def _unable(s, link, row, rest, name, node):
    level = s.nodes[node, 0]
    question = np.int64(_UNABLE | name << 28 | node)
    slot = slot_of(s, question)
    if s.cache[slot, 0] == question:
        return s.cache[slot, 1]
    begin, values, below, size = s.nodes[node, 1], s.work[level, VALUES], s.work[level, BELOW], 0
    for edge in range(begin, begin + s.nodes[node, 2]):
        value, left = s.edges[edge, 0], np.int64(s.edges[edge, 1])
        if level > link:
            left = _unable(s, link, row, rest, name, left)
        elif s.rows[row + value] >= 0 and can(s, rest, left):
            if rest:
                left = _unable(s, np.int64(s.links[rest, 0]), np.int64(s.links[rest, 1]), np.int64(s.links[rest, 2]), rest, left)
            else:
                left = np.int64(0)
        if left:
            values[size], below[size] = value, left
            size += 1
    return answered(s, slot, question, level, VALUES, size)


@kept(nogil=True)
def unable(store, event, number, node):
    """What is in the node and cannot take the event, whose first link is given. `number` tells events apart."""
    s = borrowed(store)
    name = np.int64(len(s.links) + number)
    return _unable(s, np.int64(event[0]), np.int64(event[1]), np.int64(event[2]), name, np.int64(node))


@kept(nogil=True)
def below(store, top):
    """The nodes below the node, itself too, the lowest first; how many states each holds (of its levels); and in how many ways it
    is come to from the top."""
    s = borrowed(store)
    ways = np.zeros(top + 1)
    ways[top] = 1.0
    for node in range(top, 1, -1):
        if ways[node]:
            for edge in range(s.nodes[node, 1], s.nodes[node, 1] + s.nodes[node, 2]):
                ways[s.edges[edge, 1]] += ways[node]
    live = np.flatnonzero(ways)
    states = np.zeros(top + 1)
    states[1] = 1.0
    for node in live:
        if node > 1:
            for edge in range(s.nodes[node, 1], s.nodes[node, 1] + s.nodes[node, 2]):
                states[node] += states[s.edges[edge, 1]]
    return live, states, ways


@kept(nogil=True)
def enabled(store, event, live, ways, some):
    """How many of the states below can take the event, whose first link is given; `some` is room for a number a node."""
    s = borrowed(store)
    link, row, rest = event[0], event[1], event[2]
    at, chain = np.full(len(s.sizes), -1, np.int64), rest
    while chain:
        at[s.links[chain, 0]] = s.links[chain, 1]
        chain = s.links[chain, 2]
    total = 0.0
    for node in live:
        level = s.nodes[node, 0]
        if level > link:
            continue
        if level == 0:
            some[node] = 1.0
            continue
        found, begin = 0.0, row if level == link else at[level]
        for edge in range(s.nodes[node, 1], s.nodes[node, 1] + s.nodes[node, 2]):
            if begin < 0 or s.rows[begin + s.edges[edge, 0]] >= 0:
                found += some[s.edges[edge, 1]]
        some[node] = found
        if level == link:
            total += found * ways[node]
    return total
