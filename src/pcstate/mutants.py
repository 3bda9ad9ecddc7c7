"""The flow of `pcstate mutants`: mutants of the spec, each judged by every property -> which of them no property notices.

In: the spec, a Go, and how many mutants of which chart. Out: a `MutationReport`: what became of each.
Theory of operation: a mutant is checked in a small network first, and in the default one if it survives there. One that survives
both is compared with the spec itself: if it takes the same steps in the same order, it is equivalent at these bounds. What
differs is checked in a network with two callers before it counts as having survived: a promise about what one request does to
another's can only be broken there. What is left can be shown the programs of the library: that no property notices a mistake
does not mean that nobody would.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pcstate.check.arrows import Explored
from pcstate.check.judge import Judge
from pcstate.check.predict import Prediction, outcomes
from pcstate.check.sameness import identical, same_steps
from pcstate.check.tracing import Tracer
from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.mutation import Argument, Fate, Mutation, Tried
from pcstate.model.scenario import Outcome, Scenario
from pcstate.model.verdict import Bounds, Verdict, worst
from pcstate.pipeline import Steps, build, compile_all, open_scenarios, uncollected
from pcstate.predict import SCENARIO_BOUNDS, search_scenario
from pcstate.search import every_state
from pcstate.specs.charts import ChartBehaviour
from pcstate.specs.library import Spec, mutated
from pcstate.specs.mutation import OPERATORS, arguments, mutations
from pcstate.specs.networks import instantiate
from pcstate.specs.profiles import Profile, choose_profile
from pcstate.specs.programs import demands
from pcstate.specs.source import known

__all__ = ["MutationReport", "mutants"]

SIZES = (Bounds(requests=1), Bounds())
"""The networks that mutants are judged in, one after the other; the default one is that whose verdicts the profiles pin."""
WIDE = Bounds(callers=2, requests=1, closers=0)
"""One more, with several times as many states, for those that survive and are not equivalent, or for all that survive."""
GROWTH = 4
"""A mutant's search is given up beyond so many times the states of the spec itself, or, of a program, so many times `SHORT`."""
SHORT = 200
"""Programs whose outcomes the spec finds within so many states are shown to mutants: most of the library."""


@dataclass(frozen=True, slots=True)
class MutationReport:
    """What became of the mutants of one profile."""

    profile: str
    go: str
    part: str | None
    """The chart whose mutants were asked for (or `network` or `profile`); None for all."""
    generated: int
    """How many mutants there are, of which `tried` are a sample."""
    seed: int
    wide: bool
    """Whether those that are equivalent in the other networks were looked at in the widest one too."""
    sizes: tuple[Bounds, ...]
    """The networks that they were looked at in; the widest comes last."""
    properties: tuple[str, ...]
    """Those that were judged."""
    tried: tuple[Tried, ...]
    programs: int = 0
    """How many programs of the library those that survived were shown."""

    @property
    def operators(self) -> Mapping[str, str]:
        """What each operator does."""
        return OPERATORS

    @property
    def verdict(self) -> Verdict:
        """VIOLATED if a mutant survived, else UNKNOWN if one is unknown, else HOLDS."""
        meant = {Fate.SURVIVED: Verdict.VIOLATED, Fate.UNKNOWN: Verdict.UNKNOWN}
        return worst(meant.get(found.fate, Verdict.HOLDS) for found in self.tried)


def mutants(
    spec: Spec,
    go: str | None = None,
    part: str | None = None,
    sample: int | None = None,
    seed: int = 0,
    timeout: float = 60.0,
    wide: bool = False,
    programs: bool = False,
    progress: Steps | None = None,
) -> MutationReport:
    """Try mutants of the spec: all of them, or a `sample` that `seed` decides; of one `part` only if it is given.

    Order: by file and place. Cost: some seconds a mutant, less for one that is killed in the small network, and half a minute
    more for one that is looked at in the widest; with `programs` the same again for one that survives everything.
    Bounds: `SIZES`, and `WIDE` for what differs in them and survives, or, with `wide`, for what is equivalent in them too; a
    search is given up after `timeout` seconds or beyond `GROWTH` times the states that the spec itself has. Raises: SpecError for
    a Go or a part that there is not, and for an argument about no mutant.
    """
    profile = choose_profile(spec.profiles, go)
    every = mutations(spec, profile)
    argued = arguments(spec, every)
    if part is not None:
        parts = dict.fromkeys(mutation.part for mutation in every)
        if part not in parts:
            raise SpecError([Mistake(Place("--chart", 0), f"there are no mutants of {part!r}", "", known(parts, part))])
        every = tuple(mutation for mutation in every if mutation.part == part)
    chosen = every if sample is None or sample >= len(every) else _sampled(every, sample, seed)
    tell = progress or (lambda done, of, what: None)
    tell(0, len(chosen), "the spec itself")
    trial = _Trial(spec, profile, timeout, argued, wide)
    found = []
    for done, mutation in enumerate(chosen):
        tell(done, len(chosen), f"{mutation.place} {mutation.operator}")
        found.append(trial.of(mutation))
    library = _Programs(spec, profile) if programs and any(tried.fate is Fate.SURVIVED for tried in found) else None
    if library:
        for number, tried in enumerate(found):
            if tried.fate is Fate.SURVIVED:
                tell(number, len(found), f"{tried.mutation.place} {tried.mutation.operator}, the library's programs")
                found[number] = replace(tried, program=library.telling(mutated(spec, tried.mutation)))
    tell(len(found), len(found), "")
    names = tuple(promise.name for promise in spec.properties if promise.applies(profile.name))
    shown = len(library.foretold) if library else 0
    sizes = (*SIZES, WIDE)
    return MutationReport(profile.name, go or profile.name, part, len(every), seed, wide, sizes, names, tuple(found), shown)


def _sampled(every: Sequence[Mutation], sample: int, seed: int) -> tuple[Mutation, ...]:
    chosen = sorted(random.Random(seed).sample(range(len(every)), sample))
    return tuple(every[number] for number in chosen)


@dataclass(frozen=True, slots=True)
class _Judged:
    """An explored network, and the verdict of each property on it."""

    graph: Explored
    verdicts: Mapping[str, Verdict]


class _Trial:
    """The spec itself, judged once in each size that is needed, and each mutant beside it."""

    def __init__(self, spec: Spec, profile: Profile, timeout: float, argued: Iterable[Argument], wide: bool) -> None:
        self.spec, self.profile, self.timeout, self.argued, self.wide = spec, profile, timeout, tuple(argued), wide
        built = build(spec, profile, SIZES[-1])
        self.behaviours = built.behaviours
        self.own = {bounds: self._judged(spec, bounds, self.behaviours) for bounds in SIZES}
        built.remember()
        seen = {name for sighting in spec.sightings.seen for name in sighting.of}
        vectors = self.own[SIZES[-1]].graph.network.vectors
        self.unseen = {vector.name for vector in vectors if not vector.kind and vector.name not in seen}

    def of(self, mutation: Mutation) -> Tried:
        """What becomes of one mutant. What its charts answer is not kept."""
        try:
            mutant = mutated(self.spec, mutation)
            behaviours = {
                name: self.behaviours[name] if chart == self.spec.charts[name] else ChartBehaviour(chart)
                for name, chart in mutant.charts.items()
            }
            alike, stopped, why = False, "", next((argument.why for argument in self.argued if argument.speaks_of(mutation)), "")
            for number, bounds in enumerate((*SIZES, WIDE), 1):
                if number > len(SIZES) and (alike or why) and not self.wide:
                    break
                own, limits = self._own(bounds), self._limits(bounds)
                judged = self._judged(mutant, limits, behaviours, own)
                killers = _killers(own, judged, pinned=limits.sizes == Bounds().sizes)
                if killers:
                    return Tried(mutation, Fate.KILLED, killers, limits)
                stopped = stopped or judged.graph.stopped
                alike = number >= len(SIZES) and (judged is own or same_steps(own.graph, judged.graph, self.unseen))
        except SpecError as error:
            return Tried(mutation, Fate.REFUSED, reason=str(error.mistakes[0]).splitlines()[0])
        if stopped:
            return Tried(mutation, Fate.UNKNOWN, reason=f"the search stopped at its {stopped}")
        if alike:
            return Tried(mutation, Fate.EQUIVALENT)
        return Tried(mutation, Fate.ARGUED if why else Fate.SURVIVED, reason=why)

    def _own(self, bounds: Bounds) -> _Judged:
        """The spec itself in one network, judged where that is first needed."""
        if bounds not in self.own:
            self.own[bounds] = self._judged(self.spec, bounds, self.behaviours)
        return self.own[bounds]

    def _limits(self, bounds: Bounds) -> Bounds:
        return replace(bounds, max_states=GROWTH * len(self._own(bounds).graph.states), timeout=self.timeout)

    def _judged(
        self, spec: Spec, bounds: Bounds, behaviours: Mapping[str, ChartBehaviour], own: _Judged | None = None
    ) -> _Judged:
        """The verdicts on a spec; where its network is that of the spec itself (`own`), they are those of that one."""
        profile = choose_profile(spec.profiles, self.profile.name)
        network = instantiate(spec.network, behaviours, profile.constants, bounds.sizes)
        compiled = compile_all(spec, network)
        lifecycle = behaviours["lifecycle"]
        with uncollected():
            graph = every_state(network, bounds)
            if own and identical(own.graph, graph):
                return own
            judge = Judge(graph, Tracer(network, spec.clauses), (lifecycle, lifecycle.initial(profile.constants)))
            return _Judged(graph, {promise.promise.name: judge.judge(promise, profile.name).verdict for promise in compiled})


class _Programs:
    """The short programs of the library, with what the spec foretells of each."""

    def __init__(self, spec: Spec, profile: Profile) -> None:
        self.profile = profile
        self.foretold: list[tuple[Scenario, frozenset[Outcome]]] = []
        for scenario in open_scenarios(spec, ()):
            prediction = None if demands(scenario).unsupported else self._foretell(spec, scenario, SHORT)
            if prediction and prediction.complete:
                self.foretold.append((scenario, frozenset(prediction.outcomes)))

    def telling(self, mutant: Spec) -> str:
        """The first program that comes to other outcomes in a mutant, or that it has no network for; `""` if none does."""
        for scenario, foretold in self.foretold:
            try:
                prediction = self._foretell(mutant, scenario, GROWTH * SHORT)
            except SpecError:
                return scenario.name
            if prediction.complete and frozenset(prediction.outcomes) != foretold:
                return scenario.name
        return ""

    def _foretell(self, spec: Spec, scenario: Scenario, most: int) -> Prediction:
        profile = choose_profile(spec.profiles, self.profile.name)
        search = search_scenario(spec, profile, scenario, replace(SCENARIO_BOUNDS, max_states=most), remember=False)
        return outcomes(search.graph, search.rests)


def _killers(own: _Judged, mutant: _Judged, pinned: bool) -> tuple[str, ...]:
    """The properties that tell a mutant from the spec: they are violated by it only, or, where verdicts are pinned, by the spec
    only."""
    killing = (Verdict.VIOLATED, Verdict.HOLDS) if pinned else (Verdict.VIOLATED,)
    return tuple(name for name, verdict in mutant.verdicts.items() if verdict in killing and verdict is not own.verdicts[name])
