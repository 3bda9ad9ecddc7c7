"""The vectors of one size are unrolled once for all profiles, and never taken for those of another size or text."""

from dataclasses import replace

import pytest

from pcstate import pipeline
from pcstate.errors import SpecError
from pcstate.model.verdict import Bounds
from pcstate.specs.library import Spec
from pcstate.specs.networks import UNROLLED

SIZES = (Bounds(), Bounds(requests=1, closers=0), Bounds(callers=2))


def forgetful(spec: Spec) -> Spec:
    """The same spec, with nothing unrolled yet."""
    return replace(spec, network=replace(spec.network, unrolled={}))


@pytest.mark.parametrize("bounds", SIZES, ids=str)
def test_profiles_share_the_vectors_that_each_would_have_by_itself(spec: Spec, bounds: Bounds) -> None:
    shared = forgetful(spec)
    for profile in spec.profiles:
        assert pipeline.build(forgetful(spec), profile, bounds).network.vectors == (
            pipeline.build(shared, profile, bounds).network.vectors
        )
    assert 1 == len(shared.network.unrolled)


def test_a_program_s_sets_are_told_apart(spec: Spec) -> None:
    """The two want networks of one size, with and without a limit on connections in it."""
    shared = forgetful(spec)
    program = pipeline.open_scenario(None, "get; close", 1)
    for limits in ({}, {"MaxConnsPerHost": 1}, {}):
        scenario = replace(program, transport=limits)
        alone = pipeline.build(forgetful(spec), spec.profiles[0], Bounds(requests=1, closers=0), scenario).network
        assert alone.vectors == pipeline.build(shared, spec.profiles[0], Bounds(requests=1, closers=0), scenario).network.vectors
    assert 2 == len(shared.network.unrolled)


def test_only_the_last_sizes_are_remembered(spec: Spec) -> None:
    shared = forgetful(spec)
    for requests in range(1, UNROLLED + 3):
        pipeline.build(shared, spec.profiles[0], Bounds(requests=requests))
    assert UNROLLED == len(shared.network.unrolled)


def test_what_is_wrong_is_said_each_time(spec: Spec) -> None:
    shared = forgetful(spec)
    syncs = tuple({**table, "who": {"nobody": "x"}} if table["name"] == "do" else table for table in spec.network.syncs)
    wrong = replace(shared, network=replace(shared.network, syncs=syncs))
    for _ in range(2):
        with pytest.raises(SpecError, match="'nobody' is no component"):
            pipeline.build(wrong, spec.profiles[0], Bounds())
    assert {} == wrong.network.unrolled
