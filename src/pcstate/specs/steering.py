"""Files of spec/replay -> `Steering`: what steers which vector of the network on real Go, as data."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pcstate.errors import Mistake
from pcstate.model.chart import Chart
from pcstate.model.diagnosis import Knowledge
from pcstate.model.replay import Action, Gate, Stand, Steering
from pcstate.specs.network_text import NetworkText
from pcstate.specs.source import Reader, Source, known

__all__ = ["DEEDS", "GATES", "cross_check_steering", "parse_steering"]

DEEDS = ("send", "read", "close", "spawn close", "cancel", "close idle", "respond", "rest", "hang up")
"""What our program knows to do."""
GATES = {
    "do": (), "get-conn": (), "dial": ("conn", "error"), "got-conn": (), "write": ("all", "nothing", "part"), "wrote": (),
    "peek": ("head", "eof"), "head": (), "body": ("rest", "eof"), "put": (), "close-body": (),
}  # fmt: skip
"""Where our program holds goroutines, and what it lets through there."""
_STEERED = ("environment", "timer", "environment-timer", "settle")


def parse_steering(source: Source) -> Steering:
    """Read one file. Raises: SpecError with every mistake in it, but for names that other files must have."""
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, ("gate", "action", "clock", "never", "stand", "dials", "errors"), 1, "a file of spec/replay")
    if not document:
        reader.wrong(reader.place(), "nothing here: a file of spec/replay has [[gate]], [[action]] and [[stand]]")
    gates = tuple(_gate(reader, table, line) for table, line in reader.tables(document, "gate"))
    names = [gate.name for gate in gates]
    actions = [_action(reader, table, line, names) for table, line in reader.tables(document, "action")]
    actions += [_clock(reader, table, line) for table, line in reader.tables(document, "clock")]
    never = []
    for table, line in reader.tables(document, "never"):
        reader.keys(table, ("vectors", "because"), line, "[[never]]")
        because = reader.typed(table, "because", str, line)
        never += [(name, because) for name in reader.strings(table, "vectors", line)]
    stands = tuple(_stand(reader, table, line) for table, line in reader.tables(document, "stand"))
    for name, count in Counter([*names, *(stand.chart for stand in stands)]).items():
        if count > 1:
            reader.wrong(reader.find(f'"{name}"'), f"{name!r} is here {count} times")
    for name in set(names) - {action.opens for action in actions}:
        reader.wrong(next(gate.place for gate in gates if gate.name == name), f"nothing opens the gate {name!r}")
    errors = reader.strings(document, "errors", 1)
    table = reader.typed(document, "dials", dict, reader.table("dials"), {})
    dials = {name: reader.typed(table, name, str, reader.table("dials")) for name in table}
    reader.finish()
    return Steering(gates, tuple(actions), tuple(never), stands, dials, errors)


def cross_check_steering(
    source: Source, steering: Steering, network: NetworkText, charts: Mapping[str, Chart], knowledge: Knowledge
) -> list[Mistake]:
    """What the file names, and nothing declares; and vectors and states that it forgets."""
    reader = Reader(source)
    syncs = {str(sync["name"]): sync for sync in network.syncs}
    gates = {gate.name: gate for gate in steering.gates}
    spoken = [(name, action.place.line) for action in steering.actions for name in action.vectors]
    spoken += [(name, reader.find(f'"{name}"').line) for name, _ in steering.never]
    counts = Counter(name for name, _ in spoken)
    spoken += [(name, gate.place.line) for gate in steering.gates for name in gate.arms]
    spoken += [*((name, reader.table("dials")) for name in steering.dials), *((name, 1) for name in steering.errors)]
    for name, line in spoken:
        if name not in syncs:
            reader.wrong(reader.find(name, line), f"there is no vector {name!r}", known(syncs, name))
        elif counts[name] > 1:
            counts[name] = 1
            reader.wrong(reader.find(f'"{name}"', line), f"vector {name!r} is spoken of twice")
    for name, sync in syncs.items():
        if sync.get("class") in _STEERED and not counts[name]:
            hint = "put it into an [[action]], a [[clock]] or a [[never]]"
            reader.wrong(reader.place(), f"nothing here says how vector {name!r} comes about ({sync['class']})", hint)
    keyed = [
        (gates[action.opens].key, name, action.place.line)
        for action in steering.actions
        if action.opens
        for name in action.vectors
    ]
    keyed += [(gate.key, name, gate.place.line) for gate in steering.gates for name in gate.arms]
    keyed += [(key, name, reader.table("dials")) for name, conn in steering.dials.items() for key in ("r", conn)]
    keyed += [(key, name, 1) for key in ("r", "e") for name in steering.errors]
    for key, name, line in keyed:
        indices = [part.partition(" in ")[0].strip() for part in str(syncs.get(name, {}).get("for", f"{key} in ?")).split(",")]
        if key not in indices:
            reader.wrong(reader.find(name, line), f"vector {name!r} has no argument {key!r}", known(indices))
    points = {(point.role, point.name) for point in knowledge.points}
    told = {stand.chart for stand in steering.stands}
    for stand in steering.stands:
        line = stand.place.line
        if stand.chart not in charts:
            reader.wrong(reader.find(stand.chart, line), f"there is no chart {stand.chart!r}", known(charts, stand.chart))
            continue
        there = {state.name for state in charts[stand.chart].states}
        for name in stand.points.keys() - there:
            reader.wrong(reader.find(f'"{name}"', line), f"{stand.chart} has no state {name!r}", known(there, name))
        for name in there - stand.points.keys():
            reader.wrong(reader.place(line), f"this does not say where {stand.chart} is seen in state {name!r}")
        for point in sorted({point for each in stand.points.values() for point in each if point}):
            if (stand.role, point) not in points:
                names = [name for role, name in points if role == stand.role]
                reader.wrong(
                    reader.find(f'"{point}"', line), f"no point of {stand.role} is called {point!r}", known(names, point)
                )
    for component in network.components:
        if component.get("class") == "goroutine" and component["chart"] in charts.keys() - told:
            reader.wrong(reader.place(), f"no [[stand]] says where {component['chart']} is seen")
    return reader.mistakes


def _gate(reader: Reader, table: dict[str, Any], line: int) -> Gate:
    reader.keys(table, ("name", "key", "arms"), line, "a gate")
    name, key = (reader.typed(table, word, str, line) for word in ("name", "key"))
    reader.one_of(name, GATES, line, "name")
    return Gate(name, key, reader.strings(table, "arms", line), reader.place(line))


def _action(reader: Reader, table: dict[str, Any], line: int, gates: list[str]) -> Action:
    reader.keys(table, ("vectors", "does", "opens", "passes", "about"), line, "an action")
    does, opens, passes = (reader.typed(table, key, str, line, "") for key in ("does", "opens", "passes"))
    if bool(does) == bool(opens):
        reader.wrong(reader.place(line), "an action either does something or opens a gate", "give it 'does' or 'opens'")
    elif does:
        reader.one_of(does, DEEDS, line, "does")
    else:
        reader.one_of(opens, gates, line, "opens")
        allowed = GATES.get(opens, ())
        if (allowed or passes) and passes not in allowed:
            reader.one_of(passes, allowed or ("",), line, "passes")
    return _made(reader, table, line, does, opens, passes, 0)


def _clock(reader: Reader, table: dict[str, Any], line: int) -> Action:
    reader.keys(table, ("vectors", "ms", "about"), line, "a clock")
    ms = reader.typed(table, "ms", int, line)
    if not 1 <= ms <= 1000:
        reader.wrong(reader.find("", line, "ms"), "a clock has from 1 to 1000 ms")
    return _made(reader, table, line, "wait", "", "", ms)


def _made(reader: Reader, table: dict[str, Any], line: int, does: str, opens: str, passes: str, ms: int) -> Action:
    vectors, about = reader.strings(table, "vectors", line), reader.typed(table, "about", str, line)
    if not vectors:
        reader.wrong(reader.place(line), "'vectors' is missing: which vectors this is for")
    return Action(vectors, does, opens, passes, ms, about, reader.place(line))


def _stand(reader: Reader, table: dict[str, Any], line: int) -> Stand:
    reader.keys(table, ("chart", "role", "states"), line, "a stand")
    chart, role = (reader.typed(table, key, str, line) for key in ("chart", "role"))
    points: dict[str, tuple[str, ...]] = {}
    states = reader.typed(table, "states", dict, line)
    for point in states:
        for name in reader.strings(states, point, line):
            points[name] = (*points.get(name, ()), point)
    return Stand(chart, role, points, reader.place(line))
