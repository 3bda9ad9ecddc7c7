"""Which vectors can fire at all, for what one program asks and one server does: the others are left out before the search.

In: a network whose components run charts or lines of steps. Out: the same network without the vectors that no run can take, and
without those parts of the others that can never take part: `also` and `unless` would tie components together for nothing.
Theory of operation: constant propagation (Kildall 1973). For each component and each state of its chart the values that each
datum can have there are collected, all connections as one, until nothing is added any more. A vector counts once each of its
parts has, somewhere, a transition whose guard these values can make true. So what is left out can never fire; what is kept
may, or may not.
"""

import ast
import itertools
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from pcstate.model.formula import OPERATORS
from pcstate.model.lts import Event, Lts, Value
from pcstate.model.network import Network, Part
from pcstate.specs.charts import ChartBehaviour

__all__ = ["feasible"]

Values = frozenset[Value] | None
"""What a datum or an expression can be; None when that is not known."""

MANY = 64
"""Sets with more values than this are not kept."""
ALIKE = "conns"
"""The members of this index set run the same charts and are all alike: what one can be, each can."""
_BOTH = frozenset({0, 1})


def feasible(network: Network) -> Network:
    """`network` without the vectors that can never fire, nor the parts that never do. Cost: some passes over the vectors, about
    100 ms for a thousand."""
    parties: dict[Hashable, _Party] = {}
    of = []
    for number, component in enumerate(network.components):
        behaviour = component.behaviour
        key: Hashable = component.name if component.over == ALIKE else number
        if key not in parties:
            parties[key] = _ChartParty(behaviour) if isinstance(behaviour, ChartBehaviour) else _LineParty(behaviour)
        parties[key].begin(component.initial)
        of.append(parties[key])
    alive: set[int] = set()
    before = -1
    while before != sum(party.grown for party in parties.values()) + len(alive):
        before = sum(party.grown for party in parties.values()) + len(alive)
        for number, vector in enumerate(network.vectors):
            if number in alive or all(of[c].offers(event) for c, event in vector.who):
                alive.add(number)
                for c, event in (*vector.who, *vector.also):
                    of[c].take(event)

    def able(parts: tuple[Part, ...]) -> tuple[Part, ...]:
        return tuple((c, event) for c, event in parts if of[c].offers(event))

    kept = (vector for number, vector in enumerate(network.vectors) if number in alive)
    return replace(network, vectors=tuple(replace(v, also=able(v.also), unless=able(v.unless)) for v in kept))


class _Party:
    """What is known of where a component can be, or all connections'."""

    grown: int = 0
    """Goes up whenever more becomes possible."""

    def begin(self, initial: int) -> None:
        """It can begin there."""
        raise NotImplementedError

    def offers(self, event: Event) -> bool:
        """Whether it can take part in `event` somewhere."""
        raise NotImplementedError

    def take(self, event: Event) -> None:
        """It may take part: note where it can be then."""
        raise NotImplementedError


class _LineParty(_Party):
    """A behaviour without charts: all of it can be looked through."""

    def __init__(self, behaviour: object) -> None:
        self.events = {event for _, event in behaviour.transitions} if isinstance(behaviour, Lts) else None

    def begin(self, initial: int) -> None:
        pass

    def offers(self, event: Event) -> bool:
        return self.events is None or event in self.events

    def take(self, event: Event) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Move:
    source: str
    target: str
    guard: ast.expr | None
    updates: tuple[tuple[str, ast.expr], ...]


class _ChartParty(_Party):
    """One that runs a chart: for each state that can be reached, the values of its data there."""

    def __init__(self, behaviour: ChartBehaviour) -> None:
        self.behaviour = behaviour
        self.data: dict[str, dict[str, Values]] = {}
        self.moves: dict[str, list[_Move]] = {}
        for t in behaviour.chart.transitions:
            move = _Move(t.source, t.target, _parsed(t.guard) if t.guard else None, tuple((d, _parsed(e)) for d, e in t.updates))
            self.moves.setdefault(t.event, []).append(move)
        self._offered: dict[Event, tuple[int, bool]] = {}
        self._taken: dict[Event, int] = {}

    def begin(self, initial: int) -> None:
        configuration = self.behaviour.configuration(initial)
        self._join(configuration.state, {name: frozenset({value}) for name, value in configuration.data})

    def offers(self, event: Event) -> bool:
        known = self._offered.get(event)
        if known is None or (not known[1] and known[0] != self.grown):
            known = self._offered[event] = (self.grown, any(True for _ in self._possible(event)))
        return known[1]

    def take(self, event: Event) -> None:
        while self._taken.get(event) != self.grown:
            self._taken[event] = self.grown
            for move, values in list(self._possible(event)):
                after = {**values, **{datum: _values(expression, values) for datum, expression in move.updates}}
                self._join(move.target, {name: after[name] for name in self.data[move.source]})

    def _possible(self, event: Event) -> Iterable[tuple[_Move, Mapping[str, Values]]]:
        """The transitions that the event may take, with the values that data and the event's own arguments have then."""
        given = {f"_event.data.{name}": frozenset({value}) for name, value in event.args}
        for move in self.moves.get(event.name, ()):
            if move.source not in self.data:
                continue
            values: dict[str, Values] = {**self.data[move.source], **given}
            if move.guard is None:
                yield move, values
                continue
            outcome = _values(move.guard, values)
            if outcome is None or any(outcome):
                yield move, {**values, **_refined(move.guard, values)}

    def _join(self, state: str, values: Mapping[str, Values]) -> None:
        if state not in self.data:
            self.data[state] = dict(values)
            self.grown += 1
            return
        here = self.data[state]
        for name, more in values.items():
            old = here[name]
            new = None if old is None or more is None else old | more
            if new is not None and len(new) > MANY:
                new = None
            if new != old:
                here[name] = new
                self.grown += 1


_NAMES: dict[ast.AST, str] = {}
"""How each name in a parsed expression is written."""


@cache
def _parsed(expression: str) -> ast.expr:
    tree = ast.parse(expression, mode="eval").body
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            _NAMES[node] = ast.unparse(node)
    return tree


def _values(node: ast.expr, known: Mapping[str, Values]) -> Values:
    """What the expression can be when each name can be what `known` says, one independent of the other."""
    match node:
        case ast.Constant(value=int() | str() as value):
            return frozenset({value})
        case ast.Name() | ast.Attribute():
            return known.get(_NAMES[node])
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return frozenset({-value})
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _values(operand, known)
            return _BOTH if inner is None else frozenset(int(not value) for value in inner)
        case ast.BoolOp(op=op, values=parts):
            absorbing = isinstance(op, ast.Or)
            found = [_truths(_values(part, known)) for part in parts]
            if any(truths == {absorbing} for truths in found):
                return frozenset({int(absorbing)})
            if all(truths == {not absorbing} for truths in found):
                return frozenset({int(not absorbing)})
            return _BOTH
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
            return _applied(type(op), _values(left, known), _values(right, known), _BOTH)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _applied(type(op), _values(left, known), _values(right, known), None)
    return None


def _truths(values: Values) -> set[bool]:
    return {True, False} if values is None else {bool(value) for value in values}


def _applied(op: type[ast.AST], left: Values, right: Values, unknown: Values) -> Values:
    if left is None or right is None or len(left) * len(right) > MANY * MANY:
        return unknown
    try:
        return frozenset(OPERATORS[op](a, b) for a, b in itertools.product(left, right))
    except TypeError:
        return unknown


def _refined(guard: ast.expr, known: Mapping[str, Values]) -> dict[str, Values]:
    """What `name == expression`, where the guard demands it, leaves of the name's values."""
    found: dict[str, Values] = {}
    for part in guard.values if isinstance(guard, ast.BoolOp) and isinstance(guard.op, ast.And) else [guard]:
        match part:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                for one, other in ((left, right), (right, left)):
                    values = _values(other, known)
                    if isinstance(one, ast.Name) and values is not None:
                        name = _NAMES[one]
                        old = known.get(name)
                        found[name] = values if old is None else old & values
    return found
