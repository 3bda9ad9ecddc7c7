"""The flow of `pcstate judge`: the questions of spec/judgements under each profile -> an answer to each, computed.

In: the spec and profiles. Out: every question with its answers. A network is explored once for all the questions that ask of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pcstate.model.formula import evaluate_constant
from pcstate.model.question import Answer, Answered, Expected, Question
from pcstate.model.scenario import Outcome
from pcstate.model.verdict import Bounds, Verdict
from pcstate.pipeline import Steps, check, open_scenario
from pcstate.predict import predict
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile, choose_profile
from pcstate.specs.questions import COUNTED

__all__ = ["judge"]

_WORDS = ("no", "unknown", "yes")
"""The word of several answers is the first of these that is among them."""


def judge(spec: Spec, gos: Sequence[str] = (), progress: Steps | None = None) -> tuple[Answered, ...]:
    """The answer to each question, in the order of the file, for each of `gos` (every profile, oldest first, if there is none).

    Cost: for each profile an exploration of every network that a question needs (the default one: seconds), and a prediction for
    each scenario. Raises: SpecError.
    """
    profiles = [choose_profile(spec.profiles, go) for go in gos] if gos else list(spec.profiles)
    answers: dict[str, dict[str, Answer]] = {question.number: {} for question in spec.questions}
    for number, profile in enumerate(profiles):
        if progress:
            progress(number, len(profiles), profile.name)
        court = _Court(spec, profile)
        for question in spec.questions:
            answers[question.number][profile.name] = court.answer(question)
    if progress:
        progress(len(profiles), len(profiles), "")
    return tuple(Answered(question, answers[question.number]) for question in spec.questions)


class _Court:
    """The questions under one profile; what was explored for one is there for the next."""

    def __init__(self, spec: Spec, profile: Profile) -> None:
        self.spec = spec
        self.profile = profile
        self.promises = {promise.name: promise for promise in spec.properties}
        self._verdicts: dict[tuple[str, Bounds], Mapping[str, Verdict]] = {}

    def answer(self, question: Question) -> Answer:
        """Yes, no, unknown, or silent where nothing speaks of this profile; and what a no or an unknown comes from."""
        words = dict(self._words(question))
        word = next((word for word in _WORDS if word in words.values()), "silent")
        return Answer(word, tuple(name for name, said in words.items() if said == word) if word in _WORDS[:2] else ())

    def _words(self, question: Question) -> Iterator[tuple[str, str]]:
        for name in question.promises:
            yield name, _word(self._judged(name, question.programs), Verdict.VIOLATED)
        for name in question.exceptions:
            yield name, _word(self._judged(name, ()), Verdict.HOLDS)
        for expected in question.outcomes:
            yield expected.scenario, self._outcome(expected)

    def _judged(self, name: str, programs: Sequence[str]) -> list[Verdict]:
        """The verdicts on a property: in the network of each program, or in the free one that it needs."""
        if programs:
            return [self._in_network(program, Bounds())[name] for program in programs]
        return [self._in_network("", self.promises[name].bounds(self.profile.name))[name]]

    def _in_network(self, program: str, bounds: Bounds) -> Mapping[str, Verdict]:
        if (program, bounds) not in self._verdicts:
            scenario = open_scenario(program, None, 1) if program else None
            asked = dict.fromkeys(_asked(self.spec, self.profile.name, program, bounds))
            report = check(
                replace(self.spec, properties=tuple(self.promises[name] for name in asked)),
                self.profile.name,
                replace(bounds, conns=scenario.requests) if scenario else bounds,
                scenario=scenario,
            )
            self._verdicts[program, bounds] = {judgement.name: judgement.verdict for judgement in report.judgements}
        return self._verdicts[program, bounds]

    def _outcome(self, expected: Expected) -> str:
        """Whether every outcome of a scenario is as expected."""
        report = predict(self.spec, open_scenario(expected.scenario, None, 1), self.profile.name)
        fits = [_says(expected, outcome) for outcome in report.outcomes]
        return "no" if not all(fits) else "yes" if report.complete else "unknown"


def _asked(spec: Spec, profile: str, program: str, bounds: Bounds) -> Iterable[str]:
    """The properties that any question wants judged in that network."""
    free = {promise.name for promise in spec.properties if promise.bounds(profile) == bounds}
    for question in spec.questions:
        if program in question.programs or not (program or question.programs):
            yield from (name for name in question.promises if program or name in free)
        if not program:
            yield from (name for name in question.exceptions if name in free)


def _word(verdicts: Iterable[Verdict], against: Verdict) -> str:
    """What verdicts say where `against` is a no. What is NOT_RUN says nothing."""
    found = set(verdicts) - {Verdict.NOT_RUN}
    if against in found:
        return "no"
    return "unknown" if Verdict.UNKNOWN in found else "yes" if found else "silent"


def _says(expected: Expected, outcome: Outcome) -> bool:
    return bool(evaluate_constant(expected.says.text, {name: getattr(outcome, name) for name in COUNTED}))
