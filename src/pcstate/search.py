"""Every state of a network, by the search that fits it: plain Python for a small one, compiled for a large one.

A compiled search takes a second or two to begin, so that the plain one goes first, as far as it gets in about that time. A
search with a checkpoint is compiled: what it has found are arrays, which a file holds well.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from pcstate import check
from pcstate.check.arrows import Explored
from pcstate.check.explore import explore
from pcstate.check.limits import Headway, Progress
from pcstate.check.minimise import Looks
from pcstate.check.reduction import Reduction
from pcstate.check.skeleton import Chained, skeleton
from pcstate.model.decision import Decision
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds
from pcstate.specs.charts import ChartBehaviour
from pcstate.specs.checkpoint import Saved, store

__all__ = ["SMALL", "Checkpoint", "Reductions", "every_chain", "every_state"]

SMALL = 400_000
"""The states up to which nothing is left out, and the plain search is not worth replacing where loops must be compiled first."""
READY = 50_000
"""The states up to which it is not where they were compiled before."""
PILOT = 1_000_000
"""The states after which a search begins anew with what it has learned of its components, if it may reduce them."""
FEW = 50
"""The kept states up to which the plain search for chains is not worth replacing."""
MANY = 12_000
"""The same where the loops must be compiled first."""
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


@dataclass(frozen=True, slots=True)
class Reductions:
    """What a large search may leave out: states that differ in the numbers of connections and callers only; configurations of a
    connection or a caller that nothing can tell apart which looks at what the properties look at (None: it may not); and what
    else can happen where one of the vectors `first` can."""

    symmetry: bool = False
    looks: Looks | None = None
    first: frozenset[int] = frozenset()


def every_state(
    network: Network,
    bounds: Bounds,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    reductions: Reductions = Reductions(),
) -> Explored:
    """Every state that `network` reaches, within the bounds; without reductions the same whichever search finds it.

    With a checkpoint, a search goes on from it; it is written down every ten minutes, and where it is stopped or interrupted.
    Raises: SpecError if that is not possible.
    """
    whole = replace(bounds, max_states=min(SMALL, bounds.max_states))
    if checkpoint is None:
        limit = min(READY if _compiled_before("batch_kernels.search_on-*.nbi") else SMALL, whole.max_states)
        graph = explore(network, replace(bounds, max_states=limit), progress=progress)
        if len(graph.states) <= limit or limit == bounds.max_states:
            return graph
    from pcstate.check.compiled import Search  # numba takes a second to import
    from pcstate.check.packed import PackedGraph

    if checkpoint and checkpoint.saved:
        search = Search.restored(network, checkpoint.saved.header, checkpoint.saved.arrays)
    else:
        if checkpoint is None and limit < SMALL:
            search = Search(network)
            search.run(whole, progress)
            if search.total <= SMALL or whole == bounds:
                return PackedGraph(search)
        search = Search(network, symmetry=reductions.symmetry, first=reductions.first)
        if reductions.looks is not None and bounds.max_states > PILOT:
            search.run(replace(bounds, max_states=PILOT), progress)
            if search.expanded == search.total:
                return PackedGraph(search)
            search.minimise(reductions.looks)
    if checkpoint is None:
        search.run(bounds, progress)
        return PackedGraph(search)
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


def every_chain(
    network: Network,
    bounds: Bounds,
    reduction: Reduction | None,
    lacks: Decision,
    headway: Headway | None = None,
    expected: int = 0,
) -> Chained:
    """What `skeleton` finds, by the search that fits: the compiled one begins anew where the plain one has found many states, and
    at once where so many are `expected`.

    Bounds: as `skeleton`; what it takes to compile the loops, once for each installation, is not counted.
    """
    limit = FEW if _compiled_before("chain_kernels.*search*.nbi") else MANY
    if reduction is None or bounds.max_states <= limit:
        return skeleton(network, bounds, reduction, lacks, headway)
    spent = 0.0
    if expected <= limit:
        graph = skeleton(network, replace(bounds, max_states=limit), reduction, lacks, headway)
        if len(graph.states) <= limit:
            return graph
        spent = graph.seconds
    from pcstate.check.chain_graph import ChainGraph  # numba takes a second to import
    from pcstate.check.chain_plan import Unsuited
    from pcstate.check.chains import Chains

    try:
        search = Chains(network, reduction, lacks)
        search.run(bounds, spent, headway)
    except Unsuited:
        return skeleton(network, bounds, reduction, lacks, headway)
    return ChainGraph(search)


def _compiled_before(pattern: str) -> bool:
    """Whether loops are compiled already, as far as one can see without numba: whether it has kept a file of that name."""
    folders = [Path(check.__file__).with_name("__pycache__"), Path(os.environ.get("NUMBA_CACHE_DIR", os.devnull))]
    return any(folder.is_dir() and any(folder.rglob(pattern)) for folder in folders)
