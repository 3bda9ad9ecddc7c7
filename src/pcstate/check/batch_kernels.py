"""Batch after batch of the compiled search, for numba: what each of its threads does, and where they wait for each other.

A batch has parts. The threads take these, one after the other, expand each, and spread what it finds over the partitions of the
tables; take the partitions, and look up what all parts found for each; take the parts again, and number what is new in each; and
enter that into the tables. At each of these steps all threads are done with the one before. They wait in a loop: what they wait
for is over in microseconds, and to be woken takes a hundred.

What cannot be done here is left to the caller: the threads end, all with the same answer, where they can go on from.
"""

import os
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

from pcstate.check.bit_kernels import kept
from pcstate.check.expand_kernels import canonical, expand
from pcstate.check.kernels import look_up, number_new, resolve, settle_new, spread

__all__ = [
    "ARRIVED", "CROWDED", "EXPANDED", "FULL", "FULL_AT", "KEEPS", "LACKS", "LEFT", "LEVELS", "LEVEL_END", "MOST", "PARTS",
    "REGISTERS", "STAGE", "STOPPED", "TAKEN", "TOTAL", "TRANSITIONS", "WIDER", "Batch", "search_on",
]  # fmt: skip

REGISTERS = 14
(
    ARRIVED, TAKEN, STOPPED, TOTAL, EXPANDED, TRANSITIONS, LEVEL_END, LEVELS, LEFT, MOST, STAGE, PARTS, WIDER, KEEPS
) = range(REGISTERS)  # fmt: skip
"""How often a thread came to where it waits, or took what is to be done, and whether it shall end; the search as far as it is,
the end of the present level, and how many have ended; how many batches there may be still, and states before it stops; what is
done first, and in how many parts it was done last; for how many states more threads are worth it; and whether transitions are
kept."""
DONE, LACKS, CROWDED, FULL, WIDE = range(5)
"""Why the threads end: as many batches as were asked for, all states, or too many; a row or a step that is not known; too little
room for what one thread found; a table that has too little room; or there is work for more threads."""
_EXPANDS, _SPREADS, _LOOKS_UP = range(3)
"""STAGE."""
FULL_AT = 0.7
"""How full a table of states may get."""

_0 = np.int64(0)
"""For numba, a 0 in the code has a type of its own: it would compile for both what is called with either."""
_SMALL = 256
"""So many states are worth being a part."""
_LOOKS = 2000
"""How often a thread looks whether the others are there before it lets somebody else run."""


class Batch(NamedTuple):
    """What the threads share. `register` has the numbers above; what part k finds begins at place `k * room`."""

    register: npt.NDArray[np.int64]
    levels: npt.NDArray[np.int64]
    """The ends of levels, as they are come to: LEVELS says how many."""
    keys: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.int32]
    turn: npt.NDArray[np.uint8]
    target: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int64]
    """By part: the place behind its last candidate, -1 where a state could not be expanded."""
    degree: npt.NDArray[np.int32]
    """By part."""
    recent: npt.NDArray[np.uint64]
    """By thread."""
    order: npt.NDArray[np.uint64]
    """By part and partition."""
    count: npt.NDArray[np.int64]
    """By part and partition."""
    new: npt.NDArray[np.uint64]
    """By partition: the places in its table of those that are new."""
    news: npt.NDArray[np.int64]
    """By partition: how many these are."""
    fresh: npt.NDArray[np.int64]
    """By partition and part: how many were new."""
    filled: npt.NDArray[np.int64]
    """By partition: how many states its table holds."""


@intrinsic
def _add_one(typingctx: Any, array: Any, index: Any) -> Any:
    """Add 1 to `array[index]`, for all threads; what it was."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, args[0])
        one = context.get_constant(types.int64, 1)
        return builder.atomic_rmw("add", builder.gep(view.data, [args[1]]), one, "seq_cst")

    return types.int64(array, types.int64), codegen


@intrinsic
def _now(typingctx: Any, array: Any, index: Any) -> Any:
    """What `array[index]` is now, after all that was before another thread changed it."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.load_atomic(builder.gep(view.data, [args[1]]), "seq_cst", 8)

    return types.int64(array, types.int64), codegen


if hasattr(os, "sched_yield"):
    _sched_yield = types.ExternalFunction("sched_yield", types.int32())

    @njit
    def _let_others_run():
        _sched_yield()
else:

    @njit
    def _let_others_run():
        pass


@njit
def _take(register, taken):
    """What is to be done next, from 0 on, where so much was taken before; each thread asks once more than there is."""
    return _add_one(register, TAKEN) - taken


@njit
def _wait(register, times):
    """Come to where all threads wait until they arrived so many times; False if somebody stopped them."""
    _add_one(register, ARRIVED)
    looks = 0
    while _now(register, ARRIVED) < times:
        if _now(register, STOPPED):
            return False
        looks += 1
        if looks > _LOOKS:
            _let_others_run()
    return True


@kept(nogil=True)
def search_on(me, threads, states, tables, at, rows, first, images, target_of, batch):
    """What thread `me` of `threads` does until all of them end; why they do. ARRIVED and TAKEN must be 0.

    `images` and `target_of` are the tables of permutations (`canonical`), or empty.
    """
    register = batch.register
    total, low, level_end, left = register[TOTAL], register[EXPANDED], register[LEVEL_END], register[LEFT]
    transitions, ended, stage, parts = register[TRANSITIONS], register[LEVELS], register[STAGE], register[PARTS]
    why, times, taken = DONE, _0, _0
    while True:
        high = min(low + batch.degree.size, level_end)
        if stage == _EXPANDS:
            if left == 0 or low == total or total > register[MOST] or ended == len(batch.levels):
                break
            if level_end - low >= register[WIDER]:
                why = WIDE
                break
            parts = _parts(high - low, batch)
        if stage != _LOOKS_UP:
            spreads = stage == _SPREADS
            _expand_parts(me, taken, low, high, parts, spreads, states, at, rows, first, images, target_of, batch)
            taken += parts + threads
        times += threads
        if not _wait(register, times):
            return DONE
        why, stage = _hindrance(parts, tables, batch)
        if why != DONE:
            break
        _look_up_parts(taken, parts, states, tables, batch)
        taken, times = taken + len(tables) + threads, times + threads
        if not _wait(register, times):
            return DONE
        _number_parts(taken, parts, total, states, batch)
        taken, times = taken + parts + threads, times + threads
        if not _wait(register, times):
            return DONE
        _settle_parts(taken, parts, tables, batch)
        for k in range(parts):
            transitions += batch.ends[k] - _begin(k, batch)
        for p in range(len(tables)):
            total += _sum(batch.fresh[p], parts)
        low, left = high, left - 1
        if low == level_end and total > low:
            level_end = total
            if me == 0:
                batch.levels[ended] = total
            ended += 1
        taken, times = taken + len(tables) + parts + threads, times + threads
        if not _wait(register, times):
            return DONE
    if me == 0:
        register[TOTAL], register[EXPANDED], register[LEVEL_END], register[LEFT] = total, low, level_end, left
        register[TRANSITIONS], register[LEVELS], register[STAGE], register[PARTS] = transitions, ended, stage, parts
    return why


@njit
def _parts(states, batch):
    """In how many parts so many states are expanded."""
    most, largest = batch.degree.shape
    return most if states >= most * _SMALL else 1 + (states - 1) // largest


@njit
def _begin(k, batch):
    """Where the candidates of a part begin."""
    return k * (len(batch.keys) // len(batch.ends))


@njit
def _sum(numbers, count):
    """The sum of so many, from the first on."""
    total = 0
    for k in range(count):
        total += numbers[k]
    return total


@njit
def _expand_parts(me, taken, low, high, parts, spreads, states, at, rows, first, images, target_of, batch):
    """Expand parts of the states from `low` to `high`, or only spread what was found."""
    k = _take(batch.register, taken)
    while k < parts:
        begin, cut, end = _begin(k, batch), low + (high - low) * k // parts, low + (high - low) * (k + 1) // parts
        if not spreads:
            end = expand(states, cut, end, at, rows, first, batch.keys, batch.vectors, batch.degree[k], begin)
            if len(images) and end > begin:
                canonical(batch.keys, begin, end, at, images, target_of, batch.turn)
            batch.ends[k] = end
        end = batch.ends[k]
        if end - begin < batch.order.shape[2]:
            spread(batch.keys, begin, max(begin, end), batch.recent[me], batch.order[k], batch.count[k], batch.target)
        k = _take(batch.register, taken)


@njit
def _hindrance(parts, tables, batch):
    """Why what was found cannot be looked up, DONE if it can; and the stage that comes next."""
    for k in range(parts):
        if batch.ends[k] < 0:
            return LACKS, _EXPANDS
    for k in range(parts):
        if batch.ends[k] - _begin(k, batch) >= batch.order.shape[2]:
            return CROWDED, _SPREADS
    for p in range(len(tables)):
        filled = batch.filled[p]
        for k in range(parts):
            filled += batch.count[k, p]
        if filled > FULL_AT * len(tables[p]):
            return FULL, _LOOKS_UP
    return DONE, _EXPANDS


@njit
def _look_up_parts(taken, parts, states, tables, batch):
    """Look up what all parts found for some partitions."""
    p = _take(batch.register, taken)
    while p < len(tables):
        found = _0
        for k in range(parts):
            before, asked = found, batch.count[k, p]
            found = look_up(states, tables[p], batch.keys, batch.order[k, p], asked, batch.target, batch.new[p], found)
            batch.fresh[p, k] = found - before
        batch.news[p] = found
        p = _take(batch.register, taken)


@njit
def _number_parts(taken, parts, total, states, batch):
    """Number what is new in some parts."""
    k = _take(batch.register, taken)
    while k < parts:
        before = total
        for p in range(len(batch.fresh)):
            before += _sum(batch.fresh[p], k)
        number_new(states, before, batch.keys, _begin(k, batch), batch.ends[k], batch.target)
        k = _take(batch.register, taken)


@njit
def _settle_parts(taken, parts, tables, batch):
    """Enter what is new in some partitions; where it is kept, number also what was found more than once by some parts."""
    k, most = _take(batch.register, taken), len(tables)
    while k < most + parts:
        if k < most:
            settle_new(tables[k], batch.new[k], batch.news[k], batch.target)
            batch.filled[k] += batch.news[k]
        elif batch.register[KEEPS]:
            resolve(batch.target, _begin(k - most, batch), batch.ends[k - most])
        k = _take(batch.register, taken)
