"""The set of outcomes that the network allows for a program: what its states at rest look like."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pcstate.check.explore import StateGraph
from pcstate.check.tracing import positions
from pcstate.model.formula import Formula, Written, compile_formula
from pcstate.model.network import GlobalState, Network
from pcstate.model.scenario import Outcome, Scenario

__all__ = ["Prediction", "needs_more_conns", "outcomes"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """All outcomes of one exploration, each with where its goroutines stand; `complete` unless the search was bounded."""

    outcomes: Mapping[Outcome, str]
    complete: bool
    states: int
    reason: str = ""
    rests: Mapping[Outcome, int] = field(default_factory=dict)
    """For each outcome the number of its nearest state at rest."""


def outcomes(graph: StateGraph, scenario: Scenario, formulas: Mapping[str, str | Written]) -> Prediction:
    """The outcomes of an urgent exploration. `formulas` are the network file's [outcome] table.

    A rest is a state without any step; one where a caller misses a connection that the bound withheld is none. Requests
    are taken caller by caller, in program order.
    """
    reader = _OutcomeReader(graph.network, scenario, formulas)
    rests: dict[Outcome, int] = {}
    for number, edges in enumerate(graph.edges):
        if not edges and not _misses_a_conn(graph.network, graph.states[number]):
            rests.setdefault(reader.read(number, graph), number)
    rests = dict(sorted(rests.items()))
    found = {outcome: positions(graph.network, graph.states[number]) for outcome, number in rests.items()}
    return Prediction(found, not graph.stopped, len(graph.states), graph.stopped, rests)


def needs_more_conns(graph: StateGraph) -> bool:
    """Whether a caller somewhere wanted to dial when the network had no connection left to give."""
    return any(_misses_a_conn(graph.network, state) for state in graph.states)


def _misses_a_conn(network: Network, state: GlobalState) -> bool:
    if int(dict(network.configuration(network.number("dials"), state).data)["count"]) < network.parameters["conns"]:
        return False
    return any(
        component.name == "caller" and network.configuration(n, state).state == "queue_for_dial"
        for n, component in enumerate(network.components)
    )


class _OutcomeReader:
    def __init__(self, network: Network, scenario: Scenario, formulas: Mapping[str, str | Written]) -> None:
        width = max(caller.requests for caller in scenario.callers)
        self.requests = [i * width + k for i, caller in enumerate(scenario.callers) for k in range(caller.requests)]
        names = dict(network.parameters)
        self.counts = {
            key: compile_formula(formulas[key], network, names)
            for key in ("dials", "read_loops", "write_loops", "others", "idle_conns", "unread_conns")
        }
        self.reused, self.errors = (
            [compile_formula(formulas[key], network, {**names, "r": r}) for r in self.requests] for key in ("reused", "error")
        )

    def read(self, number: int, graph: StateGraph) -> Outcome:
        state = graph.states[number]

        def value(formula: Formula) -> int:
            return int(formula(state))

        counts = {key: value(formula) for key, formula in self.counts.items()}
        others = counts.pop("others")
        return Outcome(
            reused=tuple(bool(formula(state)) for formula in self.reused),
            errors=tuple(str(formula(state)) for formula in self.errors),
            goroutines=1 + counts["read_loops"] + counts["write_loops"] + others,
            **counts,
        )
