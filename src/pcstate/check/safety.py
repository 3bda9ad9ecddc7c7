"""Invariants, reachability and deadlock on an explored state graph.

Each formula looks at a few components only; the states are projected on those, and the formula is evaluated once for each
distinct projection.
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from pcstate.check.explore import StateGraph
from pcstate.model.formula import Formula

__all__ = ["first_where", "holds_in", "stuck_states"]

Mask = npt.NDArray[np.bool_]


def holds_in(graph: StateGraph, formula: Formula, matrix: npt.NDArray[np.int32]) -> Mask:
    """In which states the formula is true. Cost: one sort of the projections, one evaluation per distinct one."""
    columns = sorted(formula.components)
    if not columns:
        return np.full(len(matrix), bool(formula(graph.states[0])))
    sizes = matrix[:, columns].max(axis=0).astype(np.int64) + 1
    key = np.zeros(len(matrix), dtype=np.int64)
    for column, size in zip(columns, sizes, strict=True):
        if key.max(initial=0) >= np.iinfo(np.int64).max // size:
            _, key = np.unique(key, return_inverse=True)  # so many components that their numbers would overflow
        key = key * size + matrix[:, column]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    values = np.fromiter((bool(formula(graph.states[int(n)])) for n in first), dtype=np.bool_, count=len(first))
    return values[inverse]


def first_where(mask: Mask) -> int | None:
    """The first state of a mask, which breadth-first order makes one of the nearest; None if there is none."""
    return int(mask.argmax()) if mask.any() else None


def stuck_states(graph: StateGraph, owed: Collection[int]) -> Mask:
    """The states in which no step is possible that anybody owes: only the user, the server and clocks could go on.

    `owed` are the numbers of the vectors that their goroutines must take. States that were not expanded are not stuck.
    """
    arrows = graph.arrows()
    mask = np.zeros(len(graph.states), dtype=np.bool_)
    mask[: len(graph.edges)] = True
    mask[arrows.source[arrows.by(owed)]] = False
    return mask
