"""A run of a network -> what to do so that real Go takes it: a `Plan`, or why there is none.

Theory of operation: the steps of a trace that our program cannot hold happen by themselves, as soon as they can. So real Go is
led from rest to rest: one step of the trace is made to happen, then everything that can happens by itself, in any order. What
may be at rest then is known as a set of states. Each step of the trace that is made to happen must be possible in one of them.
Where it is not possible in all, a race decides, and the plan says so. In the end everybody is let go, and what may be at rest
then after the trace itself is told from what may be after the same steps, had a race gone another way.

A trace may do something long before it matters, such as to cancel a request, so that a race decides what comes before what. Then
what the user and the server do is put off as long as the run still ends in the same state.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pcstate.model.network import GlobalState, Network, Vector
from pcstate.model.replay import Action, Expected, Gate, Image, Plan, Steering, Step, Unsteered

__all__ = ["plan", "walk"]

MANY = 20_000
"""States that may follow by themselves from one step; with more there is no plan."""

_Gates = frozenset[tuple[str, int]]
"""Gates that are there once, with their keys."""
_Errors = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a run may be."""

    state: GlobalState
    armed: _Gates = frozenset()
    errors: _Errors = ()


class _TooManyError(Exception):
    """More than MANY states follow."""


class _ShortError(Exception):
    """A request waits for a connection only because the network has no more."""


@dataclass(slots=True)
class _Steered:
    """A network of which some vectors wait until they are told to."""

    network: Network
    steering: Steering
    dials: Callable[[GlobalState], int]
    short: Callable[[GlobalState], bool]
    _actions: dict[str, Action] = field(default_factory=dict)
    _gates: dict[str, Gate] = field(default_factory=dict)
    _arms: dict[str, list[Gate]] = field(default_factory=dict)
    _never: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._actions = {name: action for action in self.steering.actions for name in action.vectors}
        self._gates = {gate.name: gate for gate in self.steering.gates}
        for gate in self.steering.gates:
            for name in gate.arms:
                self._arms.setdefault(name, []).append(gate)
        self._never = dict(self.steering.never)

    def forbids(self, vector: Vector) -> str:
        """Why a vector is not let happen; `""`: it is."""
        return self._never.get(vector.name, "")

    def action(self, place: _Place, vector: Vector) -> Action | None:
        """What makes `vector` happen in `place`; None where it happens by itself."""
        action = self._actions.get(vector.name)
        if action is None or not action.opens or not self._gates[action.opens].arms:
            return action
        return action if (action.opens, self.key(action, vector)) in place.armed else None

    def key(self, action: Action, vector: Vector) -> int:
        """Which of the gates that an action opens is meant; 0 for other actions."""
        return int(dict(vector.args)[self._gates[action.opens].key]) if action.opens else 0

    def fire(self, place: _Place, number: int, after: GlobalState) -> _Place:
        """Where vector `number` leads."""
        vector = self.network.vectors[number]
        args = dict(vector.args)
        armed = place.armed
        action = self.action(place, vector)
        if action is not None and action.opens:
            armed -= {(action.opens, self.key(action, vector))}
        armed |= {(gate.name, int(args[gate.key])) for gate in self._arms.get(vector.name, ())}
        errors = place.errors
        if vector.name in self.steering.errors and all(args["r"] != request for request, _ in errors):
            errors = tuple(sorted((*errors, (int(args["r"]), str(args["e"])))))
        return _Place(after, armed, errors)

    def rests(self, places: Iterable[_Place], free: bool = False) -> dict[_Place, tuple[int, ...]]:
        """Where everything may come to rest, each with the vectors of one way there. `free`: nobody is held, and time passes."""
        paths: dict[_Place, tuple[int, ...]] = dict.fromkeys(places, ())
        queue = list(paths)
        found = {}
        for place in queue:
            moves = [step for step in self.network.steps(place.state) if self.by_itself(place, step[0], free)]
            for number, after in moves:
                further = self.fire(place, number, after)
                if further not in paths:
                    paths[further] = (*paths[place], number)
                    queue.append(further)
            if not moves:
                found[place] = paths[place]
                if self.short(place.state):
                    raise _ShortError
            if len(queue) > MANY:
                raise _TooManyError
        return found

    def by_itself(self, place: _Place, number: int, free: bool = False) -> bool:
        """Whether vector `number` happens without being told to."""
        vector = self.network.vectors[number]
        if self.forbids(vector):
            return False
        action = self.action(place, vector)
        return action is None or (free and bool(action.opens or action.ms))

    def waits(self, place: _Place, number: int) -> bool:
        """Whether vector `number` waits to be told to happen; a clock is not told."""
        vector = self.network.vectors[number]
        action = self.action(place, vector)
        return action is not None and not action.ms and not self.forbids(vector)

    def deed(self, number: int) -> bool:
        """Whether vector `number` is something that the user or the server does."""
        action = self._actions.get(self.network.vectors[number].name)
        return action is not None and bool(action.does) and not action.ms

    def clocks(self, place: _Place) -> bool:
        """Whether a clock runs there that could fire."""
        actions = (self._actions.get(self.network.vectors[number].name) for number, _ in self.network.steps(place.state))
        return any(action is not None and action.ms > 0 for action in actions)

    def expected(self, places: Iterable[_Place]) -> tuple[Expected, ...]:
        """What may be seen of them."""
        seen = {Expected(self._image(place.state), place.errors, self.dials(place.state)): None for place in places}
        return tuple(seen)

    def _image(self, state: GlobalState) -> Image:
        stands = {stand.chart: stand for stand in self.steering.stands}
        found = []
        for number, component in enumerate(self.network.components):
            if component.kind == "goroutine":
                stand = stands[component.name]
                points = stand.points[self.network.configuration(number, state).state]
                if points != ("",):
                    found.append(tuple((stand.role, point) for point in points))
        return tuple(sorted(found))


def plan(
    network: Network,
    steering: Steering,
    run: Sequence[tuple[int, GlobalState]],
    dials: Callable[[GlobalState], int],
    short: Callable[[GlobalState], bool],
) -> Plan | Unsteered | None:
    """How real Go is made to take `run`; None where the network has too few connections to tell.

    `dials` counts the connections of a state; `short` says whether a request waits in it for one that the network has not.
    Cost: the states that follow by themselves from each step, MANY at most; and, where the run cannot be steered in its own
    order, a run of the network for each place that each step of the user's and the server's may be put off to.
    """
    steered = _Steered(network, steering, dials, short)
    numbered = [(number, chosen, after) for number, (chosen, after) in enumerate(run, 1)]
    try:
        found = _Planner(steered).plan(numbered)
        if _open(found):
            later = _Planner(steered).plan(_put_off(steered, numbered))
            if isinstance(found, Unsteered) or _open(later) < _open(found):
                return later
    except _TooManyError:
        return Unsteered("", f"more than {MANY:,} states may follow from one of its steps: too many races")
    except _ShortError:
        return None
    return found


def walk(
    network: Network,
    steering: Steering,
    short: Callable[[GlobalState], bool],
    choose: Callable[[Sequence[tuple[Vector, GlobalState]]], int],
    length: int,
) -> list[tuple[int, GlobalState]]:
    """A run that our program can lead: at each rest `choose` says which of the vectors that wait to be told comes next.

    It has `length` of them, or fewer: it ends where none waits, where a step needs more connections than the network has, or
    where a race decides what follows by itself. No clock is waited for.
    """
    steered = _Steered(network, steering, lambda _: 0, short)
    place = _Place(network.initial())
    run: list[tuple[int, GlobalState]] = []
    for _ in range(length):
        waiting = [(n, after) for n, after in network.steps(place.state) if steered.waits(place, n)]
        if not waiting:
            break
        number, after = waiting[choose([(network.vectors[n], place.state) for n, _ in waiting])]
        try:
            found = steered.rests([steered.fire(place, number, after)])
        except (_ShortError, _TooManyError):
            break
        if len(found) > 1:
            break
        ((place, path),) = found.items()
        run.append((number, after))
        for step in path:
            after = dict(network.steps(after))[step]
            run.append((step, after))
    return run


def _open(found: Plan | Unsteered) -> int:
    """How much of a plan is left to races."""
    return len(found.races) + len(found.other) if isinstance(found, Plan) else MANY


_Numbered = list[tuple[int, int, GlobalState]]
"""For each step of a run its number in the trace, its vector, and where it leads."""


def _put_off(steered: _Steered, run: _Numbered) -> _Numbered:
    """The run with each of the user's and the server's steps as late as can be, the last one first."""
    for position in range(len(run) - 1, -1, -1):
        if steered.deed(run[position][1]):
            others = [*run[:position], *run[position + 1 :]]
            for later in range(len(run) - 1, position, -1):
                moved = _retaken(steered.network, [*others[:later], run[position], *others[later:]], run[-1][2])
                if moved:
                    run = moved
                    break
    return run


def _retaken(network: Network, run: _Numbered, end: GlobalState) -> _Numbered | None:
    """The same steps in that order if they are possible and lead to `end`; a step may look otherwise if its parts are those."""
    state = network.initial()
    found: _Numbered = []
    for number, chosen, _ in run:
        possible = network.steps(state)
        step = next((step for step in possible if step[0] == chosen), None)
        step = step or next((step for step in possible if _alike(network.vectors[step[0]], network.vectors[chosen])), None)
        if step is None:
            return None
        found.append((number, *step))
        state = step[1]
    return found if state == end else None


def _alike(one: Vector, other: Vector) -> bool:
    return one.name == other.name and [component for component, _ in one.who] == [component for component, _ in other.who]


@dataclass(slots=True)
class _Planner:
    steered: _Steered
    steps: list[Step] = field(default_factory=list)
    races: list[str] = field(default_factory=list)
    hurry: int = 0
    taken: dict[int, int] = field(default_factory=dict)
    """How often each vector may have happened by itself before the trace has it."""

    def plan(self, run: _Numbered) -> Plan | Unsteered:
        steered, network = self.steered, self.steered.network
        own = _Place(network.initial())
        maybe = list(self._rest([own]))
        dials: list[tuple[int, int]] = []
        for position, (number, chosen, after) in enumerate(run):
            vector = network.vectors[chosen]
            args = dict(vector.args)
            if reason := steered.forbids(vector):
                return Unsteered(str(vector), reason)
            if vector.name in steered.steering.dials:
                dials.append((int(args["r"]), int(args[steered.steering.dials[vector.name]])))
            action = steered.action(own, vector)
            before = own
            own = steered.fire(own, chosen, after)
            if action is None:
                self.taken[chosen] = self.taken.get(chosen, 0) - 1
                continue
            able = [(place, target) for place in maybe if (target := self._target(place, chosen)) is not None]
            if not able:
                return Unsteered(str(vector), self._why(run[position + 1 :], (before, chosen)))
            raced = len(able) < len(maybe)
            if raced:
                self.races.append(str(vector))
            maybe = list(self._rest(steered.fire(place, chosen, target) for place, target in able))
            key = steered.key(action, vector)
            allowed = steered.expected(maybe)
            self.steps.append(Step(number, str(vector), action, key, args, 0 if action.ms else self.hurry, allowed, raced))
            self.hurry = self.hurry + 1 if any(map(steered.clocks, maybe)) else 0
        same = steered.expected(steered.rests([own], free=True))
        every = steered.expected(steered.rests(maybe, free=True))
        if not set(same) & set(every):
            return Unsteered(str(network.vectors[run[-1][1]]), self._why(()))
        other = tuple(each for each in every if each not in same)
        clock = min((action.ms for action in steered.steering.actions if action.ms), default=0)
        return Plan(tuple(self.steps), tuple(dials), same, other, tuple(self.races), clock)

    def _target(self, place: _Place, number: int) -> GlobalState | None:
        """Where vector `number` leads from `place` if it is possible there, and waits to be told to."""
        if self.steered.action(place, self.steered.network.vectors[number]) is None:
            return None
        return dict(self.steered.network.steps(place.state)).get(number)

    def _rest(self, places: Iterable[_Place]) -> dict[_Place, tuple[int, ...]]:
        found = self.steered.rests(places)
        for number in {number for path in found.values() for number in path}:
            self.taken[number] = self.taken.get(number, 0) + max(path.count(number) for path in found.values())
        return found

    def _why(self, rest: Iterable[tuple[int, int, GlobalState]], stopped: tuple[_Place, int] | None = None) -> str:
        """What happens by itself too early: what the trace has later, or never; above all what makes `stopped` impossible."""
        network = self.steered.network
        early = [chosen for _, chosen, _ in rest if self.taken.get(chosen, 0) > 0]
        early = early or [number for number, count in self.taken.items() if count > 0]
        if stopped is not None:
            place, chosen = stopped
            alone = [(n, after) for n, after in network.steps(place.state) if self.steered.by_itself(place, n)]
            early = [n for n, after in alone if chosen not in dict(network.steps(after))] or early
        hurried = ", ".join(dict.fromkeys(str(network.vectors[number]) for number in early[:3])) or "something"
        return f"nothing of ours holds {hurried}, which by itself comes before it"
