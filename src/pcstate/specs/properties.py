"""Property files -> `Property`."""

import ast
import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pcstate.errors import SpecError
from pcstate.model.formula import Written, compile_formula, take_apart
from pcstate.model.lts import Value
from pcstate.model.network import Network
from pcstate.model.property import CompiledProperty, Instance, Mutant, Property
from pcstate.model.verdict import Bounds
from pcstate.specs.source import Reader, Source, known

__all__ = ["KINDS", "compile_property", "parse_property", "read_mutant", "read_property"]

KINDS = ("always", "leads-to", "sometimes", "deadlock", "refinement")
_KEYS = (
    "kind", "about", "formula", "then", "for", "at", "fairness", "needs", "clauses", "holds", "fails", "fails_from", "mutant",
)  # fmt: skip


def parse_property(source: Source, name: str) -> Property:
    """Read a property file; its formulas are checked when they meet a network. Raises: SpecError with every mistake."""
    reader = Reader(source)
    found = read_property(reader, reader.toml(), name, 1)
    reader.finish()
    return found


def read_property(reader: Reader, table: dict[str, Any], name: str, line: int) -> Property:
    """The property in a table that begins at `line`; its mistakes go to `reader`."""
    reader.keys(table, _KEYS, line, "a property")
    kind = reader.typed(table, "kind", str, line)
    if kind and kind not in KINDS:
        reader.wrong(reader.find(kind, line, "kind"), f"there is no kind {kind!r}", known(KINDS, kind))
    about = reader.typed(table, "about", str, line)
    formula = reader.typed(table, "formula", str, line)
    then = reader.typed(table, "then", str, line, "" if kind != "leads-to" else None)
    at = reader.typed(table, "at", str, line, "")
    if at not in ("", "rest") or (at and kind not in ("always", "sometimes")):
        reader.wrong(reader.find(at, line, "at"), "'at' can only be \"rest\", for a property of kind always or sometimes")
    fairness = reader.typed(table, "fairness", str, line, "weak")
    if fairness not in ("weak", "strong") or (kind != "leads-to" and "fairness" in table):
        reader.wrong(reader.find(fairness, line, "fairness"), "'fairness' is weak or strong, for a property of kind leads-to")
    needs, fails_from = (_sizes(reader, table, key, line) for key in ("needs", "fails_from"))
    over = []
    for clause in filter(None, (part.strip() for part in reader.typed(table, "for", str, line, "").split(","))):
        variable, _, domain = clause.partition(" in ")
        if not variable.isidentifier() or not domain.strip():
            reader.wrong(reader.find(clause, line, "for"), f"{clause!r} is not 'variable in set'")
        over.append((variable, domain.strip()))
    mutant = _mutant(reader, reader.typed(table, "mutant", dict, line, {}))
    clauses, holds, fails = (reader.strings(table, key, line) for key in ("clauses", "holds", "fails"))
    if fails_from and not fails:
        reader.wrong(reader.find("fails_from", line), "'fails_from' says from where on, but 'fails' names no profile")
    return Property(
        name, kind, about, formula, then, at == "rest", fairness == "strong", needs, tuple(over), clauses, holds, fails,
        fails_from, mutant, reader.place(line), reader.written(formula, line, "formula").place,
        reader.written(then, line, "then").place,
    )  # fmt: skip


def _sizes(reader: Reader, table: dict[str, Any], key: str, line: int) -> tuple[tuple[str, int], ...]:
    """The sizes of a network that `key` names, each with a number."""
    named = reader.typed(table, key, dict, line, {})
    for size in named:
        if size not in Bounds().sizes:
            reader.wrong(reader.find(size, line, key), f"there is no size {size!r}", known(Bounds().sizes, size))
        reader.typed(named, size, int, line)
    return tuple(named.items())


def _mutant(reader: Reader, table: dict[str, object]) -> Mutant | None:
    if not table:
        return None
    line = reader.table("mutant")
    return read_mutant(reader, table, line, "[mutant]")


def read_mutant(reader: Reader, table: dict[str, Any], line: int, what: str) -> Mutant:
    """The edit in a table that begins at `line`; its mistakes go to `reader`."""
    reader.keys(table, ("file", "find", "replace"), line, what)
    fields = [reader.typed(table, key, str, line) for key in ("file", "find", "replace")]
    return Mutant(*fields)


def is_symmetric(promise: Property, network: Network) -> bool:
    """Whether its instances together say the same of a state when connections or callers change places in it.

    Judged by the text: nobody is named by a number of his own, nor are their numbers put in order.
    """
    over = {name: dict(data) for name, data in network.references.items()}
    texts = [text for text in (promise.formula, promise.then) if text]
    return all(_names_nobody(ast.parse(f"({text.strip()})", mode="eval"), over, network.parameters) for text in texts)


def _names_nobody(tree: ast.Expression, references: Mapping[str, Mapping[str, str]], sizes: Collection[str]) -> bool:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(slice=index) if _fixed(index):
                return False
            case ast.keyword(value=given) if _fixed(given):
                return False
            case ast.comprehension(iter=domain) if _fixed(domain) or isinstance(domain, ast.List | ast.Tuple):
                return False
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [left, *others]
                ordered = any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in ops)
                if ordered and not all(_is_amount(side, references, sizes) for side in sides):
                    return False
                if any(_refers(side, references) for side in sides) and any(_fixed(side) for side in sides):
                    return False
    return True


def _is_amount(node: ast.expr, references: Mapping[str, Mapping[str, str]], sizes: Collection[str]) -> bool:
    """Whether it says how many there are, and is nobody's number."""
    match node:
        case ast.Constant() | ast.Call(func=ast.Name(id="count")):
            return True
        case ast.Name(id=name):
            return name in sizes
        case ast.BinOp(left=left, right=right):
            return _is_amount(left, references, sizes) and _is_amount(right, references, sizes)
        case ast.Attribute():
            return not _refers(node, references)
    return False


def _fixed(node: ast.expr) -> bool:
    """Whether it is a number, or a list with one, that depends on no variable; -1 is nobody's number."""
    if isinstance(node, ast.List | ast.Tuple):
        return any(map(_fixed, node.elts))
    inside = list(ast.walk(node))
    if any(isinstance(part, ast.Name) for part in inside) or isinstance(node, ast.UnaryOp):
        return False
    return any(isinstance(part, ast.Constant) and isinstance(part.value, int) for part in inside)


def _refers(node: ast.expr, references: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether it is a datum that is the number of a connection, a caller or a request."""
    match node:
        case ast.Attribute(value=ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name), attr=datum):
            return datum in references.get(name, {})
    return False


def compile_property(
    promise: Property, reader: Reader, network: Network, sets: Mapping[str, Sequence[Value]]
) -> CompiledProperty | None:
    """The property's formulas for one network, one instance for each value of its index variables.

    Mistakes go to `reader`, and None comes back. A refinement has no formula to compile.
    """
    lacking = [f"{size} >= {least}" for size, least in promise.needs if network.parameters[size] < least]
    idle = f"it speaks of networks with {' and '.join(lacking)} only" if lacking else ""
    if promise.kind == "refinement":
        return CompiledProperty(promise, (), idle)
    bindings: list[dict[str, Value]] = [{}]
    for variable, domain in promise.over:
        if domain not in sets:
            reader.wrong(reader.find(domain, 1, "for"), f"there is no set {domain!r}", known(sets, domain))
            return None
        bindings = [{**binding, variable: value} for binding in bindings for value in sets[domain]]
    names: dict[str, Value | Sequence[Value]] = {**sets, **network.parameters}
    lines = tuple(reader.source.text.splitlines())
    instances = []
    for binding in bindings:
        formulas = []
        for text, place in ((promise.formula, promise.formula_place), (promise.then, promise.then_place)):
            if not text:
                continue
            try:
                formulas.append(compile_formula(Written(text, place, lines), network, {**names, **binding}))
            except SpecError as error:
                reader.mistakes += error.mistakes
        if reader.mistakes:
            return None
        label = ", ".join(f"{variable}={value}" for variable, value in binding.items())
        written = Written(promise.formula, promise.formula_place, lines)
        apart = functools.partial(take_apart, written, network, {**names, **binding})
        then = formulas[1] if len(formulas) > 1 else None
        instances.append(Instance(label, formulas[0], then, tuple(binding.values()), apart))
    return CompiledProperty(promise, tuple(instances), idle)
