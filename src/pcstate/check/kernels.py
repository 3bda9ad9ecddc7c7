"""The inner loops of the compiled search, for numba. Imported only when a search is large.

A state is one or two words of 63 bits; a group's configuration is a field in one of them. A table of states holds, by hash, 32
bits of the hash and a number: `tag << 32 | number + 1`. While a batch is being looked up, a state that is new to it has no number
yet: its slot holds PENDING plus the place of the candidate that was first.

Indices are unsigned: numba looks at the sign of any other, to count from the end.
"""

from typing import Any

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from pcstate.check import components
from pcstate.check.bit_kernels import mix, ones, trailing
from pcstate.check.packing import ALLOWED, MOVED, STEPS, UNKNOWN

__all__ = [
    "PARTITIONS",
    "RECENT",
    "canonical",
    "expand",
    "look_up",
    "number_new",
    "place_all",
    "rehash",
    "settle_new",
    "spread",
    "unexpanded",
    "unknown",
    "visit",
]

PARTITIONS = 8
"""The states are spread over that many tables, by their hash: each grows on its own, and belongs to one thread."""
RECENT = 1 << 12
"""Candidates that are remembered, by hash, while those of a batch are spread: few enough to stay near the processor."""

U = np.uint64
_0, _1, _32, _63 = U(0), U(1), U(32), U(63)
_AHEAD = U(16)
_ASKED = UNKNOWN + 1
_PENDING = U(1 << 31)
_LOW = U((1 << 32) - 1)
_TAG = U(((1 << 32) - 1) << 32)


@intrinsic
def _prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Ask for `array[index]` before it is needed."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        from llvmlite import ir

        view = context.make_array(signature.args[0])(context, builder, args[0])
        pointer = builder.bitcast(builder.gep(view.data, [args[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [pointer.type, word, word, word]), "llvm.prefetch.p0i8"
        )
        builder.call(function, [pointer, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(array, types.uint64), codegen


@njit(inline="always")
def _equal(left, one, right, other):
    same = True
    for w in range(U(left.shape[1])):
        same &= left[one, w] == right[other, w]
    return same


@njit(nogil=True, cache=True)
def unexpanded(states, low, high, word, shift, mask, base, row_of, missing):
    """The places in `row_of` that the states from `low` to `high` need and that have no row yet; how many `missing` got."""
    found = 0
    for n in range(low, high):
        for g in range(len(shift)):
            at = base[g] + ((states[n, word[g]] >> shift[g]) & mask[g])
            if row_of[at] == -1:
                row_of[at] = -2
                missing[found] = at
                found += 1
    for k in range(found):
        row_of[missing[k]] = -1
    return found


@njit(nogil=True, cache=True)
def unknown(states, low, high, word, shift, mask, base, row_of, cells, step, parties, party, missing):
    """The unknown steps that the states from `low` to `high` need, which have all rows; how many `missing` got.

    For each the place of its row, its vector, and where in `step` it is.
    """
    groups = U(len(shift))
    places = np.empty(groups, np.int64)
    rows = np.empty(groups, np.uint64)
    found = _0
    for n in range(U(low), U(high)):
        for g in range(groups):
            places[g] = base[g] + ((states[n, U(word[g])] >> shift[g]) & mask[g])
            rows[g] = row_of[U(places[g])]
        for u in range(U(cells.shape[1])):
            enabled = cells[rows[_0], u, ALLOWED]
            for g in range(_1, groups):
                enabled &= cells[rows[g], u, ALLOWED]
            while enabled != _0:
                bit = trailing(enabled)
                enabled &= enabled - _1
                v = u * U(64) + bit
                for p in range(parties[v], parties[v + _1]):
                    g = U(party[p])
                    moved = cells[rows[g], u, MOVED]
                    if (moved >> bit) & _1:
                        slot = cells[rows[g], u, STEPS] + ones(moved & ((_1 << bit) - _1))
                        if step[slot] == UNKNOWN:
                            step[slot] = _ASKED
                            missing[found, 0], missing[found, 1], missing[found, 2] = places[g], v, slot
                            found += _1
    for k in range(found):
        step[missing[k, 2]] = UNKNOWN
    return np.int64(found)


@njit(nogil=True, cache=True)
def expand(states, low, high, word, shift, mask, base, row_of, cells, step, parties, party, first, keys, vectors, degree, begin):
    """The successors of the states from `low` to `high`, by state and vector, into `keys` and `vectors` from place `begin` on.

    Where a vector that is `first` leads elsewhere, it alone is taken; `first` says it of each vector, or is empty. `degree` gets
    how many each state has. Returns the place behind the last; -1 where a state needs a row that there is not, or a step that
    is unknown.
    """
    words = U(states.shape[1])
    groups = U(len(shift))
    rows = np.empty(groups, np.uint64)
    at = U(begin)
    for n in range(U(low), U(high)):
        for g in range(groups):
            row = row_of[U(base[g] + ((states[n, U(word[g])] >> shift[g]) & mask[g]))]
            if row < 0:
                return -1
            rows[g] = row
        known = at
        for u in range(U(cells.shape[1])):
            enabled = cells[rows[_0], u, ALLOWED]
            for g in range(_1, groups):
                enabled &= cells[rows[g], u, ALLOWED]
            while enabled != _0:
                vectors[at] = u * U(64) + trailing(enabled)
                enabled &= enabled - _1
                at += _1
        degree[n - U(low)] = at - known
        for k in range(known, at):
            v = U(vectors[k])
            bit = v & _63
            p, end = parties[v], parties[v + _1]
            for w in range(words):
                key = states[n, w]
                while p < end and U(word[party[p]]) == w:
                    g = U(party[p])
                    row, moved = rows[g], cells[rows[g], v >> U(6), MOVED]
                    if (moved >> bit) & _1:
                        before = ones(moved & ((_1 << bit) - _1))
                        by = np.int64(step[cells[row, v >> U(6), STEPS] + before])
                        if by == UNKNOWN:
                            return -1
                        key += by << shift[g]
                    p += _1
                keys[k, w] = key
        if len(first):
            for k in range(known, at):
                if first[U(vectors[k])] and not _equal(keys, k, states, n):
                    vectors[known] = vectors[k]
                    for w in range(words):
                        keys[known, w] = keys[k, w]
                    at = known + _1
                    degree[n - U(low)] = 1
                    break
    return np.int64(at)


@njit(nogil=True, cache=True)
def canonical(keys, low, high, word, shift, mask, base, table, target, turn):
    """Put for each candidate the least of all states that differ from it by a permutation only; `turn` gets which that took.

    `table[p, place]` is what permutation p makes of a group's configuration, in the field of group `target[p, g]`; negative where
    the permutation is none of this state's.
    """
    words = keys.shape[1]
    groups = len(shift)
    places = np.empty(groups, np.int64)
    best = np.empty(words, np.int64)
    other = np.empty(words, np.int64)
    for n in range(low, high):
        for g in range(groups):
            places[g] = base[g] + ((keys[n, word[g]] >> shift[g]) & mask[g])
        turn[n] = 0
        best[:] = keys[n]
        for p in range(1, len(table)):
            other[:] = 0
            allowed = True
            for g in range(groups):
                part = table[p, places[g]]
                if part < 0:
                    allowed = False
                    break
                other[word[target[p, g]]] += part
            if not allowed:
                continue
            w = 0
            while w < words - 1 and other[w] == best[w]:
                w += 1
            if other[w] < best[w]:
                best[:] = other
                turn[n] = p
        keys[n] = best


@njit(inline="always")
def _hash(states, n):
    mixed = _0
    for w in range(U(states.shape[1])):
        mixed = mix(mixed ^ U(states[n, w]))
    return mixed


@njit(inline="always")
def _partition(mixed: np.uint64, partitions: np.uint64) -> np.uint64:
    """One of so many partitions, by the upper half of a hash."""
    return ((mixed >> _32) * partitions) >> _32


@njit(inline="always")
def _tag(mixed: np.uint64) -> np.uint64:
    """The lower half of a hash, in the upper half of a word."""
    return mixed << _32


@njit(nogil=True, cache=True)
def spread(keys, low, high, recent, order, count, target):
    """A tag and the place of each of the candidates from `low` to `high` into the row of `order` that is its partition's.

    `count` gets how many each row has. What is the same as a recent candidate, as half of them are, is left out: `target` gets -2
    minus the place of that one; of the others, -1. `recent` has places of candidates, by hash; whatever else it has is no harm.
    There is no branch: the processor could not foresee which way it goes.
    """
    partitions = U(len(count))
    drop = _drop(recent)
    count[:] = 0
    low, high = U(low), U(high)
    for n in range(low, high):
        mixed = _hash(keys, n)
        slot = _tag(mixed) >> drop
        other = U(recent[slot])
        other = other if low <= other < n else n
        again = (other != n) & _equal(keys, other, keys, n)
        recent[slot] = other if again else n
        target[n] = -2 - np.int64(other) if again else -1
        p = _partition(mixed, partitions)
        order[p, U(count[p])] = _tag(mixed) | n
        count[p] += not again


@njit(inline="always")
def _drop(table):
    """By how much a table's entry is to be shifted to be its slot."""
    drop = U(64)
    while len(table) >> (64 - np.int64(drop)) > 1:
        drop -= _1
    return drop


@njit(nogil=True, cache=True)
def look_up(states, table, keys, order, count, target, new, found):
    """Look up the candidates `order[:count]`, all of the partition of `table`.

    `target` gets each one's number; -1 where it is new, -2 minus the place of the first where it is new but not the first. `new`
    gets from `found` on the places in the table of the new ones. Returns how many `new` has then.
    """
    last = U(len(table) - 1)
    drop = _drop(table)
    words = U(states.shape[1])
    high = U(count)
    for k in range(min(high, _AHEAD)):
        _prefetch(table, order[k] >> drop)
    for k in range(high):
        if k + _AHEAD < high:
            _prefetch(table, order[k + _AHEAD] >> drop)
            _prefetch(states, ((table[order[k + _AHEAD // U(2)] >> drop] & _LOW) - _1) * words)
        entry = order[k]
        place = entry & _LOW
        slot = entry >> drop
        while True:
            content = table[slot]
            if content == _0:
                table[slot] = entry | _PENDING
                new[U(found)] = slot
                found += 1
                target[place] = -1
                break
            if (content ^ entry) & _TAG == _0:
                number = content & _LOW
                if number >= _PENDING:
                    if _equal(keys, number - _PENDING, keys, place):
                        target[place] = -2 - np.int64(number - _PENDING)
                        break
                elif _equal(states, number - _1, keys, place):
                    target[place] = number - _1
                    break
            slot = (slot + _1) & last
    return found


@njit(nogil=True, cache=True)
def number_new(states, total, keys, low, high, target):
    """Give the new among the candidates from `low` to `high` their numbers, in order, from `total` on. Returns the new total."""
    for place in range(U(low), U(high)):
        found = target[place]
        if found == -1:
            for w in range(U(states.shape[1])):
                states[U(total), w] = keys[place, w]
            target[place] = total
            total += 1
        elif found < -1:
            target[place] = target[U(-2 - found)]
    return total


@njit(nogil=True, cache=True)
def settle_new(table, new, target):
    """Write the numbers that the new ones were given into the table."""
    for slot in new:
        content = table[slot]
        table[slot] = (content & _TAG) | U(target[(content & _LOW) - _PENDING] + 1)


@njit(nogil=True, cache=True)
def place_all(states, total, p, table):
    """Enter those of all states that are of partition `p` into its table, which is empty. Returns how many they are."""
    last = U(len(table) - 1)
    drop = _drop(table)
    filled = 0
    for n in range(U(total)):
        mixed = _hash(states, n)
        if _partition(mixed, U(PARTITIONS)) == U(p):
            slot = _tag(mixed) >> drop
            while table[slot] != _0:
                slot = (slot + _1) & last
            table[slot] = _tag(mixed) | (n + _1)
            filled += 1
    return filled


@njit(nogil=True, cache=True)
def rehash(table, bigger):
    """Move what `table` holds into `bigger`, which is empty; the tags say where to."""
    last = U(len(bigger) - 1)
    drop = _drop(bigger)
    for content in table:
        if content != _0:
            slot = content >> drop
            while bigger[slot] != _0:
                slot = (slot + _1) & last
            bigger[slot] = content


visit = njit(nogil=True, cache=True)(components.visit)
"""`components.visit` on arrays."""


@njit(nogil=True, cache=True)
def add_class(states, total, word, shift, mask, kind_of, code):
    """Add to each state's code the kind of its configuration in one group."""
    for n in range(total):
        code[n] += kind_of[(states[n, word] >> shift) & mask]


@njit(nogil=True, cache=True)
def first_of_each(code, first):
    """For each code the first state that has it; -1 stays where none has."""
    for n in range(len(code)):
        if first[code[n]] < 0:
            first[code[n]] = n
