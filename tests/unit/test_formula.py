"""The formula language: what binds how, what is unrolled, and what a mistake says."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcstate.errors import Mistake, Place, SpecError
from pcstate.model.formula import FormulaError, Written, compile_formula, evaluate_constant, take_apart
from pcstate.model.lts import Configuration, Event, Lts, Value, lts
from pcstate.model.network import Component, Network, Vector

WITH_DATA = Lts(0, tuple(Configuration(("s",), (("conn", n), ("cause", cause))) for n, cause in enumerate(["", "exit"])), {})
NETWORK = Network(
    "small",
    (
        Component("loop", 0, "goroutine", lts("peek -x-> exited"), 0),
        Component("loop", 1, "goroutine", lts("peek -x-> exited"), 0),
        Component("loop", 2, "goroutine", lts("peek -x-> exited"), 0),
        Component("socket", None, "object", WITH_DATA, 0),
    ),
    (),
)
NAMES: dict[str, Value | Sequence[Value]] = {"conns": [0, 1, 2], "n": 3, "j": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 == 2 and 0 or 1", True),
        ("1 or 0 and 0", True),
        ("not 1 == 2", True),
        ("not 0 and 0", False),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 // 2 % 2", 1),
        ("-2 + 3", 1),
        ("2 - 1 - 1", 0),
        ("1 if 0 else 2 if 0 else 3", 3),
        ("'a' if 1 == 1 and 2 > 1 else 'b'", "a"),
        ("n - 1 in [1, 2]", True),
        ("3 not in [1, 2]", True),
        ("1 < 2", True),
        ("j + n", 4),
        ("conns", [0, 1, 2]),
        ("[j, 'x']", [1, "x"]),
        ("count(1 for j in conns)", 3),
        ("count(1 for j in n)", 3),
        ("count(j for j in conns)", 2),
        ("all(0 for j in [])", True),
        ("any(1 for j in [])", False),
        ("count(1 for j in conns for k in conns if j < k)", 3),
        ("count(1 for j in conns for k in j)", 3),
        ("all(any(k == j for k in conns) for j in conns)", True),
    ],
)
def test_constants(text: str, expected: object) -> None:
    assert expected == evaluate_constant(text, NAMES)


def test_a_parameter_s_name_is_its_value() -> None:
    assert "go1.26" == evaluate_constant("profile", {"profile": "go1.26"})


def test_an_index_hides_a_parameter_of_its_name_inside_the_quantifier_only() -> None:
    assert 4 == evaluate_constant("count(1 for j in conns) + j", NAMES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loop[0] == 'peek'", True),
        ("loop[j] == 'exited'", True),
        ("loop[j + 1] in ['exited', 'gone']", False),
        ("loop[2] != 'peek'", False),
        ("loop[0] == loop[2]", True),
        ("count(loop[k] == 'peek' for k in conns)", 2),
        ("all(loop[k] == 'peek' for k in conns)", False),
        ("all(loop[k] == 'peek' for k in conns if k != j)", True),
        ("any(loop[k] == 'exited' for k in conns)", True),
        ("socket.cause == 'exit' and socket.conn == 1", True),
        ("loop[0]", "peek"),
        ("socket.conn + 1 > n - 2 and -socket.conn < 0", True),
        ("(loop[0] == 'peek') + any(loop[k] == 'exited' for k in conns)", 2),
        ("7 // n + 7 % n", 3),
    ],
)
def test_formulas_over_a_state(text: str, expected: object) -> None:
    assert expected == compile_formula(text, NETWORK, NAMES)((0, 1, 0, 1))


def test_a_formula_knows_what_it_looks_at() -> None:
    formula = compile_formula("loop[j] == 'peek' or socket.cause in ['exit', 'closed']", NETWORK, NAMES)
    assert {1, 3} == formula.components
    assert {"cause"} == formula.data


X = Event("x")
STEPPING = replace(
    NETWORK,
    vectors=(
        Vector("go", (("j", 0), ("u", 1)), ((0, X), (1, X))),
        Vector("go", (("j", 1), ("u", 1)), ((1, X),), unless=((2, X),)),
    ),
    names=frozenset({"elsewhere"}),
)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("enabled('go', j=0)", {(0, 0, 0), (0, 0, 1)}),
        ("enabled('go', j=j)", {(0, 0, 1), (1, 0, 1)}),
        ("enabled('go')", {(0, 0, 0), (0, 0, 1), (1, 0, 1)}),
        ("enabled('go', j=0, u=1) and loop[2] == 'exited'", {(0, 0, 1)}),
        ("any(enabled('go', u=k) for k in [0, 2])", set()),
        ("enabled('elsewhere', z=1)", set()),
    ],
)
def test_a_step_is_enabled_where_it_can_fire(text: str, where: set[tuple[int, ...]]) -> None:
    formula = compile_formula(text, STEPPING, NAMES)
    assert where == {loops for loops in itertools.product((0, 1), repeat=3) if formula((*loops, 0))}


def test_a_formula_looks_at_what_a_step_needs_and_at_what_is_in_its_way() -> None:
    asked = ("enabled('go', j=0)", "enabled('go', j=1)", "enabled('go')", "enabled('elsewhere')")
    assert [{0, 1}, {1, 2}, {0, 1, 2}, set()] == [compile_formula(text, STEPPING, NAMES).components for text in asked]


@pytest.mark.parametrize(
    ("text", "column", "width", "message", "hint"),
    [
        ("1 == 1 and enabled('gone')", 19, 6, "no vector is called 'gone'", "known: go"),
        ("enabled('')", 8, 2, "no vector is called ''", "known: elsewhere, go"),
        ("enabled('go', r=1)", 16, 1, "'go' has no argument 'r'", "arguments: j, u"),
        ("enabled('go', j=loop[0] == 'peek')", 16, 17, "this must not depend on the state", ""),
        ("enabled(go)", 0, 11, "a formula cannot use this", None),
        ("enabled('go', 1)", 0, 16, "a formula cannot use this", None),
    ],
)
def test_a_step_that_there_is_not_is_a_mistake(text: str, column: int, width: int, message: str, hint: str | None) -> None:
    with pytest.raises(FormulaError) as caught:
        compile_formula(text, STEPPING, NAMES)
    assert (message, column, width) == (str(caught.value), caught.value.column, caught.value.width)
    assert hint is None or hint == caught.value.hint


def test_an_expression_of_no_network_has_no_steps() -> None:
    with pytest.raises(FormulaError, match="no vector is called 'go'"):
        evaluate_constant("enabled('go')", NAMES)


def test_an_alternative_that_is_not_reached_is_not_evaluated() -> None:
    assert False is evaluate_constant("n == 0 and 1 // (n - 3)", NAMES)
    assert 1 == evaluate_constant("1 if n == 3 else 1 // (n - 3)", NAMES)


@pytest.mark.parametrize(
    ("text", "column", "width", "message"),
    [
        ("nobody == 'peek'", 0, 6, "there is no 'nobody' here"),
        ("1 == 1 and nobody", 11, 6, "there is no 'nobody' here"),
        ("loop[3] == 'peek'", 0, 7, "there is no 'loop[3]' here"),
        ("all(loop[k + 1] == 'x' for k in conns)", 4, 11, "there is no 'loop[3]' here"),
        ("n == 1 or socket.age == 1", 10, 6, "it has no datum 'age'"),
        ("loop == 'peek'", 0, 4, "there is no 'loop' here"),
        ("1 < n < 3", 0, 9, "a formula cannot use this"),
        ("1 == len(conns)", 5, 10, "a formula cannot use this"),
        ("n ** 2", 0, 6, "a formula cannot use this"),
        ("n == 1.5", 5, 3, "a formula cannot use this"),
        ("all(1 for a, b in conns)", 10, 4, "one index variable at a time"),
        ("loop[0].x.y == 1", 0, 11, "a formula cannot use this"),
        ("__import__('os')", 0, 16, "a formula cannot use this"),
        ("1 +", 3, 1, "not an expression: invalid syntax"),
        ("loop[0] + 1", 0, 7, "loop[0] is text, and this needs a number"),
        ("1 - loop[j]", 4, 7, "loop[j] is text, and this needs a number"),
        ("n < 'a'", 4, 3, "'a' is text, and this needs a number"),
        ("loop[0] >= 'peek'", 0, 7, "loop[0] is text, and this needs a number"),
        ("socket.cause > 1", 0, 12, "socket.cause is text, and this needs a number"),
        ("(n if n == 3 else loop[0]) * 2", 1, 24, "n if n == 3 else loop[0] is text, and this needs a number"),
        ("-conns", 1, 5, "conns is a list, and this needs a number"),
        ("[1] + [2]", 0, 3, "[1] is a list, and this needs a number"),
        ("1 in n", 5, 1, "n is a number, and this needs a list"),
        ("loop[0] in 'peek'", 11, 6, "'peek' is text, and this needs a list"),
        ("n // 0", 5, 1, "0 is 0, and this divides by it"),
        ("n % (n - 3)", 5, 5, "n - 3 is 0, and this divides by it"),
        ("n // socket.conn", 5, 11, "this must not depend on the state"),
    ],
)
def test_a_mistake_says_what_and_where(text: str, column: int, width: int, message: str) -> None:
    with pytest.raises(FormulaError) as caught:
        compile_formula(text, NETWORK, NAMES)
    assert (message, 0, column, width) == (
        str(caught.value),
        caught.value.line,
        caught.value.column,
        caught.value.width,
    )


def test_a_syntax_error_on_a_later_line_has_that_line_s_column() -> None:
    with pytest.raises(FormulaError) as caught:
        compile_formula("1 == 1\n  and (2 3)", NETWORK, NAMES)
    assert (1, 7) == (caught.value.line, caught.value.column)


WRITTEN = Written("1 == 1\n  and nobody", Place("x.toml", 3, 12), ("", "", "formula = '1 == 1", "  and nobody'"))


def test_a_mistake_in_a_file_is_placed_there() -> None:
    with pytest.raises(SpecError) as caught:
        compile_formula(WRITTEN, NETWORK, NAMES)
    (found,) = caught.value.mistakes
    assert Mistake(Place("x.toml", 4, 7, 6), "there is no 'nobody' here", "  and nobody'", found.hint) == found


def test_a_formula_knows_what_its_value_can_be() -> None:
    texts = ["n", "loop[0]", "socket.cause", "socket.conn", "not loop[0]", "conns", "1 if n == 3 else 'x'"]
    kinds = [compile_formula(text, NETWORK, NAMES).kinds for text in texts]
    assert [{int}, {str}, {str}, {int}, {int}, {list}, {int, str}] == kinds


def test_a_datum_that_is_no_longer_what_it_began_as_is_a_mistake_where_it_is_needed() -> None:
    fickle = Lts(0, tuple(Configuration(("s",), (("v", value),)) for value in (1, "one")), {})
    network = Network("small", (Component("cell", None, "object", fickle, 0),), ())
    formula = compile_formula(Written("cell.v > 0", Place("x.toml", 1, 6), ("f = 'cell.v > 0'",)), network, {})
    assert formula((0,)) is True
    with pytest.raises(SpecError, match=r"^x\.toml:1:6: this has no value in a state that can be reached"):
        formula((1,))


def test_a_mistake_on_a_later_line_has_that_line_s_column() -> None:
    with pytest.raises(FormulaError) as caught:
        compile_formula("1 == 1\n  and nobody", NETWORK, NAMES)
    assert (1, 6) == (caught.value.line, caught.value.column)


@pytest.mark.parametrize("text", ["", "1 +", "a b", "(", ")", "1) or (1", "x = 1", "lambda", "\0", "(" * 500, "1;2"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        compile_formula(text, NETWORK, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "all(1 for k in loop[0])",
        "loop[loop[0]] == 'peek'",
        "all(1 for k in conns if loop[0] == 'peek')",
        "count(1 for k in j // 0)",
    ],
)
def test_what_must_be_known_beforehand_cannot_depend_on_the_state(text: str) -> None:
    with pytest.raises(FormulaError):
        compile_formula(text, NETWORK, NAMES)


def test_a_name_that_is_not_known_offers_those_that_are() -> None:
    with pytest.raises(FormulaError) as caught:
        compile_formula("nobody == 1", NETWORK, NAMES)
    assert "known: loop, socket, conns, j, n" == caught.value.hint


NUMBERS = st.recursive(
    st.integers(0, 9).map(str),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*", "==", "<", ">=", "!="]), inner).map(
        lambda t: f"({t[0]}) {t[1]} ({t[2]})"
    ),
    max_leaves=8,
)


@given(NUMBERS)
def test_arithmetic_is_python_s(text: str) -> None:
    assert eval(text) == evaluate_constant(text, {})


@given(st.text(alphabet="01 +-*()[]'ajn=<>,:.forinl", max_size=25))
def test_any_text_compiles_or_is_a_formula_error(text: str) -> None:
    try:
        compile_formula(text, NETWORK, NAMES)
    except FormulaError as error:
        assert error.column >= 0
        assert error.width >= 1


def test_what_is_asked_twice_has_one_key_and_what_differs_has_another() -> None:
    written = "all(loop[k] == 'peek' or socket.conn == j for k in conns) and not loop[1] == 'peek' and socket.conn == 1"
    asks = [*take_apart(written, NETWORK, NAMES).asks(), *take_apart("socket.conn == j", NETWORK, {**NAMES, "j": 2}).asks()]
    assert [len(ask.components) for ask in asks] == [1] * 9
    states = list(itertools.product([0, 1], [0, 1], [0, 1], [0, 1]))
    for one, other in itertools.combinations(asks, 2):
        if one.key == other.key:
            assert one.components == other.components
            assert all(one(state) == other(state) for state in states)
    assert len({ask.key for ask in asks}) == 7
