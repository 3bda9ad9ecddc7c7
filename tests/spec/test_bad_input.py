"""A wrong file is refused whole: every mistake at once, each with its place, a caret under the word, and what exists."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pcstate import pipeline
from pcstate.errors import Mistake, SpecError
from pcstate.specs.chart_text import parse_chart
from pcstate.specs.clauses import parse_clauses
from pcstate.specs.networks import parse_network
from pcstate.specs.profiles import parse_profile
from pcstate.specs.properties import parse_property
from pcstate.specs.scenarios import load_scenario, parse_expression, parse_scenario
from pcstate.specs.source import Source

BODY, NETWORK, PROFILE = "charts/body.yaml", "networks/transport.toml", "profiles/go1.12.toml"
PROPERTY, CLAUSES = "properties/pooled-has-no-unread-body.toml", "clauses/body.md"


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of spec/ to damage."""
    return Path(shutil.copytree(root, tmp_path / "spec"))


def damage(copy: Path, file: str, old: str, new: str) -> None:
    """Put `new` for the first `old` of a file."""
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text, f"{file} no longer contains {old!r}"
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def mistakes(call: Callable[[], object]) -> tuple[Mistake, ...]:
    """What a call finds wrong."""
    with pytest.raises(SpecError) as raised:
        call()
    assert "\n".join(map(str, raised.value.mistakes)) == str(raised.value)
    return raised.value.mistakes


def underlined(mistake: Mistake) -> str:
    """The part of the source line above the caret and its tildes, as a person reads it."""
    _, line, caret, *_ = str(mistake).splitlines()
    start = caret.index("^")
    return line[start : start + len(caret.strip())]


def assert_points(mistake: Mistake, copy: Path, file: str, word: str, message: str, hint: str = "") -> None:
    """The mistake stands in `file`, where its text has `word`, and says `message` and `hint`."""
    place = mistake.place
    line = (copy / file).read_text(encoding="utf-8").splitlines()[place.line - 1]
    assert f"spec/{file}" == place.path
    assert line.startswith(word, place.column - 1), f"{place} is not at {word!r}: {line}"
    assert underlined(mistake).startswith(word[:1])
    assert str(mistake).startswith(f"spec/{file}:{place.line}:{place.column}: ")
    assert message in mistake.message
    assert hint in mistake.hint


# --- one mistake in a copy of spec/: file, what is replaced, by what, where the caret is, message, hint --------------------

ONE = {
    "unknown target": (
        BODY,
        "event: wrap, target: open",
        "event: wrap, target: opne",
        "opne",
        "there is no state 'opne'",
        "did you mean 'open'?",
    ),
    "misspelt guard name": (
        BODY,
        'cond: "armed == 1"',
        'cond: "armd == 1"',
        "armd",
        "names 'armd', which this chart does not declare",
        "did you mean 'armed'?",
    ),
    "misspelt update": (
        BODY,
        "location: armed",
        "location: armd",
        "armd",
        "does not declare the datum 'armd'",
        "did you mean 'armed'?",
    ),
    "call in a guard": (BODY, 'cond: "armed == 1"', "cond: \"armed == len('x')\"", "len('x')", "guard uses Call", ""),
    "guard that is no expression": (
        BODY,
        'cond: "armed == 1"',
        'cond: "armed =="',
        '"armed =="',
        "guard is not an expression",
        "",
    ),
    "two initial states": (
        BODY,
        "  open:\n",
        "  open:\n    initial: true\n",
        "absent",
        "exactly one initial state",
        "absent, open",
    ),
    "no initial state": (BODY, "    initial: true\n", "", "absent", "exactly one initial state", "absent, open"),
    "repeated key": (BODY, "  closed:\n", "  open:\n", "open", "'open' stands twice in states, first in line", ""),
    "repeated key of a transition": (BODY, "{event: wrap, ", "{event: wrap, event: wrap, ", "event", "'event' stands twice", ""),
    "unknown key of a state": (
        BODY,
        "    initial: true",
        "    intial: true",
        "intial",
        "has no key 'intial'",
        "did you mean 'initial'?",
    ),
    "unknown key of a transition": (
        BODY,
        "{event: wrap, target",
        "{event: wrap, targt",
        "targt",
        "has no key 'targt'",
        "did you mean 'target'?",
    ),
    "flag that is no truth value": (BODY, "initial: true", "initial: 7", "7", "'initial' must be true or false", ""),
    "unquoted datum": (BODY, 'armed: "0"', "armed: zero", "zero", "needs a quoted number or text", ""),
    "wrong YAML": (BODY, "{event: wrap, ", "{event: wrap, }} ", "}", "not YAML", ""),
    "reserved event": (
        BODY,
        "event: wrap",
        "event: send",
        "send",
        "attribute of python-statemachine's StateChart",
        "another name",
    ),
    "uncited transition": (BODY, "[PC-80]", "", "{event: read_through", "cites no clause", "# why [PC-07]"),
    "unknown clause": (BODY, "[PC-80]", "[PC-999]", "{event: read_through", "there is no clause PC-999", "PC-80"),
    "wrong TOML": (NETWORK, "hosts = 1\n", "hosts = = 1\n", "= 1", "not TOML", ""),
    "unknown key of a network": (
        NETWORK,
        'class = "goroutine"',
        'clas = "goroutine"',
        "clas",
        "has no key 'clas'",
        "did you mean 'class'?",
    ),
    "wrong type in a network": (NETWORK, 'for = "i in callers"', "for = 7", "7", "'for' must be a string", ""),
    "parameter below one": (NETWORK, "conns = 1 ", "conns = 0 ", "0", "parameter 'conns' must be a whole number", ""),
    "unknown class": (
        NETWORK,
        'class = "goroutine"',
        'class = "gorutine"',
        "gorutine",
        "no class 'gorutine'",
        "did you mean 'goroutine'?",
    ),
    "unknown chart": (
        NETWORK,
        'chart = "caller"',
        'chart = "calller"',
        "calller",
        "no chart 'calller'",
        "did you mean 'caller'?",
    ),
    "unknown key of a profile": (PROFILE, "about =", "abuot =", "abuot", "has no key 'abuot'", "did you mean 'about'?"),
    "constant of no chart": (
        PROFILE,
        "first_drain = 0",
        "first_drian = 0",
        "first_drian",
        "no chart declares",
        "did you mean 'first_drain'?",
    ),
    "wrong release": (PROFILE, 'to = "1.12"', 'to = "twelve"', "twelve", "must be a Go release", ""),
    "unknown kind": (PROPERTY, 'kind = "always"', 'kind = "alwais"', "alwais", "no kind 'alwais'", "did you mean 'always'?"),
    "unknown key of a property": (PROPERTY, "clauses =", "claus =", "claus", "has no key 'claus'", "did you mean 'clauses'?"),
    "unknown clause of a property": (PROPERTY, "PC-21", "PC-998", "PC-998", "no clause PC-998", "known: PC-"),
    "unknown profile": (PROPERTY, 'holds = ["*"]', 'holds = ["go1.21"]', "go1.21", "no profile 'go1.21'", "go1.12"),
    "mutant that changes nothing": (
        PROPERTY,
        "find = '''event",
        "find = '''evnt",
        "[mutant]",
        "changes nothing",
        "charts/read_loop.yaml",
    ),
    "unknown component in a formula": (PROPERTY, "idle_slot[j] ==", "idle_slt[j] ==", "idle_slt", "idle_slt", "idle_slot"),
    "unknown state in a formula": (PROPERTY, "== 'idle'", "== 'idel'", "'idel'", "idel", "idle"),
    "unknown datum in a formula": (PROPERTY, "idle_slot[j] ==", "idle_slot[j].rnk ==", "idle_slot[j].rnk", "rnk", "rank"),
    "unknown set": (PROPERTY, "j in conns", "j in cons", "cons", "no set 'cons'", "did you mean 'conns'?"),
    "clause without a source": (CLAUSES, "source: net", "sauce: net", "PC-80", "names no source", "source: net/http"),
}


@pytest.mark.parametrize(("file", "old", "new", "word", "message", "hint"), ONE.values(), ids=ONE.keys())
def test_one_mistake_is_placed_and_explained(
    copy: Path, file: str, old: str, new: str, word: str, message: str, hint: str
) -> None:
    damage(copy, file, old, new)
    found = mistakes(lambda: pipeline.lint(copy))
    named = [mistake for mistake in found if message in mistake.message]
    assert named, [str(mistake) for mistake in found]
    assert_points(named[0], copy, file, word, message, hint)


def sync_damaged(copy: Path, name: str, old: str, new: str) -> tuple[Mistake, ...]:
    """The mistakes after an edit inside the [[sync]] of that name."""
    text = (copy / NETWORK).read_text(encoding="utf-8")
    head, tail = text.split(f'name = "{name}"\n', 1)
    assert old in tail.split("[[sync]]")[0]
    (copy / NETWORK).write_text(f'{head}name = "{name}"\n' + tail.replace(old, new, 1), encoding="utf-8")
    return mistakes(lambda: pipeline.lint(copy))


SYNC = {
    "unknown event": ("expire", '"expire"', '"expird"', "expird", "has no event 'expird'", "did you mean 'expire'?"),
    "unknown component": ("park", '"want_conn[i]"', '"want_con[i]"', "want_con[i]", "no component", "did you mean 'want_conn'?"),
    "unknown variable": ("park", '"want_conn[i]"', '"want_conn[z]"', "z", "'z' in 'who'", "known: "),
    "unknown index set": ("park", "i in callers", "i in calers", "i in calers", "is not 'variable in set'", "callers"),
    "unknown lifecycle event": (
        "connected",
        'j = "connect"',
        'j = "conect"',
        "conect",
        "no event 'conect'",
        "did you mean 'connect'?",
    ),
    "argument that hides a datum": (
        "give_back",
        '"give_back(j)" }',
        '"give_back(j, conn=j)" }',
        "give_back(j, conn=j)",
        "name of a datum",
        "another name",
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "word", "message", "hint"), SYNC.values(), ids=SYNC.keys())
def test_a_mistake_in_a_vector_is_placed_and_explained(
    copy: Path, name: str, old: str, new: str, word: str, message: str, hint: str
) -> None:
    found = sync_damaged(copy, name, old, new)
    named = [mistake for mistake in found if message in mistake.message]
    assert named, [str(mistake) for mistake in found]
    assert_points(named[0], copy, NETWORK, word, message, hint)


def test_an_event_that_no_vector_offers_is_a_mistake(copy: Path) -> None:
    damage(copy, BODY, "event: drop, target: dropped}", "event: dorp, target: dropped}")
    (found,) = mistakes(lambda: pipeline.lint(copy))
    assert "no vector offers event 'dorp' of chart 'body' (spec/charts/body.yaml:" in found.message


def test_a_clause_that_nothing_cites_is_a_mistake(copy: Path) -> None:
    with (copy / CLAUSES).open("a", encoding="utf-8") as file:
        file.write("\n## PC-997\nGo is old.\n\nsource: net/http/transport.go type Transport @ go1.27.3\n")
    (found,) = mistakes(lambda: pipeline.lint(copy))
    assert_points(found, copy, CLAUSES, "PC-997", "nothing formalises clause PC-997", "cite it, or drop it")
    assert "PC-997" == underlined(found)


def test_all_mistakes_of_a_file_come_at_once(copy: Path) -> None:
    damage(copy, BODY, "target: open", "target: opne")
    damage(copy, BODY, 'cond: "armed == 1"', 'cond: "armd == 1"')
    damage(copy, BODY, "  closed:\n", "  closed:\n    fnal: true\n")
    found = mistakes(lambda: pipeline.lint(copy))
    assert 3 == len(found)
    assert sorted(mistake.place for mistake in found) == [mistake.place for mistake in found]


def test_mistakes_of_several_files_come_at_once(copy: Path) -> None:
    damage(copy, BODY, "target: open", "target: opne")
    damage(copy, NETWORK, 'class = "goroutine"', 'clas = "goroutine"')
    damage(copy, PROFILE, "from =", "form =")
    damage(copy, PROPERTY, 'kind = "always"', 'kind = "alwais"')
    damage(copy, CLAUSES, "source: net", "sauce: net")
    found = mistakes(lambda: pipeline.lint(copy))
    assert {f"spec/{file}" for file in (BODY, NETWORK, PROFILE, PROPERTY, CLAUSES)} == {m.place.path for m in found}


def test_a_file_that_is_no_text_is_a_mistake(copy: Path) -> None:
    (copy / BODY).write_bytes(b"\xff\xfe")
    damage(copy, PROFILE, "from =", "form =")
    found = mistakes(lambda: pipeline.lint(copy))
    assert ["spec/charts/body.yaml"] == [m.place.path for m in found if "not UTF-8" in m.message]
    assert any(f"spec/{PROFILE}" == m.place.path for m in found)


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_without_a_network_is_refused(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    (found,) = mistakes(lambda: pipeline.lint(tmp_path / folder))
    assert "is this a spec folder?" in found.message


@pytest.mark.parametrize("name", ["lifecycle", "program", "request_log"])
def test_a_spec_without_a_needed_chart_is_refused(copy: Path, name: str) -> None:
    (copy / f"charts/{name}.yaml").unlink()
    assert mistakes(lambda: pipeline.lint(copy))


# --- scenarios and expressions -----------------------------------------------------------------------------------------

CALLER = '[[caller]]\nrequests = 1\nhosts = [0]\neach = ["get"]\n'
SCENARIO = {
    "unknown key": ("abuot = 'x'\n" + CALLER, 1, 1, "abuot", "did you mean 'about'?"),
    "unknown table": (CALLER + "[sevrer]\n", 5, 2, "sevrer", "did you mean 'server'?"),
    "unknown body": ('[server]\nbody = "lenght"\n' + CALLER, 2, 9, "lenght", "did you mean 'length'?"),
    "unknown transport field": ("[transport]\nMaxIdleCons = 1\n" + CALLER, 2, 1, "MaxIdleCons", "did you mean 'MaxIdleConns'?"),
    "wrong type": ('[server]\nbytes = "x"\n' + CALLER, 2, 9, "'bytes' must be a whole number", ""),
    "wrong duration": ("[transport]\nTimeout = '1 day'\n" + CALLER, 2, 11, "'Timeout' must be a duration", ""),
    "unknown step": (CALLER.replace("get", "gte"), 4, 10, "no step 'gte'", "did you mean 'get'?"),
    "no request": (CALLER.replace("get", "close"), 4, 8, "exactly one of get, head, post", ""),
    "wrong host": (CALLER.replace("[0]", "[-1]"), 3, 9, "'hosts' must be a list of host numbers", ""),
    "no caller": ("about = 'x'\n", 1, 1, "at least one [[caller]]", ""),
    "wrong TOML": (CALLER + "x = \n", 5, 5, "not TOML", ""),
}


@pytest.mark.parametrize(("text", "line", "column", "message", "hint"), SCENARIO.values(), ids=SCENARIO.keys())
def test_a_wrong_scenario_is_placed_and_explained(text: str, line: int, column: int, message: str, hint: str) -> None:
    found = mistakes(lambda: parse_scenario(Source("s.toml", text), "s"))
    assert ("s.toml", line, column) == (found[0].place.path, found[0].place.line, found[0].place.column)
    assert message in found[0].message
    assert hint in found[0].hint


def test_an_unknown_scenario_lists_those_that_exist(root: Path) -> None:
    (found,) = mistakes(lambda: load_scenario("seeed", root))
    assert "did you mean 'seed'?" in found.hint
    assert "close-only" in found.hint


def test_every_wrong_step_of_an_expression_is_underlined() -> None:
    found = mistakes(lambda: parse_expression("get; raed-all; read; clsoe", 1))
    assert [(6, "raed-all"), (16, "read"), (22, "clsoe")] == [(m.place.column, underlined(m)) for m in found]
    assert "did you mean 'close'?" in found[2].hint


# --- one file by itself ------------------------------------------------------------------------------------------------

EMPTY: dict[str, Callable[[Source], object]] = {
    "chart": parse_chart,
    "network": parse_network,
    "clauses": parse_clauses,
    "profile": lambda source: parse_profile(source, "x"),
    "property": lambda source: parse_property(source, "x"),
    "scenario": lambda source: parse_scenario(source, "x"),
}


@pytest.mark.parametrize("kind", [kind for kind in EMPTY if kind != "network"])
def test_an_empty_file_is_refused_at_its_start(kind: str) -> None:
    found = mistakes(lambda: EMPTY[kind](Source("x", "")))
    assert {("x", 1, 1)} == {(m.place.path, m.place.line, m.place.column) for m in found}


@pytest.mark.parametrize("event", ["send", "raise_", "states", "configuration", "name"])
def test_an_event_that_would_hide_part_of_the_machine_is_refused(event: str) -> None:
    text = f"name: c\nstates:\n  a:\n    initial: true\n    transitions:\n      - {{event: {event}, target: a}} # x [PC-1]\n"
    (found,) = mistakes(lambda: parse_chart(Source("c.yaml", text)))
    assert (6, 17) == (found.place.line, found.place.column)
    assert event == underlined(found)
    assert "python-statemachine's StateChart" in found.message
