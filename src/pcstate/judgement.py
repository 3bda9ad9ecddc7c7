"""The flow of `pcstate judge`: the questions of spec/judgements under each profile -> an answer to each, computed.

In: the spec and profiles. Out: every question with its answers. A network is explored once for all the questions that ask of it.
What a no comes from can be replayed on every Go that is installed and that the profile speaks for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pcstate.conform import runnable
from pcstate.model.finding import Finding
from pcstate.model.formula import evaluate_constant
from pcstate.model.question import Answer, Answered, Expected, Question
from pcstate.model.replay import Replayed
from pcstate.model.scenario import Outcome
from pcstate.model.verdict import Bounds, Judgement, Verdict
from pcstate.pipeline import Steps, check, open_scenario
from pcstate.predict import predict
from pcstate.replay import replay_finding
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile, choose_profile
from pcstate.specs.questions import COUNTED

__all__ = ["judge"]

_WORDS = ("no", "unknown", "yes")
"""The word of several answers is the first of these that is among them."""


def judge(spec: Spec, gos: Sequence[str] = (), progress: Steps | None = None, replay: bool = False) -> tuple[Answered, ...]:
    """The answer to each question, in the order of the file, for each of `gos` (every profile, oldest first, if there is none);
    with `replay` real Go is led along the trace of each property that a no comes from.

    Cost: for each profile an exploration of every network that a question needs (the default one: seconds), and a prediction for
    each scenario. Raises: SpecError; GoError where there is no Go to replay on, or the replayer does not build.
    """
    profiles = [choose_profile(spec.profiles, go) for go in gos] if gos else list(spec.profiles)
    there = runnable(spec, (), None)[0] if replay else []
    answers: dict[str, dict[str, Answer]] = {question.number: {} for question in spec.questions}
    for number, profile in enumerate(profiles):
        if progress:
            progress(number, len(profiles), profile.name)
        court = _Court(spec, profile, [found.version for found, its in there if its == profile])
        for question in spec.questions:
            answers[question.number][profile.name] = court.answer(question)
    if progress:
        progress(len(profiles), len(profiles), "")
    return tuple(Answered(question, answers[question.number]) for question in spec.questions)


class _Court:
    """The questions under one profile; what was explored for one is there for the next."""

    def __init__(self, spec: Spec, profile: Profile, releases: Sequence[str] = ()) -> None:
        self.spec = spec
        self.profile = profile
        self.releases = releases
        self.promises = {promise.name: promise for promise in spec.properties}
        self._judgements: dict[tuple[str, Bounds], Mapping[str, Judgement]] = {}
        self._replays: dict[str, tuple[Replayed, ...]] = {}

    def answer(self, question: Question) -> Answer:
        """Yes, no, unknown, or silent where nothing speaks of this profile; and what a no or an unknown comes from."""
        words = dict(self._words(question))
        word = next((word for word in _WORDS if word in words.values()), "silent")
        because = tuple(name for name, said in words.items() if said == word) if word in _WORDS[:2] else ()
        properties = [name for name in because if word == "no" and name in self.promises]
        return Answer(word, because, tuple((name, replayed) for name in properties for replayed in self._replayed(name)))

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
            return [self._in_network(program, Bounds())[name].verdict for program in programs]
        return [self._in_free_network(name).verdict]

    def _in_free_network(self, name: str) -> Judgement:
        return self._in_network("", self.promises[name].bounds(self.profile.name))[name]

    def _in_network(self, program: str, bounds: Bounds) -> Mapping[str, Judgement]:
        if (program, bounds) not in self._judgements:
            scenario = open_scenario(program, None, 1) if program else None
            asked = dict.fromkeys(_asked(self.spec, self.profile.name, program, bounds))
            report = check(
                replace(self.spec, properties=tuple(self.promises[name] for name in asked)),
                self.profile.name,
                replace(bounds, conns=scenario.requests) if scenario else bounds,
                scenario=scenario,
            )
            self._judgements[program, bounds] = {judgement.name: judgement for judgement in report.judgements}
        return self._judgements[program, bounds]

    def _replayed(self, name: str) -> tuple[Replayed, ...]:
        """What each release did along the trace that a property has in the free network; nothing if it has none there."""
        if name not in self._replays and self.releases:
            judgement, promise = self._in_free_network(name), self.promises[name]
            if judgement.trace is not None:
                bounds = promise.bounds(self.profile.name)
                finding = Finding(judgement, judgement.trace, self.profile.name, bounds, promise.about, self.spec.clauses)
                self._replays[name] = tuple(replay_finding(self.spec, finding, release) for release in self.releases)
        return self._replays.get(name, ())

    def _outcome(self, expected: Expected) -> str:
        """Whether every outcome of a scenario is as expected."""
        report = predict(self.spec, open_scenario(expected.scenario, None, 1), self.profile.name)
        fits = [_says(expected, outcome) for outcome in report.outcomes]
        return "no" if not all(fits) else "yes" if report.complete else "unknown"


def _asked(spec: Spec, profile: str, program: str, bounds: Bounds) -> Iterable[str]:
    """The properties that any question wants judged in that network, or may want a trace of from there."""
    free = {promise.name for promise in spec.properties if promise.bounds(profile) == bounds}
    for question in spec.questions:
        if program in question.programs or not program:
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
