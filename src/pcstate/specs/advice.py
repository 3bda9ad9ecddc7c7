"""Advice files -> `Advice`, and the same for one network."""

import re
from collections.abc import Iterable

from pcstate.errors import SpecError
from pcstate.model.advice import Advice, CompiledAdvice
from pcstate.model.formula import compile_formula
from pcstate.model.network import Network
from pcstate.specs.source import Reader, Source, known

__all__ = ["compile_advice", "parse_advice"]

_KEYS = ("for", "who", "when", "waits", "fix")
_SETS = ("callers", "conns", "all_requests")


def parse_advice(source: Source) -> tuple[Advice, ...]:
    """Read an advice file; its formulas are checked when they meet a network. Raises: SpecError with every mistake of form."""
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, ("rest",), 1, "an advice file")
    found = []
    for table, line in reader.tables(document, "rest", needed=True):
        reader.keys(table, _KEYS, line, "a rest")
        repeat, when = (reader.typed(table, key, str, line) for key in ("for", "when"))
        waits = reader.typed(table, "waits", str, line, "")
        who, fix = (reader.strings(table, key, line) for key in ("who", "fix"))
        variable, _, over = repeat.partition(" in ")
        if not variable.isidentifier() or over not in _SETS:
            reader.wrong(reader.find("", line, "for"), f"{repeat!r} is not 'variable in set'", known(_SETS))
        for name in set(re.findall(r"\{(.*?)\}", waits)) - {over}:
            reader.wrong(reader.find(f"{{{name}}}", line), f"there is no {{{name}}} here", f"'for' gives {{{over}}}")
        if not who:
            reader.wrong(reader.place(line), "a rest needs 'who': the goroutines that it speaks of")
        found.append(Advice(variable, over, who, reader.written(when, line, "when"), waits, fix, reader.place(line)))
    reader.finish()
    return tuple(found)


def compile_advice(advice: Iterable[Advice], network: Network, source: Source) -> tuple[CompiledAdvice, ...]:
    """Each piece of advice for each value of its variable, in the order of its file, which is `source`.

    Raises: SpecError with every wrong name and formula.
    """
    reader = Reader(source)
    numbers = {component.key: number for number, component in enumerate(network.components)}
    sizes = {**network.parameters, "all_requests": network.parameters["callers"] * network.parameters["requests"]}
    found = []
    for piece in advice:
        for index in range(sizes[piece.over]):
            keys = [key.replace(f"[{piece.variable}]", f"[{index}]") for key in piece.who]
            unknown = [written for written, key in zip(piece.who, keys, strict=True) if key not in numbers]
            for written in unknown:
                reader.wrong(reader.find(written, piece.place.line), f"there is no component {written!r} in this network")
            try:
                formula = compile_formula(piece.when, network, {**network.parameters, piece.variable: index})
            except SpecError as error:
                reader.mistakes += error.mistakes
                break
            if unknown:
                break
            found.append(CompiledAdvice(piece, formula, frozenset(numbers[key] for key in keys)))
    reader.finish()
    return tuple(found)
