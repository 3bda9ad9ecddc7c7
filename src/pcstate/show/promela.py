"""A finite network -> a Promela model whose states and transitions are the network's, one for one.

Theory of operation: one process, one bit field a component, C tables for the components' steps. Spin tries every option of a loop
in every state; one option a vector would make it evaluate hundreds of guards for each state (measured: six times slower). So
option k takes the k-th of the vectors that can fire; option 0, which Spin tries first, lists them, for each state on Spin's stack
once (`depth` is Spin's own). Candidates come from one component of each vector, by the configurations that offer the same.
A state that leaves the configurations that were exported is an error of Spin's, never lost.

Spin counts one transition more, the initial state's. With -c0 its errors are the states without a successor.
"""

from collections.abc import Iterable

from pcstate.model.finite import OFF, FiniteComponent, FiniteNetwork, FinitePart, FiniteVector
from pcstate.show.naming import identifiers, remark

__all__ = ["promela"]

_ROOM = 16_000
"""Characters in one block of C; Spin takes 64 KiB, and no more than that."""
_GROUP = 256
"""Vectors in one C function."""


def promela(network: FiniteNetwork, title: str) -> str:
    """The model. Cost: linear in the tables and in the vectors that each configuration can lead."""
    assert len(network.vectors) < 1 << 16, "vectors are numbered by an unsigned short"
    writer = _Writer(network)
    declared = [f"unsigned {writer.names[n]} : {_bits(network.components[n])};" for n in writer.moving]
    blocks = [
        _head(network, title),
        *_blocks("c_decl", [writer.declarations, *writer.tables]),
        "\n".join(declared),
        *_blocks("c_code", writer.functions),
        "active proctype network() {",
        "  do",
        *map(writer.option, range(writer.degree)),
        "  od",
        "}",
    ]
    return "\n".join(blocks) + "\n"


_DECLARATIONS = """\
#define OFF %OFF%
extern long depth;
extern int readtrail;
static unsigned short *listed;
static unsigned long *first;
static unsigned long listed_room, first_room;
static void *room(void *old, unsigned long bytes) {
  void *found = realloc(old, bytes);
  if (!found) { fprintf(stderr, "out of memory\\n"); exit(1); }
  return found;
}"""

_ENABLED = """\
static unsigned long list_all(void) {
  unsigned short *p;
  if ((unsigned long) depth + 2 > first_room) {
    unsigned long before = first_room;
    first_room = 2 * depth + 1024;
    first = room(first, first_room * sizeof *first);
    if (!before) first[0] = 0;
  }
  if (first[depth] + %MOST% > listed_room) {
    listed_room = 2 * (first[depth] + %MOST%);
    listed = room(listed, listed_room * sizeof *listed);
  }
  p = listed + first[depth];
%CALLS%
  first[depth + 1] = p - listed;
  return first[depth + 1] - first[depth];
}
static unsigned long known(void) { return readtrail ? list_all() : first[depth + 1] - first[depth]; }"""


def _head(network: FiniteNetwork, title: str) -> str:
    rows = [
        f"/* {remark(title)}",
        "   written by 'pcstate export'; one state a global state, one transition a vector that fires",
        "",
        "   spin -a FILE && gcc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -n -c0 -m1000000 -w24",
        "",
        "   'errors' are the states without a successor (-E: they are none); transitions are one more, for the initial state.",
        "   Depth first, and options tried in their order: no -DBFS, -DRANDOMIZE or -DT_RAND. Written for Spin 6.5.",
        "",
    ]
    for component in network.components:
        rows.append(f"   {remark(component.key)}")
        rows += [f"     {number} {remark(str(c))}" for number, c in enumerate(component.configurations)]
    return "\n".join([*rows, "*/"])


def _blocks(keyword: str, pieces: Iterable[str]) -> list[str]:
    """Pieces of C in as few blocks as Spin's limit allows."""
    blocks: list[list[str]] = [[]]
    size = 0
    for piece in pieces:
        if blocks[-1] and size + len(piece) > _ROOM:
            blocks.append([])
            size = 0
        blocks[-1].append(piece)
        size += len(piece) + 1
    return ["\n".join([keyword + " {", *block, "}"]) for block in blocks]


def _bits(component: FiniteComponent) -> int:
    largest = len(component.configurations) - component.whole
    return max(1, largest.bit_length())


class _Writer:
    """The C in it: a table for each part, a list of candidates for each component that leads, and what fires a vector."""

    def __init__(self, network: FiniteNetwork) -> None:
        self.network = network
        self.names = identifiers("at_", (component.key for component in network.components))
        self.moving = [n for n, c in enumerate(network.components) if len(c.configurations) > 1 or not c.whole]
        """Components that have more than one configuration; the others are no part of the state."""
        self.tables: list[str] = []
        self._numbers: dict[tuple[int, ...], int] = {}
        largest = max((len(component.configurations) for component in network.components), default=0)
        self._type, self._off = ("unsigned char", 255) if largest < 255 else ("unsigned short", 65535)
        self._led = self._leads()
        self.degree = max(1, sum(max(map(len, offers)) for offers in map(self._offers, self._led)))
        """More vectors than that can fire in no state."""
        self.functions = [*map(self._lead, self._led), *self._moves(), self._enabled(), self._take()]

    @property
    def declarations(self) -> str:
        """What the functions and the tables stand on."""
        return _DECLARATIONS.replace("%OFF%", str(self._off))

    def option(self, k: int) -> str:
        """Spin's option that takes the k-th vector that can fire; no component may leave what was exported of it."""
        components = self.network.components
        inside = [f"{self.names[n]} != {components[n].beyond}" for n in self.moving if not components[n].whole]
        claim = f"; assert({' && '.join(inside)})" if inside else ""
        return f"  :: d_step {{ c_expr {{ ({'known' if k else 'list_all'}() > {k}) }} -> c_code {{ take({k}); }}{claim} }}"

    def _leads(self) -> dict[int, dict[int, FinitePart]]:
        """For each component the vectors that are looked for from its configurations: those that it holds back most."""
        leads: dict[int, dict[int, FinitePart]] = {}
        for number, vector in enumerate(self.network.vectors):
            part = min(vector.who, key=lambda part: sum(target != OFF for target in part[1]) / len(part[1]))
            leads.setdefault(part[0], {})[number] = part
        return leads

    def _offers(self, lead: int) -> list[tuple[int, ...]]:
        """For each configuration of a lead the vectors that it can take part in there."""
        size = len(self.network.components[lead].configurations)
        return [tuple(n for n, (_, row) in self._led[lead].items() if row[local] != OFF) for local in range(size)]

    def _lead(self, lead: int) -> str:
        """The function that adds, at `p`, the vectors of one lead that can fire."""
        offers = self._offers(lead)
        classes = list(dict.fromkeys(((), *offers)))
        which = self._at((lead, tuple(classes.index(offered) for offered in offers)), beyond=0)
        rows = [f"static unsigned short *lead{lead}(unsigned short *p) {{", f"  switch ({which}) {{"]
        for place, offered in enumerate(classes[1:], 1):
            rows += [f"  case {place}:", *(f"    {self._candidate(n, self._led[lead][n])}" for n in offered), "    break;"]
        return "\n".join([*rows, "  }", "  return p;", "}"])

    def _candidate(self, number: int, lead: FinitePart) -> str:
        vector = self.network.vectors[number]
        tests = [f"{self._at(part)} != OFF" for part in vector.who if part is not lead and OFF in part[1]]
        tests += [f"{self._at(part)} == OFF" for part in vector.unless if {*part[1]} != {OFF}]
        condition = f"if ({' && '.join(tests)}) " if tests else ""
        return f"{condition}*p++ = {number}; /* {remark(vector.label)} */"

    def _moves(self) -> list[str]:
        """Functions that fire a vector, by its number."""
        cases = [f"  case {number}: {self._move(vector)}break;" for number, vector in enumerate(self.network.vectors)]
        groups = [cases[begin : begin + _GROUP] for begin in range(0, len(cases), _GROUP)]
        return [
            "\n".join([f"static void fire{number}(int vector) {{", "  switch (vector) {", *group, "  }", "}"])
            for number, group in enumerate(groups)
        ]

    def _move(self, vector: FiniteVector) -> str:
        moves = [(part, "") for part in vector.who]
        moves += [(part, f"if ({self._at(part)} != OFF) " if OFF in part[1] else "") for part in vector.also]
        return "".join(
            f"{condition}now.{self.names[component]} = {self._at((component, row))}; "
            for (component, row), condition in moves
            if any(target not in (OFF, local) for local, target in enumerate(row))
        )

    def _enabled(self) -> str:
        calls = [f"  p = lead{lead}(p);" for lead in self._led]
        return _ENABLED.replace("%MOST%", str(self.degree)).replace("%CALLS%", "\n".join(calls))

    def _take(self) -> str:
        """The function that takes the k-th vector that can fire."""
        groups = range((len(self.network.vectors) + _GROUP - 1) // _GROUP)
        rows = ["static void take(unsigned k) {", "  int vector = listed[first[depth] + k];", f"  switch (vector / {_GROUP}) {{"]
        rows += [f"  case {number}: fire{number}(vector); break;" for number in groups]
        rows.append("  }")
        return "\n".join([*rows, "}"])

    def _at(self, part: FinitePart, beyond: int = OFF) -> str:
        """What the part's table says of the present configuration."""
        component, row = part
        if component not in self.moving:
            return "OFF" if row[0] == OFF else str(row[0])
        return f"T{self._table((*row, beyond))}[now.{self.names[component]}]"

    def _table(self, row: tuple[int, ...]) -> int:
        number = self._numbers.get(row)
        if number is None:
            number = self._numbers[row] = len(self._numbers)
            entries = ",".join(str(self._off if target == OFF else target) for target in row)
            self.tables.append(f"static const {self._type} T{number}[] = {{{entries}}};")
        return number
