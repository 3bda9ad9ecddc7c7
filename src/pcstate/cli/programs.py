"""Commands about a client program or its goroutines: scenarios, predict, observe, conform, diff, explain."""

from pathlib import Path
from typing import BinaryIO

import click

from pcstate.cli.common import (
    FINDING,
    HOLDS,
    INCONCLUSIVE,
    check_room,
    format_option,
    go_option,
    jobs_option,
    open_program,
    print_json,
    scenario_arguments,
    status_of,
    stdin,
    steps_line,
)


@click.command()
@click.option("--group", metavar="G", help="Those of this group only.")
@format_option
def scenarios(group: str | None, style: str) -> int:
    """The scenarios that have a name: what predict, observe, conform and diff take."""
    from pcstate import pipeline
    from pcstate.show import report

    found = pipeline.library(group)
    if style == "json":
        print_json(report.scenarios_json(found), True)
    else:
        report.scenarios_text(found)
    return HOLDS


@click.command()
@scenario_arguments
@go_option
@format_option
def predict(scenario: str | None, expression: str | None, requests: int | None, gos: tuple[str, ...], style: str) -> int:
    """The outcomes that the spec allows for a client program.

    SCENARIO is a name that `pcstate scenarios` lists, a TOML file, or - for stdin.
    """
    from pcstate import pipeline
    from pcstate.predict import predict_each
    from pcstate.show import prediction, report

    program = open_program(scenario, expression, requests)
    spec = pipeline.read_spec()
    reports = predict_each(spec, program, gos or (None,), progress=steps_line())
    if style == "json":
        print_json(report.predict_json(program, reports), True)
    else:
        prediction.predict_text(reports)
    return HOLDS if all(found.prediction.complete for found in reports) else INCONCLUSIVE


@click.command()
@scenario_arguments
@go_option
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1, 10_000), help="How often to run it.")
@format_option
def observe(
    scenario: str | None, expression: str | None, requests: int | None, gos: tuple[str, ...], repeat: int, style: str
) -> int:
    """The outcomes that real Go shows, counted.

    SCENARIO is a name that `pcstate scenarios` lists, a TOML file, or - for stdin.
    """
    from pcstate import pipeline
    from pcstate.show import prediction, report

    program = open_program(scenario, expression, requests)
    reports = [pipeline.observe(program, go, repeat) for go in gos or (None,)]
    if style == "json":
        print_json(report.observe_json(program, reports), True)
    else:
        prediction.observe_text(program, reports)
    return INCONCLUSIVE if any(found.restless for found in reports) else HOLDS


@click.command()
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@go_option
@click.option(
    "--repeat", type=click.IntRange(1, 10_000), help="How often to run each; 10 times if not given, a random program once."
)
@click.option("--random", "count", type=click.IntRange(1, 1_000_000), metavar="N", help="Draw N programs at random.")
@click.option("--seed", type=int, metavar="S", help="Which ones; 1 if not given.")
@jobs_option
@click.option("--spec", "against", metavar="V", help="Compare with this release's or profile's spec, whatever Go runs.")
@click.option(
    "--table",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write a page of tables in Markdown, too.",
)
@format_option
def conform(
    scenarios: tuple[str, ...],
    gos: tuple[str, ...],
    repeat: int | None,
    count: int | None,
    seed: int | None,
    jobs: int,
    against: str | None,
    table: Path | None,
    style: str,
) -> int:
    """Is what real Go shows within what the spec allows?

    SCENARIO is a name that `pcstate scenarios` lists, a TOML file, or - for stdin; default: all that it lists, or with --random
    none. --go may be repeated; default: every toolchain found that a profile speaks for. What each run leaves behind must be
    among what `predict` foretells, and all that is seen on the way there must be what some run of the network shows; the latter
    alone decides where `predict` does not come to its end. Of a disagreement both sides are shown, and the smallest program that
    was found for it.
    """
    from pcstate import pipeline
    from pcstate.conform import Drawn
    from pcstate.conform import conform as compare
    from pcstate.show import agreement

    if seed is not None and count is None:
        raise click.UsageError("--seed goes with --random only: a named program is always the same")
    if table:
        check_room(table)
    drawn = Drawn(count, 1 if seed is None else seed) if count else None
    found = compare(
        pipeline.read_spec(),
        scenarios,
        gos,
        against,
        repeat or (1 if drawn and not scenarios else 10),
        steps_line(),
        stdin,
        drawn,
        jobs,
    )
    if table:
        table.write_text(agreement.agreement_page(found), encoding="utf-8", newline="\n")
    if style == "json":
        print_json(agreement.conform_json(found), True)
    else:
        agreement.conform_text(found)
    return status_of([found.verdict])


@click.command()
@click.argument("v1")
@click.argument("v2")
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option("--full", is_flag=True, help="Show every step of a trace, not only those near the difference.")
@jobs_option
@format_option
def diff(v1: str, v2: str, scenarios: tuple[str, ...], full: bool, jobs: int, style: str) -> int:
    """What differs between two Gos: properties, and outcomes of scenarios.

    V1 and V2 are Go releases (1.26, 1.27.1) or names of profiles. SCENARIO is a name that `pcstate scenarios` lists, a TOML
    file, or - for stdin; default: all that it lists. Exit status 1 if an answer differs, 3 if none is known to.
    """
    from pcstate import pipeline
    from pcstate.diff import diff as compare
    from pcstate.show import difference

    spec = pipeline.read_spec()
    programs = pipeline.open_scenarios(spec, scenarios, stdin)
    found = compare(spec, (v1, v2), programs, steps_line(), jobs)
    if style == "json":
        print_json(difference.diff_json(found), True)
    else:
        difference.diff_text(found, full)
    return {"same": HOLDS, "differ": FINDING, "unknown": INCONCLUSIVE}[found.agreement.value]


@click.command()
@click.argument("file", type=click.File("rb"))
@format_option
def explain(file: BinaryIO, style: str) -> int:
    """What does this goroutine dump mean?

    FILE is what /debug/pprof/goroutine gives (debug=2, debug=1, or neither), runtime.Stack, a panic, the answer to SIGQUIT, a
    test's timeout or a goleak report, as a file or - for stdin; log prefixes, JSON logs, Markdown and gzip do not matter, and a
    part of a dump will do:

    \b
      curl -s 'localhost:6060/debug/pprof/goroutine?debug=2' | pcstate explain -

    Exit status: 0 nothing found (idle connections are no leak); 1 a leak, or a wait that only somebody else can end; 2 no dump;
    3 the dump does not tell. Of several dumps in a file the worst counts.
    """
    from pcstate import pipeline
    from pcstate.explain import explain as read
    from pcstate.show import explanation

    found = read(pipeline.read_spec(), file)
    if style == "json":
        print_json(explanation.explain_json(found), True)
    else:
        explanation.explain_text(found)
    every = (found, *found.beside)
    if any(each.verdict in ("leak", "stuck") for each in every):
        return FINDING
    return HOLDS if all(each.conclusive for each in every) else INCONCLUSIVE
