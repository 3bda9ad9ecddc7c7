"""What differs for certain, and what is not known to be equal; agreement of the whole."""

from dataclasses import replace

import pytest

from pcstate.check.difference import constant_changes, exclusive_outcomes, property_changes, telling_side
from pcstate.check.predict import Prediction
from pcstate.model.difference import Agreement, PropertyChange, ScenarioChange, agreement
from pcstate.model.scenario import Outcome
from pcstate.model.trace import Trace, TraceStep
from pcstate.model.verdict import Judgement, Verdict

KEPT = Outcome(1, (False,), 1, 1, 3, 1, 0, ("",))
UNREAD = replace(KEPT, idle_conns=0, unread_conns=1)
GONE = Outcome(1, (False,), 0, 0, 1, 0, 0, ("",))
TRACE = Trace((TraceStep("a", "x", "", ""),))


def prediction(*outcomes: Outcome, complete: bool = True) -> Prediction:
    return Prediction(dict.fromkeys(outcomes, ""), complete, 1)


def judgement(verdict: Verdict, trace: Trace | None = None) -> Judgement:
    return Judgement("p", "always", verdict, trace=trace)


def test_constants_that_are_set_alike_are_not_named() -> None:
    changes = constant_changes(({"a": 1, "b": 2}, {"b": 3, "a": 1, "c": "x"}), {"b": "what b is", "c": "what c is"})
    assert [("b", (2, 3), "what b is"), ("c", (None, "x"), "what c is")] == [(c.name, c.values, c.about) for c in changes]


@pytest.mark.parametrize("one", Verdict)
@pytest.mark.parametrize("two", Verdict)
def test_a_property_that_speaks_of_both_is_named_unless_its_verdicts_are_known_and_equal(one: Verdict, two: Verdict) -> None:
    changes = property_changes(([judgement(one)], [judgement(two)]))
    speaks = Verdict.NOT_RUN not in (one, two)
    assert (speaks and (one != two or one is Verdict.UNKNOWN)) == bool(changes)
    assert all(change.known == (Verdict.UNKNOWN not in (one, two)) for change in changes)


def test_a_counterexample_tells_before_a_witness() -> None:
    violated, holds = judgement(Verdict.VIOLATED, TRACE), judgement(Verdict.HOLDS, TRACE)
    assert (1, 0) == (telling_side(holds, violated), telling_side(violated, holds))
    assert 1 == telling_side(judgement(Verdict.VIOLATED), holds)  # no reachable state is like that: nothing to show
    assert telling_side(judgement(Verdict.HOLDS), judgement(Verdict.NOT_RUN)) is None


def test_outcomes_that_both_have_are_not_named() -> None:
    assert ((UNREAD,), (GONE,)) == exclusive_outcomes(prediction(KEPT, UNREAD), prediction(KEPT, GONE))
    assert ((), ()) == exclusive_outcomes(prediction(KEPT), prediction(KEPT))


def test_what_a_stopped_search_may_have_missed_is_not_said_to_be_the_other_s_alone() -> None:
    stopped = prediction(KEPT, complete=False)
    assert ((), ()) == exclusive_outcomes(stopped, prediction(KEPT, GONE))
    assert ((KEPT,), ()) == exclusive_outcomes(stopped, prediction(GONE))
    assert ((), ()) == exclusive_outcomes(stopped, prediction(GONE, complete=False))


def test_what_is_not_known_is_not_the_same_but_no_difference_either() -> None:
    unknown = ScenarioChange("s", ((), ()), reason="stopped")
    differs = PropertyChange("p", (Verdict.HOLDS, Verdict.VIOLATED), ("", ""))
    limited = PropertyChange("p", (Verdict.HOLDS, Verdict.UNKNOWN), ("", "limit"))
    assert Agreement.SAME is agreement([])
    assert Agreement.UNKNOWN is agreement([unknown]) is agreement([limited, unknown])
    assert Agreement.DIFFER is agreement([unknown, differs]) is agreement([ScenarioChange("s", ((KEPT,), ()))])
