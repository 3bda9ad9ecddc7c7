"""Files of spec/conformance -> `Sightings`, and the same for one network."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.formula import Formula, FormulaError, Written, compile_formula, evaluate_constant
from pcstate.model.lts import Value
from pcstate.model.network import Network, Vector
from pcstate.model.observation import FACTS, SHOWN, TOLD
from pcstate.model.sighting import Sighting, Told
from pcstate.specs.network_text import NetworkText
from pcstate.specs.source import Reader, Source, known

__all__ = ["SightingText", "Sightings", "ToldText", "check_sightings", "parse_sightings", "told", "watched"]

_KEYS = ("entry", "of", "writer", "request", "shows", "when")
_WRITER = re.compile(r"^(\w+)\[(.+)\]$")


@dataclass(frozen=True, slots=True)
class SightingText:
    """One [[seen]] of spec/conformance: formulas over the state before the step, with the vector's arguments as names."""

    entry: str
    of: tuple[str, ...]
    """The names of the vectors that show it."""
    writer: str
    """The component whose goroutine writes the entry, such as `caller[i]`."""
    request: Written
    shows: Mapping[str, Written]
    when: Written | None
    place: Place


@dataclass(frozen=True, slots=True)
class ToldText:
    """One [[told]]: by name of a vector a formula over the state before it, with its arguments as names."""

    entry: str
    may: Mapping[str, Written]
    holds: Written | None
    place: Place


@dataclass(frozen=True, slots=True)
class Sightings:
    """All of it, and where a step of a program has returned (a formula over caller `i`)."""

    seen: tuple[SightingText, ...]
    told: tuple[ToldText, ...]
    returned: Written
    source: Source


def parse_sightings(source: Source) -> Sightings:
    """Read such a file; names are checked when it meets a network. Raises: SpecError with every mistake of form."""
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, ("step", "seen", "told"), 1, "a file of what is seen")
    step = reader.typed(document, "step", dict, 1)
    line = reader.table("step")
    reader.keys(step, ("returned",), line, "[step]")
    returned = reader.typed(step, "returned", str, line)
    found = []
    for table, line in reader.tables(document, "seen", needed=True):
        reader.keys(table, _KEYS, line, "a [[seen]]")
        entry, writer, request = (reader.typed(table, key, str, line) for key in ("entry", "writer", "request"))
        if entry not in SHOWN:
            reader.wrong(reader.find(entry, line, "entry"), f"no entry is called {entry!r}", known(SHOWN, entry))
        shows = reader.typed(table, "shows", dict, line, {})
        for key, text in shows.items():
            if key not in FACTS or not isinstance(text, str):
                reader.wrong(reader.find(key, line, "shows"), f"an entry does not show {key!r}, as a formula", known(FACTS, key))
        when = reader.typed(table, "when", str, line, "")
        found.append(
            SightingText(
                entry,
                reader.strings(table, "of", line),
                writer,
                reader.written(request, line, "request"),
                {key: reader.written(str(text), line, key) for key, text in shows.items()},
                reader.written(when, line, "when") if when else None,
                reader.place(line),
            )
        )
    told = tuple(_told(reader, table, line) for table, line in reader.tables(document, "told"))
    reader.finish()
    return Sightings(tuple(found), told, reader.written(returned, reader.table("step"), "returned"), source)


def _told(reader: Reader, table: dict[str, Any], line: int) -> ToldText:
    reader.keys(table, ("entry", "may", "is"), line, "a [[told]]")
    entry, holds = reader.typed(table, "entry", str, line), reader.typed(table, "is", str, line, "")
    if entry not in TOLD:
        reader.wrong(reader.find(entry, line, "entry"), f"no entry is called {entry!r}", known(TOLD, entry))
    may = reader.typed(table, "may", dict, line)
    for key, text in may.items():
        if not isinstance(text, str):
            reader.wrong(reader.find(key, line, "may"), f"{key!r} must be a formula, written as a string")
    written = {key: reader.written(str(text), line, key) for key, text in may.items()}
    return ToldText(entry, written, reader.written(holds, line, "is") if holds else None, reader.place(line))


def told(sightings: Sightings, network: Network) -> dict[str, Told]:
    """What servers may do from which entry on; first what they may in the beginning. Raises: SpecError with every mistake."""
    reader = Reader(sightings.source)
    found = {}
    for text in sightings.told:
        may = {}
        try:
            for number, vector in enumerate(network.vectors):
                if vector.name in text.may:
                    may[number] = compile_formula(text.may[vector.name], network, {**network.parameters, **dict(vector.args)})
            found[text.entry] = Told(may, compile_formula(text.holds, network, network.parameters) if text.holds else None)
        except SpecError as error:
            reader.mistakes += error.mistakes
    reader.finish()
    return found


def watched(sightings: Sightings, network: Network) -> tuple[dict[int, tuple[Sighting, ...]], tuple[Formula, ...]]:
    """For each vector that shows something what it does, and for each caller where a step of its program has returned.

    Raises: SpecError with every wrong name and formula. Cost: some formulas for each vector that is seen.
    """
    reader = Reader(sightings.source)
    numbers = {component.key: number for number, component in enumerate(network.components)}
    by_name: dict[str, list[SightingText]] = {}
    for sighting in sightings.seen:
        for name in sighting.of:
            by_name.setdefault(name, []).append(sighting)
    found = {}
    broken: set[int] = set()
    for number, vector in enumerate(network.vectors):
        each = []
        for sighting in by_name.get(vector.name, ()):
            if id(sighting) not in broken:
                compiled = _watched(sighting, vector, network, numbers, reader)
                if compiled is None:
                    broken.add(id(sighting))
                else:
                    each.append(compiled)
        if each:
            found[number] = tuple(each)
    returned = []
    for i in range(network.parameters["callers"]):
        try:
            returned.append(compile_formula(sightings.returned, network, {**network.parameters, "i": i}))
        except SpecError as error:
            reader.mistakes += error.mistakes
            break
    reader.finish()
    return found, tuple(returned)


def check_sightings(found: Sequence[Sightings], network: NetworkText, root: Source) -> list[Mistake]:
    """Is there one file of what is seen, and are there all the vectors that it names?"""
    if len(found) != 1:
        return [Mistake(Reader(root).place(), "a spec needs one file in conformance/")]
    vectors = {sync["name"] for sync in network.syncs}
    reader = Reader(found[0].source)
    for sighting in found[0].seen:
        for name in sighting.of:
            if name not in vectors:
                place = reader.find(name, sighting.place.line, "of")
                reader.wrong(place, f"no vector is called {name!r}", known(vectors, name))
    for text in found[0].told:
        for name in text.may.keys() - vectors:
            place = reader.find(name, text.place.line, "may")
            reader.wrong(place, f"no vector is called {name!r}", known(vectors, name))
    return reader.mistakes


def _watched(
    sighting: SightingText, vector: Vector, network: Network, numbers: Mapping[str, int], reader: Reader
) -> Sighting | None:
    names: dict[str, Value] = {**network.parameters, **dict(vector.args)}
    place = reader.find(sighting.writer, sighting.place.line, "writer")
    written = _WRITER.match(sighting.writer)
    try:
        key = f"{written[1]}[{evaluate_constant(written[2], names)}]" if written else sighting.writer
        if key not in numbers:
            families = {component.name for component in network.components}
            reader.wrong(place, f"{sighting.writer!r} is no component of this network", known(families, sighting.writer))
            return None
        shows = tuple((name, compile_formula(text, network, names)) for name, text in sorted(sighting.shows.items()))
        when = compile_formula(sighting.when, network, names) if sighting.when else None
        return Sighting(sighting.entry, numbers[key], compile_formula(sighting.request, network, names), shows, when)
    except FormulaError as error:
        reader.wrong(place, f"{sighting.writer!r}: {error}")
    except SpecError as error:
        reader.mistakes += error.mistakes
    return None
