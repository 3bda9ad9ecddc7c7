"""What comes after a state, for numba: the loops that read the tables of `packing`.

Indices are unsigned: numba looks at the sign of any other, to count from the end.
"""

import numpy as np
from numba import njit

from pcstate.check.bit_kernels import kept, ones, trailing
from pcstate.check.packing import KNOWN, STEPS, UNKNOWN

__all__ = ["canonical", "equal", "expand", "unexpanded", "unknown"]

U = np.uint64
_0, _1 = U(0), U(1)
_ASKED = UNKNOWN + 1


@njit(inline="always")
def _place(states, n, at, g):
    """Where the configuration of group g is among those of all, in state n."""
    return U(at.base[g] + ((states[n, U(at.word[g])] >> at.shift[g]) & at.mask[g]))


@kept(nogil=True)
def unexpanded(states, low, high, at, row_of, missing):
    """The places in `row_of` that the states from `low` to `high` need and that have no row yet; how many `missing` got."""
    found = 0
    for n in range(U(low), U(high)):
        for g in range(U(len(at.shift))):
            place = _place(states, n, at, g)
            if row_of[place] == -1:
                row_of[place] = -2
                missing[found] = place
                found += 1
    for k in range(found):
        row_of[missing[k]] = -1
    return found


@kept(nogil=True)
def unknown(states, low, high, at, rows, missing):
    """Unknown steps that the states from `low` to `high` need, which have all rows; how many `missing` got. If not all have room
    there, these are what the first of the states need.

    For each the place of its row, its vector, and its place in `own_by`, or -1 for a joint one's.
    """
    groups = U(len(at.shift))
    places, row = np.empty(groups, np.int64), np.empty(groups, np.uint64)
    found, most = _0, U(len(missing) - len(rows.party) - len(rows.name))
    for n in range(U(low), U(high)):
        if found > most:
            break
        for g in range(groups):
            place = _place(states, n, at, g)
            places[g], row[g] = place, rows.row_of[place]
            for k in range(U(rows.first[row[g]]), U(rows.first[row[g] + _1])):
                if rows.own_by[k] == UNKNOWN:
                    rows.own_by[k] = _ASKED
                    missing[found, 0], missing[found, 1], missing[found, 2] = places[g], rows.own[k], k
                    found += _1
        for u in range(U(rows.allowed.shape[1])):
            enabled = _enabled(rows, row, u)
            while enabled != _0:
                bit = trailing(enabled)
                enabled &= enabled - _1
                v = u * U(64) + bit
                for p in range(rows.parties[v], rows.parties[v + _1]):
                    g = U(rows.party[p])
                    if not (rows.cells[row[g], u, KNOWN] >> bit) & _1:
                        rows.cells[row[g], u, KNOWN] |= _1 << bit
                        missing[found, 0], missing[found, 1], missing[found, 2] = places[g], v, -1
                        found += _1
    for k in range(found):
        if missing[k, 2] < 0:
            v, of = U(missing[k, 1]), U(rows.row_of[U(missing[k, 0])])
            rows.cells[of, v >> U(6), KNOWN] &= ~(_1 << (v & U(63)))
            missing[k, 1] = rows.name[v]
        else:
            rows.own_by[U(missing[k, 2])] = UNKNOWN
    return np.int64(found)


@njit(inline="always")
def _enabled(rows, row, u):
    """The joint vectors of word u that all these rows allow."""
    enabled = rows.allowed[row[_0], u]
    for g in range(_1, U(len(row))):
        enabled &= rows.allowed[row[g], u]
    return enabled


@kept(nogil=True)
def expand(states, low, high, at, rows, first, keys, vectors, degree, begin):
    """The successors of the states from `low` to `high`, by state and vector, into `keys` and `vectors` from place `begin` on.

    Where a vector that is `first` leads elsewhere, it alone is taken; `first` says it of each vector, or is empty. `degree` gets
    how many each state has. Returns the place behind the last; -1 where a state needs a row that there is not, or a step that
    is unknown.
    """
    groups, words, joint = U(len(at.shift)), U(states.shape[1]), U(rows.allowed.shape[1])
    row, apart = np.empty(groups, np.uint64), len(rows.name) >= len(rows.parties)  # some vectors are a group's own
    found, after, to = vectors, keys, U(begin)
    if apart:
        found, after, to = np.empty(len(rows.name), np.int32), np.empty((len(rows.name), words), np.int64), _0
    end = U(begin)
    for n in range(U(low), U(high)):
        if not apart:
            to = end
        before = to
        for g in range(groups):
            of = rows.row_of[_place(states, n, at, g)]
            if of < 0:
                return np.int64(-1)
            row[g] = of
        if apart:
            for g in range(groups):
                for k in range(U(rows.first[row[g]]), U(rows.first[row[g] + _1])):
                    by = np.int64(rows.own_by[k])
                    if by == UNKNOWN:
                        return np.int64(-1)
                    for w in range(words):
                        after[to, w] = states[n, w]
                    after[to, U(at.word[g])] += by << at.shift[g]
                    found[to] = rows.own[k]
                    to += _1
        for u in range(joint):
            enabled = _enabled(rows, row, u)
            while enabled != _0:
                bit = trailing(enabled)
                enabled &= enabled - _1
                v = u * U(64) + bit
                for w in range(words):
                    after[to, w] = states[n, w]
                for p in range(rows.parties[v], rows.parties[v + _1]):
                    g = U(rows.party[p])
                    done = rows.cells[row[g], u, KNOWN]
                    if not (done >> bit) & _1:
                        return np.int64(-1)
                    by = np.int64(rows.by[rows.cells[row[g], u, STEPS] + ones(done & ((_1 << bit) - _1))])
                    after[to, U(at.word[g])] += by << at.shift[g]
                found[to] = rows.name[v]
                to += _1
        count = to - before
        if apart:
            sorted_ = _sorted(found, count)
            for k in range(count):
                place = end + (k if sorted_ else _rank(found, k, count))
                vectors[place] = found[k]
                for w in range(words):
                    keys[place, w] = after[k, w]
            to = _0
        degree[n - U(low)] = count
        if len(first):
            for k in range(end, end + count):
                if first[U(vectors[k])] and not equal(keys, k, states, n):
                    vectors[end] = vectors[k]
                    for w in range(words):
                        keys[end, w] = keys[k, w]
                    degree[n - U(low)] = count = _1
                    break
        end += count
    return np.int64(end)


@njit(inline="always")
def _sorted(found, count):
    """Whether so many are in their order."""
    so = True
    for k in range(_1, count):
        so &= found[k - _1] < found[k]
    return so


@njit(inline="always")
def _rank(found, k, count):
    """How many are less than the k-th. There is no branch: the processor could not foresee which way it goes."""
    rank = _0
    for other in range(count):
        rank += U(found[other] < found[k])
    return rank


@njit(inline="always")
def equal(left, one, right, other):
    """Whether two rows of words are the same."""
    same = True
    for w in range(U(left.shape[1])):
        same &= left[one, w] == right[other, w]
    return same


@kept(nogil=True)
def canonical(keys, low, high, at, table, target, turn):
    """Put for each candidate the least of all states that differ from it by a permutation only; `turn` gets which that took.

    `table[p, place]` is what permutation p makes of a group's configuration, in the field of group `target[p, g]`; negative where
    the permutation is none of this state's.
    """
    words, groups = U(keys.shape[1]), U(len(at.shift))
    places, other = np.empty(groups, np.uint64), np.empty((1, words), np.int64)
    for n in range(U(low), U(high)):
        for g in range(groups):
            places[g] = _place(keys, n, at, g)
        turn[n] = 0
        for p in range(_1, U(len(table))):
            if _permuted(table, target, p, at, places, other) and _less(other, _0, keys, n):
                turn[n] = p
                for w in range(words):
                    keys[n, w] = other[_0, w]


@njit(inline="always")
def _permuted(table, target, p, at, places, other):
    """Put what permutation p makes of the state with these `places` into `other`; False where it is none of its."""
    for w in range(U(other.shape[1])):
        other[_0, w] = 0
    for g in range(U(len(places))):
        part = table[p, places[g]]
        if part < 0:
            return False
        other[_0, U(at.word[U(target[p, g])])] += part
    return True


@njit(inline="always")
def _less(left, one, right, other):
    """Whether a row of words comes before another."""
    less = False
    for w in range(U(left.shape[1])):
        if left[one, w] != right[other, w]:
            less = left[one, w] < right[other, w]
            break
    return less
