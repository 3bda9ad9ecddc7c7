"""What `conform` found, as lines and as a page of tables: both sides of a disagreement, and nothing that changes by itself."""

from collections import Counter
from dataclasses import replace

import pytest

from pcstate.check.conformance import compare
from pcstate.conform import Compared, ConformReport, Drawn, Smallest
from pcstate.fitting import Exercised
from pcstate.model.conformance import Conformance, Misfit
from pcstate.model.observation import Entry
from pcstate.model.scenario import CallerProgram, Outcome, Scenario, Step
from pcstate.model.verdict import Verdict
from pcstate.show.agreement import agreement_page, conform_json, conform_text

KEPT = Outcome(1, (False, True), 1, 1, 3, 1, 0, ("", ""))
GONE = Outcome(2, (False, False), 0, 0, 1, 0, 0, ("", ""))
STUCK = replace(GONE, errors=("", "stuck"))

AGREES = compare([KEPT], [KEPT, GONE], True)
DISAGREES = compare([KEPT], [GONE, STUCK], True)
BY_LOG = compare([KEPT], [GONE], False, "the search stopped at its limit of 20 states, after 21 states", [KEPT])
UNKNOWN = compare([KEPT, GONE], [GONE], False, "the search stopped at its limit of 20 states, after 21 states")


def compared(folder: str, name: str, go: str, found: Conformance) -> Compared:
    return Compared(folder, Scenario(name, f"what {name} | does", (CallerProgram(2, (0,), ()),)), go, f"go{go[:4]}", found)


REPORT = ConformReport(
    (
        compared("reading", "half", "1.26.6", AGREES),
        compared("reading", "half", "1.27.3", BY_LOG),
        compared("closing", "early", "1.26.6", AGREES),
        compared("closing", "early", "1.27.3", DISAGREES),
        compared("closing", "late", "1.26.6", UNKNOWN),
        compared("closing", "late", "1.27.3", UNKNOWN),
    ),
    10,
    ("1.20.1",),
)

PAGE = """\
| Go | 1.26.6 | 1.27.3 |
| --- | --- | --- |
| profile | go1.26 | go1.27 |

No profile speaks for Go 1.20.1.

## closing

| program | what it does | 1.26.6 | 1.27.3 |
| --- | --- | --- | --- |
| `early` | what early \\| does | `1/2` | **`1/2` ✗** |
| `late` | what late \\| does | `2/?` unknown | `2/?` unknown |

## reading

| program | what it does | 1.26.6 | 1.27.3 |
| --- | --- | --- | --- |
| `half` | what half \\| does | `1/2` | `1/?` |

## Disagreements

- `early`, Go 1.27.3 against go1.27
  - Go shows: 3 goroutines (main, 1 readLoop, 1 writeLoop); dials 1, reused 1 of 2, idle 1, unread 0
  - the spec allows, the nearest of 2: 1 goroutine (main, 0 readLoop, 0 writeLoop); dials 2, reused 0 of 2, idle 0, unread 0
  - differing: dials 1 / 2, reused [no yes] / [no no], read_loops 1 / 0, write_loops 1 / 0, goroutines 3 / 1, idle_conns 1 / 0
"""


def test_the_page_has_a_table_for_each_folder_and_both_sides_of_a_disagreement() -> None:
    page = agreement_page(REPORT)
    assert "run 10 times under each Go" in page
    assert PAGE == page[page.index("| Go |") :]


def test_the_page_says_that_nothing_is_open() -> None:
    page = agreement_page(ConformReport(REPORT.results[:2], 10, ()))
    assert page.endswith("## Disagreements\n\nNone.\n")
    assert "No profile speaks" not in page


def test_a_disagreement_of_several_gos_is_one() -> None:
    results = tuple(replace(compared("", "early", go, DISAGREES), profile_name="go1.26") for go in ("1.27.2", "1.27.3"))
    page = agreement_page(ConformReport(results, 1, ()))
    assert "- `early`, Go 1.27.2, 1.27.3 against go1.26\n" in page
    assert 1 == page.count("Go shows")
    assert "## other programs\n" in page


def test_a_program_that_never_rests_is_said_so() -> None:
    report = ConformReport((compared("", "early", "1.27.3", compare([KEPT], [], True)),), 1, ())
    assert "the spec allows no outcome: the program never comes to rest" in agreement_page(report)
    assert "the spec allows no outcome" in conform_json(report)["results"][0]["reason"]


def test_the_text_has_a_line_for_each_disagreement_and_each_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    conform_text(REPORT)
    assert [
        "VIOLATED early (Go 1.27.3, spec go1.27): Go shows dials 1, reused [no yes], read_loops 1, write_loops 1, goroutines 3, "
        "idle_conns 1; the spec allows dials 2, reused [no no], read_loops 0, write_loops 0, goroutines 1, idle_conns 0 "
        "(the nearest of 2)",
        "UNKNOWN late (Go 1.26.6, 1.27.3): the search stopped at its limit of 20 states, after 21 states; 1 of 2 observed "
        "outcomes not among the 1 found so far",
        "left out, because no profile speaks for it: Go 1.20.1",
        "VIOLATED: 3 of 6 agree (1 by their logs: not all that the spec allows is known), 1 disagree, 2 unknown; 3 scenarios, "
        "Go 1.26.6, 1.27.3, 10 runs of each",
    ] == capsys.readouterr().out.splitlines()


def test_a_misfit_says_what_was_seen_and_what_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    misfit = Misfit(Entry("put-idle-conn", 0, 0, -1, (("error", ""),)), 8, ("caller[0] user",), 11, ("rest", "return"))
    found = Conformance(Verdict.VIOLATED, 1, 1, misfit=misfit)
    get = Scenario("get", "a [get]", (CallerProgram(2, (0,), (Step("get"), Step("read", 3))),))
    smallest = Smallest("1.27.3", "go1.26", get, found)
    said = "entry 9 of the log fits no run: put-idle-conn of caller 0, request 0: error none; the spec allows rest; or return"
    report = ConformReport((compared("", "early", "1.27.3", found),), 1, (), (smallest,))
    conform_text(report)
    lines = capsys.readouterr().out.splitlines()
    assert f"VIOLATED early (Go 1.27.3, spec go1.27): {said}" == lines[0]
    assert {f"  {said}", "    pcstate observe -e 'get; read 3' -n 2 --go 1.27.3", '    each = ["get", "read 3"]'} <= set(lines)
    assert ["  11 states fitted up to there, 1 of them:", "    caller[0] user"] == lines[-4:-2]
    assert f"- `early`, Go 1.27.3 against go1.27\n  - {said}\n" in agreement_page(report)


def test_what_was_exercised_is_told_of_random_programs(capsys: pytest.CaptureFixture[str]) -> None:
    exercised = Exercised(4, Counter(do=4, cancel=1), Counter(do=4, cancel=2, expire=1))
    report = ConformReport(REPORT.results[:1], 1, (), (), exercised, ("do", "cancel", "expire", "retry"), Drawn(4))
    conform_text(report)
    assert [
        "4 runs took 2 of 4 kinds of step (50 %), whatever way each went:",
        "  100.0 %  do",
        "   25.0 %  cancel",
        "perhaps taken: expire",
        "never taken: retry",
    ] == capsys.readouterr().out.splitlines()[:-1]
    assert {"do": [4, 4], "cancel": [1, 2], "expire": [0, 1], "retry": [0, 0]} == conform_json(report)["exercised"]["vectors"]


def test_an_error_on_one_side_only_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    conform_text(ConformReport((compared("", "early", "1.27.3", compare([STUCK], [GONE], True)),), 1, ()))
    line = capsys.readouterr().out.splitlines()[0]
    assert line.endswith("Go shows errors [none stuck]; the spec allows errors [none none] (the nearest of 1)")


def test_the_json_has_the_outcomes_that_are_not_allowed() -> None:
    results = conform_json(REPORT)["results"]
    assert ["HOLDS", "HOLDS", "HOLDS", "VIOLATED", "UNKNOWN", "UNKNOWN"] == [result["verdict"] for result in results]
    keys = ["scenario", "go", "spec", "verdict", "observed", "predicted", "complete", "outside", "misfit", "reason"]
    assert [keys] * 6 == [list(result) for result in results]
    assert [KEPT.as_json()] == results[3]["outside"]
    assert ("", []) == (results[0]["reason"], results[0]["outside"])
    assert [True, False, True, True, False, False] == [result["complete"] for result in results]
