"""Real Go within the spec, outside of it, and where nobody can tell; on outcomes drawn by hand."""

from dataclasses import replace

import pytest

from pcstate.check.conformance import compare, differences, nearest, outcome_of
from pcstate.model.conformance import Difference
from pcstate.model.lts import Event, Value
from pcstate.model.observation import Entry
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


@pytest.mark.parametrize("predicted", [[], [KEPT], [STUCK]])
def test_what_is_known_otherwise_needs_no_prediction(predicted: list[Outcome]) -> None:
    found = compare([KEPT, GONE], predicted, False, "because", [KEPT, GONE, DIALLED])
    assert (Verdict.HOLDS, (), "", False) == (found.verdict, found.outside, found.reason, found.complete)


def test_what_is_known_of_some_decides_nothing_of_others() -> None:
    found = compare([KEPT, GONE], [], False, "because", [KEPT])
    assert (Verdict.UNKNOWN, [GONE], 1) == (found.verdict, [outside.seen for outside in found.outside], found.predicted)


def test_a_complete_prediction_needs_nothing_else() -> None:
    assert Verdict.VIOLATED is compare([KEPT, GONE], [KEPT], True, "", [KEPT, GONE]).verdict


GET, READ = (Event("do"),), (Event("read"),)


def entries(*lines: str) -> tuple[Entry, ...]:
    """A log of one caller: kind, request, step, and what else there is (fact=value)."""
    found = []
    for line in lines:
        kind, request, step, *facts = line.split()
        pairs: list[tuple[str, Value]] = [("error", "")] * (kind == "return" and not facts)
        for fact in facts:
            name, _, value = fact.partition("=")
            pairs.append((name, int(value) if value.isdecimal() else value))
        found.append(Entry(kind, 0 if int(request) >= 0 else -1, int(request), int(step), tuple(pairs)))
    return tuple(found)


REST = "rest -1 -1 dials=1 read_loops=1 write_loops=1 goroutines=3 idle_conns=1 unread_conns=0"
LOGS = {
    "all is well": (
        ("got-conn 0 -1 reused=0", "return 0 0", "return 0 1", "got-conn 1 -1 reused=1", "return 1 0", "return 1 1"), KEPT
    ),
    "the last connection counts": (
        ("got-conn 0 -1 reused=0", "return 0 0", "return 0 1", "got-conn 1 -1 reused=1", "got-conn 1 -1 reused=0", "return 1 0",
         "return 1 1"),
        replace(KEPT, reused=(False, False)),
    ),
    "the first error counts": (
        ("return 0 0 error=deadline", "return 0 1 error=other", "return 1 0", "return 1 1 error=other"),
        replace(KEPT, reused=(False, False), errors=("deadline", "other")),
    ),
    "a step that never returned": (
        ("got-conn 0 -1 reused=0", "return 0 0", "begin 0 1"), replace(KEPT, reused=(False, False), errors=("stuck", "stuck"))
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "outcome"), LOGS.values(), ids=LOGS.keys())
def test_a_log_tells_of_an_outcome(lines: tuple[str, ...], outcome: Outcome) -> None:
    steps = (((GET, READ), (GET, READ)),)
    assert outcome == outcome_of(entries(*lines, REST), steps)
    assert outcome_of(entries(*lines), steps) is None


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
