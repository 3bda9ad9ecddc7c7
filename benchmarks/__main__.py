"""python -m benchmarks [NAME...] [--rounds N] [--tlc JAR]: who searches how fast, and do the counts agree?

Each round runs every checker once, one after the other, so that a busy machine slows them alike; the median counts. Before each
run memory is written to and given back: what a virtual machine has not used for a while takes seconds a gigabyte to get, and who
runs first would pay for all. Seconds are those of the search (Spin's own "elapsed time"; TLC's with its start, which it does not
tell apart). The rest is told apart.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.networks import NETWORKS
from benchmarks.spin import compile_pan, missing_tools, same_count
from pcstate.check.closure import finite
from pcstate.check.compiled import Search
from pcstate.check.explore import explore
from pcstate.check.limits import installed
from pcstate.check.symbolic import SymbolicGraph
from pcstate.model.finite import FiniteNetwork
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds
from pcstate.show.promela import promela
from pcstate.show.tla import TLC_CONFIGURATION, tla

UNBOUNDED = Bounds(max_states=1 << 30, timeout=3600.0)
TOUCHED = 64
"""Bytes for each state that are written to before a run."""
SMALL = 2_000_000
"""The states up to which our plain search is timed, too."""


@dataclass(frozen=True, slots=True)
class Run:
    """One search."""

    states: int
    transitions: int
    seconds: float
    bytes_a_state: float | None
    """None where the checker does not tell."""


def plain(network: Network) -> Run:
    """Our search in plain Python. Charts that were never driven before are by the time this is timed."""
    graph = explore(network, UNBOUNDED)
    return Run(len(graph.states), graph.transitions, graph.seconds, sum(map(sys.getsizeof, graph.states)) / len(graph.states))


def compiled(network: Network, like: Search, threads: int = 2, keep: bool = False, symmetry: bool = False) -> Run:
    """Our compiled search; what the merged components offer is known from the search `like`, as Spin's tables are compiled."""
    search = Search(network, keep, threads, symmetry, like)
    search.run(UNBOUNDED)
    kept = sum(block.nbytes for blocks in (search.degrees, search.vectors, search.targets, search.turns) for block in blocks)
    return Run(search.total, search.transitions, search.seconds, (search.nbytes + kept) / search.total)


def symbolic(network: Network) -> Run:
    """Our search that keeps a set; the time to count what is in it, too, which no other search needs."""
    graph = SymbolicGraph(network)
    graph.search(UNBOUNDED)
    assert not graph.stopped, graph.stopped
    return Run(len(graph.states), graph.transitions, graph.seconds, graph.diagrams.nbytes / len(graph.states))


def spin(network: FiniteNetwork, folder: Path, slots: int) -> Callable[[], Run]:
    """Spin's side, compiled."""
    pan = compile_pan(promela(network, network.name), folder)

    def run() -> Run:
        found = pan.count(depth=20_000_000, slots=slots, timeout=3600.0)
        return Run(found.states, found.transitions, found.seconds, found.bytes_a_state)

    return run


def tlc(network: FiniteNetwork, folder: Path, jar: Path) -> Callable[[], Run]:
    """TLC's side; its seconds are from its start to its end."""
    (folder / "Model.tla").write_text(tla(network, "Model", network.name), encoding="utf-8")
    older = TLC_CONFIGURATION.removesuffix("CHECK_DEADLOCK FALSE\n")  # a release before 1.7 knows only the option
    (folder / "Model.cfg").write_text(older, encoding="utf-8")
    options = ["-deadlock", "-workers", str(os.cpu_count())]
    command = ["java", "-XX:+UseParallelGC", "-cp", str(jar.resolve()), "tlc2.TLC", *options, "Model"]

    def run() -> Run:
        begin = time.monotonic()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=3600, check=False)
        seconds = time.monotonic() - begin
        said = done.stdout.replace(",", "")
        counts = re.findall(r"(\d+) states generated (\d+) distinct states found 0 states left", said)
        assert counts and "is violated" not in done.stdout, done.stdout[-2000:] + done.stderr[-500:]
        return Run(int(counts[-1][1]), int(counts[-1][0]) - 1, seconds, None)

    return run


def compare(name: str, network: Network, rounds: int, jar: Path | None) -> bool:
    """Time one network and print a line for each checker; whether all that leave nothing out count alike."""
    begin = time.monotonic()
    small = finite(network)
    exported = time.monotonic() - begin
    begin = time.monotonic()
    first = Search(network, keep=False)
    first.run(UNBOUNDED)
    merged = time.monotonic() - begin
    sides: dict[str, Callable[[], Run]] = {
        "pcstate": lambda: compiled(network, first),
        "1 thread": lambda: compiled(network, first, threads=1),
        "with graph": lambda: compiled(network, first, keep=True),
        "symbolic": lambda: symbolic(network),
    }
    if first.total <= SMALL:
        sides["plain"] = lambda: plain(network)
    permutations = Search(network, keep=False, symmetry=True)
    if permutations.permutations is not None and len(permutations.permutations) > 1:
        permutations.run(UNBOUNDED)
        sides["symmetry"] = lambda: compiled(network, permutations, symmetry=True)
    with tempfile.TemporaryDirectory() as spins, tempfile.TemporaryDirectory() as tlcs:
        begin = time.monotonic()
        if not missing_tools():
            sides["spin"] = spin(small, Path(spins), max(16, first.total.bit_length() + 1))
        built = time.monotonic() - begin
        if jar:
            sides["tlc"] = tlc(small, Path(tlcs), jar)
        runs: dict[str, list[Run]] = {side: [] for side in sides}
        for _ in range(rounds):
            for side, run in sides.items():
                np.ones(min(TOUCHED * first.total, installed() // 2), np.uint8)
                runs[side].append(run())
    print(f"{name}  (first search, with its tables, {merged:.1f} s; export {exported:.1f} s, spin -a and gcc {built:.1f} s)")
    base = statistics.median(one.seconds for one in runs["pcstate"])
    for side, each in runs.items():
        seconds = statistics.median(one.seconds for one in each)
        rate = f"{each[0].states / seconds / 1e6:6.2f} M states/s" if seconds else "   too quick to say"
        counts = f"{each[0].states:11,} {each[0].transitions:13,}"
        size = "" if each[0].bytes_a_state is None else f" {each[0].bytes_a_state:6.0f} B/state"
        print(f"  {side:10} {counts} {seconds:9.3f} s {seconds / base:8.2f} x {rate}{size}", flush=True)
    whole = [one for side, each in runs.items() if side != "symmetry" for one in each]
    return all(same_count(a.states, b.states) and same_count(a.transitions, b.transitions) for a, b in pairwise(whole))


def main() -> int:
    """Exit status 1 where the checkers count differently."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks; default: all of " + ", ".join(NETWORKS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tlc", type=Path, metavar="JAR", help="tla2tools.jar; java must be there")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in NETWORKS]
    if unknown:
        parser.error(f"there is no network {unknown[0]!r}; there are: {', '.join(NETWORKS)}")
    if missing_tools():
        print(f"without Spin: {missing_tools()} is not there", file=sys.stderr)
    agree = [compare(name, NETWORKS[name](), asked.rounds, asked.tlc) for name in asked.names or NETWORKS]
    if not all(agree):
        print("the checkers count differently", file=sys.stderr)
    return 0 if all(agree) else 1


sys.exit(main())
