"""Invariants, reachability and deadlock on an explored state graph.

Each formula looks at a few components only; the states are projected on those, and the formula is evaluated once for each
distinct projection.
"""

from collections.abc import Collection

import numpy as np

from pcstate.check.arrows import Explored, Mask
from pcstate.model.formula import Formula

__all__ = ["first_where", "holds_in", "stuck_states"]


def holds_in(graph: Explored, formula: Formula) -> Mask:
    """In which states the formula is true. Cost: one evaluation for each way in which its components are found."""
    classes, first = graph.classes(sorted(formula.components))
    values = np.fromiter((bool(formula(graph.states[int(n)])) for n in first), dtype=np.bool_, count=len(first))
    return values[classes]


def first_where(mask: Mask) -> int | None:
    """The first state of a mask, which breadth-first order makes one of the nearest; None if there is none."""
    return int(mask.argmax()) if mask.any() else None


def stuck_states(graph: Explored, owed: Collection[int]) -> Mask:
    """The states in which no step is possible that anybody owes: only the user, the server and clocks could go on.

    `owed` are the numbers of the vectors that their goroutines must take. States that were not expanded are not stuck.
    """
    arrows = graph.arrows()
    mask = np.zeros(len(graph.states), dtype=np.bool_)
    mask[: graph.expanded] = True
    mask[arrows.source[arrows.by(owed)]] = False
    return mask
