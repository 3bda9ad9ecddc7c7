"""Hypothesis machines for spec authors and their tests: events against a live chart, walks of a network, actions on a live Go.

    TestReadLoop = chart_machine(chart, constants, alphabet).TestCase      the live chart agrees with its derived LTS
    TestWalks = network_machine(network, always, lifecycle).TestCase       a walk breaks no invariant and no lifecycle rule
    TestGo = live_machine(spec, profile, driver).TestCase                  what a live Go shows is what some run of the spec does

Walks are steered: each draws a goal among the formulas that are watched, and of the steps that are possible those come
first that lead nearer to it, rare ones before common ones; Hypothesis prefers what comes first. `Coverage` says where the
walks have been.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pcstate.check.belief import Belief, TooMany, Watch, follow
from pcstate.check.explore import StateGraph
from pcstate.fitting import Exercised, watch
from pcstate.golang.harness import Driver
from pcstate.model.chart import Chart
from pcstate.model.formula import Formula
from pcstate.model.lts import Behaviour, Event, Value
from pcstate.model.network import GlobalState, Network
from pcstate.model.observation import Entry
from pcstate.model.scenario import CallerProgram, Scenario, ServerScript, Step
from pcstate.model.verdict import Bounds
from pcstate.pipeline import Built, build
from pcstate.specs.charts import ChartBehaviour, LiveChart
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile
from pcstate.specs.programs import FreeLine, events_of

__all__ = ["SETTINGS", "Coverage", "chart_machine", "live_machine", "network_machine"]

SETTINGS: tuple[tuple[ServerScript, Mapping[str, Any]], ...] = (
    (ServerScript(behaviour="any"), {}),
    (ServerScript("chunked", behaviour="any"), {"MaxIdleConnsPerHost": 1}),
    (ServerScript("chunked", 4096, "keep-alive", "close-after-response"), {}),
    (ServerScript("length", 10240, "close", "normal"), {"MaxConnsPerHost": 1}),
    (ServerScript("length", 300_000, "keep-alive", "normal"), {"MaxIdleConns": 1}),
    (ServerScript("length", 10240, "keep-alive", "stall-body"), {}),
    (ServerScript("length", 10240, "keep-alive", "truncate-body"), {}),
    (ServerScript("none", 0, "keep-alive", "close-while-idle"), {}),
    (ServerScript(), {"DisableKeepAlives": True}),
)
"""A server for a live Go, and fields of its Transport. Servers of behaviour "any" do as they are told; their bodies fit into a
socket's buffers."""


@dataclass(slots=True)
class Coverage:
    """How often walks took each vector (by name) and met each state of each component."""

    vectors: Counter[str] = field(default_factory=Counter)
    states: Counter[tuple[str, str]] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    """How often each formula that the caller asked to watch was true."""

    def missed(self, network: Network) -> tuple[str, ...]:
        """The names of vectors that no walk took, in the network's order."""
        return tuple(name for name in dict.fromkeys(vector.name for vector in network.vectors) if name not in self.vectors)

    def report(self, network: Network) -> str:
        """A few lines for a person: what was visited, what was not."""
        names = {vector.name for vector in network.vectors}
        missed = self.missed(network)
        marks = ", ".join(f"{name}: {count}" for name, count in sorted(self.marks.items()))
        return (
            f"{sum(self.vectors.values())} steps; {len(names) - len(missed)} of {len(names)} kinds of step taken; "
            f"{len(self.states)} component states met\nnever taken: {', '.join(missed) or 'none'}\nseen: {marks or 'nothing'}"
        )


def chart_machine(chart: Chart, constants: Mapping[str, Value], alphabet: Sequence[Event]) -> type[RuleBasedStateMachine]:
    """A machine that sends events to the live chart and to its derived LTS, and compares the two after each."""

    class ChartMachine(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.derived = ChartBehaviour(chart)
            self.local = self.derived.initial(constants)
            self.live = LiveChart(chart)
            self.live.restore(self.derived.configuration(self.local))

        @rule(event=st.sampled_from(list(alphabet)))
        def send(self, event: Event) -> None:
            target = self.derived.step(self.local, event)
            may = self.derived.may(self.local, event.name)
            fired = self.live.send(event)
            assert fired == (target >= 0), f"{event} fires in only one of the two"
            assert may or not fired, f"{event} fires where it may not"
            if fired:
                self.local = target

        @invariant()
        def agree(self) -> None:
            if hasattr(self, "live"):
                assert self.live.configuration() == self.derived.configuration(self.local)

    ChartMachine.__name__ = ChartMachine.__qualname__ = f"ChartMachine_{chart.name}"
    return ChartMachine


def network_machine(
    network: Network,
    always: Mapping[str, Formula],
    lifecycle: tuple[Behaviour, int],
    coverage: Coverage,
    watched: Mapping[str, Formula],
    graph: StateGraph,
) -> type[RuleBasedStateMachine]:
    """A machine that walks the network, and checks each invariant and the lifecycle chart at every step.

    `coverage` collects over all walks; `watched` formulas are counted there under their names. `graph` is the explored
    network, for the way to them.
    """
    rarity = Counter(network.vectors[vector].name for edges in graph.edges for vector, _ in edges)
    ways = {"": {}, **{name: _distances(graph, formula) for name, formula in watched.items()}}
    conns = range(network.parameters.get("conns", 1))

    class NetworkMachine(RuleBasedStateMachine):
        @initialize(goal=st.sampled_from(sorted(ways)))
        def begin(self, goal: str) -> None:
            self.way = ways[goal]
            self.state: GlobalState = network.initial()
            self.abstract = dict.fromkeys(conns, lifecycle[1])
            self.possible = list(network.steps(self.state))

        @precondition(lambda self: bool(getattr(self, "possible", None)))
        @rule(data=st.data())
        def step(self, data: st.DataObject) -> None:
            def rank(step: tuple[int, GlobalState]) -> tuple[int, int, int]:
                return self.way.get(step[1], len(self.way)), rarity[network.vectors[step[0]].name], step[0]

            choices = sorted(self.possible, key=rank)
            first = data.draw(st.booleans(), label="straight on")
            chosen = 0 if first else data.draw(st.integers(0, len(choices) - 1), label="which step")
            number, self.state = choices[chosen]
            vector = network.vectors[number]
            coverage.vectors[vector.name] += 1
            if vector.abstract is not None:
                event, conn = vector.abstract
                before = self.abstract[conn]
                after = lifecycle[0].step(before, Event(event))
                assert after >= 0, f"lifecycle does not take {event} in {lifecycle[0].configuration(before)}"
                self.abstract[conn] = after
            self.possible = list(network.steps(self.state))

        @invariant()
        def nothing_is_broken(self) -> None:
            if not hasattr(self, "state"):
                return
            for n, component in enumerate(network.components):
                coverage.states[component.key, network.configuration(n, self.state).state] += 1
            for name, formula in watched.items():
                coverage.marks[name] += bool(formula(self.state))
            for name, formula in always.items():
                assert formula(self.state), f"{name} is broken"

    return NetworkMachine


def live_machine(
    spec: Spec,
    profile: Profile,
    driver: Driver,
    exercised: Exercised,
    settings: Sequence[tuple[ServerScript, Mapping[str, Any]]] = SETTINGS,
    requests: int = 3,
) -> type[RuleBasedStateMachine]:
    """A machine whose rules are the actions of a client goroutine, and of its servers, against a running driver; the belief set
    is the model. It fails with where the log and the spec part. `exercised` collects what the runs took of the network.

    Go races, and Hypothesis wants that what it draws depends on nothing else. So no rule asks Go whether it may be drawn (one
    that cannot be taken, because the last step has not returned, is left out), a run is judged at its end, and what a
    program has shown once it has shown.

    Cost: some 50 ms for each step that is a settle, or does not return; the first run with each setting takes a second or two.
    """
    watches: dict[int, tuple[Built, Watch]] = {}
    shown: dict[tuple[int | Step | str, ...], str] = {}

    def watched(number: int, scenario: Scenario) -> Watch:
        if number not in watches:
            built = build(spec, profile, Bounds(conns=requests + 1), scenario, program=FreeLine())
            watches[number] = built, watch(spec, built.network, servers_are_told=scenario.server.behaviour == "any")
        return watches[number][1]

    class LiveGo(RuleBasedStateMachine):
        begun = 0

        @initialize(number=st.integers(0, len(settings) - 1))
        def begin(self, number: int) -> None:
            server, transport = settings[number]
            self.server = server
            self.number = number
            self.some = Step("read", server.bytes // 2)
            steps = (Step("get"), Step("cancel"), self.some, self.some, Step("read-all"), Step("spawn close"))  # what it may do
            scenario = Scenario("live", "", (CallerProgram(requests, (0,), steps),), server, transport)
            self.drawn: list[int | Step | str] = [number]
            self.steps: list[list[Step]] = []
            self.entries = 0
            self.misfit = ""
            self.belief: Belief | None = Belief(watched(number, scenario))
            self.talk = driver.converse(scenario)

        @precondition(lambda self: self.begun < requests)
        @rule(verb=st.sampled_from(["get", "get", "get", "head", "post"]))
        def start_a_request(self, verb: str) -> None:
            self.begun += 1
            self.drawn.append(verb)
            if not self.talk.busy:
                self.steps.append([])
                self.take(Step(verb))

        @precondition(lambda self: self.begun)
        @rule()
        def read_some(self) -> None:
            self.go_on(self.some)

        @precondition(lambda self: self.begun)
        @rule(verb=st.sampled_from(["read-all", "read-exact"]))
        def read_to_the_end(self, verb: str) -> None:
            self.go_on(Step(verb))

        @precondition(lambda self: self.begun)
        @rule()
        def close(self) -> None:
            self.go_on(Step("close"))

        @precondition(lambda self: self.begun)
        @rule()
        def close_from_another_goroutine(self) -> None:
            self.go_on(Step("spawn close"))

        @precondition(lambda self: self.begun)
        @rule()
        def cancel(self) -> None:
            self.go_on(Step("cancel"))

        @precondition(lambda self: self.begun)
        @rule(verb=st.sampled_from(["settle", "close-idle"]))
        def settle_or_close_idle(self, verb: str) -> None:
            self.go_on(Step(verb))

        @precondition(lambda self: self.begun)
        @rule()
        def cancel_what_does_not_return(self) -> None:
            self.drawn.append("abandon")
            if self.talk.busy:
                self.fit(self.talk.take("abandon"))

        @precondition(lambda self: hasattr(self, "server") and self.server.behaviour == "any")
        @rule(word=st.sampled_from(["stall", "go-on", "hang-up"]))
        def the_server_stalls_goes_on_or_hangs_up(self, word: str) -> None:
            self.drawn.append(word)
            self.fit(self.talk.take(word))

        def go_on(self, step: Step) -> None:
            """The request's next step; a live run has one goroutine a request that closes its body."""
            self.drawn.append(step)
            if not self.talk.busy and not (step.verb == "spawn close" and step in self.steps[-1]):
                self.take(step)

        def take(self, step: Step) -> None:
            self.steps[-1].append(step)
            self.fit(self.talk.take(step))

        def fit(self, entries: Sequence[Entry]) -> None:
            """Hold what was seen against the belief set. A belief set that is too large says nothing from then on."""
            if self.belief is None:
                return
            events = [[events_of(steps, number, 0, self.server) for number, steps in enumerate(self.steps)]]
            try:
                misfit = follow(self.belief, entries, events, self.entries)
            except TooMany:
                self.belief = None
                return
            self.entries += len(entries)
            if misfit is not None:
                self.belief = None
                self.misfit = (
                    f"entry {misfit.number + 1} of the log fits no run: {misfit.entry}\n"
                    f"the spec allows: {'; or '.join(misfit.allowed)}\n"
                    f"{misfit.states} states fitted up to there, such as\n  " + "\n  ".join(misfit.last)
                )

        def teardown(self) -> None:
            if not hasattr(self, "talk"):
                return
            self.fit(self.talk.end().entries)
            watches[self.number][0].remember()
            if self.belief is not None:
                certain, possible = self.belief.taken()
                exercised.add(Exercised(1, Counter(certain), Counter(possible)))
            if misfit := shown.setdefault(tuple(self.drawn), self.misfit):
                raise AssertionError(misfit)

    return LiveGo


def _distances(graph: StateGraph, formula: Formula) -> dict[GlobalState, int]:
    """For each state that can get there, how many steps it is to the nearest state where the formula holds."""
    sources: dict[int, list[int]] = {}
    for number, edges in enumerate(graph.edges):
        for _, target in edges:
            sources.setdefault(target, []).append(number)
    found = {number: 0 for number, state in enumerate(graph.states) if formula(state)}
    queue = list(found)
    for number in queue:
        for source in sources.get(number, ()):
            if source not in found:
                found[source] = found[number] + 1
                queue.append(source)
    return {graph.states[number]: distance for number, distance in found.items()}
