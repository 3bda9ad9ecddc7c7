"""The flow of `pcstate graph`: spec/ -> diagrams -> files.

In: what to draw, under which Gos, in which formats. Out: the files. A network is explored only for the two diagrams of states.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pcstate.check.diagrams import chart_diagram, lifecycle_diagram, quotient_diagram, reachable_diagram
from pcstate.check.explore import explore
from pcstate.check.refinement import refines
from pcstate.model.diagram import Diagram
from pcstate.model.verdict import Bounds
from pcstate.pipeline import build, read_spec
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.source import check_words

__all__ = ["draw"]


def draw(output: Path, gos: Sequence[str | None], subjects: Sequence[str], formats: Sequence[str]) -> list[str]:
    """Write the diagrams that `subjects` names (if empty, all but the large `reachable`); returns a line for each file.

    A property may be named too, or a program that a question is answered by: their traces are other flows' (`trace.draw_traces`,
    `judgement.draw_programs`).
    Raises: SpecError for a subject, format or Go that does not exist.
    """
    from pcstate.show.graphs import FORMATS, drawable, render  # networkx is slow to import

    spec = read_spec()
    check_words("--to", formats, FORMATS)
    known_subjects = [
        "lifecycle",
        "reachable",
        "quotient",
        *(name for name in sorted(spec.charts) if name != "lifecycle"),
    ]
    traced = {promise.name for promise in spec.properties}
    traced |= {program for question in spec.questions for program in question.scenarios}
    check_words("--of", subjects, [*known_subjects, *sorted(traced)])
    output.mkdir(parents=True, exist_ok=True)
    written = []
    profiles = list(dict.fromkeys(choose_profile(spec.profiles, go).name for go in gos))
    for subject in subjects or [name for name in known_subjects if name != "reachable"]:
        if subject in traced:
            continue
        for name in profiles if subject in ("lifecycle", "reachable", "quotient") else ("",):
            diagram = _diagram(spec, subject, name)
            for suffix, content in render(diagram, drawable(diagram, formats)).items():
                path = output / f"{diagram.name}.{suffix}"
                path.write_bytes(content)
                written.append(f"{path}: {len(diagram.nodes)} nodes, {len(diagram.edges)} edges")
    return written


def _diagram(spec: Spec, subject: str, profile: str) -> Diagram:
    if subject not in ("reachable", "quotient", "lifecycle"):
        return chart_diagram(spec.charts[subject])
    chosen = choose_profile(spec.profiles, profile)
    if subject == "lifecycle":
        return lifecycle_diagram(spec.charts["lifecycle"], chosen.name, chosen.constants)
    built = build(spec, chosen, replace(Bounds(), requests=1 if subject == "reachable" else 2, closers=0))
    graph = explore(built.network, Bounds())
    built.remember()
    if subject == "reachable":
        return reachable_diagram(graph, chosen.name)
    lifecycle = built.behaviours["lifecycle"]
    refinement = refines(graph, lifecycle, lifecycle.initial(chosen.constants))
    return quotient_diagram(graph, refinement, chosen.name)
