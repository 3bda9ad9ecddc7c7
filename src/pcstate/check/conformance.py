"""What real Go showed, and what the spec allows -> whether the one is within the other, and where they come nearest."""

from collections.abc import Collection, Sequence
from dataclasses import fields

from pcstate.check.belief import Program
from pcstate.model.conformance import Conformance, Difference, Outside
from pcstate.model.observation import Entry
from pcstate.model.scenario import Outcome
from pcstate.model.verdict import Verdict

__all__ = ["compare", "differences", "nearest", "outcome_of"]


def compare(
    observed: Collection[Outcome],
    predicted: Collection[Outcome],
    complete: bool,
    reason: str = "",
    shown: Collection[Outcome] = (),
) -> Conformance:
    """Is every outcome in `observed` also in `predicted`?

    Where `predicted` is not `complete`, for `reason`, the answer is UNKNOWN even if each of them is: a set that lacks members
    would hold no outcome back. But for those `shown`: that a run of the network ends in these is known otherwise, by a question
    that might have been answered with no.
    Order: what is outside comes in the order of outcomes.
    """
    seen, allowed = set(observed), set(predicted)
    if not complete:
        allowed |= seen & set(shown)
    outside = tuple(_outside(outcome, allowed) for outcome in sorted(seen - allowed))
    if not complete and not seen <= set(shown):
        return Conformance(Verdict.UNKNOWN, len(seen), len(allowed), outside, reason, complete=False)
    return Conformance(Verdict.VIOLATED if outside else Verdict.HOLDS, len(seen), len(allowed), outside, complete=complete)


def outcome_of(entries: Sequence[Entry], steps: Program) -> Outcome | None:
    """The outcome that a log tells of, of a program with these `steps`; None if it does not end at rest.

    A request fails with the error of its first step that returned one, and is stuck where a step of its never returned; its
    connection is that of its last `got-conn`.
    """
    if not entries or entries[-1].kind != "rest":
        return None
    reused, errors = [], []
    for caller, requests in enumerate(steps):
        for request, own in enumerate(requests):
            facts = [(e.kind, dict(e.facts)) for e in entries if (e.caller, e.request) == (caller, request)]
            returned = [str(each.get("error", "")) for kind, each in facts if kind == "return"]
            errors.append("stuck" if len(returned) < len(own) else next(filter(None, returned), ""))
            reused.append(bool([0, *(each["reused"] for kind, each in facts if kind == "got-conn")][-1]))
    counts = {key: int(value) for key, value in entries[-1].facts}
    return Outcome(reused=tuple(reused), errors=tuple(errors), **counts)


def nearest(seen: Outcome, allowed: Collection[Outcome]) -> Outcome | None:
    """The one of `allowed` that differs from `seen` in the fewest fields, and in those by the least; None if `allowed` is empty.

    Order: of several, the first in the order of outcomes.
    """
    return min(sorted(allowed), key=lambda outcome: _distance(seen, outcome), default=None)


def differences(seen: Outcome, allowed: Outcome) -> tuple[Difference, ...]:
    """The fields in which two outcomes differ, in the order of `Outcome`."""
    pairs = ((field.name, getattr(seen, field.name), getattr(allowed, field.name)) for field in fields(Outcome))
    return tuple(Difference(name, one, other) for name, one, other in pairs if one != other)


def _outside(seen: Outcome, allowed: Collection[Outcome]) -> Outside:
    closest = nearest(seen, allowed)
    return Outside(seen, closest, differences(seen, closest) if closest else ())


def _distance(seen: Outcome, allowed: Outcome) -> tuple[int, int]:
    found = differences(seen, allowed)
    return len(found), sum(_apart(difference.seen, difference.allowed) for difference in found)


def _apart(one: object, other: object) -> int:
    """How far two numbers lie apart, or in how many requests two rows differ."""
    if isinstance(one, int) and isinstance(other, int):
        return abs(one - other)
    assert isinstance(one, tuple) and isinstance(other, tuple)
    return sum(a != b for a, b in zip(one, other, strict=True))
