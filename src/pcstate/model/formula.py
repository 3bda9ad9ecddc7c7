"""Formulas over global states: a small, safe part of Python's expression syntax.

    read_loop[j] == 'await_body'            the innermost active state of a component
    read_loop[j] in ['peek', 'exited']      one of several
    socket[j].cause == 'exit'               a datum of a component
    all(... for j in conns), any, count     over an index set, with optional ifs
    enabled('read_sticky', r=r)             whether a vector of that name with these arguments, among others, can fire
    a if b else c, and, or, not, + - * // %, comparisons

Index variables and parameters are numbers known when the formula is compiled; quantifiers are unrolled then, so that
evaluating costs no more than the look-ups that are written down.

So is what each part is: states and quoted words are text, a datum is what it begins as. Arithmetic and order need numbers, a
divisor must be known and not 0, `in` needs a list: what compiles has a value in every state.
"""

import ast
import difflib
import functools
import operator
import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pcstate.errors import SpecError
from pcstate.model.decision import Ask, Decision, Junction
from pcstate.model.lts import Value
from pcstate.model.network import GlobalState, Named, Network, getter
from pcstate.model.written import FormulaError, Written

__all__ = ["OPERATORS", "Evaluator", "Formula", "FormulaError", "Written", "compile_formula", "evaluate_constant", "remembered",
           "take_apart"]  # fmt: skip

Evaluator = Callable[[GlobalState], Any]


@dataclass(frozen=True, slots=True)
class Formula:
    """A compiled expression: call it with a global state."""

    text: str
    evaluate: Evaluator
    components: frozenset[int]
    """The components it looks at: states that agree on those agree on its value."""
    data: frozenset[str] = frozenset()
    """The names of the data it reads."""
    kinds: frozenset[type] = frozenset()
    """What its value can be: `int` (truth too), `str` or `list`."""

    def __call__(self, state: GlobalState) -> Any:
        """Its value in `state`."""
        return self.evaluate(state)

    def remembered(self) -> Evaluator:
        """The same, worked out once for each of what the components that it looks at can hold together."""
        return remembered(self.evaluate, getter(sorted(self.components)))


OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
"""What the operators of formulas and of the charts' guards mean."""
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_KINDS: dict[type, str] = {int: "a number", str: "text", list: "a list"}
_QUANTIFIERS: dict[str, Callable[[list[Any]], Any]] = {
    "all": all,
    "any": any,
    "count": lambda values: sum(1 for value in values if value),
}


Names = Mapping[str, Value | Sequence[Value]]


def compile_formula(formula: str | Written, network: Network, names: Names) -> Formula:
    """Compile `formula` for `network`; `names` gives parameters, index variables and index sets.

    Raises: FormulaError for syntax outside the language, a name, component, datum or state that does not exist, or a part
    that is not of the kind it must be; for one that is `Written` a SpecError with its place, also when it is evaluated where
    a datum is no longer what it began as.
    """
    if isinstance(formula, str):
        return _compile(formula, network, names)
    try:
        compiled = _compile(formula.text, network, names)
    except FormulaError as error:
        raise SpecError([formula.mistake(error)]) from None
    return replace(compiled, evaluate=_placed(compiled.evaluate, formula)) if compiled.data else compiled


def _compile(text: str, network: Network, names: Names) -> Formula:
    compiler, tree = _Compiler(network), _parse(text)
    evaluate = compiler.compile(tree, dict(names))
    data = frozenset(n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute))
    kinds = compiler.kinds(tree, dict(names))
    return Formula(text, evaluate, frozenset(compiler.touched), data, kinds)


def take_apart(formula: str | Written, network: Network, names: Names, wanted: bool = True) -> Decision:
    """Whether a formula that `compile_formula` accepts is as `wanted`: and, or, not, if, all and any are taken apart."""
    text = formula if isinstance(formula, str) else formula.text

    def placed(evaluate: Evaluator) -> Evaluator:
        return evaluate if isinstance(formula, str) else _placed(evaluate, formula)

    return _Compiler(network).take_apart(_parse(text), dict(names), placed, wanted)


def _placed(evaluate: Evaluator, formula: Written) -> Evaluator:
    def placed(state: GlobalState) -> Any:
        try:
            return evaluate(state)
        except TypeError as error:
            raise SpecError(
                [formula.mistake(FormulaError(f"this has no value in a state that can be reached: {error}"))]
            ) from None

    return placed


def evaluate_constant(text: str, names: Names) -> Any:
    """The value of an expression that mentions no component. Raises: FormulaError."""
    if text in names:
        return names[text]
    used = tuple((name, names[name]) for name in _names_in(_parse(text)) if name in names)
    try:
        return _constant(text, used)
    except (FormulaError, TypeError):  # a mistake is told with all names; a list is nothing to remember by
        return _Compiler(None).known(_parse(text), dict(names))


@functools.lru_cache(maxsize=1 << 16)
def _constant(text: str, names: tuple[tuple[str, Value], ...]) -> Any:
    return _Compiler(None).known(_parse(text), dict(names))


@functools.lru_cache(maxsize=4096)
def _names_in(node: ast.expr) -> tuple[str, ...]:
    return tuple(sorted({inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}))


_dumped = functools.lru_cache(maxsize=4096)(ast.dump)
"""A parsed expression without its place."""


@functools.lru_cache(maxsize=4096)
def _parse(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings(action="ignore"):  # Python's advice on odd literals is not for our users
            tree = ast.parse(f"({text.strip()})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line, column = getattr(error, "lineno", None) or 1, (getattr(error, "offset", None) or 2) - 1
        raise FormulaError(f"not an expression: {getattr(error, 'msg', error)}", line=line, column=column) from None
    if (tree.lineno, tree.col_offset) == (1, 0):  # our brackets are part of it: nothing, a bare tuple, or `a) or (b`
        raise FormulaError("not an expression")
    return tree


class _Compiler:
    def __init__(self, network: Network | None) -> None:
        self.network = network
        self.touched: set[int] = set()
        self.keys = {component.key: i for i, component in enumerate(network.components)} if network else {}
        self.component_names = sorted({component.name for component in network.components}) if network else []

    def compile(self, node: ast.expr, names: dict[str, Any]) -> Evaluator:
        """How to evaluate an expression. One that looks at a single component is worked out once for each of its
        configurations."""
        around, self.touched = self.touched, set()
        evaluate, looked = self._compile(node, names), self.touched
        self.touched = around | looked
        if len(looked) == 1 and isinstance(node, ast.BoolOp | ast.Compare | ast.UnaryOp):
            return remembered(evaluate, operator.itemgetter(*looked))
        return evaluate

    def _compile(self, node: ast.expr, names: dict[str, Any]) -> Evaluator:
        match node:
            case ast.Constant(value=int() | str() as value):
                return lambda _: value
            case ast.Name(id=name) if name in names:
                bound = names[name]
                return lambda _: bound
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                parts = [self.compile(element, names) for element in elements]
                return lambda state: [part(state) for part in parts]
            case ast.BoolOp(op=op, values=values):
                parts = [self.compile(value, names) for value in values]
                return _until(parts, isinstance(op, ast.Or))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.compile(operand, names)
                return lambda state: not inner(state)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.compile(operand, names)
                self._need(operand, int, names)
                return lambda state: -inner(state)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return self._binary(type(op), left, right, names)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
                return self._binary(type(op), left, right, names)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                ask, yes, no = (self.compile(part, names) for part in (test, body, orelse))
                return lambda state: yes(state) if ask(state) else no(state)
            case ast.Call(func=ast.Name(id=name), args=[ast.GeneratorExp() as each]) if name in _QUANTIFIERS:
                return self._quantified(_QUANTIFIERS[name], each, names)
            case ast.Call(func=ast.Name(id="enabled"), args=[ast.Constant(value=str())]):
                return self._enabled(node, names)
            case ast.Attribute(value=ast.Name() | ast.Subscript() as target, attr=datum):
                return self._datum(target, datum, names)
            case ast.Name() | ast.Subscript():
                return self._state(node, names)
            case _:
                raise FormulaError("a formula cannot use this", node, "known: " + __doc__.split("\n\n")[1])

    def take_apart(
        self, node: ast.expr, names: dict[str, Any], placed: Callable[[Evaluator], Evaluator], wanted: bool = True
    ) -> Decision:
        """Whether the truth value of an expression is the `wanted` one."""

        def parts(nodes: Sequence[ast.expr], bound: Sequence[dict[str, Any]]) -> tuple[Decision, ...]:
            return tuple(self.take_apart(each, inner, placed, wanted) for each in nodes for inner in bound)

        match node:
            case ast.BoolOp(op=op, values=values):
                return Junction(isinstance(op, ast.Or) is wanted, parts(values, [names]))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.take_apart(operand, names, placed, not wanted)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                ways = ((True, body), (False, orelse))
                asked = [
                    (self.take_apart(test, names, placed, way), self.take_apart(then, names, placed, wanted))
                    for way, then in ways
                ]
                return Junction(True, tuple(Junction(False, pair) for pair in asked))
            case ast.Call(func=ast.Name(id=("all" | "any") as name), args=[ast.GeneratorExp() as each]):
                return Junction((name == "any") is wanted, parts([each.elt], self._bound(each, names)))
        self.touched = set()
        evaluate = placed(self.compile(node, names))
        key = _dumped(node), wanted, *((name, repr(names[name])) for name in _names_in(node) if name in names)
        return Ask(tuple(sorted(self.touched)), lambda state: bool(evaluate(state)) is wanted, key)

    def known(self, node: ast.expr, names: dict[str, Any]) -> Any:
        """The value of an expression that must be known when the formula is compiled."""
        if isinstance(node, ast.Name) and node.id in names:
            return names[node.id]
        evaluate = self.compile(node, names)
        try:
            return evaluate(())
        except IndexError:  # it looks at a component, and there is no state yet
            raise FormulaError("this must not depend on the state", node) from None
        except (ArithmeticError, TypeError) as error:
            raise FormulaError(f"this has no value: {error}", node) from None

    def _binary(self, op: type[ast.AST], left: ast.expr, right: ast.expr, names: dict[str, Any]) -> Evaluator:
        apply = OPERATORS[op]
        if self.network is not None and op in (ast.Eq, ast.NotEq, ast.In, ast.NotIn):
            self._check_states(left, right, names)
        first, second = self.compile(left, names), self.compile(right, names)
        self._check_kinds(op, left, right, names)
        return lambda state: apply(first(state), second(state))

    def kinds(self, node: ast.expr, names: dict[str, Any]) -> frozenset[type]:
        """What the value of an expression that compiles can be."""
        match node:
            case ast.Constant(value=str()):
                return frozenset({str})
            case ast.Name(id=name) if name in names:
                return frozenset({str if isinstance(names[name], str) else int if isinstance(names[name], int) else list})
            case ast.List() | ast.Tuple():
                return frozenset({list})
            case ast.IfExp(body=body, orelse=orelse):
                return self.kinds(body, names) | self.kinds(orelse, names)
            case ast.Attribute(value=target, attr=datum):
                return frozenset({str if isinstance(self._data(target, names)[datum], str) else int})
            case ast.Name() | ast.Subscript():
                return frozenset({str})
        return frozenset({int})

    def _need(self, node: ast.expr, kind: type, names: dict[str, Any]) -> None:
        """Refuse what can be of another kind; a constant's value is tried at once instead."""
        if self.network is None:
            return
        for other in sorted(self.kinds(node, names) - {kind}, key=str):
            raise FormulaError(f"{left_text(node)} is {_KINDS[other]}, and this needs {_KINDS[kind]}", node)

    def _check_kinds(self, op: type[ast.AST], left: ast.expr, right: ast.expr, names: dict[str, Any]) -> None:
        if op in (*_ARITHMETIC, *_ORDER):
            self._need(left, int, names)
            self._need(right, int, names)
        elif op in (ast.In, ast.NotIn):
            self._need(right, list, names)
        if self.network is not None and op in (ast.FloorDiv, ast.Mod) and self.known(right, names) == 0:
            raise FormulaError(f"{left_text(right)} is 0, and this divides by it", right)

    def _check_states(self, left: ast.expr, right: ast.expr, names: dict[str, Any]) -> None:
        """A component is asked for states by name: one that its chart does not have can only be a mistake."""
        if not isinstance(left, ast.Name | ast.Subscript) or (isinstance(left, ast.Name) and left.id in names):
            return
        assert self.network is not None
        component = self._component(left, names)
        known = getattr(self.network.components[component].behaviour, "state_names", None)
        for constant in right.elts if isinstance(right, ast.List | ast.Tuple) else [right]:
            if known is not None and isinstance(constant, ast.Constant) and constant.value not in known:
                raise FormulaError(f"{left_text(left)} has no state {constant.value!r}", constant, f"states: {', '.join(known)}")

    def _quantified(self, fold: Callable[[list[Any]], Any], each: ast.GeneratorExp, names: dict[str, Any]) -> Evaluator:
        parts = [self.compile(each.elt, binding) for binding in self._bound(each, names)]
        if fold in (all, any):
            return _until(parts, fold is any)
        return lambda state: fold([part(state) for part in parts])

    def _bound(self, each: ast.GeneratorExp, names: dict[str, Any]) -> list[dict[str, Any]]:
        """The names for each case of a quantifier."""
        found = [names]
        for generator in each.generators:
            found = [inner for outer in found for inner in self._bindings(generator, outer)]
        return found

    def _bindings(self, generator: ast.comprehension, names: dict[str, Any]) -> list[dict[str, Any]]:
        if not isinstance(generator.target, ast.Name):
            raise FormulaError("one index variable at a time", generator.target)
        domain = self.known(generator.iter, names)
        if isinstance(domain, str):
            raise FormulaError("an index set is a list, or how many there are", generator.iter)
        values = range(domain) if isinstance(domain, int) else domain
        found = []
        for value in values:
            inner = {**names, generator.target.id: value}
            if all(self.known(condition, inner) for condition in generator.ifs):
                found.append(inner)
        return found

    def _enabled(self, node: ast.Call, names: dict[str, Any]) -> Evaluator:
        """Whether one of the vectors that are meant can fire: TLA+'s ENABLED, of a step."""
        network, (step,) = self.network, node.args
        called = ast.literal_eval(step)
        if network is None or called not in network.names:
            listed = sorted(network.names) if network else []
            like = difflib.get_close_matches(called, listed, 5, 0.3) or listed
            raise FormulaError(f"no vector is called {called!r}", step, f"known: {', '.join(like) or 'none'}")
        beside = network.meant(Named(called, ()))
        given = []
        for keyword in node.keywords:
            if beside and keyword.arg not in (has := [key for key, _ in network.vectors[beside[0]].args]):
                raise FormulaError(f"{called!r} has no argument {keyword.arg!r}", keyword.value, f"arguments: {', '.join(has)}")
            given.append((str(keyword.arg), self.known(keyword.value, names)))
        numbers = network.meant(Named(called, tuple(given)))
        self.touched.update(c for n in numbers for c, _ in (*network.vectors[n].who, *network.vectors[n].unless))
        return lambda state: any(network.can_fire(number, state) for number in numbers)

    def _component(self, node: ast.expr, names: dict[str, Any]) -> int:
        match node:
            case ast.Name(id=name):
                key = name
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                key = f"{name}[{self.known(index, names)}]"
            case _:
                raise FormulaError("a component is written name or name[index]", node)
        if key not in self.keys:
            known = self.component_names + sorted(names)
            raise FormulaError(f"there is no {key!r} here", node, f"known: {', '.join(known)}")
        self.touched.add(self.keys[key])
        return self.keys[key]

    def _state(self, node: ast.expr, names: dict[str, Any]) -> Evaluator:
        component = self._component(node, names)
        assert self.network is not None
        behaviour = self.network.components[component].behaviour
        memory: dict[int, str] = {}

        def state_of(state: GlobalState) -> str:
            local = state[component]
            if local not in memory:
                memory[local] = behaviour.configuration(local).state
            return memory[local]

        return state_of

    def _data(self, target: ast.expr, names: dict[str, Any]) -> dict[str, Value]:
        """The data of a component, as it begins."""
        assert self.network is not None
        component = self.network.components[self._component(target, names)]
        return dict(component.behaviour.configuration(component.initial).data)

    def _datum(self, target: ast.expr, datum: str, names: dict[str, Any]) -> Evaluator:
        component = self._component(target, names)
        assert self.network is not None
        behaviour = self.network.components[component].behaviour
        declared = list(self._data(target, names))
        if datum not in declared:
            raise FormulaError(f"it has no datum {datum!r}", target, f"declared: {', '.join(declared) or 'none'}")
        position = declared.index(datum)
        memory: dict[int, Value] = {}

        def datum_of(state: GlobalState) -> Value:
            local = state[component]
            if local not in memory:
                memory[local] = behaviour.configuration(local).data[position][1]
            return memory[local]

        return datum_of


def _until(parts: Sequence[Evaluator], wanted: bool) -> Evaluator:
    """`wanted` if one of the parts is; the other truth value if none is."""

    def search(state: GlobalState) -> bool:
        for part in parts:
            if bool(part(state)) is wanted:
                return wanted
        return not wanted

    return search


def remembered(evaluate: Evaluator, get: Callable[[GlobalState], Hashable]) -> Evaluator:
    """`evaluate`, worked out once for each of what `get` says of a state."""
    memory: dict[Hashable, Any] = {}

    def recall(state: GlobalState) -> Any:
        key = get(state)
        value = memory.get(key, memory)
        if value is memory:
            value = memory[key] = evaluate(state)
        return value

    return recall


def left_text(node: ast.expr) -> str:
    """How a component was written, for messages."""
    return ast.unparse(node)
