"""What real Go showed along a plan -> whether it did the same as the trace."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from pcstate.check.census import Census
from pcstate.model.diagnosis import Knowledge
from pcstate.model.replay import Attempt, Expected, Image, Look, Plan, Record, Sight
from pcstate.model.stack import Goroutine, Stack
from pcstate.model.verdict import Verdict

__all__ = ["judge"]

RACE = "a race went the other way"
LATE = "a clock may have been faster than the replay: {ms:.0f} ms had passed, and it runs for {limit}"


def judge(plan: Plan, record: Record, knowledge: Knowledge) -> Attempt:
    """Did real Go do the same?

    It did if after every step, and in the end with nobody held, it looks as the spec has it. If it looks as the spec allows after
    the same steps, a race went another way; if a clock may have run out meanwhile, nothing is known. Else it did something else.
    """
    # our hooks hold goroutines there
    knowledge = replace(knowledge, points=tuple(point for point in knowledge.points if not point.calls))
    sights = tuple(_sight(look, knowledge) for look in record.looks)
    end = _sight(record.end, knowledge)
    diverged = None
    for position, (step, look, sight) in enumerate(zip(plan.steps, record.looks, sights, strict=True)):
        if look.missed or not any(_fits(sight, each) for each in step.allowed):
            diverged = position
            break
    verdict, reason = _verdict(plan, record, end, diverged)
    left = tuple(stack for stack in record.end.stacks if _theirs(stack, knowledge))
    missed = tuple(look.missed for look in record.looks)
    late = verdict is not Verdict.VIOLATED and _late(plan, record) > plan.clock
    return Attempt(sights, missed, end, left, record.calls, diverged, late, verdict, reason)


def _verdict(plan: Plan, record: Record, end: Sight, diverged: int | None) -> tuple[Verdict, str]:
    if not record.at_rest:
        return Verdict.UNKNOWN, "it did not come to rest"
    if diverged is None and any(_fits(end, each) for each in plan.same):
        return Verdict.VIOLATED, ""
    late = _late(plan, record)
    if late > plan.clock:
        return Verdict.UNKNOWN, LATE.format(ms=late, limit=plan.clock)
    raced = plan.steps[diverged].raced if diverged is not None else any(_fits(end, each) for each in plan.other)
    if raced:
        return Verdict.UNKNOWN, RACE
    return Verdict.HOLDS, ""


def _late(plan: Plan, record: Record) -> float:
    """The longest time that a clock ran while the trace went on without it."""
    waits = [
        record.looks[position].done - record.looks[position - step.hurry].began
        for position, step in enumerate(plan.steps)
        if step.hurry
    ]
    return max(waits, default=0.0)


def _sight(look: Look, knowledge: Knowledge) -> Sight:
    census = Census(knowledge)
    for stack in look.stacks:
        census.add(Goroutine(stack))
    points = Counter[tuple[str, str]]()
    for (role, seen), tally in census.connections()[1].items():
        points[role, seen.at] += tally.count
    return Sight(tuple(sorted(points.items())), look.errors, look.dials)


def _theirs(stack: Stack, knowledge: Knowledge) -> bool:
    return bool(_sight(Look("", 0, 0, 0, (), (stack,)), knowledge).points)


def _fits(sight: Sight, expected: Expected) -> bool:
    """Whether what is seen is what is expected."""
    return (
        sight.errors == expected.errors and sight.dials == expected.dials and _stand(Counter(dict(sight.points)), expected.image)
    )


def _stand(seen: Counter[tuple[str, str]], image: Image) -> bool:
    """Whether each goroutine can be found at one of its points, and no other is there."""
    if not image:
        return not +seen
    first, *rest = image
    return any(
        _stand(seen - Counter([point]), tuple(rest)) if point[1] else _stand(seen, tuple(rest))
        for point in _possible(first, seen)
    )


def _possible(points: Iterable[tuple[str, str]], seen: Counter[tuple[str, str]]) -> list[tuple[str, str]]:
    return [point for point in points if not point[1] or seen[point] > 0]
