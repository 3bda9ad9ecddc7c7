"""What `check --coverage` found -> text for people, JSON for programs."""

from typing import Any

from pcstate.model.coverage import Coverage, Untaken, Vacuous
from pcstate.show.console import terminal

__all__ = ["coverage_json", "coverage_text"]


def coverage_json(found: Coverage) -> dict[str, Any]:
    """The `coverage` object of `check`."""
    return {
        "complete": found.complete,
        "taken": len(found.taken),
        "off": found.off,
        "never_taken": [
            {
                "chart": each.chart,
                "state": each.state,
                "event": each.event,
                "target": each.target,
                "guard": each.guard,
                "reached": each.reached,
                "path": each.place.path,
                "line": each.place.line,
                "column": each.place.column,
            }
            for each in found.untaken
        ],
        "vacuous": [{"property": each.name, "part": each.part, "premise": each.premise} for each in found.vacuous],
    }


def coverage_text(found: Coverage) -> None:
    """How many transitions were taken, then a line for each that never was, and for each vacuous property."""
    out = terminal()
    stopped = "" if found.complete else " before the search stopped"
    off = f"; {found.off} others are for other profiles or programs" if found.off else ""
    out.print(f"coverage: {len(found.taken)} of {found.possible} transitions taken{stopped}{off}")
    for each in found.untaken:
        out.print(_untaken(each), markup=False, soft_wrap=True)
    for vacuous in found.vacuous:
        out.print(_vacuous(vacuous), markup=False, soft_wrap=True)


def _untaken(found: Untaken) -> str:
    guard = f" if {found.guard}" if found.guard else ""
    where = "" if found.reached else f"; {found.state} is never reached"
    return f"never taken: {found.place}: {found.state} -{found.event}-> {found.target}{guard}{where}"


def _vacuous(found: Vacuous) -> str:
    why = f"never begins: {found.part}" if found.premise else f"holds whatever this part says: {found.part}"
    return f"vacuous: {found.name} {why}"
