"""Charts that run: python-statemachine decides each step, and each step is asked for once.

`ChartBehaviour` has one live machine a chart and steps it by restoring configuration and data, so that it can answer
"what does this event lead to from there?" for any configuration. Answers are kept, and can be stored between processes
(`specs.cache`): the chart's text and constants decide them.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from types import CodeType, SimpleNamespace
from typing import Any

from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.chart import Chart, ChartTransition
from pcstate.model.lts import Configuration, Event, Value, one_event

__all__ = ["ChartBehaviour", "LiveChart"]


class LiveChart:
    """One running python-statemachine machine of a chart; also what property tests drive."""

    def __init__(self, chart: Chart) -> None:
        from statemachine import StateChart  # slow to import, and needed only for what was never asked before
        from statemachine.exceptions import TransitionNotAllowed
        from statemachine.io import load

        self.chart = chart
        self._refusal = TransitionNotAllowed
        self.order = {state.name: number for number, state in enumerate(chart.states)}
        try:
            loaded = load(chart.text, format="yaml")
        except Exception as error:  # whatever the library refuses is the chart's mistake
            raise SpecError([Mistake(Place(chart.path), f"python-statemachine refuses this chart: {error}")]) from error
        machine: type[StateChart[Any]] = type(
            loaded.__name__, (loaded,), {"catch_errors_as_events": False, "allow_event_without_transition": False}
        )
        self.machine = machine()

    def configuration(self) -> Configuration:
        """Where it is now, in document order."""
        active = tuple(sorted((str(value) for value in self.machine.configuration_values), key=self.order.__getitem__))
        return Configuration(active, tuple((name, getattr(self.machine.model, name)) for name, _ in self.chart.data))

    def restore(self, configuration: Configuration) -> None:
        """Put it where `configuration` says."""
        from statemachine.orderedset import OrderedSet

        value: Any = OrderedSet(configuration.active) if len(configuration.active) > 1 else configuration.state
        self.machine.current_state_value = value
        for name, datum in configuration.data:
            setattr(self.machine.model, name, datum)

    def send(self, event: Event) -> bool:
        """Give it `event`; False, and nothing changes, where no transition is enabled."""
        try:
            arguments: dict[str, Any] = dict(event.args)
            self.machine.send(event.name, **arguments)
        except self._refusal:
            return False
        return True


@lru_cache(maxsize=100)
def _machine(chart: Chart) -> LiveChart:
    """The machine of a chart that answers for it, in networks of every size: it takes longer to load than to be asked."""
    return LiveChart(chart)


class ChartBehaviour:
    """A chart with its constants, as numbered configurations and a step function (`model.lts.Behaviour`).

    `memory` is what `remembered` gave for the same chart. Not thread-safe: one live machine is moved about.
    """

    def __init__(self, chart: Chart, memory: Mapping[str, Any] | None = None) -> None:
        self.chart = chart
        self.state_names = [state.name for state in chart.states]
        self.configurations: list[Configuration] = []
        self._numbers: dict[Configuration, int] = {}
        self._steps: dict[Event, dict[int, int]] = {}
        self._offers = {state.name: chart.offers(state.name) for state in chart.states}
        self._guards: dict[str, list[tuple[ChartTransition, CodeType | None]]] = {}
        for t in chart.transitions:
            guard = compile(t.guard, chart.path, "eval") if t.guard else None
            self._guards.setdefault(t.event, []).append((t, guard))
        self.asked = 0
        """How many answers the machine gave that were not stored."""
        if memory is not None:
            self._recall(memory)

    @cached_property
    def _live(self) -> LiveChart:
        return _machine(self.chart)

    @property
    def answers(self) -> int:
        """How many answers are known."""
        return sum(map(len, self._steps.values()))

    def initial(self, constants: Mapping[str, Value]) -> int:
        """The number of the initial configuration with some data set to other values."""
        active: list[str] = []
        parent = ""
        while inner := [s.name for s in self.chart.states if s.parent == parent and s.initial]:
            active.append(inner[0])
            parent = inner[0]
        data = tuple((name, constants.get(name, value)) for name, value in self.chart.data)
        return self._number(Configuration(tuple(active), data))

    def configuration(self, local: int) -> Configuration:
        """The configuration behind a number."""
        return self.configurations[local]

    def step(self, local: int, event: Event) -> int:
        """The configuration that `event` leads to, or -1 where the chart does not take it."""
        row = self._steps.get(event)
        target = None if row is None else row.get(local)
        if target is None:
            if not self.may(local, event.name):
                return -1
            self.asked += 1
            target = self._drive(local, event)
            self._steps.setdefault(event, {})[local] = target
        return target

    def may(self, local: int, name: str) -> bool:
        """Whether there is a transition on that event from there, guards aside."""
        return name in self._offers[self.configurations[local].state]

    def renamed(self, local: int, datum: str, value: Value) -> int:
        """The configuration that differs from `local` in one datum only; `local` itself if the chart has no such datum."""
        source = self.configurations[local]
        data = tuple((name, value if name == datum else old) for name, old in source.data)
        return self._number(Configuration(source.active, data))

    def cites(self, local: int, event: Event) -> tuple[str, ...]:
        """The clauses of the transitions that may have been taken: those of that event from the active states."""
        source, target = self.configurations[local], self.step(local, event)
        if target < 0:
            return ()
        goal = self.configurations[target].active
        found = [
            clause
            for t in self.chart.transitions
            if t.event == event.name and t.source in source.active and t.target in goal
            for clause in t.clauses
        ]
        return tuple(dict.fromkeys(found))

    def _number(self, configuration: Configuration) -> int:
        number = self._numbers.get(configuration)
        if number is None:
            number = self._numbers[configuration] = len(self.configurations)
            self.configurations.append(configuration)
        return number

    def _drive(self, local: int, event: Event) -> int:
        source = self.configurations[local]
        if not any(self._enabled(source, event)):
            return -1
        self._live.restore(source)
        if not self._live.send(event):
            return -1
        return self._number(self._live.configuration())

    def taken(self, local: int, event: Event) -> ChartTransition:
        """The transition that `event`, which must be possible there, takes: the first that may fire, of the innermost state."""
        source = self.configurations[local]
        return max(self._enabled(source, event), key=lambda transition: source.active.index(transition.source))

    def _enabled(self, source: Configuration, event: Event) -> Iterator[ChartTransition]:
        """The transitions whose guard is true, in document order. Where there are none the machine need not be asked, which takes
        fifty times as long to refuse."""
        names = {**dict(source.data), "_event": SimpleNamespace(data=SimpleNamespace(**dict(event.args)))}
        for transition, guard in self._guards[event.name]:
            if transition.source in source.active and (
                guard is None or eval(guard, {"__builtins__": {}}, names)  # the charts are ours, and guards are checked when read
            ):
                yield transition

    def remembered(self) -> dict[str, Any]:
        """All configurations and steps met so far, as plain JSON values."""
        return {
            "configurations": [[list(c.active), [list(pair) for pair in c.data]] for c in self.configurations],
            "steps": [[e.name, [list(a) for a in e.args], [*row], [*row.values()]] for e, row in self._steps.items()],
        }

    def _recall(self, memory: Mapping[str, Any]) -> None:
        for active, data in memory["configurations"]:
            self._number(Configuration(tuple(active), tuple((name, value) for name, value in data)))
        for name, args, sources, targets in memory["steps"]:
            event = one_event(name, tuple((key, value) for key, value in args))
            self._steps[event] = dict(zip(sources, targets, strict=True))
