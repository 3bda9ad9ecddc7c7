"""Question files -> `Question`."""

from collections.abc import Iterable
from dataclasses import fields

from pcstate.errors import Mistake
from pcstate.model.formula import FormulaError, evaluate_constant
from pcstate.model.property import Property
from pcstate.model.question import Expected, Question
from pcstate.model.scenario import Outcome
from pcstate.specs.source import Reader, Source, known

__all__ = ["COUNTED", "check_questions", "parse_questions"]

_KEYS = ("number", "asks", "means", "promises", "exceptions", "programs", "outcomes")
COUNTED = tuple(field.name for field in fields(Outcome) if field.type in (int, "int"))
"""The numbers of an outcome, which `says` may speak of."""


def parse_questions(source: Source) -> tuple[Question, ...]:
    """Read a file of questions; the names in it are looked up by `check_questions`. Raises: SpecError with every mistake."""
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, ("question",), 1, "a file of questions")
    found = []
    for table, line in reader.tables(document, "question", needed=True):
        reader.keys(table, _KEYS, line, "a question")
        number, asks, means = (reader.typed(table, key, str, line) for key in ("number", "asks", "means"))
        promises, exceptions, programs = (reader.strings(table, key, line) for key in ("promises", "exceptions", "programs"))
        outcomes = []
        for expected in reader.typed(table, "outcomes", list, line, []):
            if not isinstance(expected, dict):
                reader.wrong(reader.find("", line, "outcomes"), "'outcomes' must be tables: { scenario = ..., says = ... }")
                continue
            reader.keys(expected, ("scenario", "says"), line, "an outcome")
            scenario, says = (reader.typed(expected, key, str, line) for key in ("scenario", "says"))
            written = reader.written(says, line, "outcomes")
            try:
                evaluate_constant(says, dict.fromkeys(COUNTED, 0))
            except FormulaError as error:
                reader.mistakes.append(written.mistake(error))
            outcomes.append(Expected(scenario, written))
        if not (promises or exceptions or outcomes):
            reader.wrong(reader.place(line), "a question needs 'promises', 'exceptions' or 'outcomes' to be answered by")
        found.append(Question(number, asks, means, promises, exceptions, programs, tuple(outcomes), reader.place(line)))
    reader.finish()
    return tuple(found)


def check_questions(
    source: Source, questions: Iterable[Question], properties: Iterable[Property], scenarios: Iterable[str]
) -> list[Mistake]:
    """What the questions of a file name, and nothing declares."""
    reader = Reader(source)
    kinds = {promise.name: promise.kind for promise in properties}
    names = list(scenarios)
    for question in questions:
        line = question.place.line
        for name in (*question.promises, *question.exceptions):
            if name not in kinds:
                reader.wrong(reader.find(name, line), f"there is no property {name!r}", known(kinds, name))
            elif (kinds[name] == "sometimes") != (name in question.exceptions):
                wanted = "one of kind sometimes is an exception, any other a promise"
                reader.wrong(reader.find(name, line), f"{name!r} is of kind {kinds[name]}", wanted)
        for name in question.scenarios:
            if name not in names:
                reader.wrong(reader.find(name, line), f"there is no scenario {name!r}", known(names, name))
    return reader.mistakes
