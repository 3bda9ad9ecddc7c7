"""Every state of a network, by the search that fits it: plain Python for a small one, compiled for a large one.

The compiled search takes seconds to begin, so that the plain one goes first, as far as it gets in a second or two. A search with
a checkpoint is compiled: what it has found are arrays, which a file holds well.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from pcstate.check.arrows import Explored
from pcstate.check.explore import explore
from pcstate.check.limits import Progress
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds
from pcstate.specs.charts import ChartBehaviour
from pcstate.specs.checkpoint import Saved, store

__all__ = ["SMALL", "Checkpoint", "every_state"]

SMALL = 250_000
"""The states up to which the plain search is not worth replacing."""
EVERY = 600.0
"""Seconds after which a long search is written down."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a search is written down, the question that it is about, what was there, and the charts whose answers go with it."""

    path: Path
    question: str
    saved: Saved | None
    charts: Mapping[str, ChartBehaviour]

    def write(self, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Write down what a search has found. Raises: SpecError if that is not possible."""
        charts = {name: chart.remembered() for name, chart in self.charts.items()}
        store(self.path, {**header, "question": self.question, "charts": charts}, arrays)


def every_state(
    network: Network,
    bounds: Bounds,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    symmetry: bool = False,
) -> Explored:
    """Every state that `network` reaches, within the bounds; the same whichever search finds it.

    With `symmetry`, a large search keeps one of the states that only the numbers of connections and callers tell apart.

    With a checkpoint, a search goes on from it; it is written down every ten minutes, and where it is stopped or interrupted.
    Raises: SpecError if that is not possible.
    """
    if checkpoint is None:
        graph = explore(network, replace(bounds, max_states=min(SMALL, bounds.max_states)), progress=progress)
        if len(graph.states) <= SMALL or bounds.max_states <= SMALL:
            return graph
    from pcstate.check.compiled import Search  # numba takes a second to import
    from pcstate.check.packed import PackedGraph

    if checkpoint is None:
        search = Search(network, symmetry=symmetry)
        search.run(bounds, progress)
        return PackedGraph(search)
    saved = checkpoint.saved
    search = Search.restored(network, saved.header, saved.arrays) if saved else Search(network, symmetry=symmetry)
    written = time.monotonic()

    def now_and_then() -> None:
        nonlocal written
        if time.monotonic() - written > EVERY:
            checkpoint.write(*search.saved())
            written = time.monotonic()

    try:
        search.run(bounds, progress, now_and_then)
    finally:
        if search.expanded < search.total:
            checkpoint.write(*search.saved())
    return PackedGraph(search)
