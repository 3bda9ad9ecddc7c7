"""What the commands have in common: exit statuses, options that several take, and how an answer is printed."""

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pcstate.errors import Mistake, Place, SpecError

if TYPE_CHECKING:
    from pcstate.check.limits import Progress, Status
    from pcstate.model.verdict import Verdict

SCHEMAS = Path(__file__).parent.with_name("schemas")

HOLDS, FINDING, USAGE, INCONCLUSIVE, INTERNAL, INTERRUPTED, UNHEARD = 0, 1, 2, 3, 4, 130, 141
"""Exit statuses; the last two as a shell has them: stopped by the user, and by a reader of its output that has gone."""
STEPS = "Steps: get, head, post; read-all, read N, read-exact, close, spawn close; cancel, close-idle, settle."
_CLEAR = "\r\033[K"
"""Takes away the line of progress before."""
A_MOMENT = 0.1
"""Seconds between two progress lines, at least."""

format_option = click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", help="How to print the answer."
)
go_option = click.option(
    "--go", "gos", multiple=True, metavar="V", help="A Go release (1.26, 1.27.1) or a profile's name; may be repeated."
)


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=lambda: os.cpu_count() or 1,
    metavar="N",
    help="So many scenarios at once; one a processor if not given.",
)


def sizes_options(command: Callable[..., int]) -> Callable[..., int]:
    for name, least, default, about in (
        ("--max-conns-per-host", 0, 0, "As in http.Transport; 0: no limit."),
        ("--closers", 0, 1, "Requests of each caller, the last ones, whose body another goroutine may close too."),
        ("--requests", 1, 2, "Requests of each caller."),
        ("--hosts", 1, 1, "Hosts."),
        ("--conns", 1, 1, "Connections that may be dialled."),
        ("--callers", 1, 1, "Client goroutines."),
    ):
        size = click.IntRange(least, 8)
        command = click.option(name, default=default, show_default=True, type=size, help=about)(command)
    return command


def scenario_arguments(command: Callable[..., int]) -> Callable[..., int]:
    command = click.argument("scenario", required=False)(command)
    command = expression_option(f"A program: 'get; read-all'. {STEPS}")(command)
    return click.option("-n", "requests", type=int, help="How often -e is repeated; once if not given.")(command)


def expression_option(about: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    return click.option("-e", "--expression", multiple=True, callback=_one_program, metavar="STEPS", help=about)


def _one_program(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The expression, if there is one. Two would be two programs, or one whose requests differ: which, a file says."""
    if len(given) > 1:
        raise click.UsageError("-e is one program; requests that differ, or run side by side, are [[caller]]s of a TOML file")
    return given[0] if given else None


def open_program(scenario: str | None, expression: str | None, requests: int | None) -> Any:
    from pcstate import pipeline

    if (scenario is None) == (expression is None):
        raise click.UsageError("give either a SCENARIO or -e STEPS")
    if scenario is not None and requests is not None:
        raise click.UsageError("-n goes with -e only: a scenario's file says how many requests each caller makes")
    return pipeline.open_scenario(scenario, expression, 1 if requests is None else requests, stdin)


def status_of(verdicts: Iterable["Verdict"]) -> int:
    """1 if any is VIOLATED, else 3 if any is UNKNOWN, else 0."""
    from pcstate.model.verdict import Verdict, worst

    return {Verdict.VIOLATED: FINDING, Verdict.UNKNOWN: INCONCLUSIVE}.get(worst(verdicts), HOLDS)


def split_words(text: str) -> list[str]:
    """The words between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def stdin() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise SpecError([Mistake(Place("<stdin>", 0), f"not UTF-8 text: {error.reason}")]) from None


def check_room(path: Path) -> None:
    """Before a long run, see that the folder of its result is there and lets it be written. Raises: click.FileError."""
    if not path.parent.is_dir():
        raise click.FileError(str(path), f"there is no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise click.FileError(str(path), "its folder cannot be written to")


def print_json(value: Any, whole: bool) -> None:
    import json

    if not whole and isinstance(value, list) and len(value) == 1:
        value = value[0]
    plain = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    click.echo(json.dumps(value, indent=2, ensure_ascii=plain))


def _at_times() -> Callable[[], bool]:
    """Says whether `A_MOMENT` has passed since it last said yes."""
    last = -A_MOMENT

    def due() -> bool:
        nonlocal last
        now = time.monotonic()
        passed = now >= last + A_MOMENT
        last = now if passed else last
        return passed

    return due


def _shows_progress() -> bool:
    return sys.stderr.isatty() and not os.environ.get("CI")


def clear_line() -> None:
    """Take away what a line of progress has left."""
    if _shows_progress():
        sys.stderr.write(_CLEAR)


def progress_line(what: str, kept: str = "states") -> "Progress | None":
    """A line on stderr for a search that takes more than a second, on a terminal only."""
    if not _shows_progress():
        return None

    due = _at_times()

    def show(status: "Status") -> None:
        if status.seconds > 1 and due():
            rate, memory = f"{status.rate:,.0f} a second", f"{status.memory / 1e9:.1f} GB"
            depth = f"depth {status.depth}, " if status.depth else ""
            counts = f"{status.found:,} {kept}, {rate}, {depth}{memory}"
            sys.stderr.write(f"{_CLEAR}{what}: {counts}, {status.seconds:.0f} s ")
            sys.stderr.flush()

    return show


def steps_line() -> Callable[[int, int, str], None] | None:
    """A line on stderr that says what is being done, on a terminal only; it is gone afterwards."""
    if not _shows_progress():
        return None

    due = _at_times()

    def show(done: int, of: int, what: str) -> None:
        if done >= of or due():
            sys.stderr.write(f"{_CLEAR}{done:,} of {of:,}: {what}" if done < of else _CLEAR)
            sys.stderr.flush()

    return show
