"""Little networks and state graphs, drawn by hand or at random: what the checkers' tests stand on."""

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import networkx as nx
from hypothesis import strategies as st

from pcstate.check.explore import StateGraph
from pcstate.errors import Place
from pcstate.model.lts import Configuration, Event, Lts, lts
from pcstate.model.network import Apart, Component, GlobalState, Named, Network, Vector
from pcstate.model.written import Written

Parts = Mapping[str, str]
"""Component key -> event, such as `{"a": "x"}`."""


RATHER = 10


@dataclass(frozen=True, slots=True)
class Sync:
    """A vector, its parts written by name."""

    name: str
    who: Parts
    also: Parts | None = None
    unless: Parts | None = None
    kind: str = ""
    abstract: tuple[str, int] | None = None


def network(
    charts: Mapping[str, str | Sequence[str] | Lts], syncs: Iterable[Sync], kinds: Mapping[str, str] | None = None
) -> Network:
    """A network of drawings. Each component is a goroutine unless `kinds` says otherwise."""
    number = {key: n for n, key in enumerate(charts)}
    components = tuple(
        Component(key, None, (kinds or {}).get(key, "goroutine"), chart if isinstance(chart, Lts) else lts(chart), 0)
        for key, chart in charts.items()
    )

    def parts(written: Parts | None) -> tuple[tuple[int, Event], ...]:
        return tuple((number[key], Event(event)) for key, event in (written or {}).items())

    vectors = tuple(Vector(s.name, (), parts(s.who), parts(s.also), parts(s.unless), s.kind, s.abstract) for s in syncs)
    return Network("small", components, vectors)


def independent(count: int) -> Network:
    """`count` components that each take one step of their own, whenever they like."""
    names = [f"c{n}" for n in range(count)]
    return network(dict.fromkeys(names, "off -x-> on"), [Sync(name, {name: "x"}) for name in names])


def names_in(net: Network, state: GlobalState) -> tuple[str, ...]:
    """The state names of a global state, component by component."""
    return tuple(component.behaviour.configuration(local).state for component, local in zip(net.components, state, strict=True))


def named_states(graph: StateGraph) -> set[tuple[str, ...]]:
    """All explored states, by name."""
    return {names_in(graph.network, state) for state in graph.states}


def naive_steps(net: Network, state: GlobalState) -> set[tuple[int, GlobalState]]:
    """What a vector means, said as plainly as can be: the oracle for `Network.steps`, which indexes and remembers."""
    found = set()
    for number, vector in enumerate(net.vectors):
        after = list(state)
        for component, event in vector.who:
            after[component] = net.components[component].behaviour.step(state[component], event)
        blocked = any(net.components[c].behaviour.step(state[c], event) >= 0 for c, event in vector.unless)
        if blocked or any(after[component] < 0 for component, _ in vector.who):
            continue
        for component, event in vector.also:
            target = net.components[component].behaviour.step(state[component], event)
            after[component] = target if target >= 0 else state[component]
        found.add((number, tuple(after)))
    return found


def naive_graph(net: Network) -> "nx.MultiDiGraph[GlobalState]":
    """All reachable states with the naive steps between them."""
    graph: nx.MultiDiGraph[GlobalState] = nx.MultiDiGraph()
    queue = [net.initial()]
    graph.add_node(queue[0])
    for state in queue:
        for number, target in sorted(naive_steps(net, state)):
            if target not in graph:
                queue.append(target)
            graph.add_edge(state, target, key=number)
    return graph


Drawn = tuple[tuple[Lts, ...], tuple[Sync, ...]]


def build(drawn: Drawn) -> Network:
    """A network of its own: exploring remembers."""
    return network(dict(zip("abcd", drawn[0], strict=False)), drawn[1])


@st.composite
def networks(draw: st.DrawFn) -> Drawn:
    """Two to four components of four states (`a0`, `a1`, ...), each drawn as a walk, and vectors of all kinds over them.

    The events u and v are private to each component, so that much commutes; w, x and y are what they share.
    """
    keys = "abcd"[: draw(st.integers(2, 4))]
    charts: list[Lts] = []
    for key in keys:
        edges: dict[tuple[int, Event], int] = {}
        here = 0
        for event, target in draw(st.lists(st.tuples(st.sampled_from("uvwxy"), st.integers(0, 3)), min_size=1, max_size=6)):
            edges[here, Event(event)] = target
            here = target
        drawn = Lts(0, tuple(Configuration((f"{key}{n}",)) for n in range(4)), edges)
        charts.append(draw(st.sampled_from([drawn, charts[-1]])) if charts else drawn)  # two may share one behaviour
    syncs = [Sync(f"{key}_{event}", {key: event}) for key in keys for event in "uv"]
    for event in "wxy":
        order = draw(st.permutations(keys))
        roles: dict[str, dict[str, str]] = {"who": {order[0]: event}}
        for key in order[1:]:
            role = draw(st.sampled_from(["who", "also", "unless"]))
            roles.setdefault(role, {})[key] = draw(st.sampled_from("wxy"))
        syncs.append(Sync(event, roles["who"], roles.get("also"), roles.get("unless")))
    return tuple(charts), tuple(syncs)


Edges = list[dict[int, int]]
"""For each state the target of each vector that fires there."""


def graph_of(edges: Edges, vectors: Sequence[Vector] = ()) -> StateGraph:
    """The part of a graph that state 0 reaches, renumbered breadth first as `explore` does."""
    number, order, parents = {0: 0}, [0], [(0, -1)]
    found = []
    for state in order:
        row = []
        for vector, target in sorted(edges[state].items()):
            if target not in number:
                number[target] = len(order)
                order.append(target)
                parents.append((number[state], vector))
            row.append((vector, number[target]))
        found.append(tuple(row))
    net = Network("drawn", (Component("state", None, "goroutine", lts("only"), 0),), tuple(vectors))
    return StateGraph(net, [(n,) for n in range(len(order))], found, parents)


def graphs(states: int = 7, vectors: int = 5, degree: int = 3) -> st.SearchStrategy[Edges]:
    """Random small graphs."""

    def of_size(size: int) -> st.SearchStrategy[Edges]:
        row = st.dictionaries(st.integers(0, vectors - 1), st.integers(0, size - 1), max_size=degree)
        return st.lists(row, min_size=size, max_size=size)

    return st.integers(1, states).flatmap(of_size)


def is_path(graph: StateGraph, steps: Sequence[tuple[int, int]], start: int = 0) -> bool:
    """Whether consecutive edges are there."""
    for vector, target in steps:
        if (vector, target) not in graph.edges[start]:
            return False
        start = target
    return True


def strolled(net: Network, seed: int, walks: int, length: int) -> StateGraph:
    """What lies along some walks from the initial state: the states that they led through, and what is next to these, expanded.

    What needs no environment and no clock is `RATHER` times as likely: else most walks soon end.
    """
    chance = random.Random(seed)
    number: dict[GlobalState, int] = {}
    for _ in range(walks):
        state = net.initial()
        for _ in range(length):
            ahead = net.steps(state)
            for met in (state, *(reached for _, reached in ahead)):
                number.setdefault(met, len(number))
            if not ahead:
                break
            ((_, state),) = chance.choices(ahead, [1 if net.vectors[vector].kind else RATHER for vector, _ in ahead])
    expanded = list(number)
    graph = StateGraph(net, expanded)
    for state in expanded:
        graph.edges.append(tuple((vector, number.setdefault(reached, len(number))) for vector, reached in net.steps(state)))
    graph.states = list(number)
    return graph


def hasty(graph: StateGraph, first: Collection[int], kinds: Collection[str]) -> Iterator[tuple[Vector, Vector]]:
    """Where a step of `first` may not come before one of these kinds: that is not possible any more, by whatever vector looks the
    same to observers, or comes to something else that no further step of `first` mends; or both come to the same at once, and
    observers see something else."""
    vectors = graph.network.vectors
    for edges in graph.edges:
        asked = [(number, target) for number, target in edges if vectors[number].kind in kinds]
        for number, target in asked:
            if number not in first or target >= len(graph.edges):
                continue
            for other, reached in asked:
                alike = reached == target and vectors[number].notes == vectors[other].notes
                if other == number or alike or reached >= len(graph.edges):
                    continue
                both = {end for step, end in graph.edges[target] if vectors[step].notes == vectors[other].notes}
                mended = {end for step, end in graph.edges[reached] if step in first} | {reached}
                if both.isdisjoint(mended):
                    yield vectors[number], vectors[other]


def with_all_facts(net: Network, whole: "nx.MultiDiGraph[GlobalState]") -> Network:
    """The network, with every fact of the form "while a component is there, that step stays off until something moves it", and
    "it has nothing to do with these"."""
    net = replace(net, vectors=tuple(replace(vector, name=f"v{number}") for number, vector in enumerate(net.vectors)))
    facts = []
    for c, component in enumerate(net.components):
        for local in {state[c] for state in whole}:
            here = [state for state in whole if state[c] == local]
            fired = {number for state in here for _, _, number in whole.out_edges(state, keys=True)}
            leave = {n for state in here for _, target, n in whole.out_edges(state, keys=True) if target[c] != local}
            off = [number for number in range(len(net.vectors)) if number not in fired]
            text = f"{component.key} == '{component.behaviour.configuration(local).state}'"
            steps, names = (tuple(Named(f"v{number}", ()) for number in sorted(some)) for some in (leave, off))
            written, none = Written(text, Place("small"), (text,)), frozenset[int]()
            facts.append(Apart(written, {}, none, none, none, steps, names))
            joined = {d for number in fired for d, _ in net.vectors[number].who if c in dict(net.vectors[number].who)}
            reached = {
                d
                for v in net.vectors
                if any(part == c and component.behaviour.step(local, event) >= 0 for part, event in (*v.also, *v.unless))
                for d, _ in v.who
            }
            reached |= {
                d
                for v in net.vectors
                if c in dict(v.who)
                for d, event in (*v.also, *v.unless)
                if any(net.components[d].behaviour.step(state[d], event) >= 0 for state in here)
            }
            these = frozenset(range(len(net.components))) - joined - reached - {c}
            facts.append(Apart(written, {}, these, frozenset([c]), none, steps, (), wholly=True))
    return replace(net, apart=tuple(facts))
