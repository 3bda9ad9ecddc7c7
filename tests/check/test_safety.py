"""Invariants and states at rest, against one evaluation a state."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pcstate.check.explore import explore
from pcstate.check.safety import first_where, holds_in, stuck_states
from pcstate.model.formula import compile_formula
from pcstate.model.verdict import Bounds
from tests.check.small import Drawn, Edges, build, graph_of, graphs, independent, networks

ATOMS = st.sampled_from([f"{key} == '{key}{n}'" for key in "ab" for n in range(4)] + ["a != 'a0'", "b in ['b0', 'b2']"])
FORMULAS = st.recursive(
    ATOMS | st.sampled_from(["1 == 1", "0"]),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]}) if ({t[1]}) else ({t[2]})"),
    ),
    max_leaves=6,
)


@given(networks(), FORMULAS)
def test_holds_in_is_the_formula_in_every_state(drawn: Drawn, text: str) -> None:
    net = build(drawn)
    graph = explore(net, Bounds())
    formula = compile_formula(text, net, {})
    expected = [bool(formula(state)) for state in graph.states]
    assert expected == holds_in(graph, formula).tolist()


def test_holds_in_is_right_where_the_projection_s_key_would_overflow() -> None:
    """Eight columns of numbers up to 2000: 2001**8 is far above 2**63."""
    net = independent(8)
    graph = explore(net, Bounds())
    far = {0: 0, 1: 2000}
    wide = np.array([[far[local] for local in state] for state in graph.states], dtype=np.int32)
    others = " or ".join(f"c{n} == 'nowhere'" for n in range(1, 7))
    formula = compile_formula(f"c0 == 'on' and c7 == 'on' or {others}", net, {})
    expected = [bool(formula(state)) for state in graph.states]
    graph._matrix = wide
    assert expected == holds_in(graph, formula).tolist()
    assert 64 == sum(expected)


@given(graphs(), st.frozensets(st.integers(0, 4)))
def test_a_stuck_state_is_one_without_an_owed_step(edges: Edges, owed: frozenset[int]) -> None:
    graph = graph_of(edges)
    expected = [all(vector not in owed for vector, _ in out) for out in graph.edges]
    assert expected == stuck_states(graph, owed).tolist()


def test_a_state_that_was_not_expanded_is_not_stuck() -> None:
    graph = explore(independent(3), Bounds(max_states=2))
    assert not stuck_states(graph, range(100)).any()
    assert len(graph.edges) == stuck_states(graph, []).sum()


def test_first_where_is_the_nearest_state() -> None:
    assert 2 == first_where(np.array([False, False, True, True]))
    assert first_where(np.array([False, False])) is None
