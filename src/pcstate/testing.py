"""Hypothesis machines for spec authors and their tests: sequences of events against a live chart, walks of a network.

    TestReadLoop = chart_machine(chart, constants, alphabet).TestCase      the live chart agrees with its derived LTS
    TestWalks = network_machine(network, always, lifecycle).TestCase       a walk breaks no invariant and no lifecycle rule

Walks are steered: each draws a goal among the formulas that are watched, and of the steps that are possible those come
first that lead nearer to it, rare ones before common ones; Hypothesis prefers what comes first. `Coverage` says where the
walks have been.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pcstate.check.explore import StateGraph
from pcstate.model.chart import Chart
from pcstate.model.formula import Formula
from pcstate.model.lts import Behaviour, Event, Value
from pcstate.model.network import GlobalState, Network
from pcstate.specs.charts import ChartBehaviour, LiveChart

__all__ = ["Coverage", "chart_machine", "network_machine"]


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
            fired = self.live.send(event)
            assert fired == (target >= 0), f"{event} fires in only one of the two"
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
