"""export: one network, written for tools that we did not write, so that they can check our explorer.

spec/ [+ scenario] -> network -> made finite without exploring it -> Promela and TLA+; explored -> Aldebaran
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pcstate.check.closure import finite
from pcstate.check.explore import explore
from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.finite import FiniteNetwork
from pcstate.model.network import Network
from pcstate.model.scenario import Scenario
from pcstate.model.verdict import Bounds
from pcstate.pipeline import build, sizes_with
from pcstate.show.naming import word
from pcstate.show.promela import promela
from pcstate.show.text import aldebaran
from pcstate.show.tla import TLC_CONFIGURATION, tla
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile, choose_profile
from pcstate.specs.programs import demands
from pcstate.specs.source import check_words, known

__all__ = ["FORMATS", "ExportReport", "export", "exported_network"]

FORMATS = ("promela", "tla", "aut")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written for one profile. `missing` says which format was not, and why."""

    profile: str
    go: str
    name: str
    network: FiniteNetwork
    files: tuple[Path, ...]
    states: int | None
    """Of the explored graph, with `transitions`: None where it was not asked for, or not explored to its end."""
    transitions: int | None
    missing: str = ""


def export(
    spec: Spec, formats: Sequence[str], output: Path, go: str | None, bounds: Bounds, scenario: Scenario | None = None
) -> ExportReport:
    """Write one network to files in `output`, which is made if need be. Raises: SpecError.

    Cost: a second or two; for `aut` an exploration within `bounds`, and nothing is written of one that did not end.
    """
    _check_formats(formats)
    profile = choose_profile(spec.profiles, go)
    bounds = sizes_with(scenario, bounds) if scenario else bounds
    network = exported_network(spec, profile, bounds, scenario)
    found = finite(network)
    name = f"{word(scenario.name or 'program')[:60] if scenario else network.name}-{profile.name}-" + "-".join(
        f"{key.replace('_', '-')}{size}" for key, size in bounds.sizes.items() if size
    )
    module = word(name)
    texts: dict[str, str] = {}
    if "promela" in formats:
        texts[f"{name}.pml"] = promela(found, name)
    if "tla" in formats:
        texts |= {f"{module}.tla": tla(found, module, name), f"{module}.cfg": TLC_CONFIGURATION}
    states = transitions = None
    missing = ""
    if "aut" in formats:
        graph = explore(network, bounds)
        missing = f"aut: the exploration stopped at its {graph.stopped}" if graph.stopped else ""
        if not missing:
            states, transitions = len(graph.states), graph.transitions
            labels = [str(vector) for vector in network.vectors]
            edges = [(n, labels[vector], target) for n, row in enumerate(graph.edges) for vector, target in row]
            texts[f"{name}.aut"] = aldebaran(0, states, edges)
    output.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (output / file).write_text(text, encoding="utf-8", newline="\n")
    files = tuple(output / file for file in texts)
    return ExportReport(profile.name, go or profile.name, name, found, files, states, transitions, missing)


def exported_network(spec: Spec, profile: Profile, bounds: Bounds, scenario: Scenario | None = None) -> Network:
    """The network that `export` writes. Raises: SpecError for a program that the spec has no charts for."""
    unsupported = demands(scenario).unsupported if scenario else ()
    if unsupported:
        raise SpecError([Mistake(Place("SCENARIO"), f"the spec has no chart yet for {', '.join(unsupported)}")])
    return build(spec, profile, bounds, scenario).network


def _check_formats(formats: Sequence[str]) -> None:
    if not formats:
        raise SpecError([Mistake(Place("--to", 0), "no format was given", "", known(FORMATS))])
    check_words("--to", formats, FORMATS)
