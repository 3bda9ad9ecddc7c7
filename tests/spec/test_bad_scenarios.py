"""A wrong scenario, or expression, is refused whole: every mistake at once, each with its place and what exists."""

import re
from pathlib import Path

import pytest

from pcstate.specs.scenarios import EXAMPLES, load_scenario, parse_expression, parse_scenario
from pcstate.specs.source import Source
from tests.spec.test_bad_input import mistakes, underlined

CALLER = '[[caller]]\nrequests = 1\nhosts = [0]\neach = ["get"]\n'
LISTED = 'caller = [\n  { requests = 1, each = ["get"] }, # {\n  { requests = 0, each = [\n    "get",\n  ] },\n]\n'
SCENARIO = {
    "unknown key": ("abuot = 'x'\n" + CALLER, 1, 1, "abuot", "did you mean 'about'?"),
    "unknown table": (CALLER + "[sevrer]\n", 5, 2, "sevrer", "did you mean 'server'?"),
    "unknown body": ('[server]\nbody = "lenght"\n' + CALLER, 2, 9, "lenght", "did you mean 'length'?"),
    "dotted keys": ('about = "x"\nserver.body = "lenght"\n' + CALLER, 2, 16, "lenght", "did you mean 'length'?"),
    "unknown transport field": ("[transport]\nMaxIdleCons = 1\n" + CALLER, 2, 1, "MaxIdleCons", "did you mean 'MaxIdleConns'?"),
    "wrong type": ('[server]\nbytes = "x"\n' + CALLER, 2, 9, "'bytes' must be a whole number", ""),
    "wrong number": ("[transport]\nMaxConnsPerHost = '1'\n" + CALLER, 2, 19, "must be a whole number, not '1'", ""),
    "a number that is a truth": ("[transport]\nMaxConnsPerHost = true\n" + CALLER, 2, 19, "must be a whole number, not true", ""),
    "wrong truth": ("[transport]\nDisableKeepAlives = 1\n" + CALLER, 2, 21, "must be true or false, not 1", ""),
    "wrong duration": ("[transport]\nTimeout = '1 day'\n" + CALLER, 2, 11, "'Timeout' must be a duration", ""),
    "unknown step": (CALLER.replace("get", "gte"), 4, 10, "no step 'gte'", "did you mean 'get'?"),
    "no request": (CALLER.replace("get", "close"), 4, 8, "exactly one of get, head, post", ""),
    "wrong host": (CALLER.replace("[0]", "[-1]"), 3, 9, "'hosts' must be a list of numbers from 0 to 999", ""),
    "a number beyond Go's": ("[transport]\nMaxIdleConns = 9223372036854775808\n" + CALLER, 2, 16, "beyond what an int holds", ""),
    "a duration beyond Go's": ("[transport]\nTimeout = '99999999999h'\n" + CALLER, 2, 11, "beyond 292 years", ""),
    "half a millisecond": ("[transport]\nTimeout = 0.5\n" + CALLER, 2, 11, "whole milliseconds, or a string", ""),
    "more than a read can ask for": (CALLER.replace('"]', '", "read 99999999999999"]'), 4, 17, "there is no step", "at most"),
    "a step of no word": (CALLER.replace('"]', '", ""]'), 4, 17, "there is no step ''", "known: cancel"),
    "a step that is a part of another": (CALLER.replace('"]', '", "close", "clos"]'), 4, 26, "no step 'clos'", "mean 'close'?"),
    "a step of which a comment speaks": ("[[caller]]\neach = ['get',\n# gte\n 'gte',\n]\n", 4, 3, "no step 'gte'", "mean 'get'?"),
    "a step with an escape": (CALLER.replace('"]', '", "clo\\u0073"]'), 4, 8, "no step 'clos'", "did you mean 'close'?"),
    "the second of two in a list": (LISTED, 3, 16, "'requests' must be from 1 to 1000", ""),
    "a table in quotes": (CALLER + CALLER.replace("caller", "'caller'").replace("1", "0"), 6, 12, "'requests' must be from", ""),
    "a spawned Read": (CALLER.replace('"]', '", "spawn read-all"]'), 4, 17, "there is no step", "only 'spawn close'"),
    "a read with two numbers": (CALLER.replace('"]', '", "read 100 200"]'), 4, 17, "there is no step", "write 'read 100'"),
    "digits of another script": (CALLER.replace('"]', '", "read ٣"]'), 4, 17, "there is no step 'read ٣'", "write 'read 100'"),
    "a date": (
        "[server]\nbody = 2024-01-01T00:00:00.123456-08:00\n" + CALLER,
        2,
        8,
        "must be a string, not 2024-01-01 00:00:00",
        "",
    ),
    "a text too long to show": (f"[server]\nbytes = '{'x' * 99}'\n" + CALLER, 2, 9, "a whole number, not a string", ""),
    "a table twice": (CALLER + "[server]\n[server]\n", 6, 8, "not TOML: Cannot declare [server] twice", ""),
    "a table in one twice": (CALLER + "[a.b]\n[a.b]\n", 6, 5, "not TOML: Cannot declare [a.b] twice", ""),
    "a table for a list": ('[caller]\neach = ["get"]\n', 1, 1, "must be a list, not a table", "two brackets"),
    "one bracket": ('[caller]\neach = ["get"]\n', 1, 1, "'caller' must be a list", "two brackets"),
    "callers that are no tables": ("caller = [1]\n", 1, 1, "[[caller]] must be a table", "[[caller]]\neach = ["),
    "steps that are one string": ('[[caller]]\neach = "get"\n', 2, 8, "'each' must be a list", 'each = ["get", '),
    "a step that is no string": ('[[caller]]\neach = ["get", 3]\n', 2, 8, "'each' must be a list of strings", 'each = ["get", '),
    "requests in quotes": (CALLER.replace("1", "'1'"), 2, 12, "'requests' must be a whole number", "requests = 2"),
    "one host": (CALLER.replace("[0]", "0"), 3, 9, "'hosts' must be a list", "hosts = [0, 1]"),
    "a server that is no table": ("server = 'x'\n" + CALLER, 1, 10, "'server' must be a table", "[server]\nbody ="),
    "two requests in one": (CALLER.replace('["', '["head", "'), 4, 8, "these have 2", "requests = N"),
    "steps in no table": ('each = ["get"]\n' + CALLER, 1, 1, "a scenario has no key 'each'", "stands below [[caller]]"),
    "a field in [server]": ("[server]\nTimeout = 1\n" + CALLER, 2, 1, "no key 'Timeout'", "stands below [transport]"),
    "about in a table": (CALLER + "about = 'x'\n", 5, 1, "[[caller]] has no key 'about'", "stands above the first table"),
    "no steps": ("[[caller]]\nrequests = 2\n", 1, 1, "'each' is missing", 'each = ["get", '),
    "a caller too many": (CALLER * 65, 257, 1, "at most 64 callers, not 65", ""),
    "no caller": ("about = 'x'\n", 1, 1, "at least one [[caller]]", ""),
    "wrong TOML": (CALLER + "x = \n", 5, 5, "not TOML", ""),
    "wrong TOML behind a line's end of Unicode": (CALLER + "# a\u2028b\r\nx = [1,\r\n  =\n", 8, 3, "not TOML", ""),
    "a duration without its quotes": ("[transport]\nTimeout = 1m30s\n" + CALLER, 2, 12, "not TOML", 'string: "1m30s"'),
    "wrong TOML beside one": ('about = "a\u0085b" x\n', 2, 4, "not TOML", ""),
}


@pytest.mark.parametrize(("text", "line", "column", "message", "hint"), SCENARIO.values(), ids=SCENARIO.keys())
def test_a_wrong_scenario_is_placed_and_explained(text: str, line: int, column: int, message: str, hint: str) -> None:
    found = mistakes(lambda: parse_scenario(Source("s.toml", text), "s"))
    assert ("s.toml", line, column) == (found[0].place.path, found[0].place.line, found[0].place.column)
    assert message in found[0].message
    assert hint in found[0].hint


@pytest.mark.parametrize("key", EXAMPLES)
def test_an_example_of_the_right_form_is_right(key: str) -> None:
    _, _, example = EXAMPLES[key].partition("such as")
    head = CALLER if key in ("transport", "server") else "[[caller]]\n" if key != "caller" else ""
    rest = 'each = ["get"]\n' if key in ("requests", "hosts") else ""
    assert parse_scenario(Source("s.toml", head + rest + example.strip() + "\n"), "s").callers[0].each


def test_an_unknown_scenario_lists_a_few_that_are_like_it(root: Path) -> None:
    """There are too many to show them all."""
    (found,) = mistakes(lambda: load_scenario("close-onyl", root))
    assert "did you mean 'close-only'?" in found.hint
    assert "close-only-at-once" in found.hint
    assert "seed" not in found.hint
    assert re.search(r"and \d+ more", found.hint)
    assert len(found.hint) < 300


def test_a_file_without_its_ending_is_named(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.v2.toml").write_text(CALLER)
    (found,) = mistakes(lambda: load_scenario(str(tmp_path / "mine.v2"), root))
    assert found.hint == f"there is a file {tmp_path / 'mine.v2.toml'}"


@pytest.mark.parametrize("requests", [0, 1001])
def test_a_wrong_number_of_requests_is_no_step(requests: int) -> None:
    assert [f"-e: -n must be from 1 to 1000, not {requests}"] == [*map(str, mistakes(lambda: parse_expression("get", requests)))]


def test_every_wrong_step_of_an_expression_is_underlined() -> None:
    found = mistakes(lambda: parse_expression("get; raed-all; read; clsoe", 1))
    assert [(6, "raed-all"), (16, "read"), (22, "clsoe")] == [(m.place.column, underlined(m)) for m in found]
    assert "did you mean 'close'?" in found[2].hint
