"""Real Go within the spec, outside of it, and where nobody can tell; on outcomes drawn by hand."""

from dataclasses import replace

import pytest

from pcstate.check.conformance import compare, differences, nearest
from pcstate.model.conformance import Difference
from pcstate.model.scenario import Outcome
from pcstate.model.verdict import Verdict

KEPT = Outcome(1, (False, True), 1, 1, 3, 1, 0, ("", ""))
DIALLED = replace(KEPT, dials=2, reused=(False, False), read_loops=2, write_loops=2, goroutines=5, idle_conns=2)
GONE = Outcome(2, (False, False), 0, 0, 1, 0, 0, ("", ""))
STUCK = replace(KEPT, errors=("", "stuck"))


@pytest.mark.parametrize("observed", [[KEPT], [DIALLED], [KEPT, DIALLED], [DIALLED, KEPT, KEPT]])
def test_what_is_allowed_holds(observed: list[Outcome]) -> None:
    found = compare(observed, [KEPT, DIALLED], True)
    assert (Verdict.HOLDS, len(set(observed)), 2, (), "") == (
        found.verdict, found.observed, found.predicted, found.outside, found.reason,
    )  # fmt: skip


def test_one_that_is_not_allowed_is_enough() -> None:
    found = compare([KEPT, GONE], [KEPT, DIALLED], True)
    assert (Verdict.VIOLATED, 2, 2) == (found.verdict, found.observed, found.predicted)
    assert [GONE] == [outside.seen for outside in found.outside]


def test_an_outcome_that_never_came_is_no_disagreement() -> None:
    assert Verdict.HOLDS is compare([KEPT], [KEPT, GONE, STUCK], True).verdict


@pytest.mark.parametrize("observed", [[KEPT], [GONE], [KEPT, GONE]])
def test_an_incomplete_prediction_decides_nothing(observed: list[Outcome]) -> None:
    found = compare(observed, [KEPT], False, "because")
    assert (Verdict.UNKNOWN, "because") == (found.verdict, found.reason)
    assert set(observed) - {KEPT} == {outside.seen for outside in found.outside}


def test_a_program_that_never_rests_allows_nothing() -> None:
    found = compare([KEPT], [], True)
    assert Verdict.VIOLATED is found.verdict
    assert [(None, ())] == [(outside.nearest, outside.differences) for outside in found.outside]


def test_the_nearest_differs_in_the_fewest_fields() -> None:
    assert KEPT == nearest(STUCK, [GONE, DIALLED, KEPT])
    assert (Difference("errors", ("", "stuck"), ("", "")),) == differences(STUCK, KEPT)


def test_of_those_that_differ_in_as_many_fields_the_nearest_differs_by_least() -> None:
    far, near = replace(KEPT, dials=9), replace(KEPT, dials=2)
    assert near == nearest(KEPT, [far, near]) == nearest(KEPT, [near, far])
    one, both = replace(KEPT, errors=("", "deadline")), replace(KEPT, errors=("deadline", "deadline"))
    assert one == nearest(STUCK, [both, one])


def test_equals_do_not_differ() -> None:
    assert () == differences(KEPT, KEPT)


def test_what_is_outside_comes_in_order() -> None:
    assert [KEPT, STUCK, DIALLED] == [o.seen for o in compare([DIALLED, STUCK, KEPT], [GONE], True).outside]
