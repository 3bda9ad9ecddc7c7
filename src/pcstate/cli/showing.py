"""Commands that show or export what there is: graph, trace, export, schema, spec lint."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from pcstate.cli.common import (
    FINDING,
    HOLDS,
    INCONCLUSIVE,
    SCHEMAS,
    expression_option,
    format_option,
    go_option,
    open_program,
    print_json,
    sizes_options,
    split_words,
    stdin,
)

if TYPE_CHECKING:
    from pcstate.specs.source import Source


@click.command()
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("graphs"), show_default=True)
@go_option
@click.option(
    "--of",
    "subjects",
    multiple=True,
    metavar="NAME",
    help="lifecycle, reachable, quotient, a chart, a property for its trace, or a program that a no of `judge` comes from for "
    "its run; default: all but reachable, what holds, and programs.",
)
@click.option("--to", "formats", default="svg,png,dot,mermaid,graphml,aut", show_default=True, help="Formats, by commas.")
def graph(output: Path, gos: tuple[str, ...], subjects: tuple[str, ...], formats: str) -> int:
    """Draw the lifecycle, each chart, the reachable graph of one connection, traces of properties and programs; list them."""
    from pcstate.draw import draw
    from pcstate.judgement import draw_programs
    from pcstate.trace import draw_traces

    words = split_words(formats)
    lines = [
        *draw(output, gos or (None,), subjects, words),
        *draw_traces(output, gos or (None,), subjects, words),
        *draw_programs(output, gos or (None,), subjects, words),
    ]
    if not lines:
        of = "a trace is drawn as svg or mermaid, a graph of more than some hundred states written as graphml or aut"
        raise click.UsageError(f"nothing of {', '.join(subjects)} can be {formats}: {of}")
    for line in lines:
        click.echo(line)
    return HOLDS


@click.command()
@click.argument("file")
@click.option(
    "--property",
    "name",
    metavar="P",
    help="The property whose trace is meant; default: the violated one whose trace is shortest.",
)
@click.option("--go", metavar="V", help="The report that is meant, where there are several; with --replay: the Go that runs.")
@click.option("--to", "formats", default="text", show_default=True, help="text, svg, mermaid, itf, diff; several by commas.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write files, not stdout.")
@click.option("--replay", is_flag=True, help="Lead a real Go along it.")
@click.option("--profile", metavar="V", help="With --replay: the report that is meant, where there are several.")
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1, 10_000), help="With --replay: how often.")
@format_option
def trace(
    file: str,
    name: str | None,
    go: str | None,
    formats: str,
    output: Path | None,
    replay: bool,
    profile: str | None,
    repeat: int,
    style: str,
) -> int:
    """Show a counterexample or a witness, replayed on the spec; or, with --replay, on a real Go.

    FILE is what check --format json printed, or - for stdin. text: a line for each step; svg and mermaid: a sequence diagram
    with a lane for each goroutine; itf: all states, for viewers of Apalache's and Quint's traces; diff: what each step changes.

    --replay builds a Go program that makes the trace's steps happen one after the other, by a net.Conn, hooks and a server of its
    own, and says what real Go did. Exit status: 1 it did the same, 0 it did not, 3 the trace cannot be steered, or a race that
    nothing decides went the other way (--repeat tries it more often).
    """
    from pcstate import pipeline
    from pcstate.show import traces
    from pcstate.specs.source import Source, check_words, read_source

    if not replay and (profile or repeat > 1 or style == "json"):
        raise click.UsageError("--profile, --repeat and --format json go with --replay")
    words = split_words(formats)
    check_words("--to", words, traces.FORMATS)
    if replay and (words != ["text"] or output):
        raise click.UsageError("--replay goes without --to and -o")
    if len(words) != 1 and (output is None or not words):
        raise click.UsageError("one format for stdout, or a folder for several: -o DIR")
    source = Source("<stdin>", stdin()) if file == "-" else read_source(Path(file))
    if replay:
        return _replay(source, name, profile, go, repeat, style)
    from pcstate.trace import trace as show
    from pcstate.trace import write_traces

    found = show(pipeline.read_spec(), source, name, go)
    if output is None:
        click.echo(traces.write_trace(found, words[0]), nl=False)
    else:
        for line in write_traces([found], words, output):
            click.echo(line)
    return HOLDS


def _replay(source: "Source", name: str | None, profile: str | None, go: str | None, repeat: int, style: str) -> int:
    from pcstate import pipeline
    from pcstate.model.verdict import Verdict
    from pcstate.replay import replay
    from pcstate.show import replayed

    finding, found = replay(pipeline.read_spec(), source, name, profile, go, repeat)
    if style == "json":
        print_json(replayed.replay_json(finding, found), True)
    else:
        replayed.replay_text(finding, found)
    return {Verdict.VIOLATED: FINDING, Verdict.HOLDS: HOLDS}.get(found.verdict, INCONCLUSIVE)


def _check_sizes(sizes: Iterable[str]) -> None:
    """With a program, only the number of connections is left to choose. Raises: click.UsageError."""
    context = click.get_current_context()
    for name in sizes:
        if name != "conns" and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.replace('_', '-')} cannot be given with a program, which says it itself")


@click.command()
@click.argument("scenario", required=False)
@expression_option("A program: 'get; read-all'.")
@click.option("-n", "repeated", type=int, help="How often -e is repeated; once if not given.")
@click.option("--to", "formats", default="promela,tla,aut", show_default=True, help="Formats, by commas.")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path(), metavar="DIR", help="Default: here."
)
@go_option
@sizes_options
@click.option("--max-states", default=2_000_000, show_default=True, type=click.IntRange(1), help="aut: give up beyond this.")
@format_option
def export(
    scenario: str | None,
    expression: str | None,
    repeated: int | None,
    formats: str,
    output: Path,
    gos: tuple[str, ...],
    style: str,
    **sizes: int,
) -> int:
    """Write the network for Spin (promela), TLC (tla), or CADP and mCRL2 (aut).

    promela and tla are the network itself: no global state is explored for them, so that another tool's counts of states,
    transitions and deadlocks can be held against those of `pcstate check`. aut is the explored state graph. With a SCENARIO
    (a name from spec/scenarios, a TOML file, or - for stdin) the callers run its program; their number, hosts and requests are
    the program's. Time is not ordered: a timer may go off whenever it is set.
    """
    from pcstate import pipeline
    from pcstate.export import export as write
    from pcstate.model.verdict import Bounds
    from pcstate.show import exported

    program = open_program(scenario, expression, repeated) if (scenario, expression, repeated) != (None, None, None) else None
    if program:
        _check_sizes(sizes)
    spec = pipeline.read_spec()
    wanted = split_words(formats)
    found = [write(spec, wanted, output, go, Bounds(**sizes), program) for go in gos or (None,)]
    if style == "json":
        print_json([exported.export_json(report) for report in found], True)
    else:
        exported.export_text(found)
    return INCONCLUSIVE if any(report.missing for report in found) else HOLDS


@click.command()
@click.argument("name", type=click.Choice(sorted(path.stem for path in SCHEMAS.glob("*.json"))))
def schema(name: str) -> int:
    """The JSON Schema of what a command prints with --format json."""
    click.echo((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"), nl=False)
    return HOLDS


@click.group()
def spec() -> None:
    """Work on the specification itself."""


@spec.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@format_option
def lint(folder: Path | None, style: str) -> int:
    """Every mistake in spec/ (or in FOLDER) at once."""
    from pcstate import bugs, pipeline

    found = pipeline.lint(folder)
    bugs.lint(found)
    counts = {
        "charts": len(found.charts),
        "properties": len(found.properties),
        "profiles": len(found.profiles),
        "clauses": len(found.clauses),
        "bugs": len(found.bugs),
    }
    if style == "json":
        print_json({**counts, "mistakes": []}, True)
    else:
        click.echo("no mistakes: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    return HOLDS
