"""What real Go showed is the same, another thing, or not known: a race or a clock may have decided it."""

from dataclasses import replace

import pytest

from pcstate.check.sighting import judge
from pcstate.errors import Place
from pcstate.model.replay import Action, Expected, Look, Plan, Record, Step
from pcstate.model.stack import Stack
from pcstate.model.verdict import Verdict
from pcstate.specs.library import Spec

READ_LOOP, WRITE_LOOP = "net/http.(*persistConn).readLoop", "net/http.(*persistConn).writeLoop"
PEEK = Stack(("internal/poll.(*FD).Read", "bufio.(*Reader).Peek", READ_LOOP), "IO wait")
UNREAD, SELECT = Stack((READ_LOOP,), "select"), Stack((WRITE_LOOP,), "select")
OURS = Stack(("main.(*caller).perform",), "chan receive")

IDLE = Expected(((("read-loop", "peek"),), (("write-loop", "select"),)), (), 1)
LEAK = Expected(((("read-loop", "await-body"),), (("write-loop", "select"),)), (), 1)
TOLD = Action(("go",), "send", "", "", 0, "told", Place("here", 1))
STEP = Step(1, "go", TOLD, 0, {}, 0, (LEAK, IDLE))
PLAN = Plan((STEP, replace(STEP, number=2, hurry=1)), (), (LEAK,), (), (), 50)


def look(*stacks: Stack, dials: int = 1, missed: str = "", began: float = 0, done: float = 1) -> Look:
    return Look(missed, began, done, dials, (), (*stacks, OURS))


def record(first: Look, second: Look, end: Look, at_rest: bool = True) -> Record:
    return Record((first, second), end, at_rest, ())


STAYS, FREED = look(UNREAD, SELECT), look(PEEK, SELECT)


def test_an_end_like_the_trace_s_is_the_same(spec: Spec) -> None:
    found = judge(PLAN, record(STAYS, STAYS, STAYS), spec.knowledge)
    assert (Verdict.VIOLATED, "", None) == (found.verdict, found.reason, found.diverged)
    assert (UNREAD, SELECT) == found.left


@pytest.mark.parametrize("end", [FREED, look(), look(UNREAD, SELECT, dials=2), look(UNREAD), look(UNREAD, SELECT, SELECT)])
def test_another_end_is_not_the_same(spec: Spec, end: Look) -> None:
    assert Verdict.HOLDS is judge(PLAN, record(STAYS, STAYS, end), spec.knowledge).verdict


def test_the_first_step_that_shows_something_else_is_named(spec: Spec) -> None:
    assert 0 == judge(PLAN, record(look(), look(), FREED), spec.knowledge).diverged
    assert 1 == judge(PLAN, record(STAYS, look(UNREAD, SELECT, missed="nobody is there"), FREED), spec.knowledge).diverged


def test_an_end_of_the_other_way_of_a_race_is_not_known(spec: Spec) -> None:
    found = judge(replace(PLAN, other=(IDLE,)), record(STAYS, STAYS, FREED), spec.knowledge)
    assert (Verdict.UNKNOWN, "a race went the other way") == (found.verdict, found.reason)


def test_a_step_that_a_lost_race_makes_impossible_is_not_known(spec: Spec) -> None:
    raced = replace(PLAN, steps=(STEP, replace(STEP, raced=True)))
    assert Verdict.UNKNOWN is judge(raced, record(STAYS, look(missed="nobody is there"), look()), spec.knowledge).verdict


def test_a_clock_that_was_faster_leaves_it_unknown(spec: Spec) -> None:
    slow = record(look(UNREAD, SELECT, began=1), look(PEEK, SELECT, began=2, done=52), FREED)
    found = judge(PLAN, slow, spec.knowledge)
    assert found.late and Verdict.UNKNOWN is found.verdict
    assert "51 ms had passed, and it runs for 50" in found.reason


def test_a_clock_does_not_matter_where_everything_is_the_same(spec: Spec) -> None:
    slow = record(look(UNREAD, SELECT, began=1), look(UNREAD, SELECT, began=2, done=99), STAYS)
    assert Verdict.VIOLATED is judge(PLAN, slow, spec.knowledge).verdict


def test_what_never_rests_is_not_known(spec: Spec) -> None:
    assert Verdict.UNKNOWN is judge(PLAN, record(STAYS, STAYS, STAYS, at_rest=False), spec.knowledge).verdict


@pytest.mark.parametrize("first", [look(), look(UNREAD, SELECT, missed="nobody is there"), look(UNREAD, SELECT, dials=2)])
def test_an_end_like_the_trace_s_is_not_the_same_if_the_way_was_another(spec: Spec, first: Look) -> None:
    """What is violated on the way may leave no mark in the end."""
    found = judge(PLAN, record(first, STAYS, STAYS), spec.knowledge)
    assert (Verdict.HOLDS, 0) == (found.verdict, found.diverged)
