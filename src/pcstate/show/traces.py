"""A finding's trace in each format: text, what changes step by step, and through its neighbours SVG, Mermaid and ITF."""

from collections.abc import Callable

from pcstate.model.finding import Finding
from pcstate.model.trace import Move, TraceStep
from pcstate.show.itf import itf
from pcstate.show.sequence_svg import sequence_svg
from pcstate.show.sequence_text import sequence_mermaid

__all__ = ["FORMATS", "file_name", "trace_diff", "trace_text", "write_trace"]


def trace_text(finding: Finding) -> str:
    """A line for each step: who, what, the clause and the symbol of Go's tree it speaks of."""
    steps = finding.trace.steps
    rows = [(step.who, step.action, step.clause, step.symbol) for step in steps]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = _heading(finding)
    for number, row in enumerate(rows):
        lines += _loop_mark(finding, number)
        cells = "  ".join(cell.ljust(wide) for cell, wide in zip(row, [*widths, 0], strict=True))
        lines.append(f"{number + 1:4}  {cells}".rstrip())
    return "\n".join(lines) + "\n"


def trace_diff(finding: Finding) -> str:
    """Under each step what it changes, component by component: the state, then each datum, `old -> new`."""
    lines = _heading(finding)
    for number, step in enumerate(finding.trace.steps):
        lines += _loop_mark(finding, number)
        lines.append(f"{number + 1:4}  {step.action}  {step.clause}".rstrip())
        lines += _changes(step)
    return "\n".join(lines) + "\n"


def _heading(finding: Finding) -> list[str]:
    reason = f"found: {finding.judgement.reason}" if finding.judgement.reason else ""
    return [line for line in (finding.title, finding.scope, finding.about, reason) if line] + [""]


def _loop_mark(finding: Finding, number: int) -> list[str]:
    return ["      -- from here on for ever --"] if number == finding.trace.loop else []


def _changes(step: TraceStep) -> list[str]:
    moves = [move for move in step.moves if move.changes]
    wide = max((len(move.component) for move in moves), default=0)
    return [f"        {move.component.ljust(wide)}  {_change(move)}" for move in moves] or ["        nothing changes"]


def _change(move: Move) -> str:
    """`peek -> peeked, alive: 1 -> 0`; a state that stays is named alone."""
    before, after = move.before, move.after
    state = f"{before.state} -> {after.state}" if before.state != after.state else after.state
    data = [
        f"{name}: {_value(old)} -> {_value(new)}"
        for (name, old), (_, new) in zip(before.data, after.data, strict=True)
        if old != new
    ]
    return ", ".join([state, *data])


def _value(value: object) -> str:
    return "''" if value == "" else str(value)


_WRITERS: dict[str, tuple[Callable[[Finding], str], str]] = {
    "text": (trace_text, "txt"),
    "svg": (sequence_svg, "svg"),
    "mermaid": (sequence_mermaid, "mmd"),
    "itf": (itf, "itf.json"),
    "diff": (trace_diff, "diff.txt"),
}
FORMATS = tuple(_WRITERS)


def write_trace(finding: Finding, form: str) -> str:
    """The trace in one of `FORMATS`."""
    return _WRITERS[form][0](finding)


def file_name(finding: Finding, form: str) -> str:
    """What a file of it is called: `trace-no-goroutine-is-forgotten-go1.27.0.svg`."""
    return f"trace-{finding.judgement.name}-{finding.profile}.{_WRITERS[form][1]}"
