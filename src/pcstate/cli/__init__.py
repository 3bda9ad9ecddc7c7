"""The command line: words in, a flow called, a report out, exit codes. Nothing else."""

import atexit
import gc
import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

from pcstate.cli import judging, programs, showing
from pcstate.cli.common import INTERNAL, INTERRUPTED, SCHEMAS, UNHEARD, USAGE, clear_line
from pcstate.errors import GoError, SpecError

__all__ = ["SCHEMAS", "cli", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="pcstate")
def cli() -> None:
    """The lifecycle of Go's net/http client connections, as a specification that runs.

    Exit status: 0 holds or nothing found; 1 a finding; 2 wrong usage or a wrong file; 3 inconclusive; 4 internal error.
    """


for _command in (
    judging.check, judging.judge, programs.scenarios, programs.predict, programs.observe, programs.diff, programs.conform,
    programs.explain, showing.graph, showing.trace, judging.bugs, showing.export, judging.mutants, showing.schema, showing.spec,
):  # fmt: skip
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run pcstate and exit with its status; a user's mistake is said in a few lines, never a traceback."""
    atexit.register(gc.freeze)  # else the interpreter looks through all that there is as it ends: a tenth of predict's time
    if sys.stdin is None:  # closed, as some that start others leave it: there is nothing in it
        sys.stdin = io.TextIOWrapper(io.BytesIO())
    if sys.stdout is None:
        click.echo("pcstate: standard output is closed: there is nowhere to put the answer", err=True)
        sys.exit(USAGE)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # what a terminal cannot show is no reason to say nothing
    try:
        status = cli.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except SystemExit:  # click's own answer to a pipe that nobody reads
        status = UNHEARD
    except click.exceptions.Abort:
        status = _interrupted()
    except click.ClickException as error:
        error.show()
        status = USAGE
    except SpecError as error:
        click.echo(str(error), err=True)
        status = USAGE
    except GoError as error:
        click.echo(f"pcstate: {error}", err=True)
        status = USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = UNHEARD
    except KeyboardInterrupt:
        status = _interrupted()
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"pcstate: {where}{error.strerror or error}", err=True)
        status = USAGE
    except Exception:
        traceback.print_exc()
        click.echo("pcstate: this is a bug in pcstate, not in your files", err=True)
        status = INTERNAL
    sys.exit(status or 0)


def _interrupted() -> int:
    clear_line()
    click.echo("pcstate: interrupted", err=True)
    return INTERRUPTED
