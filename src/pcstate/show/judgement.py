"""Questions and answers -> a table for people, JSON for programs, and the same table in a Markdown page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.question import Answered
from pcstate.model.verdict import Verdict
from pcstate.show.console import terminal
from pcstate.show.markdown import markdown_table

__all__ = ["around_table", "judge_json", "judge_text", "put_table"]

BEGIN, END = "<!-- written by 'pcstate judge --table': do not edit -->", "<!-- end of what 'pcstate judge' writes -->"
_STYLE = {"yes": "green", "no": "red", "unknown": "yellow", "silent": "dim"}
_CELL = {"silent": "-"}
_DID = {Verdict.VIOLATED: "it did the same", Verdict.HOLDS: "it did not do the same"}


def judge_json(found: Sequence[Answered]) -> list[dict[str, Any]]:
    """A list of questions, each with its answer for each profile."""
    return [
        {
            "number": each.question.number,
            "question": each.question.asks,
            "answers": [
                {
                    "profile": profile,
                    "answer": answer.word,
                    "because": list(answer.because),
                    "replays": [
                        {"property": name, "go": replayed.go, "verdict": str(replayed.verdict), "reason": replayed.reason}
                        for name, replayed in answer.replays
                    ],
                }
                for profile, answer in each.answers.items()
            ],
            "means": each.question.means,
        }
        for each in found
    ]


def judge_text(found: Sequence[Answered]) -> None:
    """A row for each question, a column for each profile; then what each no comes from, and what it means."""
    out = terminal()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "question", *_profiles(found)):
        table.add_column(heading, no_wrap=heading != "question")
    for each in found:
        cells = [f"[{_STYLE[answer.word]}]{_CELL.get(answer.word, answer.word)}[/]" for answer in each.answers.values()]
        table.add_row(escape(each.question.number), escape(each.question.asks), *cells)
    out.print(table)
    for each in _not_always(found):
        out.print(f"\n[bold]{escape(each.question.number)}[/] {escape(each.question.asks)}", highlight=False, soft_wrap=True)
        out.print(escape(f"  no: {_because(each)}"), highlight=False, soft_wrap=True)
        for line in _replays(each):
            out.print(escape(f"  real Go: {line}"), highlight=False, soft_wrap=True)
        out.print(escape(f"  {each.question.means}"), highlight=False, soft_wrap=True)


def put_table(path: Path, found: Sequence[Answered], traces: Path) -> None:
    """Put the table between the marks in the file at `path`, with links to those pictures in `traces` that are there.

    Raises: SpecError if the file cannot be read or written, or has no marks.
    """
    before, after = around_table(path)
    try:
        path.write_text(f"{before}{BEGIN}\n{_page(found, path, traces)}\n{END}{after}", encoding="utf-8", newline="\n")
    except OSError as error:
        raise _cannot(path, error) from error


def around_table(path: Path) -> tuple[str, str]:
    """What stands before and behind the table in that file. Raises: SpecError if it cannot be read, or has no marks."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _cannot(path, error) from error
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        hint = f"put these two lines where the table shall be:\n  {BEGIN}\n  {END}"
        raise SpecError([Mistake(Place(str(path)), "no marks for the table", "", hint)])
    return before, after


def _cannot(path: Path, error: Exception) -> SpecError:
    return SpecError([Mistake(Place(str(path)), f"the table cannot be put there: {error}")])


def _page(found: Sequence[Answered], path: Path, traces: Path) -> str:
    rows = [["", "question", *_profiles(found)]]
    for each in found:
        cells = [_CELL.get(answer.word, answer.word) for answer in each.answers.values()]
        rows.append([each.question.number, each.question.asks, *(f"**{c}**" if c == "no" else c for c in cells)])
    lines = [*markdown_table(rows), "", "What a no comes from, and what it means for a Go programmer:", ""]
    for each in _not_always(found):
        shown = ", ".join(_pictures(_newest_noes(each), path, traces))
        lines.append(
            f"- **{each.question.number}**: {each.question.means}. From {_because(each)}{shown and f'; trace: {shown}'}."
        )
        lines += [f"  - real Go: {line}." for line in _replays(each)]
    return "\n".join(lines)


def _profiles(found: Sequence[Answered]) -> list[str]:
    return list(found[0].answers) if found else []


def _not_always(found: Sequence[Answered]) -> list[Answered]:
    return [each for each in found if any(answer.word == "no" for answer in each.answers.values())]


def _newest_noes(each: Answered) -> dict[str, str]:
    """The properties and scenarios that any no comes from, each with the newest profile under which it does."""
    return {name: profile for profile, answer in each.answers.items() if answer.word == "no" for name in answer.because}


def _because(each: Answered) -> str:
    return ", ".join(f"`{name}`" for name in _newest_noes(each))


def _replays(each: Answered) -> list[str]:
    """For each property that a no comes from, which releases did what along its trace."""
    said: dict[tuple[str, str], list[str]] = {}
    for answer in each.answers.values():
        for name, replayed in answer.replays:
            words = _DID.get(replayed.verdict, replayed.reason)
            said.setdefault((name, words), []).append(replayed.go)
    return [f"`{name}` on {', '.join(gos)}: {words}" for (name, words), gos in said.items()]


def _pictures(names: Mapping[str, str], path: Path, traces: Path) -> list[str]:
    """Links to those traces of properties and scenarios, each under its profile, that were drawn."""
    drawn = [(name, profile, traces / f"trace-{name}-{profile}.svg") for name, profile in names.items()]
    there = [(name, profile, picture) for name, profile, picture in drawn if picture.is_file()]
    up = [".."] * len(path.parent.parts)
    return [f"[{profile if len(there) == 1 else name}]({Path(*up, at).as_posix()})" for name, profile, at in there]
