"""Traces to draw: random walks through the network that the spec makes, and lassos of specs that are broken on purpose."""

from collections.abc import Sequence
from functools import cache

from pcstate import pipeline
from pcstate.check.tracing import traced
from pcstate.model.finding import Finding
from pcstate.model.network import Network
from pcstate.model.trace import Trace
from pcstate.model.verdict import Bounds, Judgement, Verdict
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.trace import findings

SIZES = Bounds(callers=2, conns=2, hosts=2, requests=2)


@cache
def built() -> tuple[Spec, Network]:
    """The spec, and a network in which much can happen."""
    spec = pipeline.read_spec()
    return spec, pipeline.build(spec, choose_profile(spec.profiles, "go1.27.2"), SIZES).network


def walk(choices: Sequence[int], loop: int | None = None) -> Finding:
    """What comes of taking the n-th of the possible steps for each of `choices`, as far as there are any that change anything."""
    spec, network = built()
    state, run = network.initial(), []
    for choice in choices:
        steps = [step for step in network.steps(state) if step[1] != state]
        if not steps:
            break
        run.append(steps[choice % len(steps)])
        state = run[-1][1]
    trace = traced(network, spec.clauses, run, loop if loop is not None and loop < len(run) else None)
    return finding(spec, trace)


def finding(spec: Spec, trace: Trace, reason: str = "j=1: <it> & so on") -> Finding:
    """A trace as `check` would have found it."""
    judgement = Judgement("a-walk", "leads-to", Verdict.VIOLATED, (), reason, trace)
    return Finding(judgement, trace, "go1.27.2", SIZES, "Nothing is <promised> here.", spec.clauses)


@cache
def lasso(name: str = "cancel-ends-it") -> Finding:
    """The counterexample of a leads-to property when its mutant is in the spec."""
    mutant = next(promise.mutant for promise in pipeline.read_spec(only=[name]).properties)
    broken = pipeline.read_spec(mutant=mutant, only=[name])
    (found,) = findings(broken, pipeline.check(broken, None, Bounds(requests=1, closers=0)))
    assert found.trace.loop is not None
    return found
