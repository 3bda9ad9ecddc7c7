"""Files of spec/bugs -> `Bug`: what Go has had wrong, and how the spec is made to have it, as data."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pcstate.errors import Mistake, SpecError
from pcstate.model.bug import Bug
from pcstate.model.property import Mutant
from pcstate.specs.properties import read_mutant, read_property
from pcstate.specs.scenarios import parse_expression, read_transport
from pcstate.specs.source import Reader, Source, known

__all__ = ["cross_check_bug", "parse_bug"]

_SIZES = {
    "callers": (1, 1),
    "conns": (1, 1),
    "hosts": (1, 1),
    "requests": (1, 1),
    "closers": (0, 1),
    "max_conns_per_host": (0, 0),
}
"""The least of each size, and what it is where a file does not say."""
_KEYS = (
    "number", "title", "releases", "source", "means", "property", "promise", "without", "profile", "edit", *_SIZES, "program",
    "transport", "seen", "unseen", "not_replayed",
)  # fmt: skip
_LARGEST = 8


def parse_bug(source: Source, name: str) -> Bug:
    """Read one file. Raises: SpecError with every mistake in it, but for names that other files must have."""
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, _KEYS, 1, "a bug")
    number = reader.typed(document, "number", int, 1)
    title, releases, says, means, without = (
        reader.typed(document, key, str, 1) for key in ("title", "releases", "source", "means", "without")
    )
    named, profile, program, why = (
        reader.typed(document, key, str, 1, "") for key in ("property", "profile", "program", "not_replayed")
    )
    seen, unseen = (reader.strings(document, key, 1) for key in ("seen", "unseen"))
    table = reader.typed(document, "promise", dict, reader.table("promise"), {})
    promise = read_property(reader, table, name, reader.table("promise")) if table else None
    transport = read_transport(reader, reader.typed(document, "transport", dict, reader.table("transport"), {}))
    edits = tuple(_edits(reader, document))
    _either(reader, document, "property", "promise", "the property that it violates, or a [promise] of its own")
    _either(reader, document, "profile", "edit", "the profile that has it, or the [[edit]]s that put it into the spec")
    _either(reader, document, "seen", "not_replayed", "the releases that show it, or why it is not replayed")
    if seen and edits:
        reader.wrong(reader.find("", 1, "seen"), "no release has what edits put into the spec", "say 'not_replayed'")
    if program and (seen or unseen):
        place = reader.find("", 1, "seen" if seen else "unseen")
        reader.wrong(place, "a program's settings are none of a replay's", "say 'not_replayed'")
    if transport and not program:
        reader.wrong(reader.place(reader.table("transport")), "a [transport] goes with a program")
    for release in (*seen, *unseen):
        if not re.fullmatch(r"1\.\d+(\.\d+)?", release):
            reader.wrong(reader.find(release), f"{release!r} is no release such as '1.27.1'")
    if program:
        try:
            parse_expression(program, 1)
        except SpecError as error:
            reader.wrong(
                reader.find("", 1, "program"), f"the program is none: {error.mistakes[0].message}", error.mistakes[0].hint
            )
    sizes = {}
    for key, (least, usual) in _SIZES.items():
        sizes[key] = reader.typed(document, key, int, 1, usual)
        if not least <= sizes[key] <= _LARGEST:
            reader.wrong(reader.find("", 1, key), f"{key!r} must be from {least} to {_LARGEST}")
    reader.finish()
    return Bug(
        name, number, title, releases, says, means, named, promise, without, profile, edits, sizes, program, transport, seen,
        unseen, why, reader.place(),
    )  # fmt: skip


def cross_check_bug(
    source: Source, bug: Bug, texts: Mapping[str, Source], properties: Iterable[str], profiles: Iterable[str]
) -> list[Mistake]:
    """What the file names, and nothing declares."""
    reader = Reader(source)
    properties, profiles = list(properties), list(profiles)
    if bug.violates and bug.violates not in properties:
        reader.wrong(reader.find(bug.violates), f"there is no property {bug.violates!r}", known(properties, bug.violates))
    for key, name in (("without", bug.without), ("profile", bug.profile)):
        if name and name not in profiles:
            reader.wrong(reader.find(name, 1, key), f"there is no profile {name!r}", known(profiles, name))
    for index, edit in enumerate(bug.edits):
        place = reader.place(reader.table("edit", index))
        if edit.file not in texts:
            reader.wrong(place, f"there is no file {edit.file!r}", known(texts, edit.file))
        elif edit.find not in texts[edit.file].text:
            reader.wrong(place, "the edit changes nothing", f"{edit.file} does not contain what it wants to find")
    return reader.mistakes


def _edits(reader: Reader, document: dict[str, Any]) -> Iterable[Mutant]:
    for table, line in reader.tables(document, "edit"):
        yield read_mutant(reader, table, line, "[[edit]]")


def _either(reader: Reader, document: dict[str, Any], one: str, other: str, what: str) -> None:
    if bool(document.get(one)) == bool(document.get(other)):
        reader.wrong(reader.place(), f"either {one!r} or {other!r} is needed: {what}")
