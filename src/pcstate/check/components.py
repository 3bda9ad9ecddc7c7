"""Strongly connected components of a directed graph (Tarjan 1972), without recursion.

One function in plain Python on lists; check/kernels.py compiles the same function for arrays.
"""

from collections.abc import MutableSequence, Sequence

import numpy as np

from pcstate.check.arrows import Ints

__all__ = ["strong_components", "visit"]

COMPILED = 100_000
"""The edges from which on compiling is worth its second or two."""


def strong_components(first: Ints, target: Ints) -> Ints:
    """For each node the number of its component; components are numbered in reverse topological order.

    Node n has the edges to `target[first[n]:first[n + 1]]`. Cost: linear.
    """
    nodes = len(first) - 1
    if len(target) < COMPILED:
        label = [-1] * nodes
        visit(first.tolist(), target.tolist(), label, [-1] * nodes, [0] * nodes, [0] * nodes, [0] * nodes, [0] * nodes)
        return np.array(label, dtype=np.int64)
    from pcstate.check.kernels import visit as compiled

    labels = np.full(nodes, -1, np.int64)
    compiled(
        first.astype(np.int64), target.astype(np.int64), labels, np.full(nodes, -1, np.int64), *np.zeros((4, nodes), np.int64)
    )
    return labels


def visit(
    first: Sequence[int] | Ints,
    target: Sequence[int] | Ints,
    label: MutableSequence[int] | Ints,
    index: MutableSequence[int] | Ints,
    low: MutableSequence[int] | Ints,
    path: MutableSequence[int] | Ints,
    at: MutableSequence[int] | Ints,
    stack: MutableSequence[int] | Ints,
) -> None:
    """Fill `label`, which is -1 everywhere, as is `index`.

    The rest is scratch: `low` links, the `path` walked and where `at` each of its nodes is, the `stack` of nodes still open.
    """
    count = found = top = 0
    for root in range(len(label)):
        if index[root] >= 0:
            continue
        depth = 0
        path[0], at[root], index[root], low[root], stack[top] = root, first[root], count, count, root
        count, top = count + 1, top + 1
        while depth >= 0:
            node = path[depth]
            if at[node] < first[node + 1]:
                other = target[at[node]]
                at[node] += 1
                if index[other] < 0:
                    depth += 1
                    path[depth], at[other], index[other], low[other], stack[top] = other, first[other], count, count, other
                    count, top = count + 1, top + 1
                elif label[other] < 0:
                    low[node] = min(low[node], index[other])
                continue
            depth -= 1
            if depth >= 0:
                low[path[depth]] = min(low[path[depth]], low[node])
            if low[node] == index[node]:
                while label[node] < 0:
                    top -= 1
                    label[stack[top]] = found
                found += 1
