"""Two versions' answers -> what differs for certain, and what is not known to be equal."""

from collections.abc import Mapping, Sequence

from pcstate.check.predict import Prediction
from pcstate.model.difference import ConstantChange, PropertyChange
from pcstate.model.lts import Value
from pcstate.model.scenario import Outcome
from pcstate.model.verdict import Judgement, Verdict

__all__ = ["constant_changes", "exclusive_outcomes", "property_changes", "telling_side"]


def constant_changes(pair: Sequence[Mapping[str, Value]], meanings: Mapping[str, str]) -> tuple[ConstantChange, ...]:
    """The constants that two profiles do not set alike, in the order in which they set them."""
    names = dict.fromkeys([*pair[0], *pair[1]])
    return tuple(
        ConstantChange(name, (pair[0].get(name), pair[1].get(name)), meanings[name])
        for name in names
        if pair[0].get(name) != pair[1].get(name)
    )


def property_changes(pair: Sequence[Sequence[Judgement]]) -> tuple[PropertyChange, ...]:
    """The properties whose verdicts differ, or are not known, of two lists of judgements on the same properties.

    One that is NOT_RUN in either speaks of the other only: it has no two answers to compare.
    """
    return tuple(
        PropertyChange(one.name, (one.verdict, two.verdict), (one.reason, two.reason))
        for one, two in zip(*pair, strict=True)
        if Verdict.NOT_RUN not in (one.verdict, two.verdict) and (one.verdict != two.verdict or one.verdict is Verdict.UNKNOWN)
    )


def telling_side(one: Judgement, two: Judgement) -> int | None:
    """Whose trace tells two judgements apart: the counterexample's, else the witness's, else none."""
    for verdict in (Verdict.VIOLATED, Verdict.HOLDS):
        for side, judgement in enumerate((one, two)):
            if judgement.verdict is verdict and judgement.trace is not None:
                return side
    return None


def exclusive_outcomes(one: Prediction, two: Prediction) -> tuple[tuple[Outcome, ...], tuple[Outcome, ...]]:
    """The outcomes that only the first and only the second has, for certain: none that the other's search may have missed."""
    first = tuple(outcome for outcome in one.outcomes if outcome not in two.outcomes) if two.complete else ()
    second = tuple(outcome for outcome in two.outcomes if outcome not in one.outcomes) if one.complete else ()
    return first, second
