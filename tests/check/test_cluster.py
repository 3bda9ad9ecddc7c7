"""The search by actors against the plain one: the same counts, the same verdicts on states, traces of the same length."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pcstate import pipeline
from pcstate.check import cluster, packing
from pcstate.check.cluster import ClusterGraph, actors
from pcstate.check.explore import explore
from pcstate.cli import main
from pcstate.errors import SpecError
from pcstate.model.formula import compile_formula
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds, Verdict
from pcstate.specs.library import Spec
from tests.check.small import Sync, independent, names_in, network


@pytest.fixture(scope="module")
def two() -> Iterator[list[Any]]:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'pcstate[cluster]'")
    with actors("local:2") as handles:
        yield handles


def searched(net: Network, handles: list[Any], bounds: Bounds | None = None) -> ClusterGraph:
    graph = ClusterGraph(net, handles)
    graph.search(bounds or Bounds())
    return graph


def meeting() -> Network:
    """Two that meet, unless a third has left; a fourth sees it if it is there."""
    drawings = {"a": "0 -go-> 1 -meet-> 2 -back-> 0", "b": "0 -meet-> 1 -back-> 0", "c": "in -leave-> out -left-> out"}
    drawings["d"] = "away -come-> there -see-> seen -go-> away"
    syncs = [Sync("go", {"a": "go"}), Sync("meet", {"a": "meet", "b": "meet"}, {"d": "see"}, {"c": "left"})]
    syncs += [Sync("back", {"a": "back", "b": "back"}), Sync("leave", {"c": "leave"}), Sync("come", {"d": "come"})]
    return network(drawings, [*syncs, Sync("away", {"d": "go"})])


@pytest.mark.parametrize("net", [independent(10), meeting()], ids=["independent", "meeting"])
@pytest.mark.parametrize("word", [packing.WORD, 9])
def test_two_actors_count_what_one_search_counts(
    two: list[Any], net: Network, word: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "WORD", word)
    monkeypatch.setattr(packing, "MERGED_SHARED", 40)
    plain, found = explore(net, Bounds()), searched(net, two)
    assert (len(plain.states), plain.transitions, plain.depth) == (len(found.states), found.transitions, found.depth)
    assert ("", len(plain.states)) == (found.stopped, found.expanded)


def test_the_nearest_state_is_as_near_and_the_run_leads_to_it(two: list[Any]) -> None:
    net = meeting()
    plain, found = explore(net, Bounds()), searched(net, two)
    for number, state in enumerate(plain.states):
        keys = [component.key for component in net.components]
        text = " and ".join(f"{key} == '{name}'" for key, name in zip(keys, names_in(net, state), strict=True))
        hit = found.nearest(compile_formula(text, net, {}), True, at_rest=False)
        assert hit is not None
        run = found.run(*hit)
        assert len(plain.path(number)) == hit[0] == len(run)
        before = net.initial()
        for step in run:
            assert step in net.steps(before)
            before = step[1]
        assert before == state
    assert found.nearest(compile_formula("a == '1' and b == '1'", net, {}), True, at_rest=False) is None


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (Bounds(max_states=100), "limit of 100 states"),
        (Bounds(memory=10**6), "limit of 0.001 GB of memory"),
        (Bounds(timeout=0), "timeout of 0 s"),
    ],
)
def test_a_limit_stops_the_actors_and_says_so(two: list[Any], bounds: Bounds, said: str) -> None:
    found = searched(independent(10), two, bounds)
    assert said == found.stopped
    assert found.expanded < len(found.states) < 2**10


@pytest.mark.parametrize("broken", ["", "no-goroutine-is-forgotten", "eof-finds-it-settled"])
def test_the_network_of_the_spec_has_the_same_counts_and_verdicts(
    spec: Spec, two: list[Any], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """With a property's mutant in the spec, it is found to be violated, too."""
    monkeypatch.setattr(cluster, "actors", lambda where: contextlib.nullcontext(two))
    if broken:
        mutant = next(promise.mutant for promise in spec.properties if promise.name == broken)
        spec = pipeline.read_spec(mutant=mutant, only=[broken])
    bounds = Bounds(requests=1, closers=0)
    plain, found = pipeline.check(spec, None, bounds), pipeline.check(spec, None, bounds, cluster="local:2")
    assert (plain.states, plain.transitions, plain.depth) == (found.states, found.transitions, found.depth)
    judged = []
    for ours, theirs in zip(found.judgements, plain.judgements, strict=True):
        if ours.verdict is Verdict.UNKNOWN:
            assert ours.kind in ("leads-to", "refinement") and "without --cluster" in ours.reason
            continue
        judged.append(ours.verdict)
        assert (theirs.name, theirs.verdict) == (ours.name, ours.verdict)
        assert (theirs.trace is None) == (ours.trace is None)
        if ours.trace and theirs.trace:
            assert len(theirs.trace.steps) == len(ours.trace.steps)
    assert [Verdict.VIOLATED] == judged if broken else len(judged) > 5


@pytest.mark.parametrize(
    ("where", "said"),
    [("local:none", "'none' is no number of actors"), ("127.0.0.1:1", "no Ray cluster answers at '127.0.0.1:1'")],
)
def test_a_wrong_cluster_is_a_usage_error(where: str, said: str) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'pcstate[cluster]'")
    with pytest.raises(SpecError, match=said), actors(where):
        pass


def test_without_ray_the_option_says_how_to_get_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SystemExit, match="2"):
        main(["check", "--cluster", "local:2"])
    assert "--cluster: Ray is not installed\n  pip install 'pcstate[cluster]'\n" == capsys.readouterr().err
