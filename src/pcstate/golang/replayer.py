"""A `Plan` + a toolchain -> what real Go shows along it.

Our replayer (`programs/replayer`), built by that toolchain, is a process for one replay: it reads the plan, does its steps one
after the other, each when nothing moves any more, and answers with what was there after each. It is killed when it does not.
"""

import json
import subprocess
from typing import Any

from pcstate.errors import GoError
from pcstate.golang.building import built
from pcstate.golang.toolchain import Toolchain, go_environment
from pcstate.model.replay import Call, Look, Plan, Record
from pcstate.model.stack import Stack
from pcstate.model.verdict import Bounds

__all__ = ["replay"]

PATIENCE = 3.0
"""Seconds that the replayer gives each step to come to rest."""
GRACE = 20.0
"""Seconds beyond that after which a silent replayer is killed."""


def replay(plan: Plan, bounds: Bounds, toolchain: Toolchain) -> Record:
    """One run of `plan`, which is of a network of that size.

    Cost:   some milliseconds, and what its clocks take; the build of the replayer the first time.
    Raises: GoError if it cannot be built, does not answer, or refuses the plan.
    """
    binary = built("replayer", toolchain)
    name = f"our replayer (Go {toolchain.version})"
    deadline = GRACE + PATIENCE * (len(plan.steps) + 2)
    try:
        done = subprocess.run(
            [str(binary)],
            input=json.dumps(_as_json(plan, bounds)),
            env=go_environment(),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=deadline,
        )
    except subprocess.TimeoutExpired:
        raise GoError(f"{name} did not answer within {deadline:g} s") from None
    except OSError as problem:
        raise GoError(f"{name} could not be run: {problem}") from problem
    if done.returncode:
        raise GoError(f"{name} crashed:\n{done.stderr[:4000].strip() or f'exit code {done.returncode}'}")
    answer = json.loads(done.stdout)
    if answer.get("failure"):
        raise GoError(f"{name} refused the plan: {answer['failure']}")
    calls = tuple(Call(call["who"], call["request"], call["name"], call["result"]) for call in answer["calls"])
    return Record(tuple(map(_look, answer["sights"])), _look(answer["end"]), answer["at_rest"], calls)


def _as_json(plan: Plan, bounds: Bounds) -> dict[str, Any]:
    dials: dict[str, list[int]] = {}
    for request, conn in plan.dials:
        dials.setdefault(str(request), []).append(conn)
    steps = []
    for step in plan.steps:
        action = step.action
        words = {"does": action.does, "opens": action.opens, "passes": action.passes, "key": step.key, "ms": 2 * action.ms}
        steps.append({**{name: step.arguments[name] for name in "irjhmdaw" if name in step.arguments}, **words})
    return {"callers": bounds.callers, "max_conns_per_host": bounds.max_conns_per_host, "dials": dials, "steps": steps}


def _look(seen: dict[str, Any]) -> Look:
    return Look(
        seen.get("missed", ""),
        seen["began_us"] / 1000,
        seen["done_us"] / 1000,
        seen["dials"],
        tuple((failed["request"], failed["error"]) for failed in seen["errors"]),
        tuple(Stack(tuple(left["frames"]), left["wait"]) for left in seen["goroutines"]),
    )
