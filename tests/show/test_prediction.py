"""What people read of predictions and observations: hand-made outcomes, and the words for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from pcstate.errors import Place
from pcstate.model.advice import Failure, Standing
from pcstate.model.scenario import CallerProgram, Outcome, Scenario
from pcstate.pipeline import ObserveReport
from pcstate.show.console import listed, span
from pcstate.show.prediction import headline, observe_text, predict_text

KEPT = Outcome(1, (False, True), 1, 1, 3, 1, 0, ("", ""))
GONE = Outcome(2, (False, False), 0, 0, 1, 0, 0, ("", ""))
UNREAD = Outcome(2, (False, False), 2, 2, 5, 0, 2, ("", ""))
LEFT = Outcome(1, (False,), 1, 1, 3, 0, 0, ("unexpected-eof",))
STUCK = Outcome(1, (False,), 1, 1, 3, 0, 0, ("stuck",))
ONE = CallerProgram(1, (0,), ())
ALONE = Scenario("s", "", (ONE,))
SPANS = {"1.12": ((1, 12, 0), (1, 13, 0)), "1.13": ((1, 13, 0), (1, 23, 0)), "1.26": ((1, 23, 0), (1, 27, 0))}
SPANS |= {"1.27.0": ((1, 27, 0), (1, 27, 2)), "1.27": ((1, 27, 2), (1, 28, 0)), "1.25": SPANS["1.26"]}


@dataclass(frozen=True)
class Made:
    """A prediction made by hand."""

    go: str
    standing: Mapping[Outcome, tuple[Standing, ...]] = field(default_factory=dict)
    reason: str = ""
    scenario: Scenario = ALONE
    failures: Mapping[str, Failure] = field(default_factory=dict)
    hasty: tuple[str, ...] = ()

    @property
    def span(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return SPANS[self.go]

    @property
    def outcomes(self) -> Mapping[Outcome, str]:
        return dict.fromkeys(self.standing, "")

    @property
    def complete(self) -> bool:
        return not self.reason


def made(go: str, *outcomes: Outcome) -> Made:
    return Made(go, dict.fromkeys(outcomes, ()))


def said(capsys: pytest.CaptureFixture[str], *reports: Made) -> list[str]:
    predict_text(reports)
    return capsys.readouterr().out.splitlines()


HEADLINES: dict[str, tuple[Sequence[Outcome], str]] = {
    "idle": ([KEPT], "3 goroutines, no leak: 1 idle connection kept for reuse (2 requests, 1 dial, 1 reused)"),
    "nothing": ([GONE], "1 goroutine, no leak: no connection stays (2 requests, 2 dials, none reused)"),
    "unread": (
        [UNREAD],
        "5 goroutines, a leak: 2 connections held by bodies that are neither read to the end nor closed "
        "(2 requests, 2 dials, none reused)",
    ),
    "left behind": (
        [LEFT],
        "3 goroutines, a leak: 1 connection left behind, whose goroutines wait for what never comes "
        "(1 request, 1 dial, none reused, 1 fails with unexpected-eof)",
    ),
    "stuck": ([STUCK], "3 goroutines, stuck: 1 request never returns (1 request, 1 dial, none reused)"),
    "stuck in the body": (
        [replace(STUCK, unread_conns=1)],
        "3 goroutines, stuck: 1 request never returns; 1 connection held by a body that is neither read to the end nor closed "
        "(1 request, 1 dial, none reused)",
    ),
    "a race": (
        [GONE, KEPT],
        "1 to 3 goroutines (a race: 2 outcomes are possible), no leak: 0 or 1 idle connections kept for reuse "
        "(2 requests, 1 or 2 dials, 0 or 1 reused)",
    ),
    "a race that may leak": (
        [replace(LEFT, read_loops=0, write_loops=0, goroutines=1), LEFT],
        "1 to 3 goroutines (a race: 2 outcomes are possible), maybe a leak: "
        "0 or 1 connections left behind, whose goroutines wait for what never comes "
        "(1 request, 1 dial, none reused, 1 fails with unexpected-eof)",
    ),
    "a leak that may be worse": (
        [replace(STUCK, unread_conns=1, errors=("",)), replace(STUCK, unread_conns=1)],
        "3 goroutines (a race: 2 outcomes are possible), a leak, maybe stuck: 0 or 1 requests never return; "
        "1 connection held by a body that is neither read to the end nor closed (1 request, 1 dial, none reused)",
    ),
    "no rest": ([], "no outcome: the program never comes to rest"),
}


@pytest.mark.parametrize(("outcomes", "wanted"), HEADLINES.values(), ids=HEADLINES.keys())
def test_the_first_line_is_the_answer_in_plain_words(outcomes: Sequence[Outcome], wanted: str) -> None:
    assert wanted == headline(outcomes)


def test_requests_behind_one_that_never_returns_never_begin(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor do they hide a connection that is left behind."""
    three = Scenario("s", "", (CallerProgram(2, (0,), ()), ONE))
    stuck = Outcome(2, (False,) * 3, 2, 2, 7, 0, 0, ("stuck", "stuck", "stuck"))
    words = "stuck: 2 requests never return, and 1 behind them never begins (3 requests, 2 dials, none reused)"
    assert f"7 goroutines, {words}" == headline([stuck], callers=three.callers)
    orphan = replace(stuck, read_loops=3, write_loops=3, goroutines=9)
    said_of = said(capsys, Made("1.27.0", {orphan: ()}, scenario=three))[0]
    assert "1 behind them never begins; 1 connection left behind" in said_of
    observe_text(three, [ObserveReport("1.27.3", ((stuck, 1),))])
    assert words in capsys.readouterr().out


def test_a_goroutine_that_never_returns_from_close_is_a_leak() -> None:
    left = replace(KEPT, goroutines=4)
    words = "a leak: 1 goroutine beside the callers never returns from Close; 1 idle connection kept for reuse"
    assert f"4 goroutines, {words} (2 requests, 1 dial, 1 reused)" == headline([left], callers=(ONE, ONE))
    assert "stuck: 1 request never returns; 1 idle" in headline([replace(left, errors=("", "stuck"))], callers=(ONE, ONE))


def test_outcomes_that_all_leave_the_same_are_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == len(said(capsys, made("1.27", GONE, replace(GONE, dials=1, reused=(False, True)))))


def test_versions_that_agree_are_said_together(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, made("1.12", KEPT), made("1.13", KEPT), made("1.26", KEPT))
    assert [f"Go 1.12 to 1.26: {headline([KEPT])}", "all these versions agree"] == lines


def test_versions_are_joined_by_to_only_where_none_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, made("1.26", GONE), made("1.12", GONE), made("1.27.0", KEPT), made("1.25", GONE), made("1.27", KEPT))
    assert "the answer changes in Go 1.27.0" == lines[0]
    assert [f"Go 1.12 and 1.26 to 1.25: {headline([GONE])}", f"Go 1.27.0 to 1.27: {headline([KEPT])}"] == lines[1:]


def test_an_answer_that_comes_back_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, made("1.26", GONE), made("1.27.0", LEFT), made("1.27", GONE))
    assert "the answer changes in Go 1.27.0 and in Go 1.27.2" == lines[0]
    assert [f"Go 1.26 and 1.27: {headline([GONE])}", f"Go 1.27.0: {headline([LEFT])}"] == lines[1:]


def test_a_change_between_profiles_that_do_not_adjoin_is_placed_between_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert "the answer changes between Go 1.12 and Go 1.26" == said(capsys, made("1.26", GONE), made("1.12", KEPT))[0]


def test_what_is_not_known_agrees_with_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    unknown = Made("1.27", {KEPT: ()}, "the search stopped")
    lines = said(capsys, made("1.27.0", KEPT), unknown)
    assert ["not every version is known", f"Go 1.27.0: {headline([KEPT])}", "Go 1.27: UNKNOWN, the search stopped"] == lines
    assert "nothing is known of these versions" == said(capsys, replace(unknown, go="1.26"), unknown)[0]


def test_why_and_what_to_change_come_behind(capsys: pytest.CaptureFixture[str]) -> None:
    standing = (Standing("{callers} for {conns}", 1, ("Do it.", "Do that.")), Standing("idle: {conns}", 2, ("Do it.",)))
    lines = said(capsys, Made("1.27", {UNREAD: standing}))
    assert [
        "  why: main waits for 1 connection",
        "       idle: 2 connections",
        "  fix: Do it.",
        "       Do that.",
    ] == lines[1:]
    two = Made("1.27", {KEPT: standing[:1]}, scenario=Scenario("s", "", (ONE, ONE)))
    assert "  why: 1 caller waits for the connection" == said(capsys, two)[1]


def test_outcomes_that_leave_the_same_are_one_line_and_counts_are_ranges(capsys: pytest.CaptureFixture[str]) -> None:
    more = replace(KEPT, dials=2, reused=(False, False))
    lines = said(capsys, Made("1.27", {KEPT: (Standing("{conns} idle", 1),), more: (Standing("{conns} idle", 2),), GONE: ()}))
    assert [
        f"  {headline([GONE])}",
        "  3 goroutines, no leak: 1 idle connection kept for reuse (2 requests, 1 or 2 dials, 0 or 1 reused, 2 outcomes)",
        "  why: 1 or 2 connections idle",
    ] == lines[1:]


def test_what_is_said_of_some_versions_only_names_them(capsys: pytest.CaptureFixture[str]) -> None:
    new = Made("1.27", {LEFT: (Standing("waits", 1, ("Close.",)),)})
    old = Made("1.26", {LEFT: (Standing("waits", 1, ("Use Go 1.27.",)),)})
    assert ["  why: waits", "  fix: (Go 1.26) Use Go 1.27.", "       (Go 1.27) Close."] == said(capsys, new, old)[1:-1]


def test_a_timeout_that_may_pass_or_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    why = said(capsys, replace(made("1.27", KEPT, GONE), hasty=("IdleConnTimeout",)))[-1]
    assert why == "  why: IdleConnTimeout may pass before all is at rest, or not: the outcomes of both are here"


def test_observations_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    observe_text(ALONE, [ObserveReport("1.27.3", ((KEPT, 2), (GONE, 1)))])
    lines = capsys.readouterr().out.splitlines()
    assert f"Go 1.27.3: {headline([KEPT, GONE], 'were seen')}" == lines[0]
    assert "2 outcomes were seen" in lines[0]
    assert "  2 of 3: 3 goroutines (main, 1 readLoop, 1 writeLoop); dials 1, reused 1 of 2, idle 1, unread 0" == lines[1]


def test_observations_that_differ_in_which_request_only_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (replace(GONE, errors=errors) for errors in (("deadline", ""), ("", "deadline")))
    observe_text(ALONE, [ObserveReport("1.27.3", ((first, 2), (GONE, 3), (second, 1)))])
    alone, both, none = capsys.readouterr().out.splitlines()
    assert "3 outcomes were seen" in alone
    assert both.startswith("  3 of 6: 1 goroutine") and none.startswith("  3 of 6: 1 goroutine")
    assert both.endswith("unread 0; errors: 1 deadline (2 outcomes: which of the requests differs)")
    assert none.endswith("unread 0")


def test_a_run_that_was_given_up_is_no_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    observe_text(ALONE, [ObserveReport("1.27.3", ((KEPT, 3),), restless=1)])
    assert "  1 of 3 had not come to rest when given up: not an outcome" == capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [([1], "1 dial"), ([2, 1], "1 or 2 dials"), ([0], "0 dials"), ([1, 3], "1 to 3 dials"), ([2, 2], "2 dials")],
)
def test_a_range_of_numbers_has_its_noun(values: list[int], wanted: str) -> None:
    assert wanted == span(values, "dial")


def test_words_are_listed_as_in_a_sentence() -> None:
    assert ["", "a", "a and b", "a, b and c"] == [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])]


def test_what_fails_is_explained_where_the_spec_does(capsys: pytest.CaptureFixture[str]) -> None:
    failures = {"unexpected-eof": Failure("unexpected-eof", "it was cut", ("Ask again.",), Place("f", 1))}
    gone = replace(GONE, errors=("unexpected-eof", "context-canceled"))
    lines = said(capsys, Made("1.26", {gone: (), replace(gone, errors=("", "")): ()}, failures=failures))
    assert ["  why: 0 or 1 fail with unexpected-eof: it was cut", "  fix: Ask again."] == lines[-2:]
