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
                "why": each.why,
            }
            for each in found.untaken
        ],
        "vacuous": [
            {"property": each.name, "part": each.part, "premise": each.premise, "why": each.why} for each in found.vacuous
        ],
    }


def coverage_text(found: Coverage) -> None:
    """How many transitions were taken, then a line for each that never was, and for each vacuous property; last what is as it
    should be, by its reason."""
    out = terminal()
    stopped = "" if found.complete else " before the search stopped"
    off = f"; {found.off} others are for other profiles or programs" if found.off else ""
    out.print(f"coverage: {len(found.taken)} of {found.possible} transitions taken{stopped}{off}")
    told: dict[str, list[str]] = {"": []}
    for untaken in found.untaken:
        told.setdefault(untaken.why, []).append(_untaken(untaken))
    for vacuous in found.vacuous:
        told.setdefault(vacuous.why, []).append(_vacuous(vacuous))
    for why, lines in told.items():
        for line in [f"as it should be: {why}", *(f"  {line}" for line in lines)] if why else lines:
            out.print(line, markup=False, soft_wrap=True)


def _untaken(found: Untaken) -> str:
    guard = f" if {found.guard}" if found.guard else ""
    where = "" if found.reached else f"; {found.state} is never reached"
    return f"never taken: {found.place}: {found.state} -{found.event}-> {found.target}{guard}{where}"


def _vacuous(found: Vacuous) -> str:
    why = f"never begins: {found.part}" if found.premise else f"holds whatever this part says: {found.part}"
    return f"vacuous: {found.name} {why}"
