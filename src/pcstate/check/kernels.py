"""The inner loops of the compiled search, for numba. Imported only when a search is large.

A state is one or two words of 63 bits; a group's configuration is a field in one of them. A table of states holds, by hash, 32
bits of the hash and a number: `tag << 32 | number + 1`. While a batch is being looked up, a state that is new to it has no number
yet: its slot holds PENDING plus the place of the candidate that was first.
"""

from typing import Any

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from pcstate.check import components

__all__ = [
    "PARTITIONS",
    "canonical",
    "expand",
    "look_up",
    "number_new",
    "place_all",
    "rehash",
    "settle_new",
    "spread",
    "unexpanded",
    "visit",
]

PARTITIONS = 8
"""The states are spread over that many tables, by three bits of their hash: each grows on its own, and belongs to one thread."""

_AHEAD = 16
_PENDING = np.int64(1) << np.int64(31)
_LOW = (np.int64(1) << np.int64(32)) - np.int64(1)


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

    return types.void(array, types.int64), codegen


@intrinsic
def _trailing(typingctx: Any, value: Any) -> Any:
    """How many zero bits are below the lowest one."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], cgutils.true_bit)

    return types.uint64(types.uint64), codegen


@intrinsic
def _ones(typingctx: Any, value: Any) -> Any:
    """How many bits are one."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), codegen


@njit(inline="always")
def _mixed(value: np.uint64) -> np.uint64:
    """The finaliser of MurmurHash3 (Appleby): every bit of the argument moves every bit of the result."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


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
    return found


@njit(nogil=True, cache=True)
def expand(
    states, low, high, word, shift, mask, base, row_of, allowed, moved, before, first, delta, parties, party,
    keys, vectors, degree, at,
):  # fmt: skip
    """The successors of the states from `low` to `high`, by state and vector, into `keys` and `vectors` from place `at` on.

    `degree` gets how many each state has. Returns the place behind the last.
    """
    words = states.shape[1]
    groups = len(shift)
    rows = np.empty(groups, np.int64)
    for n in range(low, high):
        for g in range(groups):
            rows[g] = row_of[base[g] + ((states[n, word[g]] >> shift[g]) & mask[g])]
        known = at
        for u in range(allowed.shape[1]):
            enabled = allowed[rows[0], u]
            for g in range(1, groups):
                enabled &= allowed[rows[g], u]
            while enabled != np.uint64(0):
                bit = _trailing(enabled)
                enabled &= enabled - np.uint64(1)
                v = u * 64 + np.int64(bit)
                for w in range(words):
                    keys[at, w] = states[n, w]
                for k in range(parties[v], parties[v + 1]):
                    row = rows[party[k]]
                    own = moved[row, u]
                    if (own >> bit) & np.uint64(1):
                        offer = first[row] + before[row, u] + np.int64(_ones(own & ((np.uint64(1) << bit) - np.uint64(1))))
                        keys[at, word[party[k]]] += delta[offer]
                vectors[at] = v
                at += 1
        degree[n - low] = at - known
    return at


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


@njit(nogil=True, cache=True)
def spread(keys, low, high, hashes, order, starts):
    """The candidates from `low` to `high` by partition: their places into `order`, where each partition begins into `starts`."""
    starts[:] = 0
    for n in range(low, high):
        mixed = np.uint64(0)
        for w in range(keys.shape[1]):
            mixed = _mixed(mixed ^ np.uint64(keys[n, w]))
        hashes[n] = mixed
        starts[np.int64(mixed >> np.uint64(61)) + 1] += 1
    for p in range(PARTITIONS):
        starts[p + 1] += starts[p]
    free = starts[:PARTITIONS].copy()
    for n in range(low, high):
        p = np.int64(hashes[n] >> np.uint64(61))
        order[low + free[p]] = n
        free[p] += 1


@njit(inline="always")
def _tag(mixed: np.uint64) -> np.int64:
    return np.int64((mixed >> np.uint64(29)) & np.uint64(0xFFFFFFFF))


@njit
def _log(size: int) -> int:
    """The logarithm of a power of two."""
    shift = 0
    while size >> shift > 1:
        shift += 1
    return shift


@njit(inline="always")
def _equal(left, one, right, other):
    same = True
    for w in range(left.shape[1]):
        same &= left[one, w] == right[other, w]
    return same


@njit(nogil=True, cache=True)
def look_up(states, table, keys, hashes, order, low, high, target, new, found):
    """Look up the candidates `order[low:high]`, all of the partition of `table`.

    `target` gets each one's number; -1 where it is new, -2 minus the place of the first where it is new but not the first. `new`
    gets from `found` on the places in the table of the new ones. Returns how many `new` has then.
    """
    size = len(table)
    last = size - 1
    drop = 32 - _log(size)
    for k in range(low, min(high, low + _AHEAD)):
        _prefetch(table, _tag(hashes[order[k]]) >> drop)
    for k in range(low, high):
        if k + _AHEAD < high:
            _prefetch(table, _tag(hashes[order[k + _AHEAD]]) >> drop)
        if k + _AHEAD // 2 < high:
            guess = table[_tag(hashes[order[k + _AHEAD // 2]]) >> drop]
            number = (guess & _LOW) - 1
            if 0 <= number < _PENDING - 1:
                _prefetch(states, number * states.shape[1])
        place = order[k]
        tag = _tag(hashes[place])
        slot = tag >> drop
        while True:
            content = table[slot]
            if content == 0:
                table[slot] = (tag << 32) | (_PENDING + place)
                new[found] = slot
                found += 1
                target[place] = -1
                break
            if (content >> 32) & _LOW == tag:
                number = content & _LOW
                if number >= _PENDING:
                    if _equal(keys, number - _PENDING, keys, place):
                        target[place] = -2 - (number - _PENDING)
                        break
                elif _equal(states, number - 1, keys, place):
                    target[place] = number - 1
                    break
            slot = (slot + 1) & last
    return found


@njit(nogil=True, cache=True)
def number_new(states, total, keys, low, high, target):
    """Give the new among the candidates from `low` to `high` their numbers, in order, from `total` on. Returns the new total."""
    for place in range(low, high):
        found = target[place]
        if found == -1:
            for w in range(states.shape[1]):
                states[total, w] = keys[place, w]
            target[place] = total
            total += 1
        elif found < -1:
            target[place] = target[-2 - found]
    return total


@njit(nogil=True, cache=True)
def settle_new(table, new, target):
    """Write the numbers that the new ones were given into the table."""
    for slot in new:
        content = table[slot]
        place = (content & _LOW) - _PENDING
        table[slot] = (content & ~_LOW) | (np.int64(target[place]) + 1)


@njit(nogil=True, cache=True)
def place_all(states, total, p, table):
    """Enter those of all states that are of partition `p` into its table, which is empty. Returns how many they are."""
    last = len(table) - 1
    drop = 32 - _log(len(table))
    filled = 0
    for n in range(total):
        mixed = np.uint64(0)
        for w in range(states.shape[1]):
            mixed = _mixed(mixed ^ np.uint64(states[n, w]))
        if np.int64(mixed >> np.uint64(61)) == p:
            slot = _tag(mixed) >> drop
            while table[slot] != 0:
                slot = (slot + 1) & last
            table[slot] = (_tag(mixed) << 32) | (n + 1)
            filled += 1
    return filled


@njit(nogil=True, cache=True)
def rehash(table, bigger):
    """Move what `table` holds into `bigger`, which is empty; the tags say where to."""
    last = len(bigger) - 1
    drop = 32 - _log(len(bigger))
    for k in range(len(table)):
        content = table[k]
        if content != 0:
            slot = ((content >> 32) & _LOW) >> drop
            while bigger[slot] != 0:
                slot = (slot + 1) & last
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
