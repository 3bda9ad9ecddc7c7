"""Questions are answered by what was explored and predicted, and the table goes where it is wanted."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pcstate import pipeline
from pcstate.errors import SpecError
from pcstate.golang.toolchain import Toolchain
from pcstate.judgement import draw_programs, judge
from pcstate.model.question import Answer
from pcstate.model.verdict import Verdict
from pcstate.show.judgement import BEGIN, END, judge_json, put_table
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from tests.golang.test_harness import any_go
from tests.golang.toolchains import TOOLCHAINS
from tests.unit.test_schemas import complaints


def asked(spec: Spec, *numbers: str) -> Spec:
    """The spec with those questions only."""
    return replace(spec, questions=tuple(question for question in spec.questions if question.number in numbers))


def test_the_same_question_has_another_answer_where_go_has_another_behaviour(spec: Spec) -> None:
    reading, closed = judge(asked(spec, "4, Read", "9, closed"), ["1.26", "1.27.0", "1.27"])
    assert {
        "go1.26": Answer("yes"),
        "go1.27.0": Answer("no", ("read-to-eof-returns", "a-close-ends-a-read")),
        "go1.27.2": Answer("yes"),
    } == reading.answers
    assert ["no", "yes", "yes"] == [answer.word for answer in closed.answers.values()]
    assert ("close-only", "close-chunked") == closed.answers["go1.26"].because


def test_an_exception_that_is_reached_is_a_no_and_what_does_not_apply_says_nothing(spec: Spec) -> None:
    questions = asked(spec, "13, Reused")
    (found,) = judge(questions, ["1.27"])
    assert Answer("no", ("reused-without-a-request",)) == found.answers["go1.27.2"]
    (question,) = questions.questions
    silent = replace(question, exceptions=(), promises=("early-close-ends-it",))
    (found,) = judge(replace(spec, questions=(silent,)), ["1.27"])
    assert Answer("silent") == found.answers["go1.27.2"]


def test_a_promise_can_be_asked_of_programs_in_place_of_the_free_network(spec: Spec) -> None:
    (found,) = judge(asked(spec, "7, place"), ["1.27"])
    assert Answer("yes") == found.answers["go1.27.2"]
    (edit,) = (promise.mutant for promise in spec.properties if promise.name == "a-place-is-not-lost")
    (found,) = judge(asked(pipeline.read_spec(mutant=edit), "7, place"), ["1.27"])
    assert "no" == found.answers["go1.27.2"].word
    assert "a-place-is-not-lost" in found.answers["go1.27.2"].because


def test_a_program_is_drawn_up_to_what_a_no_comes_from(tmp_path: Path) -> None:
    """An outcome that is not as expected, or a promise that is broken; what comes to a yes is not."""
    lines = draw_programs(
        tmp_path, ["1.12"], ["seed", "max-conns-two-callers", "close-idle-unread", "caller"], ["svg", "mermaid"]
    )
    assert ["seed: not drawn for go1.12, where `judge` answers nothing with no by it"] == [
        line for line in lines if " steps" not in line
    ]
    names = ("close-idle-unread", "max-conns-two-callers")
    assert {f"trace-{name}-go1.12.{form}" for name in names for form in ("svg", "mmd")} == {p.name for p in tmp_path.iterdir()}
    unread, waits = ((tmp_path / f"trace-{name}-go1.12.mmd").read_text(encoding="utf-8") for name in names)
    assert "read_loops == 0; go1.12; " in unread and " close_idle_nothing(" in unread
    assert "no-goroutine-is-forgotten; go1.12; " in waits and "callers 2" in waits and "MaxConnsPerHost 1" in waits
    assert [] == draw_programs(tmp_path, ["1.12"], ["seed"], ["dot"])


@pytest.mark.go
@any_go
def test_what_a_no_comes_from_is_replayed_on_every_go_of_its_profile(spec: Spec, tmp_path: Path, go: Toolchain) -> None:
    """What is no property, or has no trace, is not."""
    profile = choose_profile(spec.profiles, go.version)
    found = judge(asked(spec, "13, Reused", "14, server", "9, read"), [profile.name], replay=True)
    assert [] == complaints("judge", judge_json(found))
    reading, reused, server = (each.answers[profile.name].replays for each in found)
    assert ((), ()) == (reading, server)
    versions = {toolchain.version for toolchain in TOOLCHAINS if choose_profile(spec.profiles, toolchain.version) == profile}
    assert {("reused-without-a-request", version, Verdict.VIOLATED) for version in versions} == {
        (name, replayed.go, replayed.verdict) for name, replayed in reused
    }
    page = tmp_path / "README.md"
    page.write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
    put_table(page, found, tmp_path)
    (line,) = [line for line in page.read_text(encoding="utf-8").splitlines() if "real Go" in line]
    assert line.startswith("  - real Go: `reused-without-a-request` on ") and line.endswith(": it did the same.")


def test_the_table_is_put_between_its_marks_and_what_stands_around_it_stays(spec: Spec, tmp_path: Path) -> None:
    found = judge(asked(spec, "14, server", "9, read"), ["1.27"])
    assert [] == complaints("judge", judge_json(found))
    page = tmp_path / "README.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    put_table(page, found, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n| ") and text.endswith(f"\n{END}\nafter\n") and "old" not in text
    assert "| 14, server | The server's close frees it | **no** |" in text
    put_table(page, found, tmp_path)
    assert text == page.read_text(encoding="utf-8")
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(SpecError, match="no marks for the table"):
        put_table(page, found, tmp_path)
    with pytest.raises(SpecError, match="cannot be put there"):
        put_table(tmp_path / "missing.md", found, tmp_path)


def test_the_table_in_the_spec_is_what_the_newest_profile_is_judged_to_be(spec: Spec, root: Path) -> None:
    found = judge(spec, ["1.27"])
    rows = [line.split(" | ") for line in (root / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    column = rows[0].index("go1.27.2 |")
    shown = {row[0].removeprefix("| "): row[column].strip("*| ") for row in rows[2:]}
    assert {each.question.number: each.answers["go1.27.2"].word for each in found} == shown


def test_each_no_of_the_table_has_a_picture(root: Path) -> None:
    noes = [line for line in (root / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("- **")]
    pictures = [re.findall(r"\]\((\.\./graphs/trace-[^)]+\.svg)\)", line) for line in noes]
    assert noes and all(pictures)
    assert [] == [picture for drawn in pictures for picture in drawn if not (root / picture).is_file()]
