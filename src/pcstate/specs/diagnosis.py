"""Files of spec/diagnosis -> `Knowledge`: what a function, a wait reason and a release mean, as data.

A pattern is the name of a function with `*` for anything and `|` between alternatives. The receiver's `(*` and `)` are
left out: `net/http.persistConn.readLoop`.
"""

import re
from collections.abc import Iterable
from typing import Any

from pcstate.model.diagnosis import CONFIDENCES, STATES, Knowledge, Pattern, Point, Sign, State
from pcstate.specs.source import Reader, Source, known

__all__ = ["ROLES", "joined", "parse_diagnosis"]

ROLES = ("read-loop", "write-loop", "dial", "h2", "caller", "server", "program")
PARTS = {"read": "read-loop", "write": "write-loop", "dial": "dial", "h2": "h2", "caller": "caller"}
"""Keys of a [[state]], and the role of which they list points."""
PHASES = ("", "dns", "tcp", "tls", "proxy")
_POINT = ("role", "at", "frames", "leaf", "without", "calls", "waits", "conn", "vague", "own", "begins", "clauses")
_STATE = (
    "name", "phase", *PARTS, "only", "after", "alone", "beyond", "young", "shared", "remark", "takes",
    "leak", "stuck", "confidence", "held_is", "held_why", "crowd", "crowd_why",
    "title", "unit", "why", "part_why", "fix", "predict",
    "several", "several_why", "many", "many_is", "many_why", "many_fix", "old", "old_why",
)  # fmt: skip
ONLY = ("", "whole", "part")
UNITS = ("connection", "request")


def parse_diagnosis(source: Source) -> Knowledge:
    """Read one file. Raises: SpecError with every mistake in it, but for names that other files must have."""
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, ("point", "state", "sign", "made_by", "waits", "library", "fresh", "untimed"), 1, "a diagnosis file")
    if not document:
        reader.wrong(reader.place(), "nothing here: a diagnosis file has [[point]], [[state]] or [[sign]]")
    points = tuple(_point(reader, table, line) for table, line in reader.tables(document, "point"))
    states = tuple(_state(reader, table, line) for table, line in reader.tables(document, "state"))
    signs = tuple(_sign(reader, table, line) for table, line in reader.tables(document, "sign"))
    made_by, waits = (reader.typed(document, key, dict, reader.table(key), {}) for key in ("made_by", "waits"))
    for role in made_by:
        reader.one_of(role, ROLES, reader.table("made_by"), "role")
    library = reader.strings(document, "library", 1)
    fresh, untimed = (reader.typed(document, key, str, 1, "") for key in ("fresh", "untimed"))
    reader.finish()
    return Knowledge(
        points,
        states,
        signs,
        tuple((_pattern(name), str(wait)) for name, wait in waits.items()),
        {role: _pattern(str(name)) for role, name in made_by.items()},
        frozenset(library),
        fresh,
        untimed,
    )


def joined(files: Iterable[tuple[Source, Knowledge]]) -> tuple[Knowledge, list[Reader]]:
    """The files as one, and what is wrong with them together: points that nothing or several declare."""
    parts = list(files)
    whole = Knowledge(
        tuple(point for _, each in parts for point in each.points),
        tuple(state for _, each in parts for state in each.states),
        tuple(sign for _, each in parts for sign in each.signs),
        tuple(wait for _, each in parts for wait in each.waits),
        {role: name for _, each in parts for role, name in each.made_by.items()},
        frozenset(name for _, each in parts for name in each.library),
        next((each.fresh for _, each in parts if each.fresh), ""),
        next((each.untimed for _, each in parts if each.untimed), ""),
    )
    declared = {(point.role, point.name) for point in whole.points}
    readers = []
    for source, each in parts:
        reader = Reader(source)
        readers.append(reader)
        for state in each.states:
            asked = [(role, name) for role, names in state.parts.items() for name in names if name != "none"]
            for role, name in [*asked, *(("caller", name) for name in state.takes)]:
                if (role, name) not in declared:
                    there = [point for kind, point in declared if kind == role]
                    reader.wrong(
                        reader.find(name, state.place.line), f"no point of {role} is called {name!r}", known(there, name)
                    )
    return whole, readers


def _point(reader: Reader, table: dict[str, Any], line: int) -> Point:
    reader.keys(table, _POINT, line, "a point")
    role, name = (reader.typed(table, key, str, line) for key in ("role", "at"))
    reader.one_of(role, ROLES, line, "role")
    frames, without, waits, clauses = (reader.strings(table, key, line) for key in ("frames", "without", "waits", "clauses"))
    leaf, calls, conn, begins = (reader.typed(table, key, str, line, "") for key in ("leaf", "calls", "conn", "begins"))
    if not frames:
        reader.wrong(reader.place(line), "a point needs 'frames': the functions that it is told by")
    return Point(
        role,
        name,
        tuple(map(_pattern, frames)),
        _pattern(leaf) if leaf else None,
        tuple(map(_pattern, without)),
        _pattern(calls) if calls else None,
        waits,
        _pattern(conn) if conn else None,
        reader.typed(table, "vague", bool, line, False),
        reader.typed(table, "own", bool, line, False),
        _pattern(begins) if begins else None,
        clauses,
        reader.place(line),
    )


def _state(reader: Reader, table: dict[str, Any], line: int) -> State:
    reader.keys(table, _STATE, line, "a state")
    name, why, fix = (reader.typed(table, key, str, line) for key in ("name", "why", "fix"))
    phase, only, after, remark, title, predict, more = (
        reader.typed(table, key, str, line, "") for key in ("phase", "only", "after", "remark", "title", "predict", "many_is")
    )
    part_why, several_why, more_why, more_fix, old_why, held_is, held_why, crowd_why = (
        reader.typed(table, key, str, line, "")
        for key in ("part_why", "several_why", "many_why", "many_fix", "old_why", "held_is", "held_why", "crowd_why")
    )
    confidence = reader.typed(table, "confidence", str, line, "certain")
    unit = reader.typed(table, "unit", str, line, UNITS[0])
    leak, stuck, alone, beyond, young, shared = (
        reader.typed(table, key, bool, line, False) for key in ("leak", "stuck", "alone", "beyond", "young", "shared")
    )
    reader.one_of(name, STATES, line, "name")
    reader.one_of(phase, PHASES, line, "phase")
    reader.one_of(only, ONLY, line, "only")
    reader.one_of(after, ("", *STATES), line, "after")
    reader.one_of(confidence, CONFIDENCES, line, "confidence")
    reader.one_of(unit, UNITS, line, "unit")
    parts = {role: reader.strings(table, key, line) for key, role in PARTS.items() if key in table}
    takes = reader.strings(table, "takes", line)
    if unknown := set(re.findall(r"[{}]", re.sub(r"\{n\}", "", predict))):
        reader.wrong(reader.find("", line, "predict"), f"{''.join(sorted(unknown))} here: only {{n}} stands for something")
    several, many, old, crowd = (reader.typed(table, key, int, line, 0) for key in ("several", "many", "old", "crowd"))
    return State(
        name,
        phase,
        parts,
        only,
        after,
        alone,
        beyond,
        young,
        shared,
        remark,
        takes,
        held_is,
        held_why,
        crowd,
        crowd_why,
        leak,
        stuck,
        confidence,
        title,
        unit,
        why,
        part_why,
        fix,
        predict,
        several,
        several_why,
        many,
        more,
        more_why,
        more_fix,
        old,
        old_why,
        reader.place(line),
    )


def _sign(reader: Reader, table: dict[str, Any], line: int) -> Sign:
    reader.keys(table, ("function", "since", "until"), line, "a sign")
    function = reader.typed(table, "function", str, line)
    since, until = (reader.typed(table, key, str, line, "") for key in ("since", "until"))
    for key, release in (("since", since), ("until", until)):
        if release and not re.fullmatch(r"1\.\d+", release):
            reader.wrong(reader.find("", line, key), f"{release!r} is no release such as '1.23'")
    return Sign(_pattern(function), since, until)


def _pattern(text: str) -> Pattern:
    return re.compile("|".join(re.escape(each.strip()).replace(r"\*", ".*") for each in text.split("|")), re.DOTALL)
