"""Scenarios drawn at random, made smaller, and written down again as their file or expression.

No behaviour of the protocol is decided here: what is drawn are client programs, servers' scripts and Transport's fields, of sizes
that `predict` can go through.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pcstate.model.scenario import METHODS, CallerProgram, Scenario, ServerScript, Step

__all__ = ["as_expression", "as_toml", "draw", "length", "smaller"]

_BYTES = (0, 1, 100, 4096, 10240, 65536, 262144, 262145, 1 << 20)
_FIELDS: dict[str, tuple[Any, ...]] = {
    "MaxIdleConns": (-1, 1, 2),
    "MaxIdleConnsPerHost": (-1, 1, 3),
    "MaxConnsPerHost": (1, 2),
    "DisableKeepAlives": (True,),
    "DisableCompression": (True,),
    "IdleConnTimeout": (90_000,),
    "ResponseHeaderTimeout": (300,),
    "ExpectContinueTimeout": (1_000,),
    "Timeout": (400,),
}
"""Each with values that make a difference, or with one where none should."""


def draw(seed: int, number: int) -> Scenario:
    """The scenario of that number, from 0, among those of a seed: always the same."""
    chance = random.Random(f"{seed}/{number}")
    server = ServerScript(
        chance.choices(("none", "length", "chunked", "until-close"), (1, 5, 3, 1))[0],
        chance.choice(_BYTES),
        chance.choices(("keep-alive", "close"), (6, 1))[0],
        chance.choices(
            ("normal", "close-after-response", "close-while-idle", "stall-head", "stall-body", "truncate-body", "drop-request"),
            (12, 2, 2, 1, 2, 2, 1),
        )[0],
    )
    several = chance.choices((1, 2, 3), (6, 3, 1))[0]
    requests = {1: 4, 2: 2, 3: 1}[several]  # more of them race for minutes
    callers = tuple(_caller(chance, requests, 5 - several, server) for _ in range(several))
    fields = {name: chance.choice(values) for name, values in _FIELDS.items() if chance.random() < 0.1}
    return Scenario(f"random-{seed}-{number}", f"random program {number} of seed {seed}", callers, server, fields)


def _caller(chance: random.Random, requests: int, steps: int, server: ServerScript) -> CallerProgram:
    verbs = [
        "read-all",
        "read-all",
        "read",
        "read-exact",
        "close",
        "close",
        "cancel",
        "settle",
        "settle",
        "close-idle",
        "spawn close",
    ]
    amounts = sorted({1, 100, server.bytes // 2, max(server.bytes - 1, 1), server.bytes + 1})
    each = [Step(chance.choices(METHODS, (6, 1, 1))[0])]
    for verb in chance.choices(verbs, k=min(steps, chance.choice((0, 1, 1, 2, 2, 3, 4)))):
        each.append(Step(verb, chance.choice(amounts) if verb == "read" else 0))
    hosts = chance.choices(((0,), (0, 1)), (4, 1))[0]
    return CallerProgram(chance.randint(1, requests), hosts, tuple(each))


def length(scenario: Scenario) -> int:
    """How many steps its callers take altogether."""
    return sum(caller.requests * len(caller.each) for caller in scenario.callers)


def smaller(scenario: Scenario) -> Iterator[Scenario]:
    """The scenarios that are a little smaller or plainer, those first that lack most."""
    callers, server, plain = scenario.callers, scenario.server, ServerScript()
    if len(callers) > 1:
        for i in range(len(callers)):
            yield replace(scenario, callers=callers[:i] + callers[i + 1 :])
    for i, caller in enumerate(callers):
        for less in _less(caller):
            yield replace(scenario, callers=(*callers[:i], less, *callers[i + 1 :]))
    for name in scenario.transport:
        yield replace(scenario, transport={key: value for key, value in scenario.transport.items() if key != name})
    for field in ("behaviour", "connection", "body", "bytes"):
        if getattr(server, field) != getattr(plain, field):
            yield replace(scenario, server=replace(server, **{field: getattr(plain, field)}))


def _less(caller: CallerProgram) -> Iterator[CallerProgram]:
    if caller.requests > 1:
        yield replace(caller, requests=1)
        yield replace(caller, requests=caller.requests - 1)
    for n, step in enumerate(caller.each):
        if step.verb not in METHODS:
            yield replace(caller, each=caller.each[:n] + caller.each[n + 1 :])
    if caller.hosts != (0,):
        yield replace(caller, hosts=(0,))
    for n, step in enumerate(caller.each):
        plain = {"head": "get", "post": "get", "read": "read-all", "read-exact": "read-all", "spawn close": "close"}.get(
            step.verb
        )
        if plain:
            yield replace(caller, each=(*caller.each[:n], Step(plain), *caller.each[n + 1 :]))


def as_expression(scenario: Scenario) -> str:
    """What `predict` and `observe` take for it on the command line; `""` where it needs a file."""
    if len(scenario.callers) > 1 or scenario.transport or scenario.server != ServerScript() or scenario.callers[0].hosts != (0,):
        return ""
    caller = scenario.callers[0]
    return f"-e '{'; '.join(map(str, caller.each))}'" + (f" -n {caller.requests}" if caller.requests > 1 else "")


def as_toml(scenario: Scenario) -> str:
    """Its file."""
    lines = [f"about = {_value(scenario.about)}"]
    if scenario.transport:
        lines += ["[transport]", *(f"{key} = {_field(key, value)}" for key, value in scenario.transport.items())]
    server = scenario.server
    lines += ["[server]", f"body = {_value(server.body)}", f"bytes = {server.bytes}", f"connection = {_value(server.connection)}"]
    lines.append(f"behaviour = {_value(server.behaviour)}")
    for caller in scenario.callers:
        steps = ", ".join(_value(str(step)) for step in caller.each)
        lines += ["[[caller]]", f"requests = {caller.requests}", f"hosts = {list(caller.hosts)}", f"each = [{steps}]"]
    return "\n".join([*lines, ""])


def _field(key: str, value: object) -> str:
    if "Timeout" not in key:
        return _value(value)
    return _value(f"{value:f}".rstrip("0").rstrip(".") + "ms" if isinstance(value, float) else f"{value}ms")


def _value(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower() if isinstance(value, bool) else str(value)
