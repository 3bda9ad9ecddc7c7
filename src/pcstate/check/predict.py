"""The set of outcomes that the network allows for a program: what its states at rest look like, and what led there.

What observers have seen is no part of a state, so that paths that differ in it only are explored once. It is carried along the
transitions afterwards: for each state the set of all that can have been seen on the way to it.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pcstate.check.explore import StateGraph
from pcstate.check.tracing import positions
from pcstate.model.formula import Formula, Written, compile_formula
from pcstate.model.lts import Configuration
from pcstate.model.network import GlobalState, Network, Part
from pcstate.model.scenario import Outcome, Scenario

__all__ = ["Prediction", "alike", "histories", "needs_more_conns", "outcomes"]

History = tuple[int, ...]
"""The configuration of each observer."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """All outcomes of one exploration, each with where its goroutines stand; `complete` unless the search was bounded."""

    outcomes: Mapping[Outcome, str]
    complete: bool
    states: int
    reason: str = ""


def alike(scenario: Scenario) -> list[list[int]]:
    """The callers that run the same program, by number."""
    groups: dict[object, list[int]] = {}
    for number, caller in enumerate(scenario.callers):
        groups.setdefault((caller.requests, caller.each, tuple(map(caller.host, range(caller.requests)))), []).append(number)
    return list(groups.values())


def outcomes(graph: StateGraph, scenario: Scenario, formulas: Mapping[str, str | Written]) -> Prediction:
    """The outcomes of an urgent exploration. `formulas` are the network file's [outcome] table.

    A rest is a state without any step; one where a caller misses a connection that the bound withheld is none. Requests
    are taken caller by caller, in program order. Callers that are alike may have been exchanged in the graph, so that each
    order of theirs is an outcome.
    """
    reader = _OutcomeReader(graph.network, scenario, formulas)
    seen = histories(graph)
    found: dict[Outcome, str] = {}
    for number, edges in enumerate(graph.edges):
        state = graph.states[number]
        if not edges and not _misses_a_conn(graph.network, state):
            where = positions(graph.network, state)
            for history in seen[number]:
                for outcome in _exchanged(reader.read(state + history), scenario):
                    found.setdefault(outcome, where)
    return Prediction(dict(sorted(found.items())), not graph.stopped, len(graph.states), graph.stopped)


def histories(graph: StateGraph) -> list[set[History]]:
    """For each state what the observers can have seen on the way there. Cost: transitions times histories of a state."""
    network = graph.network
    noted: dict[int, tuple[Part, ...]] = {number: v.notes for number, v in enumerate(network.vectors) if v.notes}
    found: list[set[History]] = [set() for _ in graph.states]
    fresh: list[set[History]] = [set() for _ in graph.states]
    fresh[0].add(tuple(observer.initial for observer in network.observers))
    queue = [0]
    while queue:
        number = queue.pop()
        news, fresh[number] = fresh[number], set()
        found[number] |= news
        for place, (vector, target) in enumerate(graph.edges[number] if number < len(graph.edges) else ()):
            after = {_seen(network, history, noted[vector]) for history in news} if vector in noted else news
            turn = graph.turns.get((number, place))
            if turn:
                after = {_turned(network, history, turn) for history in after}
            more = after - found[target] - fresh[target]
            if more:
                if not fresh[target]:
                    queue.append(target)
                fresh[target] |= more
    return found


def _seen(network: Network, history: History, notes: Sequence[Part]) -> History:
    changed = list(history)
    for observer, event in notes:
        target = network.observers[observer].behaviour.step(changed[observer], event)
        if target >= 0:
            changed[observer] = target
    return tuple(changed)


def _turned(network: Network, history: History, turn: Sequence[int]) -> History:
    """The history after the callers have changed places: caller i is now at `turn[i]`."""
    width = network.parameters["requests"]
    changed = list(history)
    for caller, place in enumerate(turn):
        changed[place * width : (place + 1) * width] = history[caller * width : (caller + 1) * width]
    return tuple(changed)


def _exchanged(outcome: Outcome, scenario: Scenario) -> Iterator[Outcome]:
    """The outcome with the requests of alike callers in every order."""
    spans, first = [], 0
    for caller in scenario.callers:
        spans.append(slice(first, first + caller.requests))
        first += caller.requests
    groups = alike(scenario)
    for orders in itertools.product(*map(itertools.permutations, groups)):
        place = {i: j for group, order in zip(groups, orders, strict=True) for i, j in zip(group, order, strict=True)}
        reused = tuple(itertools.chain.from_iterable(outcome.reused[spans[place[i]]] for i in range(len(spans))))
        errors = tuple(itertools.chain.from_iterable(outcome.errors[spans[place[i]]] for i in range(len(spans))))
        yield replace(outcome, reused=reused, errors=errors)


def needs_more_conns(graph: StateGraph) -> bool:
    """Whether a caller somewhere wanted to dial when the network had no connection left to give."""
    return any(_misses_a_conn(graph.network, state) for state in graph.states)


def _misses_a_conn(network: Network, state: GlobalState) -> bool:
    """Whether a dial is due, by a caller or for one that MaxConnsPerHost had made wait, and none of the connections is left."""

    def look(component: int) -> Configuration:
        return network.configuration(component, state)

    if int(dict(look(network.number("dials")).data)["count"]) < network.parameters["conns"]:
        return False
    return any(
        (component.name == "caller" and look(n).state == "queue_for_dial")
        or (component.name == "conns_per_host" and dict(look(n).data)["left"] != 0)
        for n, component in enumerate(network.components)
    )


class _OutcomeReader:
    def __init__(self, network: Network, scenario: Scenario, formulas: Mapping[str, str | Written]) -> None:
        width = max(caller.requests for caller in scenario.callers)
        requests = [i * width + k for i, caller in enumerate(scenario.callers) for k in range(caller.requests)]
        network = network.observed()
        names = dict(network.parameters)
        self.counts = {
            key: compile_formula(formulas[key], network, names)
            for key in ("dials", "read_loops", "write_loops", "others", "idle_conns", "unread_conns")
        }
        self.reused, self.errors = (
            [compile_formula(formulas[key], network, {**names, "r": r}) for r in requests] for key in ("reused", "error")
        )

    def read(self, state: GlobalState) -> Outcome:
        """The outcome of a state at rest, with what the observers have seen behind it."""

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
