"""Runs of real Go, and a program in the spec -> does some run of the network show what was seen, and which vectors must it take?

In: the spec, a profile, a scenario; then what the driver saw of runs of it. Out: a verdict for each run, and where it parts.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from pcstate.check.belief import LIMIT, Belief, TooMany, Watch, follow
from pcstate.check.conformance import outcome_of
from pcstate.check.predict import too_small
from pcstate.model.conformance import Misfit
from pcstate.model.formula import compile_formula
from pcstate.model.network import GlobalState, Network
from pcstate.model.observation import Entry, Observation
from pcstate.model.scenario import Scenario
from pcstate.model.verdict import Bounds, Verdict
from pcstate.pipeline import Built, build
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile
from pcstate.specs.programs import demands
from pcstate.specs.sightings import told, watched

__all__ = ["Exercised", "Fit", "Fitting", "watch"]

TIMEOUT = 60.0
"""Seconds that the logs of one scenario may take."""


@dataclass(slots=True)
class Exercised:
    """In how many runs that fit each vector (by name) was taken: in every way to explain the run, or in some."""

    runs: int = 0
    certain: Counter[str] = field(default_factory=Counter)
    possible: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Exercised") -> None:
        """Count what another has counted, too."""
        self.runs += other.runs
        self.certain += other.certain
        self.possible += other.possible


@dataclass(frozen=True, slots=True)
class Fit:
    """HOLDS: some run of the network shows the log. VIOLATED: none does, and `misfit` says where. UNKNOWN: `reason` says why."""

    verdict: Verdict
    misfit: Misfit | None = None
    reason: str = ""


class Fitting:
    """One scenario under one profile. Logs that are equal are looked at once.

    Cost: some 0.2 s for a small program, more for the first run of it; seconds where several callers race. Bounds: `limit` pairs
    of a state and what is outstanding that agree with the log at one place of it; `timeout` seconds for all logs.
    """

    def __init__(self, spec: Spec, profile: Profile, scenario: Scenario, limit: int = LIMIT, timeout: float = TIMEOUT) -> None:
        self.spec = spec
        self.profile = profile
        self.scenario = scenario
        self.limit = limit
        self._left = timeout
        self.exercised = Exercised()
        self._asked = demands(scenario)
        self._built: Built | None = None
        self._watched: Watch | None = None
        self._known: dict[tuple[Entry, ...], tuple[Fit, Exercised]] = {}
        self._conns = 1

    def fits(self, seen: Observation) -> Fit:
        """Whether some run of the network shows this run of real Go."""
        if self._asked.unsupported:
            return Fit(Verdict.UNKNOWN, reason=f"the spec has no chart yet for {', '.join(self._asked.unsupported)}")
        if seen.entries not in self._known:
            self._conns = max(self._conns, seen.outcome.dials + 1)
            begin = time.monotonic()
            self._known[seen.entries] = self._judge(seen.entries, begin + self._left)
            self._left -= time.monotonic() - begin
        found, taken = self._known[seen.entries]
        self.exercised.add(taken)
        return found

    def ends(self, seen: Observation) -> bool:
        """Whether the log of a run ends in the outcome of that run: then the spec allows that outcome if the log fits."""
        return seen.at_rest and outcome_of(seen.entries, self._asked.steps) == seen.outcome

    def _judge(self, entries: tuple[Entry, ...], until: float) -> tuple[Fit, Exercised]:
        while True:
            try:
                belief = Belief(self._watch(), self.limit, until)
                misfit = follow(belief, entries, self._asked.steps)
            except TooMany as much:
                if not much.short:
                    return Fit(Verdict.UNKNOWN, reason=str(much)), Exercised()
                self._conns = self.scenario.requests + 1 if self._conns <= self.scenario.requests else 2 * self._conns
                continue
            if misfit is not None:
                return Fit(Verdict.VIOLATED, misfit), Exercised()
            assert self._built
            self._built.remember()
            certain, possible = belief.taken()
            return Fit(Verdict.HOLDS), Exercised(1, Counter(certain), Counter(possible))

    def _watch(self) -> Watch:
        if self._watched is None or self._watched.network.parameters["conns"] != self._conns:
            self._built = build(self.spec, self.profile, Bounds(conns=self._conns), self.scenario)
            self._watched = watch(self.spec, self._built.network)
        return self._watched


def watch(spec: Spec, network: Network, servers_are_told: bool = False, reduce: bool = True) -> Watch:
    """How real Go is watched on one network. Raises: SpecError for a wrong name or formula in spec/conformance."""
    orders = told(spec.sightings, network) if servers_are_told else None
    sightings, returned = watched(spec.sightings, network)
    formulas = {key: compile_formula(spec.network.outcome[key], network, network.parameters) for key in (*_COUNTS, "others")}

    def goroutines(state: GlobalState) -> int:
        return 1 + sum(int(formulas[key](state)) for key in ("read_loops", "write_loops", "others"))

    counts: dict[str, Callable[[GlobalState], int]] = {key: formulas[key] for key in _COUNTS}
    lacks = too_small(network, reduce)
    return Watch(network, sightings, returned, {**counts, "goroutines": goroutines}, lacks, orders, reduce)


_COUNTS = ("dials", "read_loops", "write_loops", "idle_conns", "unread_conns")
