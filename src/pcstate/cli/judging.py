"""Commands about the spec as such: check, judge, mutants, bugs."""

from pathlib import Path
from typing import Any

import click

from pcstate.cli.common import (
    FINDING,
    HOLDS,
    INCONCLUSIVE,
    check_room,
    format_option,
    go_option,
    print_json,
    progress_line,
    sizes_options,
    status_of,
    steps_line,
)


@click.command()
@go_option
@click.option("--property", "names", multiple=True, metavar="P", help="Judge this property only; may be repeated.")
@sizes_options
@click.option("--max-states", default=100_000_000, show_default=True, type=click.IntRange(1), help="Give up beyond this.")
@click.option(
    "--timeout",
    default=600.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Give up searching after so many seconds, and judging after as many.",
)
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
    "--confluence/--no-confluence",
    default=False,
    help="In a large search, take one step where it does not matter what comes first: for --property no-goroutine-is-forgotten, "
    "and others that look at nothing that such a step moves. A trace is no shortest one then.",
)
@click.option(
    "--cluster",
    metavar="HOST:PORT|local:N",
    help="Keep the states in the actors of a Ray cluster that this machine is in, or in N here. That buys memory, not speed, on "
    "one machine. Nothing is reduced; only always, sometimes and deadlock are judged.",
)
@click.option(
    "--symbolic",
    is_flag=True,
    help="Keep the states as a set (a decision diagram), none by itself: for hundreds of millions and more. --max-states is no "
    "bound then. Nothing is reduced; leads-to is not judged.",
)
@click.option(
    "--refines",
    metavar="V2",
    help="Judge one thing more: each sequence of lifecycle events is possible under V2, too. No symmetry is made use of then.",
)
@click.option("--expect", is_flag=True, help="Exit 0 if each verdict is the one that the profile expects, 3 if some are unknown.")
@click.option(
    "--coverage",
    "covers",
    is_flag=True,
    help="Say which transitions were never taken and which properties are vacuous; the exit status stays as it is.",
)
@format_option
def check(
    gos: tuple[str, ...],
    names: tuple[str, ...],
    gigabytes: float,
    checkpoint: Path | None,
    symmetry: bool,
    minimise: bool,
    confluence: bool,
    cluster: str | None,
    symbolic: bool,
    refines: str | None,
    expect: bool,
    covers: bool,
    style: str,
    **sizes: Any,
) -> int:
    """Explore the network and judge every property."""
    if cluster and (checkpoint or minimise or covers):
        raise click.UsageError("--cluster takes neither --checkpoint nor --minimise nor --coverage")
    if confluence and (cluster or checkpoint or covers or refines is not None):
        raise click.UsageError("--confluence leaves out steps: leave out --cluster, --checkpoint, --coverage and --refines")
    if symbolic and (cluster or checkpoint or minimise or confluence or covers or refines is not None):
        raise click.UsageError("--symbolic keeps a set and nothing else: leave out what reduces, keeps or follows states")
    if checkpoint and gos[1:]:
        raise click.UsageError("--checkpoint holds one search: give one --go with it")
    if covers and minimise:
        raise click.UsageError("--coverage needs all configurations: leave out --minimise")
    if refines is not None and (cluster or checkpoint or minimise):
        raise click.UsageError("--refines looks at all that two networks do: leave out --cluster, --checkpoint and --minimise")
    from pcstate import inclusion, pipeline
    from pcstate.coverage import coverage
    from pcstate.model.coverage import merged
    from pcstate.model.verdict import Bounds, Verdict
    from pcstate.show import report
    from pcstate.show.coverage import coverage_json, coverage_text

    spec = pipeline.read_spec(only=names)
    bounds = Bounds(**sizes, memory=int(gigabytes * 1e9))
    symmetry = symmetry and refines is None
    other = inclusion.explored(spec, refines, bounds, progress_line(f"exploring {refines}")) if refines is not None else None
    reports = []
    for go in gos or (None,):
        kept = "nodes" if symbolic else "states"
        progress, steps = progress_line(f"exploring {go or 'the newest profile'}", kept), steps_line()
        found = pipeline.check(
            spec,
            go,
            bounds,
            progress,
            checkpoint,
            symmetry,
            minimise,
            cluster=cluster,
            confluence=confluence,
            symbolic=symbolic,
            steps=steps,
        )
        reports.append(inclusion.refines(spec, found, other) if other else found)
    covered = [coverage(spec, found) for found in reports] if covers else []
    if style == "json":
        answers = [report.check_json(found) for found in reports]
        for answer, each in zip(answers, covered, strict=False):
            answer["coverage"] = coverage_json(each)
        print_json(answers, bool(gos[1:]))
    else:
        for found in reports:
            report.check_text(found, expect)
        if covered:
            coverage_text(merged(covered))
    if expect:
        surprises = {judgement.verdict for found in reports for judgement in found.surprises}
        return FINDING if surprises - {Verdict.UNKNOWN} else INCONCLUSIVE if surprises else HOLDS
    return status_of(found.verdict for found in reports)


@click.command()
@go_option
@click.option(
    "--table",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Put the table into FILE too, between the marks that are there (see spec/README.md).",
)
@click.option("--replay", is_flag=True, help="Lead each Go that is installed along the traces that a no comes from.")
@format_option
def judge(gos: tuple[str, ...], table: Path | None, replay: bool, style: str) -> int:
    """What the protocol guarantees, and what it does not: the questions of spec/judgements, each answered by exploration.

    Default: every profile, which takes minutes. Exit status 0 whatever the answers are, for some are no by design; 3 if one is
    not known.
    """
    from pcstate import pipeline
    from pcstate.judgement import judge as answer
    from pcstate.show import judgement

    if table:
        judgement.around_table(table)  # before minutes of work, see that there is room for it
    found = answer(pipeline.read_spec(), gos, steps_line(), replay)
    if table:
        judgement.put_table(table, found, Path("graphs"))
    if style == "json":
        print_json(judgement.judge_json(found), True)
    else:
        judgement.judge_text(found)
    return INCONCLUSIVE if any(answer.word == "unknown" for each in found for answer in each.answers.values()) else HOLDS


@click.command()
@click.option("--go", metavar="V", help="A Go release (1.26, 1.27.1) or a profile's name.")
@click.option("--chart", "part", metavar="NAME", help="Mutants of this chart only, or of 'network' or 'profile'.")
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Try so many of them, drawn at random; default: all.")
@click.option("--seed", default=0, show_default=True, help="What the sample is drawn with.")
@click.option(
    "--timeout", default=60.0, show_default=True, type=click.FloatRange(0), help="Give up a search after so many seconds."
)
@click.option("--wide", is_flag=True, help="Look with two callers at what is equivalent with one, too.")
@click.option("--programs", is_flag=True, help="Show those that survive to predict too: up to half a minute for each.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write a page in Markdown.",
)
@format_option
def mutants(
    go: str | None,
    part: str | None,
    sample: int | None,
    seed: int,
    timeout: float,
    wide: bool,
    programs: bool,
    output: Path | None,
    style: str,
) -> int:
    """Which small mistakes in the spec does a property notice?

    Each mutant is the spec with one edit, judged by all properties: some seconds each, of some thousands. One that survives and
    is not equivalent must survive with two callers too. With --programs those that do name a program of the library of which
    predict says something else. Exit status 1 if one survives that is not known to make no difference, 3 if none does but a
    search was given up.
    """
    from pcstate import pipeline
    from pcstate.mutants import mutants as mutate
    from pcstate.show import mutation

    if output:
        check_room(output)
    found = mutate(pipeline.read_spec(), go, part, sample, seed, timeout, wide, programs, steps_line())
    if output:
        output.write_text(mutation.mutation_page(found), encoding="utf-8", newline="\n")
    if style == "json":
        print_json(mutation.mutants_json(found), True)
    else:
        mutation.mutants_text(found)
    return status_of([found.verdict])


@click.command()
@click.argument("names", nargs=-1, metavar="[BUG]...")
@click.option("--replay", is_flag=True, help="Replay on real Go what a release that is installed has, or must not have.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the page in Markdown too."
)
@format_option
def bugs(names: tuple[str, ...], replay: bool, output: Path | None, style: str) -> int:
    """The track record: bugs that net/http has had, and whether check finds them.

    BUG is the number of an issue, or the name of a file in spec/bugs; default: all. Each must be found, with a trace, where it
    is, and not where it is mended; exit status 1 if one is not so.
    """
    from pcstate import pipeline
    from pcstate.bugs import track_record
    from pcstate.show import track_record as shown

    if output:
        check_room(output)
    found = track_record(pipeline.read_spec(), names, replay, steps_line())
    if output:
        output.write_text(shown.record_page(found), encoding="utf-8", newline="\n")
    if style == "json":
        print_json(shown.record_json(found), True)
    else:
        shown.record_text(found)
    return status_of(proven.verdict for proven in found)
