"""A network file -> a `NetworkText`: its tables, each of the right form; what their words name is looked up by `networks`."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pcstate.model.formula import Written
from pcstate.model.lts import Value
from pcstate.model.network import Vector
from pcstate.specs.source import Reader, Source, known

__all__ = ["NetworkText", "parse_network"]

_CLASSES = ("goroutine", "object", "environment", "observer")
_FIRST = ("always", "before-timers")
_SYNC_CLASSES = ("environment", "timer", "environment-timer", "settle")
_OUTCOME = ("dials", "dials_seen", "read_loops", "write_loops", "others", "idle_conns", "unread_conns", "reused", "error")
_KINDS: Mapping[str, type] = {
    **dict.fromkeys(("with", "who", "also", "unless", "lifecycle"), dict),
    **dict.fromkeys(("these", "those", "off", "until", "objects"), list),
    "again": bool,
    "wholly": bool,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NetworkText:
    """A network file as read: not yet of any size."""

    source: Source
    parameters: Mapping[str, int]
    sets: Mapping[str, list[Value]]
    components: tuple[Mapping[str, Any], ...]
    syncs: tuple[Mapping[str, Any], ...]
    outcome: Mapping[str, Written]
    apart: tuple[Mapping[str, Any], ...]
    spent: tuple[Mapping[str, Any], ...]
    """Facts that reductions rest on (see the file)."""
    references: Mapping[str, Mapping[str, str]]
    """By component: which of its data are numbers of others, and of which set."""
    unrolled: dict[Hashable, tuple[Vector, ...]] = field(default_factory=dict, repr=False, compare=False)
    """The vectors of the sizes that were asked for last (`networks`)."""


def parse_network(source: Source) -> NetworkText:
    """Read a network file. Raises: SpecError with every mistake of form in it; names are checked by `instantiate`."""
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, ("parameters", "sets", "component", "sync", "outcome", "apart", "spent", "references"), 1, "a network")
    parameters = reader.typed(document, "parameters", dict, 1, {})
    sets = reader.typed(document, "sets", dict, 1, {})
    for name, value in parameters.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            place = reader.find(str(value).lower(), reader.table("parameters"), name)
            reader.wrong(place, f"parameter {name!r} must be a whole number, 0 or more")
    for name, values in sets.items():
        if not isinstance(values, list) or not all(isinstance(v, int | str) for v in values):
            reader.wrong(reader.find("", reader.table("sets"), name), f"set {name!r} must be a list of numbers or words")
    components = _tables(reader, document, "component", ("chart", "name", "for", "class", "with"), ("chart",), _CLASSES)
    allowed = ("name", "for", "when", "class", "first", "who", "also", "unless", "lifecycle")
    syncs = _tables(reader, document, "sync", allowed, ("name", "who"), _SYNC_CLASSES)
    outcome = reader.typed(document, "outcome", dict, 1, {})
    apart = _tables(
        reader, document, "apart", ("for", "while", "these", "those", "off", "until", "wholly"), ("while", "until"), ()
    )
    for table in apart:
        joins = bool(table.get("these"))
        if joins != bool(table.get("those")) or not (joins or table.get("off")):
            what_is_off = "a fact says what stays off: the steps 'off', or what joins 'these' and 'those'"
            reader.wrong(reader.place(table["line"]), what_is_off)
        elif "wholly" in table and not joins:
            reader.wrong(
                reader.find("wholly", table["line"]), "'wholly' says how far 'these' and 'those' are apart, and there are none"
            )
    spent = _tables(reader, document, "spent", ("for", "while", "objects", "again", "datum"), ("while", "objects"), ())
    references = reader.typed(document, "references", dict, 1, {})
    for name in references:
        reader.typed(references, name, dict, reader.table("references"))
    for key in _OUTCOME if outcome else ():
        reader.typed(outcome, key, str, reader.table("outcome"))
    reader.keys(outcome, _OUTCOME, reader.table("outcome"), "[outcome]")
    if not outcome:
        reader.wrong(reader.place(), "a network needs the table [outcome]")
    reader.finish()
    outcome = {key: reader.written(text, reader.table("outcome"), key) for key, text in outcome.items()}
    apart, spent = (
        tuple({**table, "while": reader.written(table["while"], table["line"], "while")} for table in tables)
        for tables in (apart, spent)
    )
    return NetworkText(source, parameters, sets, components, syncs, outcome, apart, spent, references)


def _tables(
    reader: Reader,
    document: Any,
    kind: str,
    allowed: tuple[str, ...],
    needed: tuple[str, ...],
    classes: tuple[str, ...],
) -> tuple[Mapping[str, Any], ...]:
    found = []
    for table, line in reader.tables(document, kind):
        reader.keys(table, allowed, line, f"a {kind}")
        for key in allowed:
            if key in needed or key in table:
                reader.typed(table, key, _KINDS.get(key, str), line)
        for key in ("who", "also", "unless"):
            entries = table.get(key)
            for name, event in entries.items() if isinstance(entries, dict) else ():
                if not isinstance(event, str):
                    reader.wrong(reader.find(str(name), line), "a component takes part with an event, written as a string")
        if isinstance(first := table.get("first", ""), str) and first not in ("", *_FIRST):
            reader.wrong(reader.find(first, line, "first"), f"a step is not first {first!r}", known(_FIRST, first))
        if isinstance(asked := table.get("class", ""), str) and asked not in ("", *classes):
            reader.wrong(reader.find(asked, line, "class"), f"there is no class {asked!r}", known(classes, asked))
        found.append({**table, "line": line})
    return tuple(found)
