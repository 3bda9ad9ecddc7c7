"""Reductions: random networks of callers and connections that are alike, judged with and without what is left out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pcstate import pipeline
from pcstate.check.compiled import Search
from pcstate.check.explore import explore
from pcstate.check.judge import Judge
from pcstate.check.minimise import looked_at
from pcstate.check.packed import PackedGraph
from pcstate.check.tracing import Tracer
from pcstate.errors import Place
from pcstate.model.formula import compile_formula
from pcstate.model.lts import Configuration, Event, Lts, lts
from pcstate.model.network import Component, Network, Vector
from pcstate.model.property import CompiledProperty, Instance, Property
from pcstate.model.verdict import Bounds, Verdict
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.properties import is_symmetric

CALLERS, CONNS = 3, 2
LIFECYCLE = lts(["s0 -p-> s1 -q-> s0", "s1 -p-> s1"])
EVENTS = {"caller": ["u", "w", "x", "y"], "conn": ["u", "v", "x", "z"], "shared": ["w", "z", "y"]}


@st.composite
def drawings(draw: st.DrawFn, kind: str) -> Lts:
    states = draw(st.integers(2, 3))
    edges = draw(
        st.dictionaries(
            st.tuples(st.integers(0, states - 1), st.sampled_from(EVENTS[kind]).map(Event)),
            st.integers(0, states - 1),
            min_size=3,
        )
    )
    return Lts(0, tuple(Configuration((f"s{n}",)) for n in range(states)), edges)


def alike(caller: Lts, conn: Lts, shared: Lts) -> Network:
    """Three callers and two connections, all dialled from the beginning: a `dial` apart from their charts."""
    components = [Component("caller", i, "goroutine", caller, 0, "callers") for i in range(CALLERS)]
    components += [Component("conn", j, "goroutine", conn, 0, "conns") for j in range(CONNS)]
    components += [Component("dial", j, "object", lts("unborn -dial-> born"), 0, "conns") for j in range(CONNS)]
    components.append(Component("shared", None, "object", shared, 0))
    number = {component.key: n for n, component in enumerate(components)}

    def vector(name: str, who: dict[str, str], kind: str = "", abstract: tuple[str, int] | None = None) -> Vector:
        return Vector(name, (), tuple((number[key], Event(event)) for key, event in who.items()), (), (), kind, abstract)

    vectors = [vector("dial", {f"dial[{j}]": "dial" for j in range(CONNS)}, "environment")]
    for i in range(CALLERS):
        vectors.append(vector("own", {f"caller[{i}]": "u"}))
        vectors.append(vector("ask", {f"caller[{i}]": "w", "shared": "w"}, "environment"))
        vectors.append(vector("tell", {f"caller[{i}]": "y", "shared": "y"}))
        vectors += [vector("meet", {f"caller[{i}]": "x", f"conn[{j}]": "x"}, abstract=("p", j)) for j in range(CONNS)]
    for j in range(CONNS):
        vectors.append(vector("turn", {f"conn[{j}]": "u"}, abstract=("q", j)))
        vectors.append(vector("leave", {f"conn[{j}]": "z", "shared": "z"}))
        vectors.append(vector("idle", {f"conn[{j}]": "v"}, "environment"))
    return Network("alike", tuple(components), tuple(vectors), {"callers": CALLERS, "conns": CONNS, "requests": 1})


def promise(
    net: Network, kind: str, over: Sequence[tuple[str, str]], formula: str, then: str = "", strong: bool = False
) -> CompiledProperty:
    sets = {"callers": range(CALLERS), "conns": range(CONNS)}
    bindings: list[dict[str, Any]] = [{}]
    for name, domain in over:
        bindings = [{**binding, name: value} for binding in bindings for value in sets[domain]]
    nowhere = Place("x")
    text = Property(
        "it", kind, "", formula, then, False, strong, (), tuple(over), (), ("*",), (), (), None, nowhere, nowhere, nowhere
    )
    instances = [
        Instance(
            ", ".join(f"{k}={v}" for k, v in b.items()),
            compile_formula(formula, net, {**sets, **b}),
            compile_formula(then, net, {**sets, **b}) if then else None,
            tuple(b.values()),
        )
        for b in bindings
        if kind != "refinement"
    ]
    return CompiledProperty(text, tuple(instances))


def promises(net: Network) -> list[CompiledProperty]:
    i, j = ("i", "callers"), ("j", "conns")
    return [
        promise(net, "always", [i], "caller[i] != 's1' or any(conn[j] == 's0' for j in conns)"),
        promise(net, "sometimes", [i, j], "caller[i] == 's1' and conn[j] == 's1' and shared == 's0'"),
        promise(net, "deadlock", [], "all(caller[i] == 's0' for i in callers)"),
        promise(net, "leads-to", [i], "caller[i] == 's0'", "caller[i] == 's1'"),
        promise(net, "leads-to", [i], "caller[i] == 's0'", "caller[i] == 's1'", strong=True),
        promise(net, "leads-to", [j], "conn[j] == 's1'", "conn[j] == 's0'"),
        promise(net, "leads-to", [j], "conn[j] == 's1'", "conn[j] == 's0'", strong=True),
        promise(net, "leads-to", [i, j], "caller[i] == 's1' and conn[j] == 's0'", "conn[j] == 's1' or caller[i] == 's0'"),
        promise(net, "refinement", [], "lifecycle"),
    ]


@given(drawings("caller"), drawings("conn"), drawings("shared"), st.sampled_from([3, 30, 300]))
@example(lts("s0 -x-> s1"), lts(["s0 -u-> s1 -u-> s0", "s0 -x-> s0"]), lts("s0 -w-> s0"), 3)  # fair weakly, and not strongly
def test_no_reduction_changes_a_verdict_and_its_traces_are_runs(caller: Lts, conn: Lts, shared: Lts, pilot: int) -> None:
    net = alike(caller, conn, shared)
    asked = promises(net)
    plain = explore(net, Bounds())
    expected = [Judge(plain, Tracer(plain.network, {}), (LIFECYCLE, 0)).judge(promise, "any") for promise in asked]
    for symmetry, minimise in ((True, False), (False, True), (True, True)):
        search = Search(net, symmetry=symmetry)
        if minimise:
            search.run(Bounds(max_states=pilot))
            search.minimise(looked_at(formula for promise in asked for formula in promise.formulas))
        search.run(Bounds())
        graph = PackedGraph(search)
        assert search.total <= len(plain.states)
        for promise, wanted in zip(asked, expected, strict=True):
            found = Judge(graph, Tracer(graph.network, {}), (LIFECYCLE, 0)).judge(promise, "any")
            assert (wanted.kind, wanted.verdict) == (found.kind, found.verdict)
            if wanted.trace is not None and found.trace is not None and wanted.trace.loop is None:
                assert len(wanted.trace.steps) == len(found.trace.steps)
        for number in range(search.total):
            state = net.initial()
            for vector, reached in graph.run(graph.path(number)):
                assert (vector, reached) in net.steps(state)
                state = reached


def test_minimisation_keeps_one_of_those_that_nobody_can_tell_apart() -> None:
    """A caller counts to three where nobody looks; whoever looks at one of them sees more."""
    counter = lts(["s0 -x-> a -u-> s0", "s0 -w-> b -u-> s0", "s0 -y-> s1 -u-> s0"])
    net = alike(counter, lts("s0 -x-> s1 -u-> s0"), lts(["s0 -w-> s0", "s0 -y-> s0"]))
    full = len(explore(net, Bounds()).states)
    looks = looked_at([compile_formula("all(caller[i] != 's1' for i in [0, 1, 2])", net, {})])
    sizes = []
    for seen in ({}, looks):
        search = Search(net)
        search.run(Bounds())
        search.minimise(seen)
        search.run(Bounds())
        sizes.append(search.total)
    assert sizes[0] < sizes[1] <= full
    assert ("minimisation",) == search.reductions or sizes[1] == full


def test_symmetry_keeps_one_of_many() -> None:
    circle = lts("s0 -x-> s1 -u-> s2 -w-> s0")
    net = alike(circle, lts("s0 -x-> s1 -u-> s0"), lts("s0 -w-> s0"))
    search = Search(net, symmetry=True)
    search.run(Bounds())
    assert len(explore(net, Bounds()).states) > 3 * search.total


def test_permutations_are_a_group() -> None:
    search = Search(alike(*(lts("s0 -x-> s1"),) * 3), symmetry=True)
    way = search.permutations
    assert way is not None
    assert 12 == len(way)
    for p in range(len(way)):
        assert 0 == way.after(p, way.inverse[p]) == way.after(way.inverse[p], p)
        assert p == way.after(p, 0) == way.after(0, p)


def test_the_spec_s_own_network_keeps_its_verdicts_with_each_reduction(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go 1.27.0, where there is something to find, with two connections; and every property is asked of it."""
    monkeypatch.setattr("pcstate.search.SMALL", 100)
    monkeypatch.setattr("pcstate.search.PILOT", 5000)
    bounds = Bounds(conns=2, requests=1, closers=0)
    full = pipeline.check(spec, "1.27.0", bounds, symmetry=False, minimise=False)
    assert () == full.reductions
    assert Verdict.VIOLATED == full.verdict
    for symmetry, minimise, names in ((True, False, ("symmetry",)), (False, True, ("minimisation",))):
        found = pipeline.check(spec, "1.27.0", bounds, symmetry=symmetry, minimise=minimise)
        assert found.reductions in (names, ()), "nothing may have been the same"
        assert found.states <= full.states
        assert [(j.name, j.verdict) for j in full.judgements] == [(j.name, j.verdict) for j in found.judgements]


@pytest.mark.parametrize(
    ("formula", "symmetric"),
    [
        ("caller[i] == 's0'", True),
        ("caller[0] == 's0'", False),
        ("any(conn[j] == 's0' for j in conns if j != i)", True),
        ("any(conn[j] == 's0' for j in conns if j < i)", False),
        ("any(conn[j] == 's0' for j in [0])", False),
        ("caller[i].conn == 0", False),
        ("caller[i].conn == -1", True),
        ("caller[i].conn in [0, 1]", False),
        ("caller[i].req == i * requests + 1", True),
        ("count(conn[j] == 's0' for j in conns) == 1", True),
        ("count(conn[j] == 's0' for j in conns) <= 1", True),
        ("caller[i].req <= caller[i].conn", False),
        ("caller[i].reused == 1", True),
        ("caller[i].reused < requests - 1", True),
        ("caller[i].req < requests", False),
        ("caller[i].reused < i", False),
        ("enabled('go', i=i)", True),
        ("enabled('go', i=0)", False),
    ],
)
def test_a_property_that_names_somebody_by_number_is_not_symmetric(formula: str, symmetric: bool) -> None:
    net = replace(alike(*(lts("s0 -x-> s1"),) * 3), references={"caller": (("conn", "conns"), ("req", "all_requests"))})
    nowhere = Place("x")
    over = (("i", "callers"),)
    asked = Property("it", "always", "", formula, "", False, False, (), over, (), ("*",), (), (), None, nowhere, nowhere, nowhere)
    assert symmetric == is_symmetric(asked, net)


def test_every_property_of_the_spec_is_symmetric(spec: Spec) -> None:
    network = pipeline.build(spec, choose_profile(spec.profiles, None), Bounds()).network
    assert [] == [p.name for p in spec.properties if not is_symmetric(p, network)]
