"""The parts of a formula, each taken away: does the formula still hold, it says less than it seems to.

After Beer, Ben-David, Eisner and Rodeh (1997): a formula that holds is vacuous in a part if it holds whatever the part says. It
is enough to put false for a part that helps it (true for one below a `not`), since that makes the formula hardest to fulfil.
"""

import ast
from collections.abc import Iterator

__all__ = ["without_each_part"]

FALSE, TRUE = (ast.parse(text, mode="eval").body for text in ("0 == 1", "0 == 0"))


def without_each_part(formula: str) -> list[tuple[str, str]]:
    """For each part of a formula that compiles its text, and the formula without it. Parts are comparisons, and whatever else is
    not and, or, not, all, any or the branches of a choice; what decides a choice is none."""
    tree = ast.parse(f"({formula.strip()})", mode="eval").body
    return [(ast.unparse(part), ast.unparse(rest)) for part, rest in _each(tree, True)]


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
