"""A trace -> ITF, the Informal Trace Format of Apalache and Quint (their ADR-015), for the viewers that read it.

A variable for each kind of component: a record where there is one of it, a map from its numbers to records otherwise. A record
has `state` and the component's data. The variable `action` says what led into a state.
"""

import json
import re
from typing import Any

from pcstate.model.finding import Finding
from pcstate.model.lts import Configuration, Value
from pcstate.model.trace import TraceStep

__all__ = ["itf"]

_KEY = re.compile(r"^(?P<name>\w+)\[(?P<index>\d+)\]$")


def itf(finding: Finding) -> str:
    """The whole trace, one JSON object, a line for each state.

    `loop` is the first of the states that repeat: after the last one it comes again, by the action that it has here already.
    """
    trace = finding.trace
    states = trace.states()
    steps: list[TraceStep | None] = [None, *trace.steps]
    document: dict[str, Any] = {
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "description": f"{finding.title}; {finding.scope}",
            "source": "pcstate",
        },
        "vars": ["action", *_grouped(states[0])],
    }
    if trace.loop is not None:
        document["loop"] = trace.loop + 1
    numbered = enumerate(zip(steps, states, strict=True))
    rows = ",\n".join(_json(_state(number, step, state)) for number, (step, state) in numbered)
    return f'{_json(document)[:-1]}, "states": [\n{rows}\n]}}\n'


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _state(number: int, step: TraceStep | None, state: dict[str, Configuration]) -> dict[str, Any]:
    meta: dict[str, Any] = {"index": number}
    if step is not None:
        meta |= {"who": step.who, "clause": step.clause, "source": step.source}
    return {"#meta": meta, "action": step.action if step else "init", **_grouped(state)}


def _grouped(state: dict[str, Configuration]) -> dict[str, Any]:
    """Each variable with its value, in the network's order."""
    found: dict[str, Any] = {}
    for key, configuration in state.items():
        numbered = _KEY.match(key)
        if numbered:
            family = found.setdefault(numbered["name"], {"#map": []})
            family["#map"].append([_expression(int(numbered["index"])), _record(configuration)])
        else:
            found[key] = _record(configuration)
    return found


def _record(configuration: Configuration) -> dict[str, Any]:
    return {"state": configuration.state, **{name: _expression(value) for name, value in configuration.data}}


def _expression(value: Value) -> Any:
    return value if isinstance(value, str) else {"#bigint": str(value)}
