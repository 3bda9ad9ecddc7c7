"""A wrong file is refused whole: every mistake at once, each with its place, a caret under the word, and what exists."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pcstate import pipeline
from pcstate.errors import Mistake, SpecError
from pcstate.predict import predict
from pcstate.specs.advice import parse_advice
from pcstate.specs.bugs import parse_bug
from pcstate.specs.chart_text import parse_chart
from pcstate.specs.clauses import parse_clauses
from pcstate.specs.diagnosis import parse_diagnosis
from pcstate.specs.failures import parse_failures
from pcstate.specs.network_text import parse_network
from pcstate.specs.profiles import parse_profile
from pcstate.specs.properties import parse_property
from pcstate.specs.scenarios import parse_expression, parse_scenario
from pcstate.specs.sightings import parse_sightings
from pcstate.specs.source import Source
from pcstate.specs.steering import parse_steering

BODY, NETWORK, PROFILE = "charts/body.yaml", "networks/transport.toml", "profiles/go1.12.toml"
ADVICE, FAILURES, QUESTIONS = "advice/rests.toml", "failures/errors.toml", "judgements/questions.toml"
SEEN = "conformance/seen.toml"
NEEDS, BESIDE = "properties/a-connection-is-reused.toml", "properties/close-returns.toml"
ENABLED = "properties/the-server-can-hang-up-at-any-time.toml"
PROPERTY, CLAUSES = "properties/pooled-has-no-unread-body.toml", "clauses/body.md"


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of spec/ to damage."""
    return Path(shutil.copytree(root, tmp_path / "spec"))


def damage(copy: Path, where: str, old: str, new: str) -> tuple[int, int, str]:
    """Put `new` for the first `old` of a file, or of its [[sync]] of a name (`file:name`); where «…» of `new` is, and that."""
    file, _, sync = where.partition(":")
    text = (copy / file).read_text(encoding="utf-8")
    start = text.index(named) + len(named) if (named := f'name = "{sync}"\n') in text else 0
    assert old in text[start:].split("[[sync]]")[0] if sync else old in text, f"{where} no longer contains {old!r}"
    marked = text[:start] + text[start:].replace(old, new, 1)
    before, _, behind = marked.partition("«")
    (copy / file).write_text(marked.replace("«", "").replace("»", ""), encoding="utf-8")
    return before.count("\n") + 1, len(before) - before.rfind("\n"), behind.partition("»")[0]


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


# --- one mistake in a copy of spec/ ----------------------------------------------------------------------------------------

# What is replaced, by what (the caret belongs under «»), words of the message, words of the hint.
# fmt: off
RULES: dict[str, tuple[str, ...]] = {
    "targets are states": (BODY, "target: open", "target: «opne»", "there is no state 'opne'", "did you mean 'open'?"),
    "guards name declared data": (
        BODY, "armed == 1", "«armd» == 1", "'armd', which this chart does not", "did you mean 'armed'?",
    ),
    "guards call nothing": (BODY, 'armed == 1"', "armed == «len('x')»\"", "guard uses Call"),
    "guards are expressions": (BODY, '"armed == 1"', '«"armed =="»', "guard is not an expression"),
    "updates name declared data": (BODY, "location: armed", "location: «armd»", "the datum 'armd'", "did you mean 'armed'?"),
    "one state is initial, not two": (
        BODY, "  absent:\n", "  «b»egun:\n    initial: true\n  absent:\n", "exactly one initial state", "begun",
    ),
    "one state is initial, not none": (
        BODY, "  absent:\n    initial: true\n", "  «a»bsent:\n", "exactly one initial state", "absent, open",
    ),
    "states stand once": (BODY, "  closed:\n", "  «open»:\n", "'open' stands twice in states, first in line"),
    "keys of a transition stand once": (BODY, "{event: wrap, ", "{event: wrap, «event»: wrap, ", "'event' stands twice"),
    "keys of a state exist": (BODY, "    initial: t", "    «intial»: t", "has no key 'intial'", "did you mean 'initial'?"),
    "keys of a transition exist": (BODY, "wrap, target", "wrap, «targt»", "has no key 'targt'", "did you mean 'target'?"),
    "flags are truth values": (BODY, "initial: true", "initial: «7»", "'initial' must be true or false"),
    "data are quoted": (BODY, 'armed: "0"', "armed: «zero»", "needs a quoted number or text"),
    "charts are YAML": (BODY, "{event: wrap, ", "{event: wrap, }«}» ", "not YAML"),
    "events are not the machine's own": (
        BODY, "event: wrap", "event: «send»", "of python-statemachine's StateChart", "another name",
    ),
    "transitions cite a clause": (
        BODY, "- {event: wrap", "- «{event: drop, target: absent}»\n      - {event: wrap", "cites no clause", "# why [PC-07]",
    ),
    "transitions cite clauses that exist": (
        BODY, "- {event: wrap", "- «{event: drop, target: absent}» # [PC-999]\n      - {event: wrap",
        "there is no clause PC-999", "PC-80",
    ),
    "networks are TOML": (NETWORK, "hosts = 1\n", "hosts = «=» 1\n", "not TOML"),
    "keys of a component exist": (NETWORK, 'class = "g', '«clas» = "g', "has no key 'clas'", "did you mean 'class'?"),
    "an index is text": (NETWORK, 'for = "i in callers"', "for = «7»", "'for' must be a string"),
    "parameters are numbers": (NETWORK, "conns = 1 ", "conns = «true» ", "'conns' must be a whole number, 0 or more"),
    "classes exist": (NETWORK, '"goroutine"', '"«gorutine»"', "no class 'gorutine'", "did you mean 'goroutine'?"),
    "components run charts that exist": (NETWORK, '"caller"', '"«calller»"', "no chart 'calller'", "did you mean 'caller'?"),
    "vectors offer events that exist": (
        f"{NETWORK}:expire", '"expire"', '"«expird»"', "no event 'expird'", "did you mean 'expire'?",
    ),
    "vectors name components": (f"{NETWORK}:park", "want_conn[i]", "«want_con[i]»", "no component", "did you mean 'want_conn'?"),
    "vectors name bound variables": (f"{NETWORK}:park", "want_conn[i]", "want_conn[«z»]", "'z' in 'who'", "known: "),
    "vectors range over sets": (f"{NETWORK}:park", "i in callers", "«i in calers»", "is not 'variable in set'", "callers"),
    "what stays off is a step": (
        NETWORK, '"caller_write_failed(j)"', '"«caller_write_failed[j]»"', "is no step, such as deliver(i, j)",
    ),
    "what stays off are vectors": (
        NETWORK, '"caller_write_failed(j)"', '"«caller_write_faild(j)»"', "no vector is called", "mean 'caller_write_failed'?",
    ),
    "a fact says what stays off": (
        NETWORK,
        """[[apart]]   # connection k is not in the pool: it must be put there before another that is put can take its place
for = "k in conns"
while = "idle_slot[k] == 'out'"
these = ["idle_slot[k]"]
""",
        """«[»[apart]]
for = "k in conns"
while = "idle_slot[k] == 'out'"
""",
        "the steps 'off', or what joins 'these' and 'those'",
    ),
    "who is wholly apart is named": (
        NETWORK, 'off = ["recv_conn(j)", "pool_hit(j)",', '«wholly» = true\noff = ["recv_conn(j)", "pool_hit(j)",',
        "how far 'these' and 'those' are apart",
    ),
    "what is spent alone is a number of others": (
        NETWORK, 'datum = "conn"', '«datum» = "err"', "'err' is no number of others that 'caller' has",
    ),
    "what begins again has no datum of its own": (
        NETWORK, 'again = true', 'again = true\n«datum» = "conn"', "begins again as a whole", "leave 'datum' or 'again' out",
    ),
    "what begins again is whole": (
        NETWORK, 'objects = ["dialer[j]", "read_loop[j]",', '«objects» = ["dialer[j]",', "begins again as a whole",
        "it has read_loop[0] too",
    ),
    "the lifecycle has the event": (f"{NETWORK}:connected", '"connect"', '"«conect»"', "no event 'conect'", "mean 'connect'?"),
    "arguments hide no datum": (
        f"{NETWORK}:give_back", '"give_back(j)" }', '"«give_back(j, conn=j)»" }', "name of a datum", "another name",
    ),
    "keys of a profile exist": (PROFILE, "about =", "«abuot» =", "has no key 'abuot'", "did you mean 'about'?"),
    "constants are data of a chart": (PROFILE, "first_drain", "«first_drian»", "no chart declares", "mean 'first_drain'?"),
    "constants are explained": (
        PROFILE, "first_drain", "«first_drain»", "no chart says what 'first_drain' means", "# profile: 1 when",
    ),
    "constants are explained once": (
        "charts/request_context.yaml", '"0"     # profile', '"0"     # profile: «1 when so»',
        "explains 'canceler_decides' otherwise", "# profile",
    ),
    "keys of a rest exist": (ADVICE, "waits =", "«wait» =", "has no key 'wait'", "did you mean 'waits'?"),
    "a rest is for callers or conns": (ADVICE, '"i in callers"', '«"»i in hosts"', "is not 'variable in set'", "callers, conns"),
    "a rest speaks of somebody": (
        ADVICE, '[[rest]]\nfor = "i in callers"\nwho = ["caller[i]"]', '«[»[rest]]\nfor = "i in callers"', "needs 'who'",
    ),
    "a rest counts what it is for": (ADVICE, "readLoop of {conns}", "readLoop of «{callers}»", "no {callers} here", "{conns}"),
    "a rest speaks of components": (ADVICE, 'who = ["drainer[j]"]', 'who = ["«drainr[j]»"]', "no component 'drainr[j]'"),
    "a rest names states": (ADVICE, "== 'reading'", "== «'readng'»", "no state 'readng'", "reading"),
    "errors have classes": (FAILURES, '"deadline"', '"«deadlin»"', "class cannot be 'deadlin'", "mean 'deadline'?"),
    "errors come once": (FAILURES, '"deadline"', '"«server-closed»"', "an error 'server-closed' already", "one [[error]]"),
    "entries exist": (SEEN, '"put-idle-conn"', '"«put-idel-conn»"', "no entry is called 'put-idel-conn'", "put-idle-conn"),
    "what is seen are vectors": (SEEN, '"ctx_live"', '"«ctx_alive»"', "no vector is called 'ctx_alive'", "ctx_live"),
    "entries show what there is": (SEEN, "was_idle =", "«was_idel» =", "does not show 'was_idel'", "did you mean 'was_idle'?"),
    "writers are components": (SEEN, '"write_loop[j]"', '"«writer[j]»"', "'writer[j]' is no component", "write_loop"),
    "writers have numbers": (SEEN, '"write_loop[j]"', '"«write_loop[m]»"', "'write_loop[m]'"),
    "requests are formulas": (SEEN, '"read_loop[j].req"', '"«read_loop[j]».rek"', "no datum 'rek'", "req"),
    "keys of a [[seen]] exist": (SEEN, "shows =", "«show» =", "has no key 'show'", "did you mean 'shows'?"),
    "servers are told what there is": (SEEN, '"stall"', '"«stal»"', "no entry is called 'stal'", "did you mean 'stall'?"),
    "servers do vectors": (SEEN, "hang_up =", "«hang_upp» =", "no vector is called 'hang_upp'", "did you mean 'hang_up'?"),
    "servers are in states": (SEEN, "['unborn', 'gone']", "['unborn', «'gonne'»]", "no state 'gonne'", "gone"),
    "steps return where states are": (SEEN, "== 'user'", "== «'usr'»", "no state 'usr'", "user"),
    "profiles speak of releases": (PROFILE, 'to = "1.12"', 'to = "«twelve»"', "must be a Go release"),
    "kinds exist": (PROPERTY, '"always"', '"«alwais»"', "no kind 'alwais'", "did you mean 'always'?"),
    "keys of a property exist": (PROPERTY, "clauses =", "«claus» =", "has no key 'claus'", "did you mean 'clauses'?"),
    "properties cite clauses that exist": (PROPERTY, "PC-21", "«PC-998»", "no clause PC-998", "known: PC-"),
    "profiles of a property exist": (PROPERTY, 'holds = ["*"]', 'holds = ["«go1.21»"]', "no profile 'go1.21'", "go1.12"),
    "mutants change something": (
        PROPERTY, '[mutant]\nfile = "charts/read', '«[»mutant]\nfile = "charts/write',
        "changes nothing", "charts/write_loop.yaml",
    ),
    "formulas name components": (PROPERTY, "idle_slot[j] ==", "«idle_slt[j]» ==", "idle_slt", "idle_slot"),
    "formulas name states": (PROPERTY, "== 'idle'", "== «'idel'»", "idel", "idle"),
    "formulas name data": (PROPERTY, "idle_slot[j] ==", "«idle_slot[j]».rnk ==", "rnk", "rank"),
    "formulas ask for vectors": (ENABLED, "'hang_up'", "«'hang_upp'»", "no vector is called 'hang_upp'", "known: hang_up"),
    "formulas give arguments": (ENABLED, "j=j", "r=«j»", "'hang_up' has no argument 'r'", "arguments: j"),
    "formulas add numbers": (PROPERTY, "not (", "not («idle_slot[j]» + 1 == 2 and ", "idle_slot[j] is text, and this needs"),
    "formulas order numbers": (PROPERTY, "not (", "not (1 < «inbound[j].kind» and ", "inbound[j].kind is text, and this needs"),
    "formulas divide by what is not 0": (PROPERTY, "not (", "not (1 // («j - j») and ", "j - j is 0, and this divides by it"),
    "outcomes are formulas": (NETWORK, '.reused == 1"', '.reused ==«"»', "not an expression"),
    "outcomes name components": (NETWORK, "request_log[r].err", "«request_lag[r]».err", "'request_lag[0]' here", "request_log"),
    "outcomes name states": (NETWORK, "read_loop[j] == 'await_body'", "read_loop[j] == «'await'»", "no state 'await'", "await_b"),
    "outcomes name data": (NETWORK, "request_log[r].reused", "«request_log[r]».used", "no datum 'used'", "declared: reused"),
    "counts are numbers": (NETWORK, '"count(socket[j] != \'unborn\' for j in conns)"', '"«socket[0]»"', "must be a number"),
    "errors are text": (
        NETWORK, "'stuck' if caller[r // requests] != 'user' and r >= caller[r // requests].req else request_log[r].err", "«r»",
        "must be text",
    ),
    "facts are formulas": (NETWORK, " and all(caller[i].conn", " and all(«callr[i]».conn", "no 'callr[0]' here", "known: body"),
    "facts add numbers": (NETWORK, " and all(caller[i].conn", " and all(«caller[i]» + 1", "caller[i] is text"),
    "facts name states": (NETWORK, "idle_slot[k] == 'out'", "idle_slot[k] == «'outt'»", "no state 'outt'", "out"),
    "formulas range over sets": (PROPERTY, "j in conns", "j in «cons»", "no set 'cons'", "did you mean 'conns'?"),
    "fairness is weak or strong": (
        "properties/cancel-ends-it.toml", 'kind = "leads-to"', 'kind = "leads-to"\nfairness = "«fair»"', "is weak or strong",
    ),
    "what a property needs is a size": (NEEDS, "requests = 2", "«request» = 2", "no size 'request'", "did you mean 'requests'?"),
    "what a property fails from is a size": (BESIDE, "callers = 2", "«caller» = 2", "no size 'caller'", "mean 'callers'?"),
    "what fails from a size on fails": (BESIDE, 'fails = ["go1.27.0"]\nfails_from', "«fails_from»", "'fails' names no profile"),
    "keys of a question exist": (QUESTIONS, "asks =", "«ask» =", "has no key 'ask'", "did you mean 'asks'?"),
    "questions name properties": (QUESTIONS, "eof-finds-it-settled", "«eof-finds-it»", "no property 'eof-finds-it'", "settled"),
    "promises are no witnesses": (
        QUESTIONS, 'exceptions = ["close-returns-before-the-close', 'promises = ["«close-returns-before-the-close»',
        "is of kind sometimes", "is an exception",
    ),
    "questions name scenarios": (QUESTIONS, 'scenario = "seed"', 'scenario = "«sed»"', "no scenario 'sed'", "mean 'seed'?"),
    "what outcomes say is of their numbers": (QUESTIONS, '"dials == 1"', '"«dails» == 1"', "dails", "dials"),
    "clauses name a source": (
        CLAUSES, "## PC-80\n", "## «PC-79»\nGo is old.\n\n## PC-80\n", "names no source", "source: net/http",
    ),
}
# fmt: on


@pytest.mark.parametrize(
    ("where", "old", "new", "message", "hint"), [(*rule, "")[:5] for rule in RULES.values()], ids=RULES.keys()
)
def test_a_breach_of_the_rule_is_placed_and_explained(
    copy: Path, where: str, old: str, new: str, message: str, hint: str
) -> None:
    line, column, word = damage(copy, where, old, new)
    if "means" in message:
        damage(copy, "charts/read_loop.yaml", "# profile: 1 for", "# 1 for")
    found = mistakes(lambda: pipeline.lint(copy))
    named = [mistake for mistake in found if message in mistake.message]
    assert named, [str(mistake) for mistake in found]
    assert str(named[0]).startswith(f"spec/{where.partition(':')[0]}:{line}:{column}: ")
    assert word == underlined(named[0])
    assert hint in named[0].hint


@pytest.mark.parametrize("rule", ["outcomes are formulas", "errors are text", "facts add numbers", "facts name states"])
def test_predict_says_the_same_of_the_network_s_formulas_as_lint(copy: Path, rule: str) -> None:
    damage(copy, *RULES[rule][:3])
    scenario = parse_expression("get; close", 2)
    broken = pipeline.read_spec(copy)
    assert mistakes(lambda: pipeline.lint(copy)) == mistakes(lambda: predict(broken, scenario, "1.12"))


def test_a_formula_that_loses_its_value_on_the_way_is_a_mistake(copy: Path) -> None:
    """`armed` begins as a number and becomes a word: no reading of the formula alone can tell."""
    damage(copy, BODY, 'expr: "1"}}, {', "expr: \"'one'\"}}, {")
    line, column, _ = damage(copy, PROPERTY, '"not (', '"«n»ot (body[0].armed > 1 or ')
    broken = pipeline.read_spec(copy, only=[Path(PROPERTY).stem])
    (found,) = mistakes(lambda: pipeline.check(broken, "1.12"))
    assert (f"spec/{PROPERTY}", line, column) == (found.place.path, found.place.line, found.place.column)
    assert "this has no value in a state that can be reached" in found.message


def test_an_event_that_no_vector_offers_is_a_mistake(copy: Path) -> None:
    damage(copy, BODY, "event: drop, target: dropped}", "event: dorp, target: dropped}")
    (found,) = mistakes(lambda: pipeline.lint(copy))
    assert "no vector offers event 'dorp' of chart 'body' (spec/charts/body.yaml:" in found.message


def test_a_connection_that_begins_again_is_known_to_nobody(copy: Path) -> None:
    damage(copy, NETWORK, " and closer[r].conn != j", "")
    (found,) = mistakes(lambda: pipeline.lint(copy))
    assert "what begins again may still be known to 'closer' by its 'conn'" == found.message
    assert "add closer[...].conn != ..." == found.hint


def test_a_clause_that_nothing_cites_is_a_mistake(copy: Path) -> None:
    with (copy / CLAUSES).open("a", encoding="utf-8") as file:
        file.write("\n## PC-997\nGo is old.\n\nsource: net/http/transport.go type Transport @ go1.27.3\n")
    (found,) = mistakes(lambda: pipeline.lint(copy))
    assert ("nothing formalises clause PC-997", "cite it, or drop it") == (found.message, found.hint)
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


# --- one file by itself ------------------------------------------------------------------------------------------------

EMPTY: dict[str, Callable[[Source], object]] = {
    "chart": parse_chart,
    "network": parse_network,
    "advice": parse_advice,
    "sightings": parse_sightings,
    "clauses": parse_clauses,
    "steering": parse_steering,
    "bug": lambda source: parse_bug(source, "bug"),
    "diagnosis": parse_diagnosis,
    "failures": parse_failures,
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


def test_what_is_no_table_where_tables_are_wanted_is_said_once_and_placed() -> None:
    """Every file of spec/ walks its [[tables]] in one way."""
    text = 'told = ["x"]\nseen = []\n[step]\nreturned = "1"\n'
    (found,) = mistakes(lambda: parse_sightings(Source("spec/conformance/seen.toml", text)))
    assert "spec/conformance/seen.toml:1:1: [[told]] must be a table" == str(found).splitlines()[0]
