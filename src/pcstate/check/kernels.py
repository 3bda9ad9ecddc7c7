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
from pcstate.check.bit_kernels import kept, mix
from pcstate.check.expand_kernels import equal

__all__ = [
    "PARTITIONS",
    "RECENT",
    "look_up",
    "number_new",
    "place_all",
    "rehash",
    "resolve",
    "settle_new",
    "spread",
    "visit",
]

PARTITIONS = 8
"""The states are spread over that many tables, by their hash: each grows on its own, and belongs to one thread."""
RECENT = 1 << 12
"""Candidates that are remembered, by hash, while those of a batch are spread: few enough to stay near the processor."""

U = np.uint64
_0, _1, _32 = U(0), U(1), U(32)
_AHEAD = U(16)
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


@kept(nogil=True)
def spread(keys, low, high, recent, order, count, target):
    """A tag and the place of each of the candidates from `low` to `high` into the row of `order` that is its partition's.

    `count` gets how many each row has. What is the same as a recent candidate, as half of them are, is left out: `target` gets -2
    minus the place of that one; of the others, -1. `recent` has places of candidates, by hash; whatever else it has is no harm.
    There is no branch: the processor could not foresee which way it goes.
    """
    partitions = U(len(count))
    drop = _drop(recent)
    counts = np.zeros(partitions, np.int64)  # not in `count`: there other threads write beside
    low, high = U(low), U(high)
    for n in range(low, high):
        mixed = _hash(keys, n)
        slot = _tag(mixed) >> drop
        other = U(recent[slot])
        other = other if low <= other < n else n
        again = (other != n) & equal(keys, other, keys, n)
        recent[slot] = other if again else n
        target[n] = -2 - np.int64(other) if again else -1
        p = _partition(mixed, partitions)
        order[p, U(counts[p])] = _tag(mixed) | n
        counts[p] += not again
    for p in range(partitions):
        count[p] = counts[p]


@njit(inline="always")
def _drop(table):
    """By how much a table's entry is to be shifted to be its slot."""
    drop = U(64)
    while len(table) >> (64 - np.int64(drop)) > 1:
        drop -= _1
    return drop


@kept(nogil=True)
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
                    if equal(keys, number - _PENDING, keys, place):
                        target[place] = -2 - np.int64(number - _PENDING)
                        break
                elif equal(states, number - _1, keys, place):
                    target[place] = number - _1
                    break
            slot = (slot + _1) & last
    return found


@kept(nogil=True)
def number_new(states, total, keys, low, high, target):
    """Give the new among the candidates from `low` to `high` their numbers, in order, from `total` on. Returns the new total."""
    for place in range(U(low), U(high)):
        if target[place] == -1:
            for w in range(U(states.shape[1])):
                states[U(total), w] = keys[place, w]
            target[place] = total
            total += 1
    return total


@kept(nogil=True)
def resolve(target, low, high):
    """Give the others among these the numbers of those that they are the same as, which have one or are resolved, too."""
    for place in range(U(low), U(high)):
        found = target[place]
        while found < -1:
            found = target[U(-2 - found)]
        target[place] = found


@kept(nogil=True)
def settle_new(table, new, count, target):
    """Write the numbers that the new ones, so many, were given into the table."""
    for k in range(U(count)):
        slot = new[k]
        content = table[slot]
        table[slot] = (content & _TAG) | U(target[(content & _LOW) - _PENDING] + 1)


@kept(nogil=True)
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


@kept(nogil=True)
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


visit = kept(nogil=True)(components.visit)
"""`components.visit` on arrays."""


@kept(nogil=True)
def add_class(states, total, word, shift, mask, kind_of, code):
    """Add to each state's code the kind of its configuration in one group."""
    for n in range(total):
        code[n] += kind_of[(states[n, word] >> shift) & mask]


@kept(nogil=True)
def first_of_each(code, first):
    """For each code the first state that has it; -1 stays where none has."""
    for n in range(len(code)):
        if first[code[n]] < 0:
            first[code[n]] = n
