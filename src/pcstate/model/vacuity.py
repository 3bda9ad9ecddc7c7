"""The parts of a formula, each taken away: does the formula still hold, it says less than it seems to.

After Beer, Ben-David, Eisner and Rodeh (1997): a formula that holds is vacuous in a part if it holds whatever the part says. It
is enough to put false for a part that helps it (true for one below a `not`), since that makes the formula hardest to fulfil.
"""

import ast
from collections.abc import Collection, Iterator, Mapping

__all__ = ["premise", "says_who", "without_each_part"]

FALSE, TRUE = (ast.parse(text, mode="eval").body for text in ("0 == 1", "0 == 0"))


def without_each_part(formula: str) -> list[tuple[str, str]]:
    """For each part of a formula that compiles its text, and the formula without it. Parts are comparisons, and whatever else is
    not and, or, not, all, any or the branches of a choice; what decides a choice is none."""
    tree = ast.parse(f"({formula.strip()})", mode="eval").body
    return [(ast.unparse(part), ast.unparse(rest)) for part, rest in _each(tree, True)]


def premise(formula: str) -> str:
    """What begins a leads-to, in one line, as a part is written."""
    return " ".join(formula.split())


def says_who(part: str, references: Mapping[str, Collection[str]]) -> bool:
    """Whether a part only says of whom the formula speaks: it compares numbers of callers, connections and requests with one
    another. A formula that holds whatever such a part says holds of others too: it says more than it seems to, not less.

    `references` has, for each component, its data that are such numbers.
    """

    def is_number(node: ast.expr) -> bool:
        match node:
            case ast.Name():
                return True
            case ast.BinOp(left=left, right=right):
                return is_number(left) and is_number(right)
            case ast.Attribute(value=ast.Subscript(value=ast.Name(id=name)), attr=datum):
                return datum in references.get(name, ())
        return False

    node = ast.parse(part, mode="eval").body
    return isinstance(node, ast.Compare) and all(map(is_number, (node.left, *node.comparators)))


def _each(node: ast.expr, helps: bool) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each part, and the node without it; `helps` says whether the whole is the truer, the truer this node is."""
    match node:
        case ast.BoolOp(op=op, values=values):
            for number, value in enumerate(values):
                for part, rest in _each(value, helps):
                    yield part, ast.BoolOp(op, [*values[:number], rest, *values[number + 1 :]])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            for part, rest in _each(operand, not helps):
                yield part, ast.UnaryOp(ast.Not(), rest)
        case ast.Call(func=ast.Name(id="all" | "any") as fold, args=[ast.GeneratorExp(elt=inner, generators=over)]):
            for part, rest in _each(inner, helps):
                yield part, ast.Call(fold, [ast.GeneratorExp(rest, over)], [])
        case ast.IfExp(test=test, body=body, orelse=orelse):
            for part, rest in _each(body, helps):
                yield part, ast.IfExp(test, rest, orelse)
            for part, rest in _each(orelse, helps):
                yield part, ast.IfExp(test, body, rest)
        case _:
            yield node, FALSE if helps else TRUE
