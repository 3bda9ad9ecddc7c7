"""The belief set: what a network itself writes fits it, reduced and not; what it cannot have written does not."""

import random
from collections.abc import Iterator

import pytest

from pcstate import pipeline
from pcstate.check.belief import Belief, TooMany, Watch, follow
from pcstate.check.reduction import AT_ONCE, TIMERS
from pcstate.fitting import watch
from pcstate.model.conformance import Misfit
from pcstate.model.lts import Event
from pcstate.model.network import GlobalState
from pcstate.model.observation import Entry
from pcstate.model.scenario import Scenario
from pcstate.model.sighting import Label
from pcstate.model.verdict import Bounds
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.programs import demands

PROGRAMS = [
    "get; read-all",
    "get; close; settle",
    "get; read 100; cancel",
    "get; spawn close; read-all",
    "get; close-idle; close",
]


def watches(spec: Spec, scenario: Scenario, go: str) -> list[Watch]:
    """The network of a scenario, watched with and without reduction."""
    requests = max(caller.requests for caller in scenario.callers)
    sizes = Bounds(callers=len(scenario.callers), conns=3, hosts=len(scenario.hosts), requests=requests)
    network = pipeline.build(spec, choose_profile(spec.profiles, go), sizes, scenario).network
    return [watch(spec, network, reduce=reduce) for reduce in (True, False)]


def written(view: Watch, scenario: Scenario, chance: random.Random) -> list[Entry]:
    """A log that a driver could have written of a run of the network, drawn at random."""
    network, log, state = view.network, [], view.network.initial()
    owed: list[tuple[int, Label]] = []
    steps = demands(scenario).steps
    lines = [[(k, n, events) for k, each in enumerate(of) for n, events in enumerate(each)] for of in steps]
    begun: list[list[Event]] = [[] for _ in lines]
    waiting: list[list[Event]] = [[] for _ in lines]
    running, current = [False] * len(lines), [(-1, -1)] * len(lines)
    programs = [network.number(f"program[{i}]") for i in range(len(lines))]
    width = network.parameters["requests"]

    def may(number: int) -> bool:
        parts = [(programs.index(c), event) for c, event in network.vectors[number].who if c in programs]
        return all(begun[i][state[programs[i]] : state[programs[i]] + 1] == [event] for i, event in parts)

    def choices() -> Iterator[tuple[str, object]]:
        yield from (("write", label) for label in owed)
        free = [step for step in view.steps(state) if all(step[1][w] == state[w] for w, _ in owed)]
        possible = [step for step in view.steps(state) if may(step[0])]
        kinds = next((k for k in (AT_ONCE, TIMERS, ("settle",)) if any(network.vectors[s[0]].kind in k for s in possible)), ())
        yield from (("step", step) for step in free if step in possible and network.vectors[step[0]].kind in kinds)
        for i, line in enumerate(lines):
            back = state[programs[i]] == len(begun[i]) and view.returned[i](state) and not waiting[i]
            if running[i] and back and not any(label.entry == "return" for _, label in owed):
                yield "return", i
            if not running[i] and line:
                yield "begin", i
        if not owed and not any(network.vectors[s[0]].kind in (*AT_ONCE, *TIMERS) for s in possible) and any(waiting):
            yield "rest", None

    while found := list(choices()):
        kind, what = chance.choice(found)
        match kind, what:
            case "write", (int() as writer, Label() as label):
                owed.remove((writer, label))
                step = current[label.request // width][1] if label.entry == "return" else -1
                facts = label.facts or (("error", ""),)
                log.append(Entry(label.entry, label.request // width, label.request % width, step, facts))
                if label.entry == "return":
                    running[label.request // width] = False
            case "step", (int(), tuple() as after, tuple() as shown):
                state = after
                owed += shown
            case "return", int() as i:
                log.append(Entry("return", i, *current[i], (("error", ""),)))
                running[i] = False
            case "begin", int() as i:
                k, n, events = lines[i].pop(0)
                current[i], running[i], waiting[i] = (k, n), True, list(events[1:])
                begun[i] += events[:1]
                log.append(Entry("begin", i, k, n, (("error", ""),)))
            case "rest", _:
                log.append(rest(view, state))
                begun = [done + more for done, more in zip(begun, waiting, strict=True)]
                waiting = [[] for _ in lines]
    return [*log, rest(view, state)]


def rest(view: Watch, state: GlobalState) -> Entry:
    return Entry("rest", facts=tuple(sorted(view.counted(state).items())))


def parts(view: Watch, log: list[Entry], scenario: Scenario) -> Misfit | None:
    return follow(Belief(view, 200_000), log, demands(scenario).steps)


@pytest.mark.parametrize("go", ["1.21", "1.26", "1.27.0", "1.27"])
@pytest.mark.parametrize("text", PROGRAMS)
def test_what_the_network_writes_fits_it(spec: Spec, text: str, go: str) -> None:
    scenario = pipeline.open_scenario(None, text, 2, str)
    both = watches(spec, scenario, go)
    for seed in range(6):
        log = written(both[1], scenario, random.Random(seed))
        assert [None, None] == [parts(view, log, scenario) for view in both], "\n".join(map(str, log))


def test_callers_side_by_side_fit(spec: Spec) -> None:
    scenario = pipeline.open_scenario("two-callers-read", None, 1, str)
    both = watches(spec, scenario, "1.27")
    for seed in range(4):
        log = written(both[1], scenario, random.Random(seed))
        assert [None, None] == [parts(view, log, scenario) for view in both]


@pytest.mark.parametrize("text", ["get; read-all", "get; close; settle", "get; spawn close; read-all"])
def test_reduced_or_not_the_same_entry_is_the_first_that_does_not_fit(spec: Spec, text: str) -> None:
    """Logs with two entries exchanged, one left out, or one told twice."""
    scenario = pipeline.open_scenario(None, text, 2, str)
    both = watches(spec, scenario, "1.27")
    chance = random.Random(text)
    refused = 0
    for seed in range(25):
        log = written(both[1], scenario, random.Random(seed))
        n = chance.randrange(len(log) - 2)
        before, one, other, after = log[:n], log[n], log[n + 1], log[n + 2 :]
        changed = chance.choice([[*before, other, one, *after], [*before, other, *after], [*before, one, one, other, *after]])
        if any(entry.kind == "begin" for entry in (one, other)):
            continue  # a program that is not this one
        reduced, whole = (parts(view, changed, scenario) for view in both)
        assert (reduced and (reduced.number, reduced.allowed)) == (whole and (whole.number, whole.allowed))
        refused += whole is not None
    assert refused > 5


def test_a_misfit_says_where_and_what_instead(spec: Spec) -> None:
    scenario = pipeline.open_scenario(None, "get; read-all", 1, str)
    view = watches(spec, scenario, "1.27")[0]
    log = written(view, scenario, random.Random(1))
    put = next(n for n, entry in enumerate(log) if entry.kind == "put-idle-conn")
    log[put] = Entry("put-idle-conn", 0, 0, -1, (("error", "full"),))
    found = parts(view, log, scenario)
    assert found and (put, "full") == (found.number, dict(found.entry.facts)["error"])
    assert "put-idle-conn of request 0: error none" in found.allowed
    assert found.states and any("read_loop[0] settled" in last for last in found.last)
    counts = dict(log[-1].facts) | {"idle_conns": 7}
    found = parts(view, [*log[:put], Entry("rest", facts=tuple(sorted(counts.items())))], scenario)
    assert found and ("no rest: something still moves in every state that fits",) == found.allowed


def test_too_many_states_are_no_verdict(spec: Spec) -> None:
    scenario = pipeline.open_scenario("two-callers-read", None, 1, str)
    view = watches(spec, scenario, "1.27")[1]
    log = written(view, scenario, random.Random(1))
    with pytest.raises(TooMany, match="more than 10 states agree"):
        follow(Belief(view, 10), log, demands(scenario).steps)
    with pytest.raises(TooMany, match="too long"):
        follow(Belief(view, until=0), log, demands(scenario).steps)


def test_what_must_have_been_taken_is_told_from_what_may_have_been(spec: Spec) -> None:
    scenario = pipeline.open_scenario(None, "get; read-all", 2, str)
    view = watches(spec, scenario, "1.27")[0]
    belief = Belief(view)
    assert follow(belief, written(view, scenario, random.Random(1)), demands(scenario).steps) is None
    certain, possible = belief.taken()
    assert {"do", "read_loop_put", "pool_hit_waits", "recv_eof"} <= certain <= possible
    assert not {"read_loop_put_full", "cancel", "dialer_put"} & possible
