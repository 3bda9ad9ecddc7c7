"""The flow of `pcstate conform`: scenarios under real Gos, and predicted -> is the one within the other?

In: the spec, scenarios and toolchains. Out: a `ConformReport` of each scenario under each Go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pcstate.check.conformance import compare
from pcstate.errors import GoError, SpecError
from pcstate.model.conformance import Conformance
from pcstate.model.scenario import Scenario
from pcstate.model.verdict import Verdict, worst
from pcstate.pipeline import PredictReport, Steps, open_scenarios, predict
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile, choose_profile
from pcstate.specs.scenarios import scenario_names

if TYPE_CHECKING:
    from pcstate.golang.toolchain import Toolchain

__all__ = ["Compared", "ConformReport", "conform"]


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
class ConformReport:
    """What `conform` found, scenario by scenario, and for each one Go by Go."""

    results: tuple[Compared, ...]
    repeat: int
    left_out: tuple[str, ...]
    """The Gos that are installed, but that no profile speaks for."""

    @property
    def verdict(self) -> Verdict:
        """VIOLATED if any result is, else UNKNOWN if any is, else HOLDS."""
        return worst(result.conformance.verdict for result in self.results)


def conform(
    spec: Spec,
    asked: Sequence[str] = (),
    gos: Sequence[str] = (),
    against: str | None = None,
    repeat: int = 10,
    progress: Steps | None = None,
    stdin: Callable[[], str] = str,
) -> ConformReport:
    """Compare real Go with the spec: each scenario that is `asked` for (if none, all of the library) under each of `gos` (if
    none, every toolchain found that a profile speaks for), with the profile of that Go or with that of `against`.

    Order: scenarios as asked, or by folder and name; Gos as asked, or from old to new.
    Cost:  `repeat` runs of each under each Go, and a prediction for each scenario and profile.
    Raises: SpecError and GoError, before anything is run, for what does not exist.
    """
    from pcstate.golang.harness import observe as run

    folders = {name: path.parent.name for name, path in scenario_names(spec.root).items()}
    names = list(dict.fromkeys(asked or folders))
    scenarios = [(folders.get(name, ""), found) for name, found in zip(names, open_scenarios(spec, names, stdin), strict=True)]
    toolchains, left_out = _toolchains(spec, gos, against)
    results: list[Compared] = []
    for folder, scenario in scenarios:
        predictions: dict[str, PredictReport] = {}
        for toolchain, profile in toolchains:
            if progress:
                progress(len(results), len(scenarios) * len(toolchains), f"{scenario.name}, Go {toolchain.version}")
            if profile.name not in predictions:
                predictions[profile.name] = predict(spec, scenario, profile.name)
            predicted = predictions[profile.name]
            observed = [outcome for outcome, _ in run(scenario, toolchain, repeat)]
            conformance = compare(observed, predicted.outcomes, predicted.complete, predicted.reason)
            results.append(Compared(folder, scenario, toolchain.version, profile.name, conformance))
    if progress:
        progress(len(results), len(results), "")
    return ConformReport(tuple(results), repeat, left_out)


def _toolchains(spec: Spec, gos: Sequence[str], against: str | None) -> tuple[list[tuple["Toolchain", Profile]], tuple[str, ...]]:
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
