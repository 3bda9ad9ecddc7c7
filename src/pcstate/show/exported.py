"""What `export` wrote, in words and as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from pcstate.model.finite import FiniteNetwork

__all__ = ["export_json", "export_text"]


class Exported(Protocol):
    """What is printed of an export."""

    @property
    def profile(self) -> str: ...
    @property
    def go(self) -> str: ...
    @property
    def network(self) -> FiniteNetwork: ...
    @property
    def files(self) -> tuple[Path, ...]: ...
    @property
    def states(self) -> int | None: ...
    @property
    def transitions(self) -> int | None: ...
    @property
    def missing(self) -> str: ...


def export_json(report: Exported) -> dict[str, Any]:
    """The report as plain values."""
    components = [{"key": c.key, "states": len(c.configurations), "whole": c.whole} for c in report.network.components]
    return {
        "go": report.go,
        "profile": report.profile,
        "files": [str(path) for path in report.files],
        "components": components,
        "vectors": len(report.network.vectors),
        "states": report.states,
        "transitions": report.transitions,
        "missing": report.missing or None,
    }


def export_text(reports: Sequence[Exported]) -> None:
    """Print a line for each file, what is in them, and what is not."""
    for report in reports:
        components = report.network.components
        for path in report.files:
            print(path)
        states = sum(len(component.configurations) for component in components)
        print(f"{report.profile}: {len(components)} components of {states:,} local states, {len(report.network.vectors)} vectors")
        if report.states is not None:
            print(f"explored: {report.states:,} states, {report.transitions:,} transitions")
        cut = [component.key for component in components if not component.whole]
        if cut:
            print(f"cut where another tool would stop with an error, should it get there: {', '.join(cut)}")
        if report.missing:
            print(f"not written: {report.missing}; raise --max-states, or leave aut out with --to")
