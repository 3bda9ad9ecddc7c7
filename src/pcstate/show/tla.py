"""A finite network -> a TLA+ module and its configuration for TLC: one action a vector, one distinct state a global state.

A component's configurations are numbered from 1. A table is a tuple over them: the configuration that a step leads to, or 0 where
it is not offered. TLC's "states generated" are the initial state and one for each transition; its deadlock check is off, since
a network may come to rest. `Inside` fails where a component leaves what was exported of it.
"""

from pcstate.model.finite import FiniteNetwork, FinitePart, FiniteVector
from pcstate.show.naming import identifiers, remark

__all__ = ["TLC_CONFIGURATION", "tla"]

TLC_CONFIGURATION = "INIT Init\nNEXT Next\nINVARIANT Inside\nCHECK_DEADLOCK FALSE\n"


def tla(network: FiniteNetwork, module: str, title: str) -> str:
    """The text of `module`.tla. Cost: linear in the tables."""
    names = identifiers("at_", (component.key for component in network.components))
    actions = identifiers("do_", (vector.label for vector in network.vectors))
    tables: dict[tuple[int, ...], str] = {}
    written = [_action(name, v, names, tables) for name, v in zip(actions, network.vectors, strict=True)]
    begin = [f"{name} = 1" for name in names]
    inside = [f"{n} <= {c.beyond}" for n, c in zip(names, network.components, strict=True) if not c.whole]
    blocks = [
        f"---- MODULE {module} ----\n\\* {remark(title)}\n\\* written by 'pcstate export'\nEXTENDS Naturals\n",
        *(_legend(name, component.configurations) for name, component in zip(names, network.components, strict=True)),
        f"VARIABLES\n  {_list(names)}\n",
        f"vars ==\n  <<{_list(names)}>>\n",
        *(f"{name} == <<{', '.join(str(target + 1) for target in row)}, 0>>" for row, name in tables.items()),
        *(f"\n{action}" for action in written),
        _operator("Init", "/\\", begin, "TRUE"),
        _operator("Next", "\\/", actions, "FALSE /\\ UNCHANGED vars"),
        _operator("Inside", "/\\", inside, "TRUE"),
        "\nSpec == Init /\\ [][Next]_vars\n====",
    ]
    return "\n".join(blocks) + "\n"


def _legend(name: str, configurations: tuple[object, ...]) -> str:
    rows = [f"\\* {name}", *(f"\\*   {number} {remark(str(c))}" for number, c in enumerate(configurations, 1))]
    return "\n".join(rows)


def _list(names: list[str]) -> str:
    return ",\n  ".join(names)


def _operator(name: str, junction: str, terms: list[str], empty: str) -> str:
    return "\n".join([f"\n{name} ==", *([f"  {junction} {term}" for term in terms] or [f"  {empty}"])])


def _action(name: str, vector: FiniteVector, names: list[str], tables: dict[tuple[int, ...], str]) -> str:
    def at(part: FinitePart) -> str:
        return f"{tables.setdefault(part[1], f'T{len(tables)}')}[{names[part[0]]}]"

    rows = [f"{at(part)} # 0" for part in vector.who]
    rows += [f"{at(part)} = 0" for part in vector.unless]
    rows += [f"{names[part[0]]}' = {at(part)}" for part in vector.who]
    rows += [f"{names[part[0]]}' = IF {at(part)} = 0 THEN {names[part[0]]} ELSE {at(part)}" for part in vector.also]
    moved = {part[0] for part in (*vector.who, *vector.also)}
    still = [name for number, name in enumerate(names) if number not in moved]
    rows += [f"UNCHANGED <<{', '.join(still)}>>"] * bool(still)
    return "\n".join([f"{name} == \\* {remark(vector.label)}", *(f"  /\\ {row}" for row in rows)])
