"""The spec's own promises: verdicts as each profile expects them, nothing uncovered without a reason, every property able to
fail, clauses cited both ways."""

import functools
import re
from dataclasses import replace

import pytest

from pcstate import pipeline
from pcstate.coverage import coverage
from pcstate.model.verdict import Bounds, Verdict
from pcstate.specs.library import Spec
from tests.golang.toolchains import TOOLCHAINS

PROPERTIES = {promise.name: promise for promise in pipeline.read_spec().properties}

PINNED = {
    "go1.12": (286838, 1164790, 77),
    "go1.13": (286742, 1164401, 77),
    "go1.16": (231881, 907474, 77),
    "go1.19": (227199, 890396, 77),
    "go1.22": (227151, 890264, 77),
    "go1.26": (233796, 912657, 78),
    "go1.27.0": (338266, 1412244, 84),
    "go1.27.2": (277152, 1173928, 79),
}
"""States, transitions and depth at the default bounds; a change must be explained in its commit."""


@pytest.mark.parametrize("profile", sorted(PINNED))
def test_every_verdict_is_the_expected_one_what_is_not_covered_is_explained_and_the_counts_are_pinned(
    spec: Spec, profile: str
) -> None:
    report = pipeline.check(spec, profile)
    covered = coverage(spec, report)
    assert [] == [untaken.text for untaken in covered.untaken if not untaken.why]
    assert [] == [vacuous.text for vacuous in covered.vacuous if not vacuous.why]
    assert report.surprises == ()
    assert report.verdict is (Verdict.VIOLATED if profile == "go1.27.0" else Verdict.HOLDS)
    assert (report.states, report.transitions, report.depth) == PINNED[profile]


def test_what_fails_from_a_size_on_is_expected_to_hold_below_it_and_fails_there(spec: Spec) -> None:
    """The others are expected to hold there, too, and do: golang/go#81404 comes to another request's Close, if there are two."""
    closed_beside = {promise for promise in spec.properties if promise.fails_from}
    for bounds in (Bounds(), Bounds(callers=2, requests=1)):
        breaking = {promise for promise in closed_beside if promise.bounds("go1.27.0") == bounds}
        assert breaking
        assert all(promise.expected("go1.27.0", replace(bounds, closers=0).sizes) for promise in breaking)
        report = pipeline.check(spec, "1.27.1", bounds)
        assert report.surprises == ()
        assert {promise.name for promise in breaking} <= {j.name for j in report.judgements if j.verdict is Verdict.VIOLATED}
        closed_beside -= breaking
    assert not closed_beside


def test_without_a_closer_no_property_says_what_takes_one(spec: Spec) -> None:
    assert pipeline.check(spec, "1.27.1", Bounds(closers=0)).surprises == ()


@pytest.mark.parametrize("profile", ["go1.12", "go1.22", "go1.27.2"])
@pytest.mark.parametrize("closers", [0, 1])
def test_of_one_request_no_property_says_what_only_two_can_show(spec: Spec, profile: str, closers: int) -> None:
    report = pipeline.check(spec, profile, Bounds(requests=1, closers=closers))
    assert (report.surprises, report.verdict) == ((), Verdict.HOLDS)


@pytest.mark.parametrize("profile", ["go1.12", "go1.27.2"])
def test_a_place_that_the_network_has_no_connection_for_is_nobody_s_fault(spec: Spec, profile: str) -> None:
    report = pipeline.check(spec, profile, Bounds(closers=0, max_conns_per_host=1))
    assert (report.surprises, report.verdict) == ((), Verdict.HOLDS)


def test_who_waits_for_a_place_that_the_network_has_no_connection_for_holds_up_nobody_else() -> None:
    """One of two requests is queued when the only connection ends; with its place goes what the other has still to do."""
    names = ["a-connection-is-not-lost", "a-dial-ends-with-its-connection", "a-request-opens-the-pool-again"]
    spec = pipeline.read_spec(only=names)
    report = pipeline.check(spec, "1.27", Bounds(callers=2, requests=1, closers=0, max_conns_per_host=1))
    assert (report.surprises, report.verdict) == ((), Verdict.HOLDS)


@functools.cache
def kept_in(profile: str, bounds: Bounds) -> frozenset[str]:
    """The properties that the spec itself keeps in a network smaller than that whose verdicts are pinned."""
    report = pipeline.check(pipeline.read_spec(), profile, bounds)
    return frozenset(judgement.name for judgement in report.judgements if judgement.verdict is Verdict.HOLDS)


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_every_property_catches_its_mutant(name: str) -> None:
    """In the network that it needs, or a smaller one in which the spec itself keeps it."""
    promise = PROPERTIES[name]
    assert promise.mutant is not None
    profile = next(p for p in ("go1.27.2", "go1.22", "go1.26") if promise.applies(p) and p not in promise.fails)
    broken = pipeline.read_spec(mutant=promise.mutant, only=[name])
    scenario, bounds = None, promise.bounds(profile)
    smaller = [Bounds(requests=1, closers=0), Bounds(requests=1)] if bounds == Bounds() else []
    if bounds.max_conns_per_host:  # with free programs that is too large a network
        scenario, bounds = pipeline.open_scenario("max-conns-read", None, 1), Bounds(conns=3)
    for sizes in (*(sizes for sizes in smaller if name in kept_in(profile, sizes)), bounds):
        (judgement,) = pipeline.check(broken, profile, sizes, scenario=scenario).judgements
        if judgement.verdict is Verdict.VIOLATED:
            break
    assert judgement.verdict is Verdict.VIOLATED
    assert judgement.kind == "sometimes" or judgement.trace is not None


def test_there_is_a_property_of_every_kind() -> None:
    assert {"always", "leads-to", "sometimes", "deadlock", "refinement"} == {p.kind for p in PROPERTIES.values()}
    assert len(PROPERTIES) >= 12


def test_every_transition_cites_a_clause_that_exists(spec: Spec) -> None:
    for chart in spec.charts.values():
        for transition in chart.transitions:
            assert transition.clauses, f"{transition.place} cites nothing"
            assert set(transition.clauses) <= spec.clauses.keys()


def test_every_clause_is_cited(spec: Spec) -> None:
    cited = {number for chart in spec.charts.values() for t in chart.transitions for number in t.clauses}
    cited |= {number for promise in spec.properties for number in promise.clauses}
    assert cited == spec.clauses.keys()


@pytest.mark.go
def test_every_cited_symbol_is_in_the_source_of_the_go_that_is_installed(spec: Spec) -> None:
    toolchains = {toolchain.version: toolchain for toolchain in TOOLCHAINS}
    checked = 0
    for clause in spec.clauses.values():
        toolchain = toolchains.get(clause.version)
        if toolchain is None:
            continue
        text = (toolchain.goroot / "src" / clause.file).read_text(encoding="utf-8")
        assert re.search(rf"^{re.escape(clause.symbol)}\b", text, re.MULTILINE), f"{clause.number}: {clause.symbol}"
        checked += 1
    assert checked or "1.27.3" not in toolchains
