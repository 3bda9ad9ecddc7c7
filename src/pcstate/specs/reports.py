"""What `pcstate check --format json` printed -> the traces in it, as far as they can be replayed.

A report says which actions were taken and what each changed; the rest of a trace comes from the network that it is of.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.verdict import Bounds, Verdict
from pcstate.specs.source import Reader, Source

__all__ = ["ReportedTrace", "parse_reports"]

_SIZES = ("callers", "conns", "hosts", "requests")
_ZERO_ONCE = ("closers", "max_conns_per_host")
"""Sizes that reports did not have once, when they were 0."""
_LARGEST = 8
"""As `check` has it: no network of a larger size is built."""
_HINT = "this is for what 'pcstate check --format json' prints: one report, or a list of them"


@dataclass(frozen=True, slots=True)
class ReportedTrace:
    """One property of a report. `actions` is empty where the report has no trace for it."""

    go: str
    profile: str
    bounds: Bounds
    property: str
    kind: str
    verdict: Verdict
    reason: str
    clauses: tuple[str, ...]
    actions: tuple[str, ...]
    changed: tuple[Mapping[str, str] | None, ...]
    """What each action changed; None where the report does not say."""
    loop: int | None

    def __str__(self) -> str:
        return f"{self.property} ({self.profile}, {self.verdict})"


_CUT = re.compile(r"|t|tr|tru|f|fa|fal|fals|n|nu|nul|-|\.|[eE][+-]?|u[0-9a-fA-F]{0,4}")
"""What a text can end with, from where it is no JSON any more, when only its end is missing."""


def parse_reports(source: Source) -> tuple[ReportedTrace, ...]:
    """Every property of every report, in order. Raises: SpecError with the first mistake, and where in the JSON it is."""
    reader = Reader(source)
    try:
        document = json.loads(source.text)
    except json.JSONDecodeError as error:
        cut_off = error.msg.startswith("Unterminated") or _CUT.fullmatch(source.text[error.pos :].rstrip())
        ends = ": the file ends too early" if cut_off else ""
        reader.wrong(reader.within(error.lineno, error.colno), f"not JSON: {error.msg}{ends}", _HINT)
    except RecursionError:
        reader.wrong(reader.place(), "not a report: nested too deeply", _HINT)
    reader.finish()
    shape = _Shape(source.path)
    reports = document if isinstance(document, list) else [document]
    many = isinstance(document, list)
    return tuple(
        found for number, report in enumerate(reports) for found in _report(shape, report, f"[{number}]" if many else "")
    )


def _report(shape: "_Shape", report: Any, at: str) -> list[ReportedTrace]:
    table = shape.table(report, at)
    go, profile = shape.word(table, "go", at), shape.word(table, "profile", at)
    given = shape.table(shape.value(table, "bounds", at), f"{at}.bounds")
    sizes = {name: shape.number(given, name, f"{at}.bounds", 1, _LARGEST) for name in _SIZES}
    for name in _ZERO_ONCE:
        sizes[name] = shape.number(given, name, f"{at}.bounds", 0, _LARGEST) if name in given else 0
    bounds = Bounds(**sizes)
    found = []
    for number, each in enumerate(shape.items(table, "properties", at)):
        place = f"{at}.properties[{number}]"
        property_ = shape.table(each, place)
        verdict = shape.word(property_, "verdict", place)
        if verdict not in Verdict.__members__:
            shape.refuse(f"{place}.verdict", f"must be one of {', '.join(Verdict)}", verdict)
        steps = [_step(shape, step, f"{place}.trace[{n}]") for n, step in enumerate(shape.items(property_, "trace", place))]
        loop = property_.get("loop")
        if loop is not None:
            loop = shape.number(property_, "loop", place, 0, len(steps) - 1)
        found.append(
            ReportedTrace(
                go,
                profile,
                bounds,
                shape.word(property_, "name", place),
                shape.word(property_, "kind", place),
                Verdict(verdict),
                str(property_.get("reason", "")),
                tuple(map(str, shape.items(property_, "clauses", place))),
                tuple(action for action, _ in steps),
                tuple(changed for _, changed in steps),
                loop,
            )
        )
    return found


def _step(shape: "_Shape", step: Any, at: str) -> tuple[str, Mapping[str, str] | None]:
    table = shape.table(step, at)
    changed = table.get("changed")
    return shape.word(table, "action", at), None if changed is None else shape.table(changed, f"{at}.changed")


@dataclass(frozen=True, slots=True)
class _Shape:
    """Takes values out of a document and refuses those of another kind, naming where in it they are."""

    path: str

    def refuse(self, at: str, message: str, value: object) -> NoReturn:
        shown = repr(value) if len(repr(value)) <= 40 else f"a {type(value).__name__}"
        place = at.lstrip(".") or "the whole of it"
        raise SpecError([Mistake(Place(self.path, 0), f"not a report of check: {place} {message}, not {shown}", "", _HINT)])

    def table(self, value: Any, at: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.refuse(at, "must be an object", value)
        return value

    def value(self, table: dict[str, Any], key: str, at: str) -> Any:
        if key not in table:
            place = f"{at}.{key}".lstrip(".")
            raise SpecError([Mistake(Place(self.path, 0), f"not a report of check: {place} is missing", "", _HINT)])
        return table[key]

    def word(self, table: dict[str, Any], key: str, at: str) -> str:
        value = self.value(table, key, at)
        if not isinstance(value, str) or not value:
            self.refuse(f"{at}.{key}", "must be a word", value)
        return value

    def number(self, table: dict[str, Any], key: str, at: str, least: int, most: int) -> int:
        value = self.value(table, key, at)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.refuse(f"{at}.{key}", f"must be a whole number from {least} to {most}", value)
        return value

    def items(self, table: dict[str, Any], key: str, at: str) -> list[Any]:
        value = self.value(table, key, at)
        if not isinstance(value, list):
            self.refuse(f"{at}.{key}", "must be a list", value)
        return value
