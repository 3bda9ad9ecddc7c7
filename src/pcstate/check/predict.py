"""The set of outcomes that the network allows for a program: what its states at rest look like, and what led there."""

import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter

from pcstate.check.history import History, histories
from pcstate.check.skeleton import Chained
from pcstate.check.symmetry import DIALS
from pcstate.check.tracing import positions
from pcstate.model.decision import Ask, Decision, Junction
from pcstate.model.formula import Written, compile_formula, remembered
from pcstate.model.lts import Configuration
from pcstate.model.network import GlobalState, Network
from pcstate.model.scenario import Outcome, Scenario

__all__ = ["Prediction", "Rests", "alike", "has_no_conn", "misses_a_conn", "outcomes", "too_small"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """All outcomes of one exploration, each with where its goroutines stand; `complete` unless the search was bounded, `short`
    where it needs more connections than a network can be given."""

    outcomes: Mapping[Outcome, str]
    complete: bool
    states: int
    reason: str = ""
    short: bool = False
    rests: Mapping[Outcome, int] = field(default_factory=dict)
    """For each outcome the number of the first state at rest that shows it."""


def alike(scenario: Scenario) -> list[list[int]]:
    """The callers that run the same program, by number."""
    groups: dict[object, list[int]] = {}
    for number, caller in enumerate(scenario.callers):
        groups.setdefault((caller.requests, caller.each, tuple(map(caller.host, range(caller.requests)))), []).append(number)
    return list(groups.values())


def outcomes(graph: Chained, rests: "Rests", timeout: float = math.inf) -> Prediction:
    """The outcomes of an urgent exploration; none if it takes more than so many seconds to tell them."""
    until = time.monotonic() + timeout
    untold = Prediction({}, False, len(graph.states), graph.stopped or f"timeout of {timeout:g} s", graph.short)
    try:
        seen = histories(graph, until)
    except TimeoutError:
        return untold
    shown: dict[Outcome, int] = {}
    for number in filter(graph.rests, range(len(graph.states))):
        for history in seen[number]:
            shown.setdefault(rests.read(graph.states[number], history), number)
    numbers: dict[Outcome, int] = {}
    for shows, number in shown.items():
        if time.monotonic() > until:  # of many callers that are alike there are more orders than states
            return untold
        for outcome, _ in rests.in_every_order(shows):
            numbers.setdefault(outcome, number)
    numbers = dict(sorted(numbers.items()))
    found = {outcome: positions(graph.network, graph.states[number]) for outcome, number in numbers.items()}
    return Prediction(found, not graph.stopped, len(graph.states), graph.stopped, graph.short, numbers)


def misses_a_conn(network: Network) -> Decision:
    """Whether a dial is due, by a caller or with a place that MaxConnsPerHost has kept another waiting for, and none of the
    connections is left."""
    dialing, waiting, leaving = (_some(network, looks) for looks in (_DIALS, _AWAITS_A_PLACE, _LEAVES_A_PLACE))
    return Junction(False, (has_no_conn(network), Junction(True, (dialing, Junction(False, (waiting, leaving))))))


def has_no_conn(network: Network) -> Decision:
    """Whether none of the connections is left, so that nobody can dial. There a persistent set is none any more in a network that
    has more of them: it may rest on it that nobody dials."""
    conns = network.parameters["conns"]
    return _some(network, {DIALS: lambda look: int(dict(look.data)["count"]) >= conns})


_Looks = Mapping[str, Callable[[Configuration], bool]]
_DIALS: _Looks = {"caller": lambda look: look.state == "queue_for_dial"}
_AWAITS_A_PLACE: _Looks = {"want_conn": lambda look: look.state == "waiting" and dict(look.data)["slot"] != 0}
_LEAVES_A_PLACE: _Looks = {"conns_per_host": lambda look: look.state == "passing_on"}


def too_small(network: Network, reduced: bool) -> Decision:
    """Whether a state shows that the network has too few connections, for a search that leaves something out or nothing."""
    return has_no_conn(network) if reduced else misses_a_conn(network)


def _some(network: Network, looks: _Looks) -> Decision:
    """Whether one of the components that `looks` names looks as it says."""

    def about(number: int, look: Callable[[Configuration], bool]) -> Ask:
        return Ask((number,), remembered(lambda state: look(network.configuration(number, state)), itemgetter(number)))

    components = enumerate(network.components)
    return Junction(True, tuple(about(number, looks[c.name]) for number, c in components if c.name in looks))


class Rests:
    """Reads outcomes off an urgent exploration of `scenario`. `formulas` are the network file's [outcome] table.

    A rest is a state without any step. Requests are taken caller by caller, in program order. Callers that are alike may have
    been exchanged in the graph, so that each order of theirs is an outcome.
    """

    def __init__(self, graph: Chained, scenario: Scenario, formulas: Mapping[str, str | Written]) -> None:
        self.graph = graph
        self.scenario = scenario
        self._spans = []
        width = max(caller.requests for caller in scenario.callers)
        requests: list[int] = []
        for i, caller in enumerate(scenario.callers):
            self._spans.append(slice(len(requests), len(requests) + caller.requests))
            requests += range(i * width, i * width + caller.requests)
        network = graph.network.observed()
        names = dict(network.parameters)
        counted = {key: key for key in ("read_loops", "write_loops", "others", "idle_conns", "unread_conns")}
        counted["dials"] = "dials_seen"
        self._counts = {key: compile_formula(formulas[formula], network, names).remembered() for key, formula in counted.items()}
        self._reused, self._errors = (
            [compile_formula(formulas[key], network, {**names, "r": r}).remembered() for r in requests]
            for key in ("reused", "error")
        )

    def outcomes(self, number: int, history: History) -> Iterator[tuple[Outcome, tuple[int, ...]]]:
        """The outcomes of state `number` after `history`, none if it is no rest; and in which place each caller is there."""
        if self.graph.rests(number):
            yield from self.in_every_order(self.read(self.graph.states[number], history))

    def in_every_order(self, outcome: Outcome) -> Iterator[tuple[Outcome, tuple[int, ...]]]:
        """An outcome with alike callers exchanged in every way, and the places in which they were."""
        for places in _orders(self.scenario):
            yield self._ordered(outcome, places), places

    def read(self, state: GlobalState, history: History) -> Outcome:
        """What a state at rest looks like after `history`."""

        seen = state + history
        counts = {key: int(formula(seen)) for key, formula in self._counts.items()}
        others = counts.pop("others")
        return Outcome(
            reused=tuple(bool(formula(seen)) for formula in self._reused),
            errors=tuple(str(formula(seen)) for formula in self._errors),
            goroutines=1 + counts["read_loops"] + counts["write_loops"] + others,
            **counts,
        )

    def _ordered(self, outcome: Outcome, places: Sequence[int]) -> Outcome:
        """The outcome with the requests of caller `places[i]` as those of caller i."""
        reused = tuple(itertools.chain.from_iterable(outcome.reused[self._spans[place]] for place in places))
        errors = tuple(itertools.chain.from_iterable(outcome.errors[self._spans[place]] for place in places))
        return replace(outcome, reused=reused, errors=errors)


def _orders(scenario: Scenario) -> Iterator[tuple[int, ...]]:
    """The orders of callers that differ in the order of alike ones only; that of the program first."""
    groups = alike(scenario)
    for orders in itertools.product(*map(itertools.permutations, groups)):
        places = {i: j for group, order in zip(groups, orders, strict=True) for i, j in zip(group, order, strict=True)}
        yield tuple(places[i] for i in range(len(places)))
