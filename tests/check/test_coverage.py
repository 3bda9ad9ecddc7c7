"""What components did and could do, and formulas without one of their parts, each against its definition."""

import ast

import pytest
from hypothesis import given

from pcstate.check.closure import possible
from pcstate.check.coverage import fired
from pcstate.check.explore import explore
from pcstate.errors import Place
from pcstate.model.coverage import Coverage, Untaken, Vacuous, merged
from pcstate.model.formula import compile_formula
from pcstate.model.lts import Event
from pcstate.model.vacuity import says_who, without_each_part
from pcstate.model.verdict import Bounds
from tests.check.small import Drawn, build, networks
from tests.check.test_safety import FORMULAS


@given(networks())
def test_what_fired_is_what_the_steps_say(drawn: Drawn) -> None:
    net = build(drawn)
    graph = explore(net, Bounds())
    steps: list[set[tuple[int, Event]]] = [set() for _ in net.components]
    for state, edges in zip(graph.states, graph.edges, strict=True):
        for number, _ in edges:
            for component, event in (*net.vectors[number].who, *net.vectors[number].also):
                if net.components[component].behaviour.step(state[component], event) >= 0:
                    steps[component].add((state[component], event))
    assert steps == [done.steps for done in fired(graph)]
    assert [{state[n] for state in graph.states} for n in range(len(steps))] == [done.locals for done in fired(graph)]


@given(networks())
def test_nothing_fires_that_is_not_possible(drawn: Drawn) -> None:
    net = build(drawn)
    for done, may in zip(fired(explore(net, Bounds())), possible(net), strict=True):
        assert done.steps <= may


@given(networks(), FORMULAS)
def test_a_formula_without_a_part_holds_where_it_does_whatever_the_part_says(drawn: Drawn, text: str) -> None:
    net = build(drawn)
    states = explore(net, Bounds()).states
    for number, (part, rest) in enumerate(without_each_part(text)):
        either = [compile_formula(replaced(text, number, value), net, {}) for value in ("0 == 0", "0 == 1")]
        without = compile_formula(rest, net, {})
        assert part in ast.unparse(ast.parse(f"({text})"))
        assert [bool(without(state)) for state in states] == [all(one(state) for one in either) for state in states]


def replaced(text: str, number: int, value: str) -> str:
    """The formula with another text for one of its parts, which are what is left where logic ends."""

    seen = -1

    def replace(node: ast.expr) -> ast.expr:
        nonlocal seen
        match node:
            case ast.BoolOp(op=op, values=values):
                return ast.BoolOp(op, [replace(each) for each in values])
            case ast.UnaryOp(op=ast.Not() as op, operand=operand):
                return ast.UnaryOp(op, replace(operand))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return ast.IfExp(test, replace(body), replace(orelse))
        seen += 1
        return ast.parse(value, mode="eval").body if seen == number else node

    return ast.unparse(replace(ast.parse(f"({text})", mode="eval").body))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("a == 'x'", [("a == 'x'", "0 == 1")]),
        ("not (a == 'x' and b == 'y')", [("a == 'x'", "not (0 == 0 and b == 'y')"), ("b == 'y'", "not (a == 'x' and 0 == 0)")]),
        ("all(c[j] == j for j in conns if j)", [("c[j] == j", "all((0 == 1 for j in conns if j))")]),
        ("a == 'x' if b == 'y' else c", [("a == 'x'", "0 == 1 if b == 'y' else c"), ("c", "a == 'x' if b == 'y' else 0 == 1")]),
        ("count(a[j] == 'x' for j in conns) <= 1", [("count((a[j] == 'x' for j in conns)) <= 1", "0 == 1")]),
    ],
)
def test_parts_of_a_formula(formula: str, expected: list[tuple[str, str]]) -> None:
    assert expected == without_each_part(formula)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("a[i].conn == j", True),
        ("a[i].conn != b[k].conn", True),
        ("r // requests != i", True),
        ("a[i].conn == 1", False),
        ("a[i].size == j", False),
        ("a[i] == 'x'", False),
        ("enabled('x', i=i)", False),
        ("count(a[i].conn == j for i in k) == j", False),
    ],
)
def test_a_part_that_only_says_who_is_meant(part: str, expected: bool) -> None:
    assert expected == says_who(part, {"a": ["conn"], "b": ["conn"]})


def test_profiles_together_cover_what_any_of_them_does() -> None:
    one, other, third = (Place("c.yaml", line) for line in (1, 2, 3))

    def never(place: Place) -> Untaken:
        return Untaken("c", "s", "e", "t", "", True, place)

    p, q = Vacuous("p", "x"), Vacuous("q", "x")
    old = Coverage(frozenset({one}), (never(other), never(third)), 0, frozenset({"p", "q"}), (p, q), True)
    new = Coverage(frozenset({other}), (never(third),), 1, frozenset({"p"}), (), False)
    both = merged([old, new])
    assert Coverage(frozenset({one, other}), (never(third),), 0, frozenset({"p", "q"}), (q,), False) == both
    assert (2, both) == (len(merged([old]).vacuous), merged([new, old]))
