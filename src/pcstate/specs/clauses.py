"""Clause files -> `Clause`: numbered sentences about Go, each with the symbol of Go's tree that it was read from."""

import re

from pcstate.model.clause import Clause
from pcstate.specs.source import Reader, Source

__all__ = ["parse_clauses"]

_HEADING = re.compile(r"^## (PC-\d+)\s*$")
_SOURCE = re.compile(r"^source: (?P<file>\S+) (?P<symbol>.+) @ go(?P<version>\d+\.\d+(\.\d+)?)$")


def parse_clauses(source: Source) -> tuple[Clause, ...]:
    """The clauses of one Markdown file: `## PC-07`, a sentence, `source: FILE SYMBOL @ goVERSION`. Raises: SpecError."""
    reader = Reader(source)
    lines = source.text.splitlines()
    heads = [(n, found[1]) for n, line in enumerate(lines) if (found := _HEADING.match(line))]
    clauses: list[Clause] = []
    for position, (start, number) in enumerate(heads):
        end = heads[position + 1][0] if position + 1 < len(heads) else len(lines)
        body = [line for line in lines[start + 1 : end] if line.strip()]
        place = reader.place(start + 1, 4, len(number))
        cited = next((found for line in body if (found := _SOURCE.match(line))), None)
        sentence = " ".join(line.strip() for line in body if not line.startswith("source:"))
        if not sentence:
            reader.wrong(place, f"clause {number} says nothing")
        if cited is None:
            reader.wrong(
                place,
                f"clause {number} names no source",
                "write: source: net/http/transport.go func (pc *persistConn) readLoop @ go1.27.3",
            )
        if any(clause.number == number for clause in clauses):
            reader.wrong(place, f"clause {number} stands twice in this file")
        if cited is not None:
            clauses.append(Clause(number, sentence, cited["file"], cited["symbol"], cited["version"], place))
    if not heads:
        reader.wrong(reader.place(), "no clause here: a clause begins with a line such as '## PC-07'")
    reader.finish()
    return tuple(clauses)
