"""Real Go is led along runs of the network that chance has chosen, and stands where the spec has it whenever nothing moves.

Each walk makes some thirty things happen, one after the other: calls of the user's, the server's answers, and each place where a
goroutine of net/http calls something of ours. What `conform` compares at the end of a program is compared at every rest here.
"""

import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from pcstate.check.predict import misses_a_conn
from pcstate.check.sighting import judge
from pcstate.check.steering import plan, walk
from pcstate.golang.replayer import replay
from pcstate.golang.toolchain import Toolchain
from pcstate.model.formula import compile_formula
from pcstate.model.network import GlobalState, Network, Vector
from pcstate.model.replay import Plan, Unsteered
from pcstate.model.verdict import Bounds, Verdict
from pcstate.pipeline import build, read_spec
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from tests.golang.test_harness import every_go, release
from tests.golang.toolchains import TOOLCHAINS

SIZES = {
    "one caller": (Bounds(conns=3), 12),
    "two callers": (Bounds(callers=2, requests=1, conns=3), 6),
    "two callers, one place": (Bounds(callers=2, requests=1, conns=3, max_conns_per_host=1), 4),
}
DEEDS = 0.3
"""How often the user or the server does something while a goroutine of net/http waits to be let go."""


@dataclass(frozen=True)
class Chance:
    """Chooses the next step, the same for the same seed."""

    network: Network
    gates: frozenset[str]
    random: random.Random

    def __call__(self, waiting: Sequence[tuple[Vector, GlobalState]]) -> int:
        held = [n for n, (vector, _) in enumerate(waiting) if vector.name in self.gates]
        others = [n for n, (vector, _) in enumerate(waiting) if vector.name not in self.gates]
        if held and (not others or self.random.random() > DEEDS):
            return self.random.choice(held)
        return self.random.choice(others or held)


@functools.cache
def network(profile: str, size: str) -> Network:
    spec = read_spec()
    return build(spec, choose_profile(spec.profiles, profile), SIZES[size][0]).network


@pytest.mark.go
@every_go
@pytest.mark.parametrize("size", SIZES)
def test_real_go_stands_where_the_spec_has_it_at_every_rest(spec: Spec, go: Toolchain, size: str) -> None:
    bounds, walks = SIZES[size]
    net = network(choose_profile(spec.profiles, str(go.version)).name, size)
    gates = frozenset(name for action in spec.steering.actions if action.opens for name in action.vectors)
    dials = compile_formula(spec.network.outcome["dials"], net, dict(net.parameters))
    short = misses_a_conn(net)
    planned = steps = 0
    for seed in range(walks):
        run = walk(net, spec.steering, short, Chance(net, gates, random.Random(seed)), 30)
        found = plan(net, spec.steering, run, dials, short)
        if isinstance(found, Unsteered) and "too many races" in found.reason:
            continue
        assert isinstance(found, Plan), found
        attempt = judge(found, replay(found, bounds, go), spec.knowledge)
        if attempt.diverged is not None:
            step, sight = found.steps[attempt.diverged], attempt.sights[attempt.diverged]
            pytest.fail(f"seed {seed}, {step.vector}: {attempt.missed[attempt.diverged]} {sight}, not {step.allowed}")
        assert attempt.verdict is Verdict.VIOLATED or found.other, (seed, attempt.end, found.same)
        planned += 1
        steps += len(found.steps)
    assert 2 * planned >= walks and steps > 8 * planned, "the walks are too few or too short to mean anything"


SINCE_THE_RESULT_IS_A_CHANNEL = [go for go in TOOLCHAINS if release(go) >= (1, 23)][:1]


@pytest.mark.go
@pytest.mark.parametrize("go", SINCE_THE_RESULT_IS_A_CHANNEL, ids=lambda go: str(go.version))
def test_a_done_context_meets_an_idle_connection(spec: Spec, go: Toolchain) -> None:
    """getConn finds an idle connection for a request that has been cancelled: its select takes one or the other, by chance."""
    script = ["do", "ctx_live", "pool_miss", "cancel_elsewhere", "connected", "do", "ctx_live", "cancel_elsewhere"]
    names = iter(script)

    def next_of_script(waiting: Sequence[tuple[Vector, GlobalState]]) -> int:
        name = next(names)
        return max(n for n, (vector, _) in enumerate(waiting) if vector.name == name)

    net = network(choose_profile(spec.profiles, str(go.version)).name, "one caller")
    short = misses_a_conn(net)
    run = walk(net, spec.steering, short, next_of_script, len(script))
    state = run[-1][1]
    for name in ("pool_hit_waits", "ctx_done_waiting"):
        number, state = next(step for step in net.steps(state) if net.vectors[step[0]].name == name)
        run.append((number, state))
    found = plan(net, spec.steering, run, lambda _: 1, short)
    assert isinstance(found, Plan)
    assert [*script, "pool_hit_waits"] == [step.vector.partition("(")[0] for step in found.steps]
    expected = {each.errors for each in found.steps[-1].allowed}
    assert {((0, "context-canceled"),), ((0, "context-canceled"), (1, "context-canceled"))} == expected
    sights = [judge(found, replay(found, SIZES["one caller"][0], go), spec.knowledge).sights[-1] for _ in range(20)]
    assert {sight.errors for sight in sights} <= expected
