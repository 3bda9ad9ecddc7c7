"""Puts states in order as check/symmetry.py does, for numba.

What objects are compared by is hashed. Two that only seem equal are not put in order: that costs states, never answers.
"""

import numpy as np

from pcstate.check import plan as P
from pcstate.check.bit_kernels import inner, mix
from pcstate.check.recall_kernels import VALUE, ask, gather, probe, put

__all__ = ["KEY", "LEFT", "REFS", "sort"]

U = np.uint64
KEY, LEFT, REFS = range(3)
"""The columns of a look: what it is without its references, how many requests a caller has left behind (of a connection: whether
it was never dialled), and the references."""
_UNBORN = 1 << 62
_CONN, _CALLER, _REQUEST = range(3)


@inner
def _mixed(one, other):
    return np.int64(mix(mix(U(np.int64(one))) + U(np.int64(other))))


@inner
def _look(plan, reg, asked, slots, entries, keys, nodes, pool, key, state, objects):
    """How each object looks in `state`."""
    for g in range(objects):
        node = plan[plan[P.LOOKS] + g]
        size = gather(pool, nodes, node, state, key)
        entry = probe(slots, entries, keys, node, key, size)
        if entry >= 0 and entries[entry, VALUE] != P.PENDING:
            reg[P.LOOK_OF + g] = entries[entry, VALUE]
        elif reg[P.ASKED] < len(asked):
            if entry < 0:
                entry = put(slots, entries, keys, reg, node, key, size, P.PENDING)
            ask(reg, asked, P.LOOK, g, entry)


@inner
def _hash_requests(plan, reg, looks):
    conns, callers, requests = plan[P.CONNS], plan[P.CALLERS], plan[P.REQUESTS]
    of_requests = P.HASHES + conns + callers
    for j in range(conns):
        reg[P.HASHES + j] = _mixed(1, looks[reg[P.LOOK_OF + j], KEY])
    for r in range(requests):
        reg[of_requests + r] = _mixed(2, looks[reg[P.LOOK_OF + conns + callers + r], KEY])
    for j in range(conns):
        for k in range(plan[plan[P.REFERENCES] + _CONN], plan[plan[P.REFERENCES] + _CONN + 1]):
            value = looks[reg[P.LOOK_OF + j], REFS + k - plan[plan[P.REFERENCES] + _CONN]]
            if plan[k] == _REQUEST and value >= 0:
                reg[of_requests + value] += _mixed(3, reg[P.HASHES + j])
    for r in range(requests):
        for k in range(plan[plan[P.REFERENCES] + _REQUEST], plan[plan[P.REFERENCES] + _REQUEST + 1]):
            value = looks[reg[P.LOOK_OF + conns + callers + r], REFS + k - plan[plan[P.REFERENCES] + _REQUEST]]
            if plan[k] == _CONN and value >= 0:
                reg[of_requests + r] += _mixed(3, reg[P.HASHES + value])


@inner
def _hash_callers(plan, reg, looks):
    conns, callers, width = plan[P.CONNS], plan[P.CALLERS], plan[P.WIDTH]
    of_requests = P.HASHES + conns + callers
    for i in range(callers):
        look = reg[P.LOOK_OF + conns + i]
        left = looks[look, LEFT]
        found = _mixed(_mixed(4, looks[look, KEY]), left)
        for k in range(plan[plan[P.REFERENCES] + _CALLER], plan[plan[P.REFERENCES] + _CALLER + 1]):
            value = looks[look, REFS + k - plan[plan[P.REFERENCES] + _CALLER]]
            if plan[k] == _CONN:
                found = _mixed(found, reg[P.HASHES + value] if value >= 0 else 0)
        past = 0
        for r in range(i * width, (i + 1) * width):
            if r < i * width + left:
                past += _mixed(5, reg[of_requests + r])
            else:
                found = _mixed(found, reg[of_requests + r])
        reg[P.HASHES + conns + i] = _mixed(found, past)
    for j in range(conns):
        for k in range(plan[plan[P.REFERENCES] + _CONN], plan[plan[P.REFERENCES] + _CONN + 1]):
            value = looks[reg[P.LOOK_OF + j], REFS + k - plan[plan[P.REFERENCES] + _CONN]]
            if plan[k] == _CALLER and value >= 0:
                reg[P.HASHES + conns + value] += _mixed(6, reg[P.HASHES + j])


@inner
def _hash_conns(plan, reg, looks, places):
    """Once callers and requests have their places. What was never dialled comes last."""
    conns, callers, requests = plan[P.CONNS], plan[P.CALLERS], plan[P.REQUESTS]
    for j in range(conns):
        found = reg[P.HASHES + j]
        for k in range(plan[plan[P.REFERENCES] + _CONN], plan[plan[P.REFERENCES] + _CONN + 1]):
            value = looks[reg[P.LOOK_OF + j], REFS + k - plan[plan[P.REFERENCES] + _CONN]]
            if plan[k] != _CONN:
                shift = conns if plan[k] == _CALLER else conns + callers
                found = _mixed(found, places[shift + value] if value >= 0 else -1)
        reg[P.HASHES + j] = found
    for kind in (_CALLER, _REQUEST):
        first = conns if kind == _CALLER else conns + callers
        for n in range(callers if kind == _CALLER else requests):
            for k in range(plan[plan[P.REFERENCES] + kind], plan[plan[P.REFERENCES] + kind + 1]):
                value = looks[reg[P.LOOK_OF + first + n], REFS + k - plan[plan[P.REFERENCES] + kind]]
                if plan[k] == _CONN and value >= 0:
                    reg[P.HASHES + value] += _mixed(7 + kind, places[first + n])
    for j in range(conns):
        reg[P.HASHES + j] = (reg[P.HASHES + j] & _UNBORN - 1) + looks[reg[P.LOOK_OF + j], LEFT] * _UNBORN


@inner
def _rank(reg, first, count):
    """Sort the list TAKE, of numbers that `reg[first:]` has a hash of."""
    for k in range(1, count):
        number, at = reg[P.TAKE + k], k
        while at > 0 and reg[first + reg[P.TAKE + at - 1]] > reg[first + number]:
            reg[P.TAKE + at] = reg[P.TAKE + at - 1]
            at -= 1
        reg[P.TAKE + at] = number


@inner
def _place(plan, reg, looks, places):
    """Where every object goes: connections, then callers, then requests."""
    conns, callers, width = plan[P.CONNS], plan[P.CALLERS], plan[P.WIDTH]
    _hash_requests(plan, reg, looks)
    _hash_callers(plan, reg, looks)
    for i in range(callers):
        places[conns + i] = i
    for group in range(plan[P.ALIKES]):
        begin, end = plan[plan[P.ALIKE] + group], plan[plan[P.ALIKE] + group + 1]
        for k in range(begin, end):
            reg[P.TAKE + k - begin] = plan[k]
        _rank(reg, P.HASHES + conns, end - begin)
        for k in range(begin, end):
            places[conns + reg[P.TAKE + k - begin]] = plan[k]
    requests = conns + callers
    for i in range(callers):
        first, left = i * width, looks[reg[P.LOOK_OF + conns + i], LEFT]
        for k in range(left):
            reg[P.TAKE + k] = first + k
        _rank(reg, P.HASHES + requests, left)
        for k in range(width):
            places[requests + (reg[P.TAKE + k] if k < left else first + k)] = places[conns + i] * width + k
    _hash_conns(plan, reg, looks, places)
    for j in range(conns):
        reg[P.TAKE + j] = j
    _rank(reg, P.HASHES, conns)
    for k in range(conns):
        places[reg[P.TAKE + k]] = k


@inner
def sort(plan, reg, asked, slots, entries, keys, nodes, pool, looks, key, state, ordered, places):
    """The representative of all states that differ from `state` in order only, into `ordered`, and into `places` where everything
    went. Neither is right where something is asked for."""
    conns, callers, requests = plan[P.CONNS], plan[P.CALLERS], plan[P.REQUESTS]
    objects = conns + callers + requests
    for c in range(len(state)):
        ordered[c] = state[c]
    for g in range(objects):
        places[g] = g - (0 if g < conns else conns if g < conns + callers else conns + callers)
    if plan[P.TRIVIAL]:
        return
    _look(plan, reg, asked, slots, entries, keys, nodes, pool, key, state, objects)
    if reg[P.ASKED]:
        return
    _place(plan, reg, looks, places)
    for g in range(objects):
        kind = _CONN if g < conns else _CALLER if g < conns + callers else _REQUEST
        first = 0 if kind == _CONN else conns if kind == _CALLER else conns + callers
        look = reg[P.LOOK_OF + g]
        key[0] = look
        size = 1
        for k in range(plan[plan[P.REFERENCES] + kind], plan[plan[P.REFERENCES] + kind + 1]):
            value = looks[look, REFS + size - 1]
            if value >= 0:
                value = places[value + (0 if plan[k] == _CONN else conns if plan[k] == _CALLER else conns + callers)]
            key[size] = value
            size += 1
        node = plan[plan[P.RENAMED] + g]
        entry = probe(slots, entries, keys, node, key, size)
        if entry < 0 or entries[entry, VALUE] == P.PENDING:
            if reg[P.ASKED] < len(asked):
                if entry < 0:
                    entry = put(slots, entries, keys, reg, node, key, size, P.PENDING)
                ask(reg, asked, P.RENAME, g, entry)
            continue
        at, target = entries[entry, VALUE], first + places[g]
        for k in range(plan[plan[P.OBJECT] + target], plan[plan[P.OBJECT] + target + 1]):
            ordered[plan[k]] = pool[at]
            at += 1
    if plan[P.DIALS] >= 0:
        dialled = conns
        for j in range(conns):
            dialled -= looks[reg[P.LOOK_OF + j], LEFT]
        ordered[plan[P.DIALS]] = plan[plan[P.DIALLED] + dialled]
