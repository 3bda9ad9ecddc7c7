"""Scenario files, names and expressions -> a `Scenario`."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.scenario import METHODS, CallerProgram, Scenario, ServerScript, Step, milliseconds
from pcstate.specs.source import Reader, Source, known, read_source

__all__ = ["load_scenario", "parse_expression", "parse_scenario", "read_transport", "scenario_names"]

VERBS = ("get", "head", "post", "read-all", "read", "read-exact", "close", "cancel", "settle", "close-idle", "spawn")
BODIES = ("none", "length", "chunked", "until-close")
CONNECTIONS = ("keep-alive", "close")
BEHAVIOURS = (
    "normal", "close-after-response", "close-while-idle", "stall-head", "stall-body", "truncate-body", "drop-request",
)  # fmt: skip
TRANSPORT_FIELDS: Mapping[str, type] = {
    "DisableCompression": bool, "DisableKeepAlives": bool, "ExpectContinueTimeout": int, "ForceAttemptHTTP2": bool,
    "IdleConnTimeout": int, "MaxConnsPerHost": int, "MaxIdleConns": int, "MaxIdleConnsPerHost": int,
    "ResponseHeaderTimeout": int, "TLSHandshakeTimeout": int, "Timeout": int,
}  # fmt: skip
_KEYS: Mapping[str, tuple[str, ...]] = {
    "a scenario": ("about", "transport", "server", "caller"),
    "[transport]": tuple(TRANSPORT_FIELDS),
    "[server]": ("body", "bytes", "connection", "behaviour"),
    "[[caller]]": ("requests", "hosts", "each"),
}
_LINE_BREAK = r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]"
EXAMPLES = {
    "transport": "such as\n[transport]\nMaxIdleConnsPerHost = 1",
    "server": 'such as\n[server]\nbody = "chunked"',
    "caller": 'in two brackets, for there may be several, such as\n[[caller]]\neach = ["get", "read-all"]',
    "requests": "such as requests = 2",
    "hosts": "such as hosts = [0, 1]",
    "each": 'such as each = ["get", "read 100", "close"]',
}
"""The right form, for whoever wrote another."""
MAX_REQUESTS, MAX_CALLERS = 1000, 64
_MOST = 1 << 40
"""Bytes."""
_OF_A_REQUEST = ("read-all", "read", "read-exact", "close", "cancel", "spawn close")


def scenario_names(root: Path) -> dict[str, Path]:
    """The named scenarios below `spec/scenarios`, by name."""
    return {path.stem: path for path in sorted((root / "scenarios").rglob("*.toml"))}


def parse_scenario(source: Source, name: str) -> Scenario:
    """Read a scenario file. Raises: SpecError with every mistake in it."""
    reader = Reader(source)
    document = reader.toml(_bare_duration)
    _check_keys(reader, document, 1, "a scenario")
    about = reader.typed(document, "about", str, 1, " ").strip()
    transport = read_transport(reader, reader.typed(document, "transport", dict, 1, {}, EXAMPLES["transport"]))
    server = _server(reader, reader.typed(document, "server", dict, 1, {}, EXAMPLES["server"]))
    tables = reader.typed(document, "caller", list, 1, [], EXAMPLES["caller"])
    if not tables and not reader.mistakes:
        reader.wrong(reader.place(), "a scenario needs at least one [[caller]]", EXAMPLES["caller"])
    if len(tables) > MAX_CALLERS:
        reader.wrong(reader.place(reader.table("caller", MAX_CALLERS)), f"at most {MAX_CALLERS} callers, not {len(tables)}")
    callers = tuple(_caller(reader, table, index) for index, table in enumerate(tables[:MAX_CALLERS]))
    if sum(caller.requests for caller in callers) > MAX_REQUESTS:
        reader.wrong(reader.place(reader.table("caller")), f"at most {MAX_REQUESTS} requests altogether")
    reader.finish()
    return Scenario(name, about, callers, server, transport)


def parse_expression(text: str, requests: int) -> Scenario:
    """The scenario `requests` times `text`, such as `get; read-all; close`, to one host of a normal server.

    Raises: SpecError with every step that does not exist.
    """
    text = " ".join(re.split(_LINE_BREAK, text))  # one line, so that a step's column is its place
    reader = Reader(Source("-e", text))
    steps = []
    column = 1
    for part in text.split(";"):
        stripped = part.strip()
        place = reader.place(1, column + len(part) - len(part.lstrip()), len(stripped))
        if stripped:
            steps += _step(reader, stripped, place)
        column += len(part) + 1
    if not 1 <= requests <= MAX_REQUESTS:
        reader.wrong(reader.place(0), f"-n must be from 1 to {MAX_REQUESTS}, not {requests}")
    _check_order(reader, steps, reader.place(1, 1, len(text)))
    reader.finish()
    return Scenario(text, text, (CallerProgram(requests, (0,), tuple(steps)),))


def _check_keys(reader: Reader, table: dict[str, Any], line: int, what: str) -> None:
    """Note every key that this table cannot have; of one that another has, which."""
    reader.keys(table, _KEYS[what], line, what, _elsewhere)


def _elsewhere(key: str) -> str:
    owner = next((other for other, keys in _KEYS.items() if key in keys), "")
    where = "stands above the first table" if owner == "a scenario" else f"stands below {owner}"
    return f"{key!r} {where}" if owner else ""


def read_transport(reader: Reader, table: dict[str, Any]) -> dict[str, Any]:
    """The table [transport], its mistakes noted."""
    line = reader.table("transport")
    _check_keys(reader, table, line, "[transport]")
    found: dict[str, Any] = {}
    for key, kind in TRANSPORT_FIELDS.items():
        if key not in table:
            continue
        value = table[key]
        duration = milliseconds(value) if isinstance(value, str) and "Timeout" in key else None
        if duration is not None:
            found[key] = int(duration) if duration.is_integer() else duration
        elif type(value) is kind:
            found[key] = value
        elif "Timeout" in key:
            wanted = 'a duration: whole milliseconds, or a string such as "50ms" or "1m30s"'
            reader.wrong(reader.find("", line, key), f"{key!r} must be {wanted}")
        else:
            reader.typed(table, key, kind, line, 0)
        scale, what = (10**6, "292 years, what a time.Duration holds") if "Timeout" in key else (1, "what an int holds")
        if not -(1 << 63) <= found.get(key, 0) * scale < 1 << 63:
            reader.wrong(reader.find("", line, key), f"{key!r} is beyond {what}")
    return found


def _bare_duration(line: str) -> str:
    """What to do about a line that is no TOML for a duration without its quotes."""
    found = re.search(r"=\s*([-+\w.]+)", line)
    return f'a duration of Go\'s is a string: "{found[1]}"' if found and milliseconds(found[1]) is not None else ""


def _server(reader: Reader, table: dict[str, Any]) -> ServerScript:
    line = reader.table("server")
    _check_keys(reader, table, line, "[server]")
    size = reader.typed(table, "bytes", int, line, 10240)
    if not 0 <= size <= _MOST:
        reader.wrong(reader.find("", line, "bytes"), "'bytes' must be from 0 to 2**40")
    chosen = []
    for key, allowed in (("body", BODIES), ("connection", CONNECTIONS), ("behaviour", BEHAVIOURS)):
        value = reader.typed(table, key, str, line, allowed[0] if key != "body" else "length")
        if value not in allowed:
            reader.wrong(reader.find(value, line, key), f"[server] cannot have {key} = {value!r}", known(allowed, value))
        chosen.append(value)
    return ServerScript(chosen[0], size, chosen[1], chosen[2])


def _caller(reader: Reader, table: Any, index: int) -> CallerProgram:
    line = reader.table("caller", index)
    if not isinstance(table, dict):
        reader.wrong(reader.place(line), "[[caller]] must be a table", EXAMPLES["caller"])
        return CallerProgram(1, (0,), ())
    _check_keys(reader, table, line, "[[caller]]")
    requests = reader.typed(table, "requests", int, line, 1, EXAMPLES["requests"])
    if not 1 <= requests <= MAX_REQUESTS:
        reader.wrong(reader.find("", line, "requests"), f"'requests' must be from 1 to {MAX_REQUESTS}")
    hosts = reader.typed(table, "hosts", list, line, [0], EXAMPLES["hosts"])
    if not hosts or not all(type(host) is int and 0 <= host < MAX_REQUESTS for host in hosts):
        wanted = f"'hosts' must be a list of numbers from 0 to {MAX_REQUESTS - 1}"
        reader.wrong(reader.find("", line, "hosts"), wanted, EXAMPLES["hosts"])
        hosts = [0]
    steps: list[Step] = []
    where = reader.find("", line, "each")
    for text in reader.strings(table, "each", line, EXAMPLES["each"], needed=True):
        steps += _step(reader, text, _place(reader, text, where))
    _check_order(reader, steps, where)
    return CallerProgram(requests, tuple(hosts), tuple(steps))


def _place(reader: Reader, text: str, each: Place) -> Place:
    """Where a step stands between its quotes, for it may be a part of another, or of a comment; that of all steps where it is
    written in another way."""
    for quote in "\"'":
        found = reader.find(f"{quote}{text}{quote}", each.line)
        if reader.source.line(found.line).startswith(f"{quote}{text}{quote}", found.column - 1):
            return reader.place(found.line, found.column + 1, len(text))
    return each


def _step(reader: Reader, text: str, place: Place) -> list[Step]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    match words:
        case ["read", amount] if re.fullmatch("[0-9]{1,13}", amount) and int(amount) <= _MOST:
            return [Step("read", int(amount))]
        case ["spawn", "close"]:
            return [Step("spawn close")]
        case [verb] if verb in VERBS and verb not in ("read", "spawn"):
            return [Step(verb)]
    hint = (
        f"a read is of {_MOST} bytes at most"
        if len(words) == 2 and re.fullmatch("read [0-9]+", " ".join(words))
        else "write 'read 100', or 'read-all'"
        if words[:1] == ["read"]
        else "only 'spawn close' is another goroutine's"
        if words[:1] == ["spawn"]
        else "steps are separated by ';'"
        if place.path == "-e" and len(words) > 1 and {word.strip(",") for word in words} <= {*VERBS, ""}
        else f"each step is a string of its own, {EXAMPLES['each']}"
        if ";" in text or "," in text
        else known([*(v for v in VERBS if v not in ("read", "spawn")), "read N", "spawn close"], text.lower())
    )
    reader.wrong(place, f"there is no step {text!r}", hint)
    return []


def _check_order(reader: Reader, steps: list[Step], place: Place) -> None:
    """A request has exactly one get, head or post; the steps on its body come behind it."""
    if reader.mistakes:
        return
    starts = [n for n, step in enumerate(steps) if step.verb in METHODS]
    if len(starts) != 1:
        example = "such as -e 'get; read-all'" if place.path == "-e" else EXAMPLES["each"]
        hint = example if len(starts) < 2 else "to make it again and again: requests = N (with -e: -n N)"
        reader.wrong(place, f"the steps of one request have exactly one of get, head, post; these have {len(starts)}", hint)
    elif early := [step for step in steps[: starts[0]] if step.verb in _OF_A_REQUEST]:
        reader.wrong(place, f"'{early[0]}' is about the request that '{steps[starts[0]]}' makes, and must come behind it")


def load_scenario(asked: str, root: Path, stdin: str = "") -> Scenario:
    """A scenario by name, by path, or from `stdin` for `-`. Raises: SpecError."""
    names = scenario_names(root)
    if asked == "-":
        return parse_scenario(Source("<stdin>", stdin), "stdin")
    if asked in names:
        path = names[asked]
        return parse_scenario(read_source(path, f"spec/{path.relative_to(root)}"), asked)
    path = Path(asked)
    if (asked and path.exists()) or (path.suffix == ".toml" and path.stem not in names):
        return parse_scenario(read_source(path), path.stem)
    hint = f"{known(names, path.stem)}\n'pcstate scenarios' lists them, with a sentence each"
    if asked and path.with_name(f"{path.name}.toml").exists():
        hint = f"there is a file {asked}.toml"
    elif set(re.split(r"[;, ]+", asked.strip())) & set(VERBS):
        hint = f"steps are an expression: -e {shlex.quote(asked)}"
    raise SpecError([Mistake(Place(asked or "''", 0), "there is no scenario or file of that name", "", hint)])
