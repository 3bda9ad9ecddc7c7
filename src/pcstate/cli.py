"""The command line: words in, `pipeline` called, reports out, exit codes. Nothing else."""

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from pcstate.errors import GoError, Mistake, Place, SpecError

if TYPE_CHECKING:
    from pcstate.check.limits import Progress, Status
    from pcstate.specs.source import Source

__all__ = ["main"]

SCHEMAS = Path(__file__).with_name("schemas")

HOLDS, FINDING, USAGE, INCONCLUSIVE, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130

_format = click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", help="How to print the answer.")
_go = click.option(
    "--go", "gos", multiple=True, metavar="V", help="A Go release (1.26, 1.27.1) or a profile's name; may be repeated."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="pcstate")
def cli() -> None:
    """The lifecycle of Go's net/http client connections, as a specification that runs.

    Exit status: 0 holds or nothing found; 1 a finding; 2 wrong usage or a wrong file; 3 inconclusive; 4 internal error.
    """


def _sizes(command: Callable[..., int]) -> Callable[..., int]:
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


@cli.command()
@_go
@click.option("--property", "names", multiple=True, metavar="P", help="Judge this property only; may be repeated.")
@_sizes
@click.option("--max-states", default=100_000_000, show_default=True, type=click.IntRange(1), help="Give up beyond this.")
@click.option("--timeout", default=600.0, show_default=True, type=click.FloatRange(0), help="Give up after so many seconds.")
@click.option(
    "--memory", "gigabytes", default=0.0, type=click.FloatRange(0), metavar="GB", help="Give up beyond so much; 0: no limit."
)
@click.option(
    "--checkpoint",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Go on from FILE if it is there; write to it what a search that is stopped has found.",
)
@click.option(
    "--symmetry/--no-symmetry",
    default=True,
    help="In a large search, take for one what only the numbers of connections and callers tell apart (the default).",
)
@click.option(
    "--minimise/--no-minimise",
    default=False,
    help="In a large search, take for one what nothing can tell apart in a connection or a caller.",
)
@click.option(
    "--cluster",
    metavar="HOST:PORT|local:N",
    help="Keep the states in the actors of a Ray cluster that this machine is in, or in N here. That buys memory, not speed, on "
    "one machine. Nothing is reduced; only always, sometimes and deadlock are judged.",
)
@click.option("--expect", is_flag=True, help="Exit 0 if each verdict is the one that the profile expects.")
@click.option(
    "--coverage",
    "covers",
    is_flag=True,
    help="Say which transitions were never taken and which properties are vacuous; the exit status stays as it is.",
)
@_format
def check(
    gos: tuple[str, ...],
    names: tuple[str, ...],
    gigabytes: float,
    checkpoint: Path | None,
    symmetry: bool,
    minimise: bool,
    cluster: str | None,
    expect: bool,
    covers: bool,
    style: str,
    **sizes: Any,
) -> int:
    """Explore the network and judge every property."""
    if cluster and (checkpoint or minimise or covers):
        raise click.UsageError("--cluster takes neither --checkpoint nor --minimise nor --coverage")
    if checkpoint and gos[1:]:
        raise click.UsageError("--checkpoint holds one search: give one --go with it")
    if covers and minimise:
        raise click.UsageError("--coverage needs all configurations: leave out --minimise")
    from pcstate import pipeline
    from pcstate.coverage import coverage
    from pcstate.model.coverage import merged
    from pcstate.model.verdict import Bounds
    from pcstate.show import report
    from pcstate.show.coverage import coverage_json, coverage_text

    spec = pipeline.read_spec(only=names)
    bounds = Bounds(**sizes, memory=int(gigabytes * 1e9))
    reports = []
    for go in gos or (None,):
        progress = _progress(f"exploring {go or 'the newest profile'}")
        reports.append(pipeline.check(spec, go, bounds, progress, checkpoint, symmetry, minimise, cluster=cluster))
    covered = [coverage(spec, found) for found in reports] if covers else []
    if style == "json":
        answers = [report.check_json(found) for found in reports]
        for answer, each in zip(answers, covered, strict=False):
            answer["coverage"] = coverage_json(each)
        _json(answers, bool(gos[1:]))
    else:
        for found in reports:
            report.check_text(found, expect)
        if covered:
            coverage_text(merged(covered))
    if expect:
        return FINDING if any(found.surprises for found in reports) else HOLDS
    verdicts = [found.verdict.value for found in reports]
    return FINDING if "VIOLATED" in verdicts else INCONCLUSIVE if "UNKNOWN" in verdicts else HOLDS


@cli.command()
@_go
@click.option(
    "--table",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Put the table into FILE too, between the marks that are there (see spec/README.md).",
)
@_format
def judge(gos: tuple[str, ...], table: Path | None, style: str) -> int:
    """What the protocol guarantees, and what it does not: the questions of spec/judgements, each answered by exploration.

    Default: every profile. Exit status 0 whatever the answers are, for some are no by design; 3 if one is not known.
    """
    from pcstate import pipeline
    from pcstate.judgement import judge as answer
    from pcstate.show import judgement

    found = answer(pipeline.read_spec(), gos, _steps())
    if table:
        judgement.put_table(table, found, Path("graphs"))
    if style == "json":
        _json(judgement.judge_json(found), True)
    else:
        judgement.judge_text(found)
    return INCONCLUSIVE if any(answer.word == "unknown" for each in found for answer in each.answers.values()) else HOLDS


def _scenario_arguments(command: Callable[..., int]) -> Callable[..., int]:
    command = click.argument("scenario", required=False)(command)
    command = click.option("-e", "--expression", metavar="STEPS", help="A program: 'get; read-all'.")(command)
    return click.option("-n", "requests", type=int, help="How often -e is repeated; once if not given.")(command)


@cli.command()
@click.option("--group", metavar="G", help="Those of this group only.")
@_format
def scenarios(group: str | None, style: str) -> int:
    """The scenarios that have a name: what predict, observe, conform and diff take."""
    from pcstate import pipeline
    from pcstate.show import report

    found = pipeline.library(group)
    if style == "json":
        _json(report.scenarios_json(found), True)
    else:
        report.scenarios_text(found)
    return HOLDS


@cli.command()
@_scenario_arguments
@_go
@_format
def predict(scenario: str | None, expression: str | None, requests: int | None, gos: tuple[str, ...], style: str) -> int:
    """The outcomes that the spec allows for a client program.

    SCENARIO is a name that `pcstate scenarios` lists, a TOML file, or - for stdin.
    """
    from pcstate import pipeline
    from pcstate.show import prediction, report

    program = _open(scenario, expression, requests)
    spec = pipeline.read_spec()
    reports = [pipeline.predict(spec, program, go) for go in gos or (None,)]
    if style == "json":
        _json(report.predict_json(program, reports), True)
    else:
        prediction.predict_text(reports)
    return HOLDS if all(found.prediction.complete for found in reports) else INCONCLUSIVE


@cli.command()
@_scenario_arguments
@_go
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1, 10_000), help="How often to run it.")
@_format
def observe(
    scenario: str | None, expression: str | None, requests: int | None, gos: tuple[str, ...], repeat: int, style: str
) -> int:
    """The outcomes that real Go shows, counted.

    SCENARIO is a name that `pcstate scenarios` lists, a TOML file, or - for stdin.
    """
    from pcstate import pipeline
    from pcstate.show import prediction, report

    program = _open(scenario, expression, requests)
    reports = [pipeline.observe(program, go, repeat) for go in gos or (None,)]
    if style == "json":
        _json(report.observe_json(program, reports), True)
    else:
        prediction.observe_text(reports)
    return HOLDS


@cli.command()
@click.argument("v1")
@click.argument("v2")
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option("--full", is_flag=True, help="Show every step of a trace, not only those near the difference.")
@_format
def diff(v1: str, v2: str, scenarios: tuple[str, ...], full: bool, style: str) -> int:
    """What differs between two Gos: properties, and outcomes of scenarios.

    V1 and V2 are Go releases (1.26, 1.27.1) or names of profiles. SCENARIO is a name that `pcstate scenarios` lists, a TOML
    file, or - for stdin; default: all that it lists. Exit status 1 if an answer differs, 3 if none is known to.
    """
    from pcstate import pipeline
    from pcstate.diff import diff as compare
    from pcstate.show import difference

    spec = pipeline.read_spec()
    programs = pipeline.open_scenarios(spec, scenarios, _stdin)
    found = compare(spec, (v1, v2), programs, _steps())
    if style == "json":
        _json(difference.diff_json(found), True)
    else:
        difference.diff_text(found, full)
    return {"same": HOLDS, "differ": FINDING, "unknown": INCONCLUSIVE}[found.agreement.value]


@cli.command()
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@_go
@click.option(
    "--repeat", type=click.IntRange(1, 10_000), help="How often to run each; 10 times if not given, a random program once."
)
@click.option("--random", "count", type=click.IntRange(1, 1_000_000), metavar="N", help="Draw N programs at random.")
@click.option("--seed", type=int, metavar="S", help="Which ones; 1 if not given.")
@click.option("--spec", "against", metavar="V", help="Compare with this release's or profile's spec, whatever Go runs.")
@click.option(
    "--table",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write a page of tables in Markdown, too.",
)
@_format
def conform(
    scenarios: tuple[str, ...],
    gos: tuple[str, ...],
    repeat: int | None,
    count: int | None,
    seed: int | None,
    against: str | None,
    table: Path | None,
    style: str,
) -> int:
    """Is what real Go shows within what the spec allows?

    SCENARIO is a name that `pcstate scenarios` lists, a TOML file, or - for stdin; default: all that it lists, or with --random
    none. --go may be repeated; default: every toolchain found that a profile speaks for. What each run leaves behind must be
    among what `predict` foretells, and all that is seen on the way there must be what some run of the network shows. Of a
    disagreement both sides are shown, and the smallest program that was found for it.
    """
    from pcstate import pipeline
    from pcstate.conform import Drawn
    from pcstate.conform import conform as compare
    from pcstate.show import agreement

    if seed is not None and count is None:
        raise click.UsageError("--seed goes with --random only: a named program is always the same")
    if table:
        _check_room(table)
    drawn = Drawn(count, 1 if seed is None else seed) if count else None
    found = compare(
        pipeline.read_spec(), scenarios, gos, against, repeat or (1 if drawn and not scenarios else 10), _steps(), _stdin, drawn
    )
    if table:
        table.write_text(agreement.agreement_page(found), encoding="utf-8", newline="\n")
    if style == "json":
        _json(agreement.conform_json(found), True)
    else:
        agreement.conform_text(found)
    return {"VIOLATED": FINDING, "UNKNOWN": INCONCLUSIVE}.get(found.verdict.value, HOLDS)


@cli.command()
@click.argument("file", type=click.File("rb"))
@_format
def explain(file: BinaryIO, style: str) -> int:
    """What does this goroutine dump mean?

    FILE is what /debug/pprof/goroutine gives (debug=2, debug=1, or neither), runtime.Stack, a panic, the answer to SIGQUIT, a
    test's timeout or a goleak report, as a file or - for stdin; log prefixes, JSON logs and gzip do not matter:

    \b
      curl -s localhost:6060/debug/pprof/goroutine?debug=2 | pcstate explain -

    Exit status: 0 nothing found (idle connections are no leak); 1 a leak, or a wait that only somebody else can end; 2 no dump;
    3 the dump does not tell.
    """
    from pcstate import pipeline
    from pcstate.explain import explain as read
    from pcstate.show import explanation

    found = read(pipeline.read_spec(), file)
    if style == "json":
        _json(explanation.explain_json(found), True)
    else:
        explanation.explain_text(found)
    if not found.conclusive:
        return INCONCLUSIVE
    return FINDING if found.verdict in ("leak", "stuck") else HOLDS


@cli.command()
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("graphs"), show_default=True)
@_go
@click.option(
    "--of",
    "subjects",
    multiple=True,
    metavar="NAME",
    help="lifecycle, reachable, quotient, a chart, or a property for its trace; default: all but reachable and what holds.",
)
@click.option("--to", "formats", default="svg,png,dot,mermaid,graphml,aut", show_default=True, help="Formats, by commas.")
def graph(output: Path, gos: tuple[str, ...], subjects: tuple[str, ...], formats: str) -> int:
    """Draw the lifecycle, each chart, the reachable graph of one connection, and the traces of properties; list the files."""
    from pcstate import pipeline
    from pcstate.trace import draw_traces

    words = _words(formats)
    for line in [
        *pipeline.draw(output, gos or (None,), subjects, words),
        *draw_traces(output, gos or (None,), subjects, words),
    ]:
        click.echo(line)
    return HOLDS


@cli.command()
@click.argument("file")
@click.option("--property", "name", metavar="P", help="The property whose trace is meant; default: the first that is violated.")
@click.option("--go", metavar="V", help="The report that is meant, where there are several; with --replay: the Go that runs.")
@click.option("--to", "formats", default="text", show_default=True, help="text, svg, mermaid, itf, diff; several by commas.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write files, not stdout.")
@click.option("--replay", is_flag=True, help="Lead a real Go along it.")
@click.option("--profile", metavar="V", help="With --replay: the report that is meant, where there are several.")
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1, 10_000), help="With --replay: how often.")
@_format
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
    from pcstate.specs.source import Source, read_source

    if not replay and (profile or repeat > 1 or style == "json"):
        raise click.UsageError("--profile, --repeat and --format json go with --replay")
    words = _words(formats)
    pipeline.check_words("--to", words, traces.FORMATS)
    if replay and (words != ["text"] or output):
        raise click.UsageError("--replay goes without --to and -o")
    if len(words) != 1 and (output is None or not words):
        raise click.UsageError("one format for stdout, or a folder for several: -o DIR")
    source = Source("<stdin>", _stdin()) if file == "-" else read_source(Path(file))
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
        _json(replayed.replay_json(finding, found), True)
    else:
        replayed.replay_text(finding, found)
    return {Verdict.VIOLATED: FINDING, Verdict.HOLDS: HOLDS}.get(found.verdict, INCONCLUSIVE)


@cli.command()
@click.argument("names", nargs=-1, metavar="[BUG]...")
@click.option("--replay", is_flag=True, help="Replay on real Go what a release that is installed has, or must not have.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the page in Markdown too."
)
@_format
def bugs(names: tuple[str, ...], replay: bool, output: Path | None, style: str) -> int:
    """The track record: bugs that net/http has had, and whether check finds them.

    BUG is the number of an issue, or the name of a file in spec/bugs; default: all. Each must be found, with a trace, where it
    is, and not where it is mended; exit status 1 if one is not so.
    """
    from pcstate import pipeline
    from pcstate.bugs import track_record
    from pcstate.model.verdict import worst
    from pcstate.show import track_record as shown

    if output:
        _check_room(output)
    found = track_record(pipeline.read_spec(), names, replay, _steps())
    if output:
        output.write_text(shown.record_page(found), encoding="utf-8", newline="\n")
    if style == "json":
        _json(shown.record_json(found), True)
    else:
        shown.record_text(found)
    return {"VIOLATED": FINDING, "UNKNOWN": INCONCLUSIVE}.get(worst(proven.verdict for proven in found).value, HOLDS)


@cli.command()
@click.argument("scenario", required=False)
@click.option("-e", "--expression", metavar="STEPS", help="A program: 'get; read-all'.")
@click.option("-n", "repeated", type=int, help="How often -e is repeated; once if not given.")
@click.option("--to", "formats", default="promela,tla,aut", show_default=True, help="Formats, by commas.")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path(), metavar="DIR", help="Default: here."
)
@_go
@_sizes
@click.option("--max-states", default=2_000_000, show_default=True, type=click.IntRange(1), help="aut: give up beyond this.")
@_format
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

    program = _open(scenario, expression, repeated) if (scenario, expression, repeated) != (None, None, None) else None
    spec = pipeline.read_spec()
    wanted = _words(formats)
    found = [write(spec, wanted, output, go, Bounds(**sizes), program) for go in gos or (None,)]
    if style == "json":
        _json([exported.export_json(report) for report in found], True)
    else:
        exported.export_text(found)
    return INCONCLUSIVE if any(report.missing for report in found) else HOLDS


@cli.command()
@click.option("--go", metavar="V", help="A Go release (1.26, 1.27.1) or a profile's name.")
@click.option("--chart", "part", metavar="NAME", help="Mutants of this chart only, or of 'network' or 'profile'.")
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Try so many of them, drawn at random; default: all.")
@click.option("--seed", default=0, show_default=True, help="What the sample is drawn with.")
@click.option(
    "--timeout", default=60.0, show_default=True, type=click.FloatRange(0), help="Give up a search after so many seconds."
)
@click.option("--wide", is_flag=True, help="Look at those that survive with two callers, too: some ten seconds more for each.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write a page in Markdown.",
)
@_format
def mutants(
    go: str | None,
    part: str | None,
    sample: int | None,
    seed: int,
    timeout: float,
    wide: bool,
    output: Path | None,
    style: str,
) -> int:
    """Which small mistakes in the spec does a property notice?

    Each mutant is the spec with one edit, judged by all properties: about two seconds each, of some thousands. Exit status 1 if
    one survives that is not known to make no difference, 3 if none does but a search was given up.
    """
    from pcstate import pipeline
    from pcstate.mutants import mutants as mutate
    from pcstate.show import mutation

    if output:
        _check_room(output)
    found = mutate(pipeline.read_spec(), go, part, sample, seed, timeout, wide, _steps())
    if output:
        output.write_text(mutation.mutation_page(found), encoding="utf-8", newline="\n")
    if style == "json":
        _json(mutation.mutants_json(found), True)
    else:
        mutation.mutants_text(found)
    return {"VIOLATED": FINDING, "UNKNOWN": INCONCLUSIVE}.get(found.verdict.value, HOLDS)


@cli.command()
@click.argument("name", type=click.Choice(sorted(path.stem for path in SCHEMAS.glob("*.json"))))
def schema(name: str) -> int:
    """The JSON Schema of what a command prints with --format json."""
    click.echo((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"), nl=False)
    return HOLDS


@cli.group()
def spec() -> None:
    """Work on the specification itself."""


@spec.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@_format
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
        _json({**counts, "mistakes": []}, True)
    else:
        click.echo("no mistakes: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    return HOLDS


def _open(scenario: str | None, expression: str | None, requests: int | None) -> Any:
    from pcstate import pipeline

    if (scenario is None) == (expression is None):
        raise click.UsageError("give either a SCENARIO or -e STEPS")
    if scenario is not None and requests is not None:
        raise click.UsageError("-n goes with -e only: a scenario's file says how many requests each caller makes")
    return pipeline.open_scenario(scenario, expression, 1 if requests is None else requests, _stdin)


def _words(text: str) -> list[str]:
    """The words between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _stdin() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise SpecError([Mistake(Place("<stdin>", 0), f"not UTF-8 text: {error.reason}")]) from None


def _check_room(path: Path) -> None:
    """Before a long run, see that the folder of its result is there and lets it be written. Raises: click.FileError."""
    if not path.parent.is_dir():
        raise click.FileError(str(path), f"there is no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise click.FileError(str(path), "its folder cannot be written to")


def _json(value: Any, whole: bool) -> None:
    import json

    if not whole and isinstance(value, list) and len(value) == 1:
        value = value[0]
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _shows_progress() -> bool:
    return sys.stderr.isatty() and not os.environ.get("CI")


def _progress(what: str) -> "Progress | None":
    """A line on stderr for a search that takes more than a second, on a terminal only."""
    if not _shows_progress():
        return None

    def show(status: "Status") -> None:
        if status.seconds > 1:
            rate, memory = f"{status.rate:,.0f} a second", f"{status.memory / 1e9:.1f} GB"
            counts = f"{status.found:,} states, {rate}, depth {status.depth}, {memory}"
            sys.stderr.write(f"\r\033[K{what}: {counts}, {status.seconds:.0f} s ")
            sys.stderr.flush()

    return show


def _steps() -> Callable[[int, int, str], None] | None:
    """A line on stderr that says what is being done, on a terminal only; it is gone afterwards."""
    if not _shows_progress():
        return None

    def show(done: int, of: int, what: str) -> None:
        sys.stderr.write(f"\r\033[K{done} of {of}: {what}" if done < of else "\r\033[K")
        sys.stderr.flush()

    return show


def main(arguments: Sequence[str] | None = None) -> None:
    """Run pcstate and exit with its status; a user's mistake is said in a few lines, never a traceback."""
    try:
        status = cli.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except click.exceptions.Abort:
        status = INTERRUPTED
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
        status = HOLDS
    except KeyboardInterrupt:
        status = INTERRUPTED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"pcstate: {where}{error.strerror or error}", err=True)
        status = USAGE
    except Exception:
        traceback.print_exc()
        click.echo("pcstate: this is a bug in pcstate, not in your files", err=True)
        status = INTERNAL
    sys.exit(status or 0)
