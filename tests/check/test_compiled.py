"""The compiled search against the plain one: the same states in the same order, the same transitions, classes and paths."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given

from pcstate import pipeline
from pcstate.check import compiled, kernels, packing
from pcstate.check.compiled import Ints, Search
from pcstate.check.explore import StateGraph, explore
from pcstate.check.packed import PackedGraph
from pcstate.check.packing import Packing
from pcstate.model.network import Network
from pcstate.model.verdict import Bounds
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from tests.check.small import Drawn, build, independent, networks


def packed(net: Network, threads: int = 1, bounds: Bounds | None = None) -> PackedGraph:
    search = Search(net, threads=threads)
    search.run(bounds or Bounds())
    return PackedGraph(search)


def assert_same(plain: StateGraph, found: PackedGraph) -> None:
    assert plain.states == list(found.states)
    assert (plain.transitions, plain.depth, plain.expanded) == (found.transitions, found.depth, found.expanded)
    ours, theirs = plain.arrows(), found.arrows()
    for name in ("first", "source", "vector", "target"):
        assert getattr(ours, name).tolist() == getattr(theirs, name).tolist()


@given(networks())
def test_a_compiled_search_finds_what_a_plain_one_finds_in_the_same_order(drawn: Drawn) -> None:
    net = build(drawn)
    plain, found = explore(net, Bounds()), packed(build(drawn))
    assert_same(plain, found)
    for number in range(len(plain.states)):
        assert plain.path(number) == found.path(number)
    for columns in ([], [0], [0, 1], list(range(len(net.components)))):
        (classes, first), (expected, nearest) = found.classes(columns), plain.classes(columns)
        assert sorted(nearest.tolist()) == sorted(first.tolist())
        assert nearest[expected].tolist() == first[classes].tolist()


@pytest.mark.parametrize("threads", [1, 2])
def test_neither_threads_nor_batches_show(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(compiled, "BATCH", 8)
    monkeypatch.setattr(compiled, "WORTH", 0)
    assert_same(explore(independent(11), Bounds()), packed(independent(11), threads))


def test_a_group_that_grows_too_large_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MERGED_SHARED", 20)
    found = packed(independent(9))
    assert_same(explore(independent(9), Bounds()), found)
    assert 9 == len(found._search.packing.groups)


def test_states_of_more_than_one_word_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MERGED_SHARED", 0)
    monkeypatch.setattr(packing, "WORD", 9)
    found = packed(independent(12))
    assert found._search.packing.layout.words > 1
    assert_same(explore(independent(12), Bounds()), found)


def test_states_whose_hashes_agree_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is full of the same tag still answers rightly, as does what is recent: states decide, not hashes."""
    monkeypatch.setattr(kernels, "RECENT", 2)
    search = Search(independent(10))
    search._tables = [np.zeros(1 << 4, np.int64) for _ in search._tables]
    monkeypatch.setattr(compiled, "FULL", 0.99)
    search.run(Bounds())
    assert 2**10 == search.total


@pytest.mark.parametrize("limit", [1, 7, 500])
def test_a_limit_stops_the_search_and_says_so(limit: int) -> None:
    found = packed(independent(10), bounds=Bounds(max_states=limit))
    assert f"limit of {limit:,} states" == found.stopped
    assert found.expanded < len(found.states) <= 2**10


def test_a_search_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "BATCH", 8)
    search = Search(independent(10))
    for limit in (5, 50, 400, 5000):
        search.run(Bounds(max_states=limit))
    assert "" == search.stopped
    assert_same(explore(independent(10), Bounds()), PackedGraph(search))


@pytest.mark.parametrize("go", ["1.12", "1.27"])
def test_the_network_of_the_spec_is_the_same_compiled(spec: Spec, go: str) -> None:
    bounds = Bounds(requests=1, closers=0)
    profile = choose_profile(spec.profiles, go)
    net = pipeline.build(spec, profile, bounds).network
    plain = explore(net, bounds)
    assert len(plain.states) > 1000
    assert_same(plain, packed(net, 2))


def test_an_interrupt_leaves_a_search_that_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "BATCH", 8)
    search = Search(independent(10))
    keep, calls = Search._keep, []

    def interrupted(self: Search, cuts: list[int], parts: list[tuple[int, int]]) -> None:
        calls.append(self.total)
        if len(calls) == 20:
            raise KeyboardInterrupt
        keep(self, cuts, parts)

    monkeypatch.setattr(Search, "_keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        search.run(Bounds())
    assert search.total < calls[-1], "the batch had found something"
    search.run(Bounds())
    assert_same(explore(independent(10), Bounds()), PackedGraph(search))


def test_an_interrupt_waits_for_the_other_thread() -> None:
    """What it still wrote would else get into tables that are made anew."""
    done = []

    def work(part: int) -> None:
        if part == 0:
            raise KeyboardInterrupt
        time.sleep(0.1)
        done.append(part)

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            compiled._shared_out(pool, work, [(0,), (1,)])
        assert done == [1]


@pytest.mark.parametrize("method", ["work_out", "take"])
def test_nor_does_one_while_the_tables_are_made_leave_them_half_asked_for(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(compiled, "BATCH", 8)
    search = Search(independent(10))
    learn, calls = getattr(Packing, method), []

    def interrupted(self: Packing, asked: Ints) -> None:
        calls.append(len(asked))
        if len(calls) == 5:
            raise KeyboardInterrupt
        learn(self, asked)

    monkeypatch.setattr(Packing, method, interrupted)
    with pytest.raises(KeyboardInterrupt):
        search.run(Bounds())
    assert calls[-1] and search.total < 2**10
    search.run(Bounds(timeout=20.0))
    assert_same(explore(independent(10), Bounds()), PackedGraph(search))
