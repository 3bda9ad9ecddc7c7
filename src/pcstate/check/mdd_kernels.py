"""The loops of `mdd` that make sets of states, for numba: decision diagrams, and saturation.

A node of level l holds the values that component l has, in their order, each with the node of level l - 1 for what goes with it.
Node 1 is level 0, node 0 the empty set; a path meets every level, and no two nodes are the same set. A node's number is higher
than those below it.

An event is a chain of links, one for each level that it touches, the highest first; chains share their ends. A link has a row:
where each value leads, or -1. `able` has a bit for each chain that can be taken from somewhere in a node: what can't is not
tried, which is nine of ten. Levels only fall from call to call, so that each has rows of its own to work in.

What calls itself is given 64-bit numbers everywhere: of a function that is called with others, too, numba's cache keeps half.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcstate.check.bit_kernels import borrowed, kept, mix

__all__ = [
    "BELOW", "EDGES", "KINDS", "NODES", "STOPPED", "VALUES", "WORK", "Store", "answered", "can", "image", "merge", "merged",
    "node", "saturate", "slot_of",
]  # fmt: skip

NODES, EDGES, STOPPED = range(3)
"""What `Store.counts` counts, and where it says to stop: by the caller, or for want of room."""
WORK = 9
_REACHED, _WAITS, _WAITING, _MET, _MET_BELOW, VALUES, BELOW, _MERGED, _MERGED_BELOW = range(WORK)

U = np.uint64
KINDS = tuple(kind << 57 for kind in range(1, 9))
"""What tells questions of one kind from those of another."""
_MERGE, _FIRE, _STEP, _IMAGE = KINDS[:4]


class Store(NamedTuple):
    """The nodes, what is remembered of them, and the events."""

    nodes: npt.NDArray[np.int32]
    """For each node its level, its first edge, and how many it has."""
    edges: npt.NDArray[np.int32]
    """A value, and the node below."""
    able: npt.NDArray[np.uint64]
    unique: npt.NDArray[np.int32]
    """The nodes by their hash."""
    cache: npt.NDArray[np.int64]
    """A question and its answer, by the question's hash; a later one takes its place."""
    counts: npt.NDArray[np.int64]
    work: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.int64]
    """For each level how many values it has; none for level 0."""
    links: npt.NDArray[np.int32]
    """For each chain its first link: the level, where its row begins, and the chain that goes on, 0 for none. By level."""
    of_level: npt.NDArray[np.int64]
    """Where each level's chains begin."""
    rows: npt.NDArray[np.int32]
    first: npt.NDArray[np.int64]
    """For each level the number of its first value, counted over all levels."""
    begins: npt.NDArray[np.int64]
    """For each value of each level where what can be taken from there begins in `taken`."""
    taken: npt.NDArray[np.int32]
    """Of an event whose highest level this is: the chain that goes on below, and the value that it leads to."""


@kept()
def slot_of(s, question):
    return mix(U(question)) & U(len(s.cache) - 1)


@kept()
def can(s, chain, node):
    """Whether the chain can be taken from somewhere in the node; there is nothing to take of chain 0."""
    return chain == 0 or s.able[node, chain >> 6] >> U(chain & 63) & U(1) != 0


@kept()
def _node(s, level, row, size):
    """The node of the first `size` values in that row of the level's work."""
    if size == 0:
        return 0
    values, below = s.work[level, row], s.work[level, row + 1]
    key = U(level)
    for i in range(size):
        key = mix(key * U(31) + (U(values[i]) << U(32)) + U(below[i]))
    last = U(len(s.unique) - 1)
    slot = key & last
    while s.unique[slot] != 0:
        found = s.unique[slot]
        if s.nodes[found, 0] == level and s.nodes[found, 2] == size:
            begin, same = s.nodes[found, 1], True
            for i in range(size):
                if s.edges[begin + i, 0] != values[i] or s.edges[begin + i, 1] != below[i]:
                    same = False
                    break
            if same:
                return found
        slot = (slot + U(1)) & last
    new, begin = s.counts[NODES], s.counts[EDGES]
    if new == len(s.nodes) or begin + size > len(s.edges):
        s.counts[STOPPED] = 1
        return 0
    s.counts[NODES], s.counts[EDGES] = new + 1, begin + size
    s.unique[slot] = new
    s.nodes[new, 0], s.nodes[new, 1], s.nodes[new, 2] = level, begin, size
    for i in range(size):
        s.edges[begin + i, 0], s.edges[begin + i, 1] = values[i], below[i]
        for word in range(s.able.shape[1]):
            s.able[new, word] |= s.able[below[i], word]
    for chain in range(s.of_level[level], s.of_level[level + 1]):
        begin, rest = s.links[chain, 1], s.links[chain, 2]
        for i in range(size):
            if s.rows[begin + values[i]] >= 0 and can(s, rest, below[i]):
                s.able[new, chain >> 6] |= U(1) << U(chain & 63)
                break
    return new


@kept()
def answered(s, slot, question, level, row, size):
    """The node of those values, which is remembered as the answer to the question."""
    answer = np.int64(_node(s, level, row, size))
    s.cache[slot, 0], s.cache[slot, 1] = question, answer
    return answer


@kept()
def merged(s, a, b):
    """What is in either of two nodes of a level."""
    if b in (a, 0):
        return a
    if a == 0:
        return b
    if a > b:
        a, b = b, a
    question = _MERGE | a << 28 | b
    slot = slot_of(s, question)
    if s.cache[slot, 0] == question:
        return s.cache[slot, 1]
    level, i, j, size = s.nodes[a, 0], s.nodes[a, 1], s.nodes[b, 1], 0
    values, below = s.work[level, _MERGED], s.work[level, _MERGED_BELOW]
    end, other_end = i + s.nodes[a, 2], j + s.nodes[b, 2]
    while i < end or j < other_end:
        if j == other_end or (i < end and s.edges[i, 0] < s.edges[j, 0]):
            values[size], below[size] = s.edges[i, 0], s.edges[i, 1]
            i += 1
        elif i == end or s.edges[j, 0] < s.edges[i, 0]:
            values[size], below[size] = s.edges[j, 0], s.edges[j, 1]
            j += 1
        else:
            values[size] = s.edges[i, 0]
            below[size] = merged(s, np.int64(s.edges[i, 1]), np.int64(s.edges[j, 1]))
            i, j = i + 1, j + 1
        size += 1
    return answered(s, slot, question, level, _MERGED, size)


@kept()
def _put(s, level, size, value, below):
    """Let more be below a value that is reached; how many values are, of which there were `size`."""
    reached = s.work[level, _REACHED]
    if below and reached[value] == 0:
        s.work[level, _MET, size] = value
        reached[value] = below
        return size + 1
    reached[value] = merged(s, np.int64(reached[value]), below)
    return size


@kept()
def _kept(s, slot, question, level, size):
    """The node of the values that were met and what was reached below them, which is forgotten: the answer to the question."""
    reached, values, below = s.work[level, _REACHED], s.work[level, _MET], s.work[level, _MET_BELOW]
    values[:size].sort()
    for i in range(size):
        below[i] = reached[values[i]]
        reached[values[i]] = 0
    return answered(s, slot, question, level, _MET, size)


@kept()
def _fired(s, chain, node, level):
    """Where the chain leads from the node, and all that events below lead to from there: it is saturated. Chain 0 leads nowhere
    else."""
    question = np.int64(_FIRE | chain << 28 | node)
    slot = slot_of(s, question)
    if s.cache[slot, 0] == question:
        return s.cache[slot, 1]
    here, row, rest = chain != 0 and s.links[chain, 0] == level, s.links[chain, 1], np.int64(chain)
    if here:
        rest = np.int64(s.links[chain, 2])
    begin, size = s.nodes[node, 1], 0
    for edge in range(begin, begin + s.nodes[node, 2]):
        value, below = s.edges[edge, 0], np.int64(s.edges[edge, 1])
        target = s.rows[row + value] if here else value
        if target >= 0 and can(s, rest, below):
            size = _put(s, level, size, target, _fired(s, rest, below, level - 1) if rest else below)
    reached, waits, waiting = s.work[level, _REACHED], s.work[level, _WAITS], s.work[level, _WAITING]
    left = size
    for i in range(size):
        waiting[i] = s.work[level, _MET, i]
        waits[waiting[i]] = 1
    while left:
        left -= 1
        value = waiting[left]
        waits[value] = 0
        place = s.first[level] + value
        for number in range(s.begins[place], s.begins[place + 1]):
            rest, target, below = np.int64(s.taken[number, 0]), s.taken[number, 1], np.int64(reached[value])
            if can(s, rest, below) and not s.counts[STOPPED]:
                before = reached[target]
                size = _put(s, level, size, target, _fired(s, rest, below, level - 1) if rest else below)
                if reached[target] != before and not waits[target]:
                    waits[target], waiting[left] = 1, target
                    left += 1
    return _kept(s, slot, question, level, size)


@kept(nogil=True)
def saturate(store, initial):
    """The node of all that is reached from the state with these values (by level)."""
    s = borrowed(store)
    node = np.int64(1)
    for level in range(1, len(s.sizes)):
        s.work[level, VALUES, 0], s.work[level, BELOW, 0] = initial[level], node
        node = _fired(s, np.int64(0), np.int64(_node(s, level, VALUES, 1)), np.int64(level))
    return node


@kept()
def _stepped(s, chain, node, level):
    """Where the chain leads from the node, and no further."""
    if s.counts[STOPPED]:
        return np.int64(0)
    question = np.int64(_STEP | chain << 28 | node)
    slot = slot_of(s, question)
    if s.cache[slot, 0] == question:
        return s.cache[slot, 1]
    here, row, rest = s.links[chain, 0] == level, s.links[chain, 1], np.int64(chain)
    if here:
        rest = np.int64(s.links[chain, 2])
    begin, size = s.nodes[node, 1], 0
    for edge in range(begin, begin + s.nodes[node, 2]):
        value, below = s.edges[edge, 0], np.int64(s.edges[edge, 1])
        target = s.rows[row + value] if here else value
        if target >= 0 and can(s, rest, below):
            size = _put(s, level, size, target, _stepped(s, rest, below, level - 1) if rest else below)
    return _kept(s, slot, question, level, size)


@kept()
def _image(s, node, level):
    if level == 0 or s.counts[STOPPED]:
        return np.int64(0)
    question = np.int64(_IMAGE | node)
    slot = slot_of(s, question)
    if s.cache[slot, 0] == question:
        return s.cache[slot, 1]
    begin, size = s.nodes[node, 1], 0
    for edge in range(begin, begin + s.nodes[node, 2]):
        value, below = s.edges[edge, 0], np.int64(s.edges[edge, 1])
        size = _put(s, level, size, value, _image(s, below, level - 1))
        place = s.first[level] + value
        for number in range(s.begins[place], s.begins[place + 1]):
            rest, target = np.int64(s.taken[number, 0]), s.taken[number, 1]
            if can(s, rest, below):
                size = _put(s, level, size, target, _stepped(s, rest, below, level - 1) if rest else below)
    return _kept(s, slot, question, level, size)


@kept(nogil=True)
def image(store, node):
    """All that one event leads to from somewhere in the node, which is of the highest level."""
    s = borrowed(store)
    return _image(s, np.int64(node), np.int64(len(s.sizes) - 1))


@kept(nogil=True)
def merge(store, a, b):
    """What is in either of two nodes of a level."""
    return merged(borrowed(store), np.int64(a), np.int64(b))


@kept(nogil=True)
def node(store, level, values, below):
    """The node of these values, in their order, and what is below each."""
    s = borrowed(store)
    size = len(values)
    s.work[level, VALUES, :size], s.work[level, BELOW, :size] = values, below
    return _node(s, level, VALUES, size)
