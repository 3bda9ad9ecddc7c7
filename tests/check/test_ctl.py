"""Verdicts without fairness, against pyModelChecking's fixpoints for CTL; the states are a naive explorer's.

A state in which nothing can happen stays as it is for ever, for CTL needs a successor everywhere.
"""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import networkx as nx
import pytest
from hypothesis import given

from pcstate.check.explore import explore
from pcstate.check.judge import Judge
from pcstate.check.tracing import Tracer
from pcstate.model.formula import compile_formula
from pcstate.model.lts import lts
from pcstate.model.network import GlobalState, Network
from pcstate.model.verdict import Bounds, Verdict
from pcstate.specs.properties import compile_property, parse_property
from pcstate.specs.source import Reader, Source
from tests.check.small import Drawn, build, naive_graph, networks
from tests.check.test_safety import FORMULAS

with warnings.catch_warnings(action="ignore"):  # its parser uses a module that Python no longer likes
    ctl = pytest.importorskip("pyModelChecking.CTL")
    Kripke = pytest.importorskip("pyModelChecking").Kripke

P, Q, STUCK = (ctl.AtomicProposition(name) for name in ("p", "q", "stuck"))
MEANT = {
    "always": ctl.A(ctl.G(P)),
    "sometimes": ctl.E(ctl.F(P)),
    "deadlock": ctl.A(ctl.G(ctl.Imply(STUCK, P))),
    "leads-to": ctl.A(ctl.G(ctl.Imply(P, ctl.A(ctl.F(Q))))),
}


def without_goroutines(drawn: Drawn) -> Network:
    """Every step is a clock's, which is owed by nobody in particular, so that no fairness is asked of a run."""
    net = build(drawn)
    objects = (replace(component, kind="object") for component in net.components)
    return Network("unfair", tuple(objects), tuple(replace(vector, kind="timer") for vector in net.vectors))


def verdict(net: Network, kind: str, formula: str, then: str) -> Verdict:
    source = Source("small.toml", f"kind = '{kind}'\nabout = ''\nformula = \"{formula}\"\nthen = \"{then}\"\nholds = ['*']\n")
    compiled = compile_property(parse_property(source, "small"), Reader(source), net, {})
    assert compiled is not None
    return Judge(explore(net, Bounds()), Tracer(net, {}), (lts("a"), 0)).judge(compiled, "go1.26").verdict


Truth = dict[str, Callable[[GlobalState], bool]]


def kripke(graph: "nx.MultiDiGraph[GlobalState]", truth: Truth) -> Any:
    """The graph as pyModelChecking has it; its states are numbered, the initial one is 0."""
    number = {state: n for n, state in enumerate(graph)}
    arrows = {(number[a], number[b]) for a, b in graph.edges()}
    arrows |= {(n, n) for state, n in number.items() if not graph.out_degree(state)}
    labels = {n: {name for name, holds in truth.items() if holds(state)} for state, n in number.items()}
    return Kripke(S=list(number.values()), S0=[0], R=sorted(arrows), L=labels)


@pytest.mark.parametrize("kind", MEANT)
@given(networks(), FORMULAS, FORMULAS)
def test_a_verdict_is_what_its_formula_in_ctl_says(kind: str, drawn: Drawn, formula: str, then: str) -> None:
    net = without_goroutines(drawn)
    graph = naive_graph(without_goroutines(drawn))
    first, last = (compile_formula(text, net, {}) for text in (formula, then))
    truth: Truth = {
        "p": lambda state: bool(first(state)),
        "q": lambda state: bool(last(state)),
        "stuck": lambda state: not graph.out_degree(state),
    }
    expected = 0 in ctl.modelcheck(kripke(graph, truth), MEANT[kind])
    assert (Verdict.HOLDS if expected else Verdict.VIOLATED) is verdict(net, kind, formula, then)
