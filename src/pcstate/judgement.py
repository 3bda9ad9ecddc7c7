"""The flow of `pcstate judge`: the questions of spec/judgements under each profile -> an answer to each, computed.

In: the spec and profiles. Out: every question with its answers. A network is explored once for all the questions that ask of it.
What a no comes from can be replayed on every Go that is installed and that the profile speaks for. (`draw_programs` is the part
of `pcstate graph` that draws a no that comes from a program.)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pcstate.conform import runnable
from pcstate.model.finding import Finding
from pcstate.model.formula import evaluate_constant
from pcstate.model.question import Answer, Answered, Expected, Question
from pcstate.model.replay import Replayed
from pcstate.model.scenario import Outcome
from pcstate.model.trace import Trace
from pcstate.model.verdict import Bounds, Judgement, Verdict
from pcstate.pipeline import Steps, check, open_scenario, read_spec, sizes_with
from pcstate.predict import predict, shortest_way, trace_of
from pcstate.replay import replay_finding
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile, choose_profile
from pcstate.specs.questions import COUNTED
from pcstate.trace import write_traces

__all__ = ["draw_programs", "judge"]

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


def draw_programs(output: Path, gos: Sequence[str | None], subjects: Sequence[str], formats: Sequence[str]) -> list[str]:
    """Write, for each program among `subjects` that a question is answered by, a shortest run that a no comes from.

    Of `formats`, it has `svg` and `mermaid`. Returns a line for each file, and for each program that no no comes from.
    Cost: an exploration of each program's network. Raises: SpecError.
    """
    spec = read_spec()
    chosen = [word for word in formats if word in ("svg", "mermaid")]
    lines = []
    asked = [program for question in spec.questions for program in question.scenarios if program in subjects]
    for name in dict.fromkeys(choose_profile(spec.profiles, go).name for go in gos if chosen):
        court = _Court(spec, choose_profile(spec.profiles, name))
        for program in dict.fromkeys(asked):
            found = court.run_of_a_no(program)
            untold = f"{program}: not drawn for {name}, where `judge` answers nothing with no by it"
            lines += write_traces([found], chosen, output) if found else [untold]
    return lines


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
        words = list(self._words(question))
        word = next((word for word in _WORDS if word in (said for _, said in words)), "silent")
        because = tuple(dict.fromkeys(name for name, said in words if said == word)) if word in _WORDS[:2] else ()
        properties = [name for name in because if word == "no" and name in self.promises]
        return Answer(word, because, tuple((name, replayed) for name in properties for replayed in self._replayed(name)))

    def _words(self, question: Question) -> Iterator[tuple[str, str]]:
        """What each property says: in the network of each program, which says so then, too, or in the free one that it needs; and
        what each outcome says."""
        for name in question.promises:
            for program in question.programs:
                said = _word(self._in_network(program, Bounds())[name].verdict, Verdict.VIOLATED)
                yield from ((name, said), (program, said))
            if not question.programs:
                yield name, _word(self._in_free_network(name).verdict, Verdict.VIOLATED)
        for name in question.exceptions:
            yield name, _word(self._in_free_network(name).verdict, Verdict.HOLDS)
        for expected in question.outcomes:
            yield expected.scenario, self._outcome(expected)

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

    def run_of_a_no(self, program: str) -> Finding | None:
        """A shortest run of a program to what a no comes from, for the first question that it answers so, as of a property of the
        program's name."""
        for question in self.spec.questions:
            broken = self._breaks_a_promise(program, question) or self._ends_otherwise(program, question)
            if broken:
                what, trace, sizes = broken
                judgement = Judgement(program, what, Verdict.VIOLATED, trace=trace)
                return Finding(judgement, trace, self.profile.name, sizes, question.asks, self.spec.clauses)
        return None

    def _breaks_a_promise(self, program: str, question: Question) -> tuple[str, Trace, Bounds] | None:
        found = self._in_network(program, Bounds()) if program in question.programs else {}
        for judgement in (found[name] for name in question.promises if name in found):
            if judgement.verdict is Verdict.VIOLATED and judgement.trace is not None:
                scenario = open_scenario(program, None, 1)
                return judgement.name, judgement.trace, sizes_with(scenario, Bounds(conns=scenario.requests))
        return None

    def _ends_otherwise(self, program: str, question: Question) -> tuple[str, Trace, Bounds] | None:
        """A shortest run to an outcome that is not as the question expects."""
        for expected in question.outcomes:
            if expected.scenario == program:
                report = predict(self.spec, open_scenario(program, None, 1), self.profile.name)
                others = [outcome for outcome in report.outcomes if not _says(expected, outcome)]
                found = shortest_way(self.spec, report, others) if others else None
                if found:
                    search, way, _ = found
                    sizes = Bounds(**search.graph.network.parameters)
                    return expected.says.text, trace_of(self.spec, search, way), sizes
        return None


def _asked(spec: Spec, profile: str, program: str, bounds: Bounds) -> Iterable[str]:
    """The properties that any question wants judged in that network, or may want a trace of from there."""
    free = {promise.name for promise in spec.properties if promise.bounds(profile) == bounds}
    for question in spec.questions:
        if program in question.programs or not program:
            yield from (name for name in question.promises if program or name in free)
        if not program:
            yield from (name for name in question.exceptions if name in free)


def _word(verdict: Verdict, against: Verdict) -> str:
    """What a verdict says where `against` is a no. NOT_RUN says nothing."""
    return {against: "no", Verdict.UNKNOWN: "unknown", Verdict.NOT_RUN: "silent"}.get(verdict, "yes")


def _says(expected: Expected, outcome: Outcome) -> bool:
    return bool(evaluate_constant(expected.says.text, {name: getattr(outcome, name) for name in COUNTED}))
