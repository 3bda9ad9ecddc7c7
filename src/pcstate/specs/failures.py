"""Files of spec/failures -> why a request fails, by the class of its error."""

from collections.abc import Iterable

from pcstate.errors import Mistake
from pcstate.model.advice import Failure
from pcstate.specs.network_text import NetworkText
from pcstate.specs.source import Reader, Source

__all__ = ["check_failures", "parse_failures"]

_KEYS = ("class", "why", "fix")


def parse_failures(source: Source) -> tuple[Failure, ...]:
    """Read a file of failures. Raises: SpecError with every mistake of form."""
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, ("error",), 1, "a file of failures")
    found: dict[str, Failure] = {}
    for table, line in reader.tables(document, "error", needed=True):
        reader.keys(table, _KEYS, line, "an error")
        name, why = (reader.typed(table, key, str, line) for key in ("class", "why"))
        if name in found:
            reader.wrong(reader.find(name, line, "class"), f"there is an error {name!r} already", "one [[error]] a class")
        found[name] = Failure(name, why, reader.strings(table, "fix", line), reader.place(line))
    reader.finish()
    return tuple(found.values())


def check_failures(source: Source, failures: Iterable[Failure], network: NetworkText) -> list[Mistake]:
    """The classes that the network does not have."""
    reader, classes = Reader(source), [str(name) for name in network.sets.get("classes", ())]
    for failure in failures:
        reader.one_of(failure.error, classes, failure.place.line, "class")
    return reader.mistakes
