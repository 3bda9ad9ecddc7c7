"""The flow of `pcstate conform`: scenarios under real Gos, and the spec -> is what was seen within what it allows?

In: the spec, scenarios (named, or drawn at random) and toolchains. Out: a `ConformReport` of each scenario under each Go. Two
questions are asked of each run: is its outcome among those predicted, and does some run of the network show its log? Where not
all outcomes are known, a log that fits, and ends in the outcome, answers the first one, too.
"""

import atexit
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pcstate.check.conformance import compare
from pcstate.errors import GoError, SpecError
from pcstate.fitting import Exercised, Fit, Fitting
from pcstate.model.conformance import Conformance
from pcstate.model.scenario import Scenario
from pcstate.model.verdict import Bounds, Verdict, worst
from pcstate.pipeline import Steps, open_scenarios
from pcstate.predict import SCENARIO_BOUNDS, PredictReport, predict
from pcstate.processes import shared_out
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile, choose_profile
from pcstate.specs.scenarios import scenario_names
from pcstate.specs.variations import as_expression, as_toml, draw, length, smaller

if TYPE_CHECKING:
    from pcstate.golang.harness import Driver
    from pcstate.golang.toolchain import Toolchain

__all__ = ["Compared", "ConformReport", "Drawn", "Smallest", "conform", "runnable"]

AGAIN = 5
"""How often a smaller program is run to see whether it disagrees, too."""
TRIALS = 200
"""How many smaller programs are tried."""
RANDOM_BOUNDS = Bounds(max_states=100_000, timeout=5.0)
"""The limits of what is predicted of a program that was drawn."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """So many random programs of a seed."""

    count: int
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Compared:
    """One scenario under one Go: how what it showed compares with what a profile allows."""

    folder: str
    """The folder of the library that the scenario lies in; `""` for one from elsewhere."""
    scenario: Scenario
    go: str
    profile_name: str
    conformance: Conformance


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest program found on which one Go and the spec disagree."""

    go: str
    profile_name: str
    scenario: Scenario
    conformance: Conformance

    @property
    def text(self) -> str:
        """Its file."""
        return as_toml(self.scenario)

    @property
    def expression(self) -> str:
        """What `observe` and `predict` take for it; `""` where it needs a file."""
        return as_expression(self.scenario)


@dataclass(frozen=True, slots=True)
class ConformReport:
    """What `conform` found, scenario by scenario, and for each one Go by Go."""

    results: tuple[Compared, ...]
    repeat: int
    left_out: tuple[str, ...]
    """The Gos that are installed, but that no profile speaks for."""
    smallest: tuple[Smallest, ...] = ()
    """For each Go that disagrees."""
    exercised: Exercised = field(default_factory=Exercised)
    """What runs that fit took of the network."""
    vectors: tuple[str, ...] = ()
    """The names of all vectors, in the network's order."""
    drawn: Drawn | None = None

    @property
    def verdict(self) -> Verdict:
        """VIOLATED if any result is, else UNKNOWN if any is, else HOLDS."""
        return worst(result.conformance.verdict for result in self.results)

    @property
    def never(self) -> tuple[str, ...]:
        """The vectors that no run need have taken."""
        return tuple(name for name in self.vectors if name not in self.exercised.certain)


def conform(
    spec: Spec,
    asked: Sequence[str] = (),
    gos: Sequence[str] = (),
    against: str | None = None,
    repeat: int = 10,
    progress: Steps | None = None,
    stdin: Callable[[], str] = str,
    drawn: Drawn | None = None,
    jobs: int = 1,
) -> ConformReport:
    """Compare real Go with the spec: each scenario that is `asked` for, and those `drawn` (if neither, all of the library), under
    each of `gos` (if none, every toolchain found that a profile speaks for), with the profile of that Go or of `against`. More
    `jobs` than one are processes, which share the scenarios.

    Order: scenarios as asked, or by folder and name, then those drawn; Gos as asked, or from old to new.
    Cost:  `repeat` runs of each under each Go, and for each scenario and profile a prediction and the network that runs are held
    against; where a Go disagrees, up to `TRIALS` times as much for a program smaller than the smallest that does.
    Raises: SpecError and GoError, before anything is run, for what does not exist.
    """
    folders = {name: path.parent.name for name, path in scenario_names(spec.root).items()}
    names = list(dict.fromkeys(asked or (() if drawn else folders)))
    opened = open_scenarios(spec, names, stdin) if names else ()
    cases = [_Case(folders.get(name, ""), each) for name, each in zip(names, opened, strict=True)]
    cases += [_Case("", draw(drawn.seed, number), RANDOM_BOUNDS) for number in range(drawn.count)] if drawn else []
    toolchains, left_out = runnable(spec, gos, against)
    total = len(cases) * len(toolchains)
    results: list[Compared] = []
    exercised = Exercised()
    with ExitStack() as stack:
        drivers = _Drivers(stack)
        if jobs > 1 and len(cases) > 1:
            judged = stack.enter_context(shared_out(cases, jobs, _begin, spec, toolchains, repeat))
        else:
            judged = map(_Runner(spec, toolchains, repeat, drivers).judge, cases)
        for case in cases:
            if progress:
                progress(len(results), total, case.scenario.name)
            compared, taken = next(judged)
            results += compared
            exercised.add(taken)
        smallest = tuple(_smallest(spec, results, toolchains, drivers, progress))
    if progress:
        progress(total, total, "")
    vectors = tuple(dict.fromkeys(sync["name"] for sync in spec.network.syncs))
    return ConformReport(tuple(results), repeat, left_out, smallest, exercised, vectors, drawn)


@dataclass(frozen=True, slots=True)
class _Case:
    """A scenario, the folder of the library that it lies in, and the limits of what is predicted of it."""

    folder: str
    scenario: Scenario
    bounds: Bounds = SCENARIO_BOUNDS


class _Drivers:
    """A driver for each toolchain, started when it is first needed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running: dict[Toolchain, Driver] = {}

    def of(self, toolchain: "Toolchain") -> "Driver":
        """The one of that toolchain. Raises: GoError if it cannot be built."""
        from pcstate.golang.harness import Driver

        if toolchain not in self._running:
            self._running[toolchain] = self._stack.enter_context(Driver(toolchain))
        return self._running[toolchain]


class _Runner:
    """Judges one scenario after the other, under all toolchains."""

    def __init__(self, spec: Spec, toolchains: Sequence[tuple["Toolchain", Profile]], repeat: int, drivers: _Drivers) -> None:
        self.spec = spec
        self.toolchains = toolchains
        self.repeat = repeat
        self.drivers = drivers

    def judge(self, case: _Case) -> tuple[list[Compared], Exercised]:
        """How it compares under each Go, and what the runs that fit took. Raises: GoError if a driver cannot be built."""
        bench = _Bench(self.spec, case.scenario, case.bounds)
        compared = []
        for toolchain, profile in self.toolchains:
            found = bench.judge(profile, self.drivers.of(toolchain), self.repeat)
            compared.append(Compared(case.folder, case.scenario, toolchain.version, profile.name, found))
        taken = Exercised()
        for fitting in bench.fittings.values():
            taken.add(fitting.exercised)
        return compared, taken


def _begin(
    spec: Spec, toolchains: Sequence[tuple["Toolchain", Profile]], repeat: int
) -> Callable[[_Case], tuple[list[Compared], Exercised]]:
    """What each of several processes answers with: a runner that has drivers of its own."""
    stack = ExitStack()
    atexit.register(stack.close)
    return _Runner(spec, toolchains, repeat, _Drivers(stack)).judge


class _Bench:
    """One scenario, and what each profile that was asked for says of it."""

    def __init__(self, spec: Spec, scenario: Scenario, bounds: Bounds) -> None:
        self.spec = spec
        self.scenario = scenario
        self.bounds = bounds
        self.predictions: dict[str, PredictReport] = {}
        self.fittings: dict[str, Fitting] = {}

    def judge(self, profile: Profile, driver: "Driver", repeat: int) -> Conformance:
        """How `repeat` runs compare with a profile. One that does not answer is UNKNOWN."""
        if profile.name not in self.predictions:
            self.predictions[profile.name] = predict(self.spec, self.scenario, profile.name, self.bounds)
        predicted = self.predictions[profile.name]
        try:
            seen = [driver.watch(self.scenario) for _ in range(repeat)]
        except GoError as error:
            return Conformance(Verdict.UNKNOWN, 0, len(predicted.outcomes), reason=str(error))
        fitting = self._fitting(profile)
        fits = [fitting.fits(run) for run in seen]
        shown = {run.outcome for run, fit in zip(seen, fits, strict=True) if fit.verdict is Verdict.HOLDS and fitting.ends(run)}
        outcomes = [run.outcome for run in seen if run.at_rest]
        compared = compare(outcomes, predicted.outcomes, predicted.complete, predicted.reason, shown)
        if len(outcomes) < len(seen) and compared.verdict is Verdict.HOLDS:
            compared = replace(compared, verdict=Verdict.UNKNOWN, reason="a run had not come to rest when it was given up")
        return _joined(compared, fits)

    def parts(self, profile: Profile, driver: "Driver", repeat: int) -> bool:
        """Whether the log of one of so many runs fits none of the network. What is predicted is not asked: a log that fits ends
        in what is allowed."""
        try:
            runs = (driver.watch(self.scenario) for _ in range(repeat))
            return any(self._fitting(profile).fits(run).misfit for run in runs)
        except GoError:
            return False

    def _fitting(self, profile: Profile) -> Fitting:
        if profile.name not in self.fittings:
            self.fittings[profile.name] = Fitting(self.spec, profile, self.scenario)
        return self.fittings[profile.name]


def _joined(outcome: Conformance, found: Sequence[Fit]) -> Conformance:
    """The worse of what the outcomes and the logs say."""
    verdict = worst([outcome.verdict, *(fit.verdict for fit in found)])
    misfit = next((fit.misfit for fit in found if fit.misfit), None)
    reasons = dict.fromkeys(reason for reason in (outcome.reason, *(fit.reason for fit in found)) if reason)
    outside = () if verdict is Verdict.VIOLATED and outcome.verdict is Verdict.UNKNOWN else outcome.outside
    reason = "; ".join(reasons) if verdict is Verdict.UNKNOWN else ""
    return replace(outcome, verdict=verdict, misfit=misfit, outside=outside, reason=reason)


def _smallest(
    spec: Spec,
    results: Iterable[Compared],
    toolchains: Iterable[tuple["Toolchain", Profile]],
    drivers: _Drivers,
    progress: Steps | None,
) -> Iterator[Smallest]:
    """For each Go that disagrees the smallest program found on which it does."""
    for toolchain, profile in toolchains:
        wrong = [r for r in results if r.go == toolchain.version and r.conformance.verdict is Verdict.VIOLATED]
        if not wrong:
            continue
        first = min(wrong, key=lambda result: length(result.scenario))
        best = Smallest(first.go, profile.name, first.scenario, first.conformance)
        trials = 0
        candidates = smaller(best.scenario)
        while trials < TRIALS and (candidate := next(candidates, None)) is not None:
            trials += 1
            if progress:
                progress(trials, TRIALS + 1, f"a smaller program than {first.scenario.name}, Go {toolchain.version}")
            bench = _Bench(spec, candidate, RANDOM_BOUNDS)
            if best.conformance.misfit and not bench.parts(profile, drivers.of(toolchain), AGAIN):
                continue
            found = bench.judge(profile, drivers.of(toolchain), AGAIN)
            if found.verdict is Verdict.VIOLATED:
                name = f"smaller than {first.scenario.name}"
                best = replace(best, scenario=replace(candidate, name=name, about=name), conformance=found)
                candidates = smaller(best.scenario)
        yield best


def runnable(spec: Spec, gos: Sequence[str], against: str | None) -> tuple[list[tuple["Toolchain", Profile]], tuple[str, ...]]:
    """The toolchains to run, each version once and with its profile, and those that are installed but have no profile."""
    from pcstate.golang.toolchain import find, installed

    fixed = choose_profile(spec.profiles, against, "--spec") if against else None
    if gos:
        chosen = dict.fromkeys(find(go) for go in gos)
        return [(found, fixed or choose_profile(spec.profiles, found.version)) for found in chosen], ()
    find(None)  # says what to do where there is none at all
    versions = {found.version: found for found in reversed(installed())}
    ordered = sorted(versions.values(), key=lambda found: found.order)
    fitting, left_out = [], []
    for found in ordered:
        try:
            fitting.append((found, fixed or choose_profile(spec.profiles, found.version)))
        except SpecError:
            left_out.append(found.version)
    if not fitting:
        raise GoError(
            f"no profile speaks for any Go that is installed: {', '.join(left_out)}\n  fix: --spec V, a profile of spec/"
        )
    return fitting, tuple(left_out)
