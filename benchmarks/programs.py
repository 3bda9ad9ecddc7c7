"""python -m benchmarks.programs [NAME...] [--rounds N] [--go VERSION]: how long does predict search, plain and compiled?

Each program is three callers of two requests. Each round runs both searches, one after the other, so that a busy machine slows
them alike; the median counts. Seconds are those of the search; what comes before it, and the compiler, are told apart.
"""

import argparse
import statistics
import time
from dataclasses import replace

from pcstate.check.chain_graph import ChainGraph
from pcstate.check.chains import Chains
from pcstate.check.predict import Rests, alike, has_no_conn, outcomes
from pcstate.check.reduction import Reduction
from pcstate.check.skeleton import Chained, skeleton
from pcstate.model.scenario import Scenario, ServerScript
from pcstate.model.verdict import Bounds
from pcstate.pipeline import build, uncollected
from pcstate.specs.library import Spec, load_spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.scenarios import parse_expression
from pcstate.specs.source import spec_root

LIMITS = Bounds(max_states=1 << 20, timeout=120.0, conns=7)
"""Six requests need no more connections than that, with one to spare, unless one is retried; so both search the same network."""


def threefold(text: str, behaviour: str = "normal", **transport: int) -> Scenario:
    """Three callers, each with two requests that do this."""
    scenario = parse_expression(text, 2)
    return replace(scenario, callers=scenario.callers * 3, server=ServerScript(behaviour=behaviour), transport=transport)


PROGRAMS = {
    "close": threefold("get; close"),
    "one place": threefold("get; read-all", MaxConnsPerHost=1),
    "one idle": threefold("get; read-all", MaxIdleConns=1),
    "cancel": threefold("get; cancel; read-all"),
    "hang up": threefold("get; close", "close-after-response", MaxConnsPerHost=1),
}


def compare(spec: Spec, name: str, go: str, rounds: int) -> bool:
    """Time one program and print a line for each search; whether they foretell the same, where both come to their end."""
    scenario = PROGRAMS[name]
    begin = time.monotonic()
    network = build(spec, choose_profile(spec.profiles, go), LIMITS, scenario).network
    built = time.monotonic() - begin

    def plain() -> Chained:
        return skeleton(network, LIMITS, Reduction(network, alike(scenario)), has_no_conn(network))

    def compiled() -> Chained:
        search = Chains(network, Reduction(network, alike(scenario)), has_no_conn(network))
        search.run(LIMITS)
        return ChainGraph(search)

    begin = time.monotonic()
    compiled()
    print(f"{name}  (build {built:.1f} s; compiled once, with the compiler, {time.monotonic() - begin:.1f} s)")
    sides = {"compiled": compiled, "plain": plain}
    runs: dict[str, list[Chained]] = {side: [] for side in sides}
    with uncollected():
        for _ in range(rounds):
            for side, run in sides.items():
                runs[side].append(run())
    base = statistics.median(one.seconds for one in runs["compiled"])
    for side, each in runs.items():
        seconds = statistics.median(one.seconds for one in each)
        counts = f"{len(each[0].states):9,} states"
        print(f"  {side:9} {counts} {seconds:8.2f} s {seconds / base:7.2f} x  {each[0].stopped}", flush=True)
    graphs = [each[0] for each in runs.values()]
    foretold = [set(outcomes(graph, Rests(graph, scenario, spec.network.outcome)).outcomes) for graph in graphs]
    return any(graph.stopped for graph in graphs) or foretold[0] == foretold[1]


def main() -> int:
    """Exit status 1 where the searches foretell different outcomes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.programs", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="programs; default: all of " + ", ".join(PROGRAMS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--go", default="1.27")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in PROGRAMS]
    if unknown:
        parser.error(f"there is no program {unknown[0]!r}; there are: {', '.join(PROGRAMS)}")
    spec = load_spec(spec_root())
    agree = [compare(spec, name, asked.go, asked.rounds) for name in asked.names or PROGRAMS]
    return 0 if all(agree) else 1


if __name__ == "__main__":
    raise SystemExit(main())
