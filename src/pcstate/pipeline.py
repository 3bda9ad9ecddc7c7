"""The flows of pcstate, top to bottom: read this first.

    check     spec/ -> network of a given size -> explored state graph -> a verdict for each property
    coverage  (coverage.py) what check explored -> transitions never taken, properties that hold vacuously
    refines   (inclusion.py) what check explored, and another Go's network -> is what is seen of the one seen of the other, too?
    predict   (predict.py) spec/ + scenario -> network with that program in it -> explored, time in order -> outcomes at rest
    diff      (diff.py) check and predict under two profiles -> what differs, and a run that only one of them has
    observe   scenario -> our Go driver under a real toolchain -> outcomes, counted
    conform   (conform.py) scenarios x toolchains -> runs, with a log each -> within what predict foretells, and (fitting.py)
              does some run of the network show that log? -> the smallest program where not
    judge     (judgement.py) the questions of spec/ -> check and predict under each profile -> an answer to each
    explain   (explain.py) a goroutine dump -> goroutines -> connections -> what each does, and what to change
    graph     (draw.py) spec/ -> diagrams -> files
    trace     (trace.py) what check reported -> one trace of it, replayed on the spec -> text, pictures, all states
    replay    (replay.py) such a trace -> what makes its steps happen -> our Go replayer -> did real Go do the same?
    bugs      (bugs.py) spec/bugs -> check finds each where it is, and not where it is mended -> the track record
    export    (export.py) spec/ -> network, made finite -> files for Spin, TLC, mCRL2
    mutants   (mutants.py) spec/ -> small edits of it -> check each -> which of them no property notices
    lint      spec/ -> every mistake at once

Each function takes plain values and returns plain values; `cli` turns words into the former and prints the latter.
"""

import contextlib
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcstate.check.arrows import Explored
from pcstate.check.confluence import kept, steps_first
from pcstate.check.judge import Judge, costly
from pcstate.check.limits import Limits, Progress
from pcstate.check.minimise import looked_at
from pcstate.check.tracing import Tracer
from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.advice import CompiledAdvice
from pcstate.model.lts import Behaviour, Value
from pcstate.model.network import Network
from pcstate.model.property import CompiledProperty, Mutant
from pcstate.model.scenario import CallerProgram, Outcome, Scenario, ServerScript
from pcstate.model.verdict import Bounds, Judgement, Verdict, worst
from pcstate.search import Checkpoint, Reductions, every_state
from pcstate.specs import cache
from pcstate.specs.advice import compile_advice
from pcstate.specs.charts import ChartBehaviour
from pcstate.specs.checkpoint import load, question
from pcstate.specs.feasible import feasible
from pcstate.specs.library import Spec, load_spec
from pcstate.specs.networks import instantiate
from pcstate.specs.profiles import Profile, choose_profile
from pcstate.specs.programs import demands
from pcstate.specs.properties import compile_property, is_symmetric
from pcstate.specs.scenarios import load_scenario, parse_expression, scenario_names
from pcstate.specs.sightings import told, watched
from pcstate.specs.source import Reader, check_words, spec_root

if TYPE_CHECKING:
    from pcstate.check.cluster import ClusterGraph, ClusterJudge
    from pcstate.check.symbolic import SymbolicGraph, SymbolicJudge

__all__ = [
    "CheckReport", "build", "check", "compile_all", "library", "lint", "open_scenario", "open_scenarios", "read_spec",
    "uncollected",
]  # fmt: skip

Steps = Callable[[int, int, str], None]
"""Told before each step of a long flow, and at its end: how many are done, of how many, and what comes next."""
JUDGING = 10.0
"""Seconds that judging may take however short the time for the search is."""
PLACES = 1 << 12
"""MaxConnsPerHost is told from a higher one only up to here: no program that may be asked about dials as often."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found for one profile."""

    profile: Profile
    go: str
    bounds: Bounds
    graph: "Explored | ClusterGraph | SymbolicGraph"
    judgements: tuple[Judgement, ...]
    expected: tuple[Verdict, ...]
    """For each judgement the verdict that the property's file expects of this profile."""
    seconds: float

    @property
    def profile_name(self) -> str:
        """The name of the profile that was checked."""
        return self.profile.name

    @property
    def whole(self) -> Explored:
        """The graph of a search in this process: all of it can be looked at."""
        assert isinstance(self.graph, Explored), "no graph of a cluster, and no set"
        return self.graph

    @property
    def states(self) -> int:
        """How many states were explored."""
        return len(self.graph.states)

    @property
    def transitions(self) -> int:
        """How many transitions were taken."""
        return self.graph.transitions

    @property
    def depth(self) -> int | None:
        """The length of the longest shortest path, where it is known."""
        return self.graph.depth

    @property
    def verdict(self) -> Verdict:
        """VIOLATED if any property is, else UNKNOWN if any is, or if none of them was run, else HOLDS."""
        found = [judgement.verdict for judgement in self.judgements]
        return Verdict.UNKNOWN if found and set(found) == {Verdict.NOT_RUN} else worst(found)

    @property
    def reductions(self) -> tuple[str, ...]:
        """What was left out without a loss: `symmetry`, `minimisation`, `confluence`, or nothing."""
        return self.graph.reductions

    @property
    def surprises(self) -> tuple[Judgement, ...]:
        """The judgements that differ from what is expected."""
        return tuple(j for j, wanted in zip(self.judgements, self.expected, strict=True) if j.verdict != wanted)


@dataclass(frozen=True, slots=True)
class ObserveReport:
    """What real Go showed, each outcome with how often."""

    go: str
    outcomes: tuple[tuple[Outcome, int], ...]
    restless: int = 0
    """Runs that had not come to rest when they were given up."""


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """No search for unreachable cycles meanwhile: thousands of objects are made, in a search millions, hardly one of them in a
    cycle, and looking through them again and again takes a sixth of a small question's time and a third of a large one's."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@uncollected()
def read_spec(root: Path | None = None, mutant: Mutant | Sequence[Mutant] | None = None, only: Sequence[str] = ()) -> Spec:
    """The spec in `root`, or the one that pcstate ships. Raises: SpecError with every mistake in it."""
    return load_spec(root or spec_root(), mutant, only)


def open_scenario(asked: str | None, expression: str | None, requests: int, stdin: Callable[[], str] = str) -> Scenario:
    """The scenario that a command line asks for. Raises: SpecError."""
    if expression is not None:
        return parse_expression(expression, requests)
    assert asked is not None, "a scenario or an expression"
    return load_scenario(asked, spec_root(), stdin() if asked == "-" else "")


def open_scenarios(spec: Spec, asked: Sequence[str], stdin: Callable[[], str] = str) -> tuple[Scenario, ...]:
    """The scenarios of those names or files (`-` for stdin), or all of the library. Raises: SpecError."""
    names = asked or list(scenario_names(spec.root))
    return tuple(load_scenario(name, spec.root, stdin() if name == "-" else "") for name in names)


def library(group: str | None = None) -> dict[str, list[Scenario]]:
    """The scenarios of spec/scenarios by group (the folder they lie in), in alphabetical order. Raises: SpecError."""
    root = spec_root()
    groups: dict[str, list[str]] = {}
    for name, path in scenario_names(root).items():
        groups.setdefault(path.parent.name, []).append(name)
    if group is not None:
        check_words("--group", [group], groups)
    asked = groups if group is None else [group]
    return {found: [load_scenario(name, root) for name in sorted(groups[found])] for found in asked}


@dataclass(frozen=True, slots=True)
class Built:
    """A network with the behaviours it runs on."""

    network: Network
    behaviours: Mapping[str, ChartBehaviour]

    def remember(self) -> None:
        """Keep what was learned of the charts for the next process."""
        cache.store(self.behaviours.values())


@uncollected()
def build(
    spec: Spec,
    profile: Profile,
    bounds: Bounds,
    scenario: Scenario | None = None,
    memory: Mapping[str, Any] | None = None,
    program: Behaviour | None = None,
) -> Built:
    """The network of one size under one profile: the free one, or the one with a scenario's programs in it, as many as it has, or
    with `program` in the place of each.

    `memory` is what each chart has answered (`ChartBehaviour.remembered`); what earlier processes kept, if it is not given.
    """
    if scenario:
        bounds = sizes_with(scenario, bounds)
    sizes = bounds.sizes
    size = " ".join(map(str, sizes.values())) + (" scenario" if scenario else "")
    if memory is None:
        behaviours = cache.behaviours(spec.charts, size)
    else:
        behaviours = {name: ChartBehaviour(chart, memory[name]) for name, chart in spec.charts.items()}
    if scenario is None:
        return Built(instantiate(spec.network, behaviours, profile.constants, sizes), behaviours)
    asked = demands(scenario)
    lines = {f"program[{i}]": (program or line, line.initial) for i, line in enumerate(asked.programs)}
    constants = {**profile.constants, **asked.constants}
    sets: dict[str, list[Value]] = {**asked.sets, "ranks": list(range(min(bounds.conns, asked.ranks)))}
    network = feasible(instantiate(spec.network, behaviours, constants, sizes, lines, sets))
    return Built(network, behaviours)


def sizes_with(scenario: Scenario, bounds: Bounds) -> Bounds:
    """The bounds with the sizes that the scenario's programs and its Transport set."""
    return replace(
        bounds,
        callers=len(scenario.callers),
        hosts=len(scenario.hosts),
        requests=max(caller.requests for caller in scenario.callers),
        closers=max(caller.requests * any(step.verb == "spawn close" for step in caller.each) for caller in scenario.callers),
        max_conns_per_host=min(max(0, scenario.transport.get("MaxConnsPerHost", 0)), PLACES),
    )


def compile_all(spec: Spec, network: Network) -> tuple[CompiledProperty, ...]:
    """Every property for that network. Raises: SpecError with every mistake in their formulas."""
    domains: dict[str, Sequence[Value]] = dict(spec.network.sets)
    domains["all_requests"] = range(network.parameters["callers"] * network.parameters["requests"])
    domains.update({name: range(size) for name, size in network.parameters.items()})
    mistakes = []
    compiled = []
    for promise in spec.properties:
        reader = Reader(spec.texts[f"properties/{promise.name}.toml"])
        found = compile_property(promise, reader, network, domains)
        mistakes += reader.mistakes
        if found is not None:
            compiled.append(found)
    if mistakes:
        raise SpecError(mistakes)
    return tuple(compiled)


def compile_all_advice(spec: Spec, network: Network) -> tuple[CompiledAdvice, ...]:
    """Every piece of advice for that network. Raises: SpecError with the mistakes of the first file that has any."""
    return tuple(found for path, advice in spec.advice.items() for found in compile_advice(advice, network, spec.texts[path]))


def check(
    spec: Spec,
    go: str | None = None,
    bounds: Bounds | None = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    symmetry: bool = True,
    minimise: bool = False,
    scenario: Scenario | None = None,
    cluster: str | None = None,
    confluence: bool = False,
    symbolic: bool = False,
    steps: Steps | None = None,
) -> CheckReport:
    """Explore the network and judge every property; `steps` are those of judging. Raises: SpecError.

    With a `scenario` its programs take the place of the free ones: what must hold of every program holds of it, in far fewer
    states, and no `sometimes` is asked for. Timers go off whenever they may, as in the free network.

    With `symmetry`, a large search takes for one what only the numbers of connections and callers tell apart, if all properties
    allow it; with `minimise`, what nothing can tell apart in a connection or a caller; with `confluence`, which every property
    must allow, one step where it does not matter what comes first: traces are the shortest of what is left then. The report says
    what it did.

    A search that is stopped is written to the file `checkpoint`, if one is given, and goes on from there the next time.
    With `cluster`, the states are in the actors of the Ray cluster at that address, without reductions or a checkpoint.
    With `symbolic` they are a set, and nothing else is kept: neither is there then, nor a depth.
    Cost: see benchmarks/; the default bounds take a second or two. Bounds: those given; judging may take as long as the search
    may, and what is judged by a look at each state comes first.
    """
    profile = choose_profile(spec.profiles, go)
    bounds = bounds or Bounds()
    assert not (checkpoint and (scenario or confluence)), "a checkpoint is of a free network, with all its steps"
    asked = question(spec, profile.name, bounds.sizes)
    saved = load(checkpoint, asked) if checkpoint else None
    built = build(spec, profile, bounds, scenario, saved.charts if saved else None)
    network = built.network
    compiled = compile_all(spec, network)
    if confluence:
        _allow_confluence(network, compiled)
    if scenario:
        compiled = tuple(replace(each, idle=each.idle or _of_all(each)) for each in compiled)
    lifecycle = built.behaviours["lifecycle"]
    abstract = (lifecycle, lifecycle.initial(profile.constants))
    tracer = Tracer(network, spec.clauses)
    graph: Explored | ClusterGraph | SymbolicGraph
    with uncollected(), contextlib.ExitStack() as opened:
        judge: Judge | ClusterJudge | SymbolicJudge
        if cluster:
            from pcstate.check import cluster as shared  # numba takes a second to import

            graph = shared.ClusterGraph(network, opened.enter_context(shared.actors(cluster)))
            graph.search(bounds, progress)
            judge = shared.ClusterJudge(graph, tracer)
        elif symbolic:
            from pcstate.check import symbolic as sets

            graph = sets.SymbolicGraph(network)
            graph.search(bounds, progress)
            judge = sets.SymbolicJudge(graph, tracer, abstract, replace(bounds, timeout=max(bounds.timeout, JUDGING)))
        else:
            reductions = Reductions(
                symmetry and all(is_symmetric(promise.promise, network) for promise in compiled),
                looked_at(formula for promise in compiled for formula in promise.formulas) if minimise else None,
                steps_first(network) if confluence else frozenset(),
            )
            stored = Checkpoint(checkpoint, asked, saved, built.behaviours) if checkpoint else None
            graph = every_state(network, bounds, progress, stored, reductions)
            judge = Judge(graph, tracer, abstract, Limits(replace(bounds, timeout=max(bounds.timeout, JUDGING))))
        judged: dict[str, Judgement] = {}
        for promise in sorted(compiled, key=costly):
            if steps:
                steps(len(judged), len(compiled), f"judging {promise.promise.name}")
            judged[promise.promise.name] = judge.judge(promise, profile.name)
        if steps:
            steps(len(judged), len(compiled), "")
    judgements = tuple(judged[promise.promise.name] for promise in compiled)
    expected = tuple(_expected(promise, profile.name, network) for promise in compiled)
    built.remember()
    return CheckReport(profile, go or profile.name, bounds, graph, judgements, expected, graph.seconds)


def _allow_confluence(network: Network, compiled: Sequence[CompiledProperty]) -> None:
    """Raises: SpecError where a property is asked for that it does not keep."""
    allowing = kept(network, compiled)
    lost = [each.promise.name for each in compiled if each.promise.name not in allowing]
    if lost:
        more = f", nor of {len(lost) - 1} more" if len(lost) > 1 else ""
        hint = f"of those asked it keeps: {', '.join(allowing) or 'none'}; ask for these with --property"
        raise SpecError([Mistake(Place("--confluence", 0), f"it does not keep the answer of {lost[0]}{more}", "", hint)])


def _of_all(compiled: CompiledProperty) -> str:
    return "it speaks of all programs together" if compiled.promise.kind == "sometimes" else ""


def _expected(compiled: CompiledProperty, profile: str, network: Network) -> Verdict:
    if compiled.idle or not compiled.promise.applies(profile):
        return Verdict.NOT_RUN
    return Verdict.HOLDS if compiled.promise.expected(profile, network.parameters) else Verdict.VIOLATED


def lint(root: Path | None = None) -> Spec:
    """Read all of spec/ and try every profile's network and formulas. Raises: SpecError with every mistake."""
    spec = read_spec(root)
    for profile in spec.profiles:
        network = build(spec, profile, Bounds()).network
        compile_all(spec, network)
        compile_all_advice(spec, network)
        for watchable in (network, build(spec, profile, Bounds(conns=2), everything()).network):
            watched(spec.sightings, watchable)
            told(spec.sightings, watchable)
    return spec


def everything() -> Scenario:
    """A program that asks for all that the spec has, for whoever wants each of its vectors."""
    callers = tuple(
        CallerProgram(2, (0, 1), parse_expression(text, 1).callers[0].each)
        for text in ("head; settle; close-idle", "post; read 1; spawn close; cancel; close; read-all")
    )
    limits = {"MaxConnsPerHost": 1, "MaxIdleConns": 1, "ResponseHeaderTimeout": 1, "Timeout": 1, "IdleConnTimeout": 1}
    return Scenario("everything", "", callers, ServerScript("chunked", 1 << 20, "close", "truncate-body"), limits)


def observe(scenario: Scenario, go: str | None = None, repeat: int = 1) -> ObserveReport:
    """Run `scenario` under a real Go, `repeat` times. Raises: GoError when there is none, or it does not build."""
    from pcstate.golang.harness import observe as run  # only this flow needs a toolchain
    from pcstate.golang.toolchain import find

    toolchain = find(go)
    return ObserveReport(toolchain.version, *run(scenario, toolchain, repeat))
