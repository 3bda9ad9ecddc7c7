"""Which states of the network agree with everything that was seen of a run: the belief set, carried along the log.

Theory of operation. The log (`golang/programs/driver/events.go`) is one sequence, but entries of different goroutines may stand
in another order than what they tell of happened in. What is certain is this, and no more is asked of a run of the network:

* a step of a program happens after its `begin` is written: a program's component goes no further than what has begun;
* every other entry is written by a goroutine right after its step, before it does anything else: a step that is seen leaves a
  label with its writer, who does not move until the entry stands in the log;
* a `rest` comes when nothing moves any more: no label is outstanding, no step is possible but those of whoever waits for the
  rest, and there is as much as was counted.

So the belief set holds pairs of a state and of labels outstanding, closed under all steps that the above lets happen: the subset
construction for hidden steps. An entry keeps what fits it; when nothing is left, no run of the network shows this log.

A timer fires where nothing can happen at once, as in `predict`; a program whose next step has not begun keeps no timer from it.
Where a persistent set (`check.persistent`) holds only steps that nobody sees and that nothing keeps off, no others are taken: by
then it does not matter when they come, for what is seen is neither written nor kept from being written by them (Peled 1993). It
stays persistent although programs go no further than they have begun, and writers wait: that only takes runs away.
"""

import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from pcstate.check.bits import bits
from pcstate.check.persistent import PersistentSets
from pcstate.check.reduction import AT_ONCE, TIMERS
from pcstate.check.tracing import positions
from pcstate.model.conformance import Misfit
from pcstate.model.formula import Formula
from pcstate.model.lts import Event
from pcstate.model.network import GlobalState, Network
from pcstate.model.observation import Entry
from pcstate.model.sighting import Label, Sighting, Told

__all__ = ["Belief", "Program", "TooMany", "Watch", "follow"]

Outstanding = tuple[tuple[int, Label], ...]
"""Labels that were not written yet, each with its writer (a component's number)."""
Fit = tuple[GlobalState, Outstanding]
_Step = tuple[int, GlobalState, tuple[tuple[int, Label], ...]]
"""A vector, where it leads, and what it shows."""
Program = Sequence[Sequence[Sequence[Sequence[Event]]]]
"""For each caller, request and step the events of its component."""
LIMIT = 20_000
SHOWN = 3
"""How many of the last states that fitted are shown."""


class TooMany(Exception):
    """The belief set has come to one of its limits, or the network has too few connections (`short`)."""

    def __init__(self, reason: str, short: bool = False) -> None:
        super().__init__(reason)
        self.short = short


class Watch:
    """How a network is watched.

    `sightings` is by number of a vector what it shows, `returned` for each caller where a step of its program has returned,
    `counts` what a rest counts; `lacks` says whether a state lacks something that the network was given too few of, `told`
    what servers may do from which entry on, first what they may in the beginning: all they like if it is not given. With
    `reduce`, what makes no difference to what is seen is left out.

    It remembers what it was asked, so that one is made for all runs of a program.
    """

    def __init__(
        self,
        network: Network,
        sightings: Mapping[int, tuple[Sighting, ...]],
        returned: Sequence[Formula],
        counts: Mapping[str, Callable[[GlobalState], int]],
        lacks: Callable[[GlobalState], bool],
        told: Mapping[str, Told] | None = None,
        reduce: bool = True,
    ) -> None:
        self.network = network
        self.sightings = sightings
        self.returned = returned
        self.counts = counts
        self.lacks = lacks
        self.told = told or {}
        self._persistent = PersistentSets(network, AT_ONCE) if reduce else None
        self._known: dict[GlobalState, list[_Step]] = {}
        self._enough: dict[tuple[GlobalState, int], frozenset[int]] = {}

    def steps(self, state: GlobalState) -> list[_Step]:
        """All that the network can do in `state`."""
        known = self._known.get(state)
        if known is None:
            known = self._known[state] = [(n, after, self._shown(n, state)) for n, after in self.network.steps(state)]
        return known

    def enough(self, state: GlobalState, hidden: Sequence[int]) -> Collection[int]:
        """Some of the `hidden` vectors, of those that can fire, that it is enough to take; none if there are no such."""
        if self._persistent is None:
            return ()
        among = sum(1 << number for number in hidden) & self._persistent.dependence.counted
        known = self._enough.get((state, among))
        if known is None:
            known = self._enough[state, among] = frozenset(bits(self._persistent.within(state, among)))
        return known

    def counted(self, state: GlobalState) -> dict[str, int]:
        """What a rest would count in a state."""
        return {key: int(formula(state)) for key, formula in self.counts.items()}

    def _shown(self, number: int, state: GlobalState) -> tuple[tuple[int, Label], ...]:
        labels = ((sighting.writer, sighting.label(state)) for sighting in self.sightings.get(number, ()))
        return tuple((writer, label) for writer, label in labels if label is not None)


def follow(belief: "Belief", entries: Sequence[Entry], steps: Program, before: int = 0) -> Misfit | None:
    """Carry the belief along a log of which it has had `before` entries; `steps` are the events of each caller's, request's and
    step's part of its program. The first entry that fits nothing, None if all do. Raises: TooMany."""
    width = belief.watch.network.parameters["requests"]
    for number, entry in enumerate(entries, before):
        label = Label(entry.kind, entry.caller * width + entry.request, entry.facts)
        fits = True
        match entry.kind:
            case "begin":
                belief.begin(entry.caller, steps[entry.caller][entry.request][entry.step])
            case "abandon":
                belief.meanwhile(entry.caller, Event("cancel_elsewhere", (("r", label.request),)))
            case "return":
                fits = belief.returned(entry.caller, label)
            case "rest":
                fits = belief.rest({key: int(value) for key, value in entry.facts})
            case kind if kind in belief.watch.told:
                fits = belief.told(kind)
            case _:
                fits = belief.seen(label)
        if not fits:
            return belief.misfit(entry, number)
    return None


class Belief:
    """The belief set of one run. `fits` are the pairs that agree with all entries up to now, each with its number in `edges`.

    Cost: each step from each pair, for each entry. Bounds: raises TooMany where there are more than `limit` pairs at once, or
    `time.monotonic()` is beyond `until`.
    """

    def __init__(self, watch: Watch, limit: int = LIMIT, until: float = math.inf) -> None:
        self.watch = watch
        self.limit = limit
        self._until = until
        self.edges: list[tuple[int, int, int]] = []
        """Which vector led from which pair to which; -1: an entry did."""
        callers = range(watch.network.parameters["callers"])
        self._programs = {watch.network.number(f"program[{i}]"): i for i in callers}
        self.begun: list[list[Event]] = [[] for _ in callers]
        """What each caller's program has begun."""
        self._resting: list[list[Event]] = [[] for _ in callers]
        self._ends = [0 for _ in callers]
        """How far each program is when its step has returned."""
        self._may_servers: Mapping[int, Formula] = next((told.may for told in watch.told.values()), {})
        self._nodes = 0
        self.fits: dict[Fit, int] = {(watch.network.initial(), ()): self._node()}
        self._close()

    def begin(self, caller: int, events: Sequence[Event]) -> None:
        """A step of a caller's program has begun: its first event may happen, the others when all is at rest."""
        self.begun[caller] += events[:1]
        self._resting[caller] = list(events[1:])
        self._ends[caller] = len(self.begun[caller]) + len(self._resting[caller])
        self._close()

    def meanwhile(self, caller: int, event: Event) -> None:
        """Something beside a step has begun that a caller's program has to do with: it may happen before the step returns."""
        self.begun[caller].append(event)
        self._close()

    def returned(self, caller: int, label: Label) -> bool:
        """The step has returned, with an error if the label shows one. False if that fits nothing, and nothing is changed."""
        program = next(number for number, i in self._programs.items() if i == caller)
        done = self.watch.returned[caller]
        silent = dict(label.facts).get("error", "") == ""
        found: list[tuple[Fit, Fit]] = []
        for fit in self.fits:
            state, outstanding = fit
            if state[program] < self._ends[caller] or not done(state):
                continue
            own = [n for n, (_, told) in enumerate(outstanding) if told.entry == label.entry and told.request == label.request]
            if not own and silent:
                found.append((fit, fit))
            found += [(fit, (state, _without(outstanding, n))) for n in own if outstanding[n][1].fits(label)]
        return self._keep(found)

    def seen(self, label: Label) -> bool:
        """A goroutine has written this. False if that fits nothing, and nothing is changed."""
        found = [
            (fit, (fit[0], _without(fit[1], n))) for fit in self.fits for n, (_, told) in enumerate(fit[1]) if told.fits(label)
        ]
        return self._keep(found)

    def told(self, entry: str) -> bool:
        """Servers have been told something. False if that fits nothing, and nothing is changed."""
        told = self.watch.told[entry]
        if not self._keep([(fit, fit) for fit in self.fits if told.holds is None or told.holds(fit[0])], close=False):
            return False
        self._may_servers = told.may
        self._close()
        return True

    def rest(self, counts: Mapping[str, int]) -> bool:
        """Nothing moves, and so much is there. False if that fits nothing, and nothing is changed."""
        if not self._keep([(fit, fit) for fit in self._quiet() if self.watch.counted(fit[0]) == dict(counts)], close=False):
            return False
        for caller, events in enumerate(self._resting):
            self.begun[caller] += events
            self._resting[caller] = []
        self._close()
        return True

    def taken(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the vectors that are on every path that fits, and of those that are on some. Cost: some passes over
        `edges`."""
        alive = set(self.fits.values())
        for source, _, target in reversed(self.edges):
            if target in alive:
                alive.add(source)
        edges = [edge for edge in self.edges if edge[2] in alive]
        names = list(dict.fromkeys(self.watch.network.vectors[vector].name for _, vector, _ in edges if vector >= 0))
        bit = {name: 1 << n for n, name in enumerate(names)}
        every = {0: 0}
        changed = True
        while changed:
            changed = False
            for source, vector, target in edges:
                if source in every:
                    found = every[source] | (bit[self.watch.network.vectors[vector].name] if vector >= 0 else 0)
                    found &= every.get(target, found) if target else 0
                    if every.get(target) != found:
                        every[target] = found
                        changed = True
        common = -1
        for node in self.fits.values():
            common &= every[node]
        return frozenset(name for name in names if common & bit[name]), frozenset(names)

    def misfit(self, entry: Entry, number: int) -> Misfit:
        """What to say of an entry that fits nothing."""
        network = self.watch.network
        last = dict.fromkeys(positions(network, state) for state, _ in self.fits)
        if entry.kind == "rest":
            rests = dict.fromkeys(_written(self.watch.counted(state)) for state, _ in self._quiet())
            allowed = [f"rest: {counts}" for counts in rests] or ["no rest: something still moves in every state that fits"]
        else:
            allowed = sorted({str(label) for _, outstanding in self.fits for _, label in outstanding} | self._returns())
        return Misfit(entry, number, tuple(last)[-SHOWN:], len(self.fits), tuple(allowed))

    def _returns(self) -> set[str]:
        """What steps may have returned without an error."""
        return {
            f"return of caller {caller}, without an error"
            for program, caller in self._programs.items()
            for state, outstanding in self.fits
            if self.begun[caller] and state[program] >= self._ends[caller] and self.watch.returned[caller](state)
            if not any(label.entry == "return" for _, label in outstanding)
        }

    def _quiet(self) -> list[Fit]:
        """The pairs in which nothing is outstanding and nothing moves."""
        return [fit for fit in self.fits if not fit[1] and not self._steps(fit[0], (*AT_ONCE, *TIMERS))]

    def _keep(self, found: Iterable[tuple[Fit, Fit]], close: bool = True) -> bool:
        """Go on with what the entry makes of those that fit it."""
        kept: dict[Fit, int] = {}
        for before, after in found:
            node = kept.get(after)
            if node is None:
                node = kept[after] = self._node()
            self.edges.append((self.fits[before], -1, node))
        if not kept:
            return False
        self.fits = kept
        if close:
            self._close()
        return True

    def _close(self) -> None:
        """Add all that the pairs can come to before the next entry."""
        found = dict(self.fits)
        queue = list(found)
        for fit in queue:
            if time.monotonic() > self._until:
                raise TooMany("what was seen takes too long to follow")
            for vector, after in self._onward(fit):
                target = found.get(after)
                if target is None:
                    target = found[after] = self._node()
                    queue.append(after)
                    if len(found) > self.limit:
                        raise TooMany(f"more than {self.limit:,} states agree with a part of what was seen")
                self.edges.append((found[fit], vector, target))
        self.fits = found

    def _onward(self, fit: Fit) -> list[tuple[int, Fit]]:
        """What a pair can come to in one step, by which vector."""
        state, outstanding = fit
        if self.watch.lacks(state):
            raise TooMany("the network has too few connections", short=True)
        steps = self._steps(state, AT_ONCE) or self._steps(state, TIMERS) or self._steps(state, ("settle",))
        free = [step for step in steps if all(step[1][writer] == state[writer] for writer, _ in outstanding)]
        if len(free) > 1:
            chosen = self.watch.enough(state, [number for number, _, shown in free if not shown])
            free = [step for step in free if step[0] in chosen] or free
        return [(number, (after, tuple(sorted((*outstanding, *shown))))) for number, after, shown in free]

    def _steps(self, state: GlobalState, kinds: Sequence[str]) -> list[_Step]:
        """The steps of these kinds that no program keeps off because it has not begun them."""
        vectors = self.watch.network.vectors
        return [step for step in self.watch.steps(state) if vectors[step[0]].kind in kinds and self._may(step[0], state)]

    def _may(self, number: int, state: GlobalState) -> bool:
        allowed = self._may_servers.get(number)
        if allowed is not None and not allowed(state):
            return False
        for component, event in self.watch.network.vectors[number].who:
            caller = self._programs.get(component)
            if caller is not None and self.begun[caller][state[component] : state[component] + 1] != [event]:
                return False
        return True

    def _node(self) -> int:
        self._nodes += 1
        return self._nodes - 1


def _without(outstanding: Outstanding, n: int) -> Outstanding:
    return outstanding[:n] + outstanding[n + 1 :]


def _written(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(counts.items()))
