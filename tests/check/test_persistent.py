"""Persistent sets: fewer steps, the same states at rest; and what the network file states for them is so."""

from collections.abc import Iterator
from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import Phase, find, given, settings

from pcstate import pipeline
from pcstate.check import commuting
from pcstate.check.bits import bits
from pcstate.check.explore import StateGraph, explore, urgent_steps
from pcstate.check.persistent import PersistentSets
from pcstate.check.reduction import AT_ONCE, Reduction
from pcstate.check.safety import holds_in
from pcstate.errors import Place
from pcstate.model.formula import compile_formula
from pcstate.model.lts import Event
from pcstate.model.network import Apart, GlobalState, Named, Network, Spent
from pcstate.model.scenario import Scenario, ServerScript
from pcstate.model.verdict import Bounds
from pcstate.model.written import Written
from pcstate.predict import SCENARIO_BOUNDS
from pcstate.specs.library import Spec
from pcstate.specs.profiles import choose_profile
from pcstate.specs.scenarios import parse_expression
from tests.check.small import Drawn, Sync, build, hasty, independent, naive_graph, network, networks, with_all_facts

OTHER_HOSTS = tuple(replace(caller, hosts=(0, 1)) for caller in parse_expression("get; read-all", 2).callers)
ONE_IS_LATE = tuple(
    parse_expression(text, 1).callers[0] for text in ("get; cancel; settle; settle; read-all", "settle; get; settle")
)
ONE_FAILS = parse_expression("get; spawn close; read 10; settle; read 10", 1).callers
IDLE_FIRST = tuple(parse_expression(text, 1).callers[0] for text in ("head", "get; read-all"))
TWO_GET = tuple(parse_expression(text, 1).callers[0] for text in ("get; cancel; close", "settle; get; close"))
TWO_CLOSE = parse_expression("get; close", 1).callers * 2
PROFILES = ("go1.12", "go1.16", "go1.19", "go1.22", "go1.26", "go1.27.2")


def reduced(net: Network) -> dict[GlobalState, int]:
    """The states that persistent sets leave, each with the number of steps taken from it when it was met last.

    What is remembered of the vector that led there is asked first, as `predict` does."""
    sets = PersistentSets(net, [""])
    found: dict[GlobalState, int] = {}
    met = set()
    queue = [(net.initial(), -1)]
    for state, after in queue:
        if (state, after) not in met:
            met.add((state, after))
            single = sets.single(state, after)
            chosen = [single] if single >= 0 else list(bits(sets.choose(state, after)))
            assert single < 0 or sets.dependence.enabled(state) >> single & 1
            found[state] = len(chosen)
            queue += [(net.fire(number, state), number) for number in chosen]
    return found


@given(networks())
def test_every_state_at_rest_is_found_and_no_other(drawn: Drawn) -> None:
    whole, part = naive_graph(build(drawn)), reduced(build(drawn))
    assert set(part) <= set(whole)
    assert {s for s in whole if not whole.out_degree(s)} == {s for s, steps in part.items() if not steps}


@given(networks())
def test_facts_lose_no_state_at_rest(drawn: Drawn) -> None:
    """Facts that hold, of which many rest on one another."""
    whole = naive_graph(build(drawn))
    part = reduced(with_all_facts(build(drawn), whole))
    assert {s for s in whole if not whole.out_degree(s)} == {s for s, steps in part.items() if not steps}


def test_facts_that_nothing_ends_lose_some() -> None:
    """Were it not for `until`, some network would miss a state at rest."""

    def loses(drawn: Drawn) -> bool:
        whole = naive_graph(build(drawn))
        net = with_all_facts(build(drawn), whole)
        part = reduced(replace(net, apart=tuple(replace(fact, steps=()) for fact in net.apart)))
        return not {s for s in whole if not whole.out_degree(s)} <= set(part)

    any_will_do = settings(max_examples=2_000, derandomize=True, database=None, phases=[Phase.generate])
    find(networks(), loses, settings=any_will_do)


def test_what_is_independent_is_not_interleaved() -> None:
    assert 11 == len(reduced(independent(10)))


def test_what_another_only_looks_at_is_not_taken_from_under_it() -> None:
    """`y` looks at `a` in a0 and leaves it there: `x` must not simply come first."""
    charts = {"a": ["a0 -look-> a0", "a0 -x-> a1"], "b": "b0 -y-> b1"}
    net = network(charts, [Sync("x", {"a": "x"}), Sync("y", {"b": "y", "a": "look"})])
    assert {(1, 0), (1, 1)} == {state for state, steps in reduced(net).items() if not steps}


def test_a_race_is_kept() -> None:
    """Whoever comes first takes it."""
    charts = {"a": "a0 -take-> a1", "b": "b0 -take-> b1", "thing": "there -take-> gone"}
    net = network(charts, [Sync(x, {x: "take", "thing": "take"}) for x in "ab"])
    assert 3 == len(reduced(net))


def test_a_step_that_could_be_overtaken_by_a_broadcast_waits_for_it() -> None:
    """`z` moves `a` from a1 only, so that it makes a difference whether `x` comes before it."""
    net = network({"a": "a0 -x-> a1 -y-> a2", "b": "b0 -z-> b1"}, [Sync("x", {"a": "x"}), Sync("z", {"b": "z"}, also={"a": "y"})])
    at_rest = [state for state, steps in reduced(net).items() if not steps]
    assert {(1, 1), (2, 1)} == set(at_rest)


def test_what_comes_to_the_same_in_any_order_is_not_interleaved() -> None:
    charts = {"a": "a0 -add-> a1", "b": "b0 -add-> b1", "sum": "zero -add-> one -add-> many -add-> many"}
    net = network(charts, [Sync(x, {x: "add", "sum": "add"}) for x in "ab"])
    assert 3 == len(reduced(net)) < len(naive_graph(net))


def test_a_step_that_another_makes_possible_meanwhile_is_not_forgotten() -> None:
    """`u` comes to the same before and after `y`, but `y` leads to where `w` is possible, which `u` ends."""
    charts = {"a": ["a0 -u-> a1", "a0 -w-> a0"], "b": "b0 -w-> b1 -w-> b0", "c": "c0 -w-> c1 -y-> c2 -w-> c0"}
    net = network(
        charts,
        [Sync("u", {"a": "u"}), Sync("w", {"a": "w", "b": "w", "c": "w"}), Sync("y", {"b": "w", "c": "y"}, also={"a": "w"})],
    )
    whole = naive_graph(net)
    assert {s for s in whole if not whole.out_degree(s)} == {state for state, steps in reduced(net).items() if not steps}


def test_of_those_that_could_come_first_only_one_that_makes_a_difference_must_be_kept_off() -> None:
    """`y` comes to the same before and after `x`; `z` does not, but waits for `w`, and that for `x`."""
    charts = {
        "a": ["a0 -x-> a1 -y-> a3", "a0 -y-> a2 -x-> a3", "a0 -z-> a4", "a3 -w-> a3"],
        "b": "b0 -w-> b1 -z-> b2",
        "e": "e0 -y-> e1",
    }
    syncs = [
        Sync("x", {"a": "x"}),
        Sync("y", {"a": "y", "e": "y"}),
        Sync("z", {"a": "z", "b": "z"}),
        Sync("w", {"a": "w", "b": "w"}),
    ]
    net = network(charts, syncs)
    whole, part = naive_graph(net), reduced(net)
    assert 1 == part[net.initial()] and len(part) < len(whole)
    assert {s for s in whole if not whole.out_degree(s)} == {s for s, steps in part.items() if not steps}


def crossing(ends: tuple[Named, ...], wholly: bool = True) -> Network:
    """`end` reaches `c` in c2, where `q` leads that waits for `r`; before that, as a fact says, it does not. Else `c` circles."""
    charts = {"b": "b0 -r-> b1 -q-> b2", "c": ["c0 -p-> c1 -p-> c0", "c1 -q-> c2 -hit-> c3"], "d": "d0 -end-> d1 -r-> d1"}
    syncs = [Sync("p", {"c": "p"}), Sync("q", {"c": "q", "b": "q"}), Sync("r", {"b": "r", "d": "r"})]
    these, those, text = frozenset([2]), frozenset([1]), "c != 'c2'"
    fact = Apart(Written(text, Place("small"), (text,)), {}, these, those, frozenset(), ends, (), wholly)
    return replace(network(charts, [*syncs, Sync("end", {"d": "end"}, {"c": "hit"})]), apart=(fact,))


def test_what_a_vector_has_nothing_to_do_with_is_not_taken_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is too much to say where `c` can be brought, `end` waits for `p`."""
    monkeypatch.setattr(commuting, "MANY", 1)

    def on_its_own(net: Network) -> bool:
        return bool(PersistentSets(net, [""]).within(net.initial(), 1 << len(net.vectors) - 1))

    until = (Named("q", ()),)
    assert on_its_own(crossing(until)) and not on_its_own(crossing(until, wholly=False))


def test_it_is_where_nothing_keeps_off_what_ends_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """If `r` does not wait for `end`, `q` may come first, and `end` hits."""
    monkeypatch.setattr(commuting, "MANY", 1)

    def free(net: Network) -> Network:
        return replace(net, vectors=tuple(replace(v, who=v.who[:1]) if v.name == "r" else v for v in net.vectors))

    whole = naive_graph(free(crossing(())))
    at_rest = {s for s in whole if not whole.out_degree(s)}
    assert at_rest == {s for s, steps in reduced(free(crossing((Named("q", ()),)))).items() if not steps}
    assert at_rest > {s for s, steps in reduced(free(crossing(()))).items() if not steps}, "a fact that is none loses some"


@pytest.fixture(scope="module", params=PROFILES)
def graphs(request: pytest.FixtureRequest, spec: Spec) -> list[StateGraph]:
    """The free network of one connection, and some programs on two with every interleaving."""
    profile = choose_profile(spec.profiles, request.param)
    found = [explore(pipeline.build(spec, profile, Bounds(requests=1, closers=0)).network, Bounds())]
    bounds = replace(SCENARIO_BOUNDS, conns=2, max_states=15_000)
    for text in ("get; close", "get; cancel", "get; read-all"):
        one = parse_expression(text, 2)
        two = replace(parse_expression(text, 1), callers=parse_expression(f"settle; {text}", 1).callers * 2)
        for scenario, sizes in ((two, replace(bounds, callers=2, requests=1)), (one, replace(bounds, requests=2))):
            found.append(explore(pipeline.build(spec, profile, sizes, scenario).network, sizes, urgent=True))
    for scenario in (
        replace(parse_expression("get", 2), transport={"MaxConnsPerHost": 1}, server=ServerScript(behaviour="drop-request")),
        replace(parse_expression("get; read-all", 2), transport={"MaxIdleConns": 1}, callers=OTHER_HOSTS),
        replace(parse_expression("get; spawn close; read-all", 1), transport={"ResponseHeaderTimeout": 1}),
        parse_expression("get; read-all; spawn close; close; spawn close", 2),
        replace(
            parse_expression("get; read 10; read-all", 2),
            server=ServerScript("length", 1 << 22, "keep-alive", "close-while-idle"),
        ),
        replace(parse_expression("post; close; cancel", 2), server=ServerScript(behaviour="close-while-idle")),
        replace(parse_expression("get; spawn close; read-all", 1), server=ServerScript("chunked", 262_145)),
        replace(parse_expression("get; spawn close; read 10", 1), server=ServerScript(behaviour="truncate-body")),
        replace(parse_expression("get; read-all; settle", 2), transport={"IdleConnTimeout": 150}),
        replace(parse_expression("get; read-all", 2), transport={"IdleConnTimeout": 1}),
        replace(parse_expression("get; close", 2), transport={"Timeout": 1}),
        Scenario("late", "", ONE_IS_LATE, ServerScript(behaviour="stall-body"), {"Timeout": 300}),
        Scenario("two clocks", "", TWO_CLOSE, ServerScript(behaviour="stall-head"), {"ResponseHeaderTimeout": 300}),
        Scenario("a late Read", "", ONE_FAILS, transport={"Timeout": 300}),
        Scenario("idle first", "", IDLE_FIRST, ServerScript(behaviour="stall-body"), {"Timeout": 2_000, "IdleConnTimeout": 400}),
        Scenario("evicted", "", parse_expression("get; read-all", 1).callers * 2, transport={"MaxIdleConns": 1}),
        Scenario("no body", "", TWO_GET, ServerScript("none")),
        Scenario("one place", "", TWO_GET, ServerScript(behaviour="close-after-response"), {"MaxConnsPerHost": 1}),
    ):
        sizes = replace(bounds, requests=3 - len(scenario.callers), callers=len(scenario.callers), hosts=len(scenario.hosts))
        found.append(explore(pipeline.build(spec, profile, sizes, scenario).network, sizes, urgent=True))
    return found


def able(net: Network, state: GlobalState, parts: list[tuple[int, Event]]) -> bool:
    """Whether all these components would take part."""
    return all(net.components[c].behaviour.step(state[c], event) >= 0 for c, event in parts)


def asked_for(graph: StateGraph, spent: Spent) -> Iterator[str]:
    """Where something happens otherwise without a datum that is said to be spent, or it is kept where the fact is over."""
    net = graph.network
    holds = holds_in(graph, compile_formula(spent.formula, net, spent.names))
    for number in (n for n in holds.nonzero()[0] if n < len(graph.edges)):
        state = graph.states[number]
        for c in spent.objects:
            renamed, step = net.components[c].behaviour.renamed, net.components[c].behaviour.step
            for v in net.vectors:
                for event in [event for part in (v.who, v.also, v.unless) for other, event in part if other == c]:
                    target, without = step(state[c], event), step(renamed(state[c], spent.datum, -1), event)
                    if target != without and (target < 0 or without != renamed(target, spent.datum, -1)):
                        yield f"{spent.formula.text}: {v} asks for {spent.datum}"
        for vector, target in graph.edges[number]:
            after = graph.states[target]
            kept = [c for c in spent.objects if after[c] != net.components[c].behaviour.renamed(after[c], spent.datum, -1)]
            if kept and not holds[target]:
                yield f"{spent.formula.text}: ended by {net.vectors[vector]}"


def broken_facts(graph: StateGraph) -> Iterator[str]:
    """Where a fact that the network states is not one."""
    net = graph.network
    parts = [frozenset(c for c, _ in vector.who) for vector in net.vectors]
    for fact in net.apart:
        holds = holds_in(graph, compile_formula(fact.formula, net, fact.names))
        ends = [
            any(step.means(v) for step in fact.steps) or not fact.until.isdisjoint(c for c, _ in (*v.who, *v.also))
            for v in net.vectors
        ]
        excluded = [
            bool(part & fact.these and part & fact.those) or any(step.means(v) for step in fact.off)
            for part, v in zip(parts, net.vectors, strict=True)
        ]
        reaches = [
            (v, [(c, e) for c, e in some if (c in fact.those and part & fact.these) or (c in fact.these and part & fact.those)])
            for part, v, end in zip(parts, net.vectors, ends, strict=True)
            for some in (v.also, v.unless)
            if fact.wholly and not end
        ]
        reaches = [(v, some) for v, some in reaches if some]
        for number in (n for n in holds.nonzero()[0] if n < len(graph.edges)):
            state = graph.states[number]
            for v, some in reaches:
                if any(able(net, state, [party]) for party in some) and able(net, state, [*v.who]):
                    yield f"{fact.formula.text}: yet {v} reaches {some}"
            for vector, target in graph.edges[number]:
                if ends[vector]:
                    continue
                if excluded[vector]:
                    yield f"{fact.formula.text}: yet {net.vectors[vector]}"
                if not holds[target]:
                    yield f"{fact.formula.text}: ended by {net.vectors[vector]}"
    for spent in net.spent:
        if spent.datum:
            yield from asked_for(graph, spent)
            continue
        holds = holds_in(graph, compile_formula(spent.formula, net, spent.names))
        objects = frozenset(spent.objects)
        mentioned = [{c for c, _ in (*v.who, *v.unless)} for v in net.vectors]
        touching = [
            n
            for n, v in enumerate(net.vectors)
            if objects & mentioned[n] and not {c for c, _ in v.also} | mentioned[n] <= objects
        ]
        over = [graph.states[n] for n in holds.nonzero()[0] if n < len(graph.edges)]
        for vector in touching:
            joined, in_the_way = net.vectors[vector].who, [part for part in net.vectors[vector].unless if part[0] in objects]
            mine, others = ([(c, e) for c, e in joined if (c in objects) is own] for own in (True, False))
            looks = any(able(net, state, mine) for state in over) if mine else False
            looks |= any(able(net, state, [part]) for part in in_the_way for state in over)
            if looks and any(able(net, state, others) for state in over):
                yield f"{spent.formula.text}: {net.vectors[vector]} still looks"
        for number in (n for n in holds.nonzero()[0] if n < len(graph.edges)):
            for vector, target in graph.edges[number]:
                if not holds[target] or mentioned[vector] <= objects:
                    yield f"{spent.formula.text}: ended, or kept moving, by {net.vectors[vector]}"


def test_the_facts_of_the_network_file_hold_in_explored_networks(graphs: list[StateGraph]) -> None:
    for graph in graphs:
        assert [] == sorted(set(broken_facts(graph)))


def letting_go(graph: StateGraph) -> StateGraph:
    """The same network, where what is spent alone is forgotten with each step; so many states at most."""
    net = graph.network
    forget = Reduction(replace(net, spent=tuple(fact for fact in net.spent if fact.datum))).forget
    number = {net.initial(): 0}
    found = StateGraph(net, [net.initial()])
    for state in found.states:
        after = [(vector, forget(target)) for vector, target in urgent_steps(net, state)]
        for _, target in after:
            if number.setdefault(target, len(found.states)) == len(found.states):
                found.states.append(target)
        found.edges.append(tuple((vector, number[target]) for vector, target in after))
        if len(found.states) > 5_000:
            break
    return found


def test_they_hold_too_where_callers_have_let_go(graphs: list[StateGraph]) -> None:
    """A caller that no longer holds its connection says that it has nothing to do with it."""
    for graph in graphs[1:]:
        if any(fact.datum for fact in graph.network.spent):
            assert [] == sorted(set(broken_facts(letting_go(graph))))


@pytest.mark.parametrize("profile", PROFILES)
def test_they_hold_where_another_goroutine_closes_the_body_of_a_request_before(spec: Spec, profile: str) -> None:
    """It may still wait for a readLoop that has gone."""
    sizes = replace(SCENARIO_BOUNDS, conns=2, requests=2, max_states=15_000)
    network = pipeline.build(
        spec, choose_profile(spec.profiles, profile), sizes, parse_expression("get; spawn close; cancel", 2)
    ).network
    assert [] == sorted(set(broken_facts(explore(network, sizes, urgent=True))))


def test_each_fact_is_none_without_what_ends_it(graphs: list[StateGraph]) -> None:
    """With nothing to wait for, a connection that is let go of is said never to come back: it does."""

    def is_noticed(number: int) -> bool:
        for graph in graphs:
            same = (fact for fact in graph.network.apart if fact.formula == facts[number].formula)
            endless = tuple(replace(fact, until=frozenset(), steps=()) for fact in same)
            if any(True for _ in broken_facts(replace(graph, network=replace(graph.network, apart=endless, spent=())))):
                return True
        return False

    facts = list({fact.formula: fact for fact in graphs[0].network.apart if fact.until or fact.steps}.values())
    assert len(facts) > 10
    assert [] == [fact.formula.text for number, fact in enumerate(facts) if not is_noticed(number)]


def test_what_is_said_to_be_over_and_is_not_is_noticed(graphs: list[StateGraph]) -> None:
    """A connection that is closed may still be read from, and its goroutines have to go yet."""
    graph = graphs[-1]
    facts = tuple(
        replace(fact, formula=replace(fact.formula, text="socket[j] == 'closed'")) for fact in graph.network.spent if fact.again
    )
    assert list(broken_facts(replace(graph, network=replace(graph.network, apart=(), spent=facts))))


def test_a_number_that_is_said_to_be_spent_and_is_asked_for_is_noticed(graphs: list[StateGraph]) -> None:
    """A body that is held may be read, from its connection."""
    for graph in graphs:
        held = [
            replace(fact, formula=replace(fact.formula, text="caller[i] == 'user'")) for fact in graph.network.spent if fact.datum
        ]
        assert held
        if list(broken_facts(replace(graph, network=replace(graph.network, apart=(), spent=tuple(held))))):
            return
    pytest.fail("not noticed")


def test_what_may_come_first_may(graphs: list[StateGraph]) -> None:
    """And it leads on: such steps do not lead back to where they began, but where a free program does the same again."""
    for graph in graphs:
        first = {number for number, vector in enumerate(graph.network.vectors) if vector.first}
        assert [] == [f"{one} before {other}" for one, other in hasty(graph, first, AT_ONCE)]
        if graph is graphs[0]:
            continue
        onward = nx.DiGraph((n, target) for n, edges in enumerate(graph.edges) for number, target in edges if number in first)
        assert nx.is_directed_acyclic_graph(onward)


def test_a_step_that_may_not_come_first_is_noticed(graphs: list[StateGraph]) -> None:
    peeking = {number for number, vector in enumerate(graphs[0].network.vectors) if vector.name == "peek_data"}
    assert list(hasty(graphs[0], peeking, AT_ONCE))
