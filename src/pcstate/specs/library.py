"""The whole of `spec/`, read at once.

Every file is read before anything is said, so that all mistakes of all files come together.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.advice import Advice, Failure
from pcstate.model.bug import Bug
from pcstate.model.chart import Chart
from pcstate.model.clause import Clause
from pcstate.model.diagnosis import Knowledge
from pcstate.model.mutation import Mutation
from pcstate.model.property import Mutant, Property
from pcstate.model.question import Question
from pcstate.model.replay import Steering
from pcstate.specs.advice import parse_advice
from pcstate.specs.bugs import cross_check_bug, parse_bug
from pcstate.specs.chart_text import parse_chart
from pcstate.specs.clauses import parse_clauses
from pcstate.specs.diagnosis import joined, parse_diagnosis
from pcstate.specs.failures import check_failures, parse_failures
from pcstate.specs.network_text import NetworkText, parse_network
from pcstate.specs.profiles import Profile, parse_profile
from pcstate.specs.properties import parse_property
from pcstate.specs.questions import check_questions, parse_questions
from pcstate.specs.scenarios import scenario_names
from pcstate.specs.sightings import Sightings, check_sightings, parse_sightings
from pcstate.specs.source import Reader, Source, known, read_source, unknown_words
from pcstate.specs.steering import cross_check_steering, parse_steering

__all__ = ["Spec", "load_spec", "mutated"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything `spec/` says, and the texts it says it in (`texts`, by path below spec/)."""

    root: Path
    charts: Mapping[str, Chart]
    network: NetworkText
    profiles: tuple[Profile, ...]
    properties: tuple[Property, ...]
    clauses: Mapping[str, Clause]
    advice: Mapping[str, tuple[Advice, ...]]
    """Where goroutines stand at rest and what to do about it, by file below spec/."""
    failures: Mapping[str, Failure]
    """Why requests fail and what to do about it, by the class of the error."""
    knowledge: Knowledge
    """What the goroutines of a dump mean."""
    steering: Steering
    """How a trace is replayed on real Go."""
    bugs: tuple[Bug, ...]
    """What Go has had wrong, in the order of the numbers."""
    questions: tuple[Question, ...]
    """What `judge` answers."""
    sightings: Sightings
    """Which steps of the network real Go shows."""
    texts: Mapping[str, Source]

    def meaning(self, constant: str) -> str:
        """What a profile means by setting `constant`, as the chart says that has it; every constant of a profile has one."""
        return next(meaning for chart in self.charts.values() for name, meaning in chart.meanings if name == constant)


def load_spec(root: Path, mutant: Mutant | Sequence[Mutant] | None = None, only: Iterable[str] = ()) -> Spec:
    """Read and check `spec/`, with the edits of the mutants that are given. Raises: SpecError with every mistake of every file.

    `only` keeps the named properties (all of them if empty); an unknown name is a mistake.
    """
    mistakes: list[Mistake] = []
    return _parsed(root, _read(root, mistakes), mutant, only, mistakes)


def mutated(spec: Spec, mutation: Mutation) -> Spec:
    """A spec that was read, with one edit. Raises: SpecError with every mistake that the edit makes."""
    return _parsed(spec.root, spec.texts, mutation, [promise.name for promise in spec.properties], [])


def _parsed(
    root: Path,
    originals: Mapping[str, Source],
    mutant: Mutant | Mutation | Sequence[Mutant] | None,
    only: Iterable[str],
    mistakes: list[Mistake],
) -> Spec:
    texts = dict(originals)
    for edit in [mutant] if isinstance(mutant, Mutant | Mutation) else mutant or ():
        source = texts[edit.file]
        texts[edit.file] = Source(source.path, edit.edited(source.text))
        assert texts[edit.file] != source, f"{source.path} is changed by its mutant"

    def each(folder: str, suffix: str, parse: Callable[[Source, str], T]) -> list[T]:
        found = []
        for path, source in texts.items():
            if path.startswith(f"{folder}/") and path.endswith(suffix):
                try:
                    found.append(parse(source, Path(path).stem))
                except SpecError as error:
                    mistakes.extend(error.mistakes)
        return found

    charts = {chart.name: chart for chart in each("charts", ".yaml", lambda source, _: _once(parse_chart, source))}
    networks = each("networks", ".toml", lambda source, _: _once(parse_network, source))
    profiles = each("profiles", ".toml", lambda *about: _once(parse_profile, *about))
    properties = each("properties", ".toml", lambda *about: _once(parse_property, *about))
    advice = each("advice", ".toml", lambda source, stem: (f"advice/{stem}.toml", _once(parse_advice, source)))
    failures = each("failures", ".toml", lambda source, _: (source, _once(parse_failures, source)))
    diagnosis = each("diagnosis", ".toml", lambda source, _: (source, _once(parse_diagnosis, source)))
    steering = each("replay", ".toml", lambda source, _: (source, _once(parse_steering, source)))
    bugs = each("bugs", ".toml", lambda source, stem: (source, _once(parse_bug, source, stem)))
    questions = dict(
        each("judgements", ".toml", lambda source, stem: (f"judgements/{stem}.toml", _once(parse_questions, source)))
    )
    sightings = each("conformance", ".toml", lambda source, _: _once(parse_sightings, source))
    clauses = [clause for file in each("clauses", ".md", lambda source, _: _once(parse_clauses, source)) for clause in file]
    if not mistakes:
        missing = [name for name in ("lifecycle", "request_log") if name not in charts]
        mistakes += [Mistake(Place("spec/charts", 0), f"there is no chart {name!r}", "", known(charts)) for name in missing]
        mistakes += _cross_check(originals, charts, profiles, properties, clauses)
        mistakes += _check_diagnosis(diagnosis, clauses)
        for source, known_failures in failures:
            mistakes += check_failures(source, known_failures, networks[0])
        knowledge = joined(diagnosis)[0]
        for source, found in steering:
            mistakes += cross_check_steering(source, found, networks[0], charts, knowledge)
        promised, released = [promise.name for promise in properties], [profile.name for profile in profiles]
        for source, bug in bugs:
            mistakes += cross_check_bug(source, bug, originals, promised, released)
        for path, asked in questions.items():
            mistakes += check_questions(texts[path], asked, properties, scenario_names(root))
        mistakes += check_sightings(sightings, networks[0], Source(str(root), ""))
    mistakes += unknown_words("--property", only, [promise.name for promise in properties], "property")
    if mistakes:
        raise SpecError(sorted(mistakes, key=lambda mistake: mistake.place))
    wanted = set(only)
    return Spec(
        root,
        charts,
        networks[0],
        tuple(sorted(profiles, key=lambda profile: profile.order)),
        tuple(p for p in properties if not wanted or p.name in wanted),
        {clause.number: clause for clause in clauses},
        dict(advice),
        {failure.error: failure for _, found in failures for failure in found},
        joined(diagnosis)[0],
        steering[0][1] if steering else Steering(),
        tuple(sorted((bug for _, bug in bugs), key=lambda bug: (bug.number, bug.name))),
        tuple(question for asked in questions.values() for question in asked),
        sightings[0],
        texts,
    )


def _once(parse: Callable[..., T], *about: Any) -> T:
    """What `parse` makes of a file: a value, which it makes once of the same text. Of a mutant one file is another."""
    found: T = _parsed_once(parse, *about)
    return found


@lru_cache(maxsize=1000)
def _parsed_once(parse: Callable[..., Any], *about: Any) -> Any:
    return parse(*about)


def _read(root: Path, mistakes: list[Mistake]) -> dict[str, Source]:
    texts = {}
    for path in sorted(root.rglob("*")):
        if path.suffix in (".yaml", ".toml", ".md") and path.parent != root:
            name = path.relative_to(root).as_posix()
            try:
                texts[name] = read_source(path, f"spec/{name}")
            except SpecError as error:
                mistakes.extend(error.mistakes)
    if not any(name.startswith("networks/") for name in texts):
        mistakes.append(Mistake(Reader(Source(str(root), "")).place(), "no network here: is this a spec folder?"))
    return texts


def _check_diagnosis(files: list[tuple[Source, Knowledge]], clauses: list[Clause]) -> list[Mistake]:
    """What the files of spec/diagnosis name, and nothing declares."""
    numbers = {clause.number for clause in clauses}
    readers = joined(files)[1]
    for reader, (_, knowledge) in zip(readers, files, strict=True):
        for point in knowledge.points:
            for number in set(point.clauses) - numbers:
                reader.wrong(reader.find(number, point.place.line), f"there is no clause {number}", known(numbers, number))
    return [mistake for reader in readers for mistake in reader.mistakes]


def _cross_check(
    texts: Mapping[str, Source],
    charts: Mapping[str, Chart],
    profiles: list[Profile],
    properties: list[Property],
    clauses: list[Clause],
) -> list[Mistake]:
    """What no file can know alone: clauses cited and citing, constants, profiles and mutants that exist."""
    numbers = {clause.number: clause for clause in clauses}
    readers = {source.path: Reader(source) for source in texts.values()}
    cited: set[str] = set()
    data = {name for chart in charts.values() for name, _ in chart.data}
    meanings: dict[str, str] = {}
    for chart in charts.values():
        for transition in chart.transitions:
            reader = readers[chart.path]
            cited.update(transition.clauses)
            if not transition.clauses:
                reader.wrong(transition.place, "this transition cites no clause", "end its line with # why [PC-07]")
            for number in set(transition.clauses) - numbers.keys():
                reader.wrong(transition.place, f"there is no clause {number}", known(numbers, number))
        for name, meaning in chart.meanings:
            if meanings.setdefault(name, meaning) != meaning:
                reader = readers[chart.path]
                place = reader.find(meaning)
                reader.wrong(place, f"another chart explains {name!r} otherwise: {meanings[name]!r}", "write '# profile' alone")
    for profile in profiles:
        reader = readers[profile.path]
        for name in profile.constants.keys() - data:
            line = reader.table("constants")
            reader.wrong(reader.find(name, line), f"no chart declares the datum {name!r}", known(data, name))
        for name in profile.constants.keys() & data - meanings.keys():
            hint = f'behind it in its chart, write what a profile means by it:  {name}: "0"   # profile: 1 when ...'
            reader.wrong(reader.find(name, reader.table("constants")), f"no chart says what {name!r} means", hint)
    for promise in properties:
        reader = readers[promise.place.path]
        cited.update(promise.clauses)
        for number in set(promise.clauses) - numbers.keys():
            reader.wrong(reader.find(number), f"there is no clause {number}", known(numbers, number))
        for name in {*promise.holds, *promise.fails} - {"*", *(profile.name for profile in profiles)}:
            reader.wrong(reader.find(name), f"there is no profile {name!r}", known((p.name for p in profiles), name))
        mutant = promise.mutant
        if mutant is not None and (mutant.file not in texts or mutant.find not in texts[mutant.file].text):
            place = reader.place(reader.table("mutant"))
            reader.wrong(place, "the mutant changes nothing", f"{mutant.file} does not contain what it wants to find")
    for number in numbers.keys() - cited:
        clause = numbers[number]
        readers[clause.place.path].wrong(clause.place, f"nothing formalises clause {number}", "cite it, or drop it")
    return [mistake for reader in readers.values() for mistake in reader.mistakes]
