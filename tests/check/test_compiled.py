"""The compiled search against the plain one: the same states in the same order, the same transitions, classes and paths."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcstate import pipeline
from pcstate.check import batch_kernels, compiled, kernels, packing
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


@given(networks(), st.integers(1, 4))
def test_nor_does_it_matter_what_is_merged(drawn: Drawn, groups: int) -> None:
    """Some vectors are one group's own then, and some are joint; in a state they come in the network's order."""
    net = build(drawn)
    parts = tuple(replace(one, over="conns", index=n % groups) for n, one in enumerate(net.components))
    assert_same(explore(net, Bounds()), packed(replace(net, components=parts)))


@pytest.mark.parametrize("threads", [1, 2])
def test_neither_threads_nor_batches_show(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(compiled, "PART", 8)
    monkeypatch.setattr(compiled, "WORTH", 0)
    plain = explore(independent(11), Bounds())
    assert_same(plain, packed(independent(11), threads))
    counted = Search(independent(11), keep=False, threads=threads)
    counted.run(Bounds())
    assert (len(plain.states), plain.transitions, plain.depth) == (counted.total, counted.transitions, counted.depth)
    assert plain.states == [counted.packing.state(words) for words in counted.states[: counted.total]]


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


def unmixed(mixed: int) -> int:
    """The word whose hash that is."""
    for factor in (0xC4CEB9FE1A85EC53, 0xFF51AFD7ED558CCD):
        mixed ^= mixed >> 33
        mixed = mixed * pow(factor, -1, 1 << 64) % (1 << 64)
    return mixed ^ mixed >> 33


def test_states_whose_hashes_agree_are_told_apart() -> None:
    """All have the same tag and the same slot of the table: states decide, not hashes."""
    words = (unmixed(upper << 32 | 12345) for upper in range(200))
    keys = np.array([[word] for word in words if word < 1 << 63] * 2, np.int64)
    half, tables = len(keys) // 2, [np.zeros(1 << 8, np.uint64) for _ in range(kernels.PARTITIONS)]
    order, count = np.empty((len(tables), len(keys) + 1), np.uint64), np.zeros(len(tables), np.int64)
    target, states = np.empty(len(keys), np.int32), np.empty_like(keys)
    kernels.spread(keys, 0, len(keys), np.zeros(2, np.uint64), order, count, target)
    assert [len(keys)] == count[count > 0].tolist() and half > 50, "of one partition, none the same as the one before"
    p, new = int(count.argmax()), np.empty(len(keys), np.uint64)
    found = kernels.look_up(states, tables[p], keys, order[p], count[p], target, new, 0)
    assert half == found == kernels.number_new(states, 0, keys, 0, len(keys), target)
    kernels.settle_new(tables[p], new, found, target)
    kernels.resolve(target, 0, len(keys))
    assert [*range(half)] * 2 == target.tolist()
    assert 0 == kernels.look_up(states, tables[p], keys, order[p], count[p], target, new, 0)
    assert [*range(half)] * 2 == target.tolist()


def test_recent_candidates_that_share_a_slot_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "RECENT", 2)
    search = Search(independent(10))
    search.run(Bounds())
    assert 2**10 == search.total


def test_steps_may_be_worked_out_few_at_a_time(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    net = pipeline.build(spec, choose_profile(spec.profiles, "1.27"), Bounds(requests=1, closers=0)).network
    monkeypatch.setattr(compiled, "ASKED", 1)
    assert_same(explore(net, Bounds()), packed(net, 2))


@pytest.mark.parametrize("limit", [1, 7, 500])
def test_a_limit_stops_the_search_and_says_so(limit: int) -> None:
    found = packed(independent(10), bounds=Bounds(max_states=limit))
    assert f"limit of {limit:,} states" == found.stopped
    assert found.expanded < len(found.states) <= 2**10


def test_a_search_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "PART", 8)
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
    monkeypatch.setattr(compiled, "PART", 8)
    search = Search(independent(10))
    keep, calls = Search._keep, []

    def interrupted(self: Search, low: int) -> None:
        calls.append(self.total)
        if len(calls) == 8:
            raise KeyboardInterrupt
        keep(self, low)

    monkeypatch.setattr(Search, "_keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        search.run(Bounds())
    assert search.total < calls[-1], "the batch had found something"
    search.run(Bounds())
    assert_same(explore(independent(10), Bounds()), PackedGraph(search))


def test_an_interrupt_stops_the_other_thread_and_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it still wrote would else get into tables that are made anew; and what it waits for would never come."""
    monkeypatch.setattr(compiled, "WORTH", 0)
    search, real, ended = Search(independent(10)), batch_kernels.search_on, []

    def interrupted(me: int, *asked: Any) -> int:
        if me == 0:
            raise KeyboardInterrupt
        end = time.monotonic() + 20
        while not asked[-1].register[batch_kernels.STOPPED] and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.1)
        ended.append(real(me, *asked) if time.monotonic() < end else -1)
        return ended[-1]

    monkeypatch.setattr(batch_kernels, "search_on", interrupted)
    with pytest.raises(KeyboardInterrupt):
        search.run(Bounds())
    assert ended == [0]
    monkeypatch.setattr(batch_kernels, "search_on", real)
    search.run(Bounds())
    assert_same(explore(independent(10), Bounds()), PackedGraph(search))


@pytest.mark.parametrize("method", ["work_out", "take"])
def test_nor_does_one_while_the_tables_are_made_leave_them_half_asked_for(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(compiled, "PART", 8)
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
