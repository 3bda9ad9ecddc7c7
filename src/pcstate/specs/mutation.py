"""Mutants of the spec, generated from the text of its charts, its network and one profile.

Each operator is a mistake that the writer of a spec, or of net/http, could make: a condition forgotten, a step left out, two
steps exchanged, an acknowledgement that nobody waits for. Whether a mutant is still a spec is not looked at here.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import yaml

from pcstate.model.chart import Chart, ChartTransition
from pcstate.model.mutation import Argument, Edit, Mutation
from pcstate.specs.library import Spec
from pcstate.specs.profiles import Profile
from pcstate.specs.source import Reader, Source, known

__all__ = ["OPERATORS", "arguments", "mutations"]

OPERATORS: Mapping[str, str] = {
    "drop-guard": "a condition of a guard is left out",
    "drop-transition": "a transition is never taken",
    "drop-update": "a datum is not set",
    "swap-updates": "two data that are set together get each other's values",
    "swap-actions": "two transitions that follow one another are taken in the other order",
    "drop-participant": "a vector fires without one of those it needs",
    "loosen-participant": "a vector no longer waits for one of those it needs: that one joins if it can",
    "drop-also": "a broadcast misses somebody",
    "drop-unless": "a vector fires though it should be off",
    "change-datum": "a number that a chart begins with is one more or one less",
    "change-constant": "a number of the profile is one more or one less",
}
"""What each does."""

ARGUMENTS = "mutants/equivalent.toml"
_ROLE = re.compile(r"^(?P<role>who|also|unless)\s*=\s*\{(?P<entries>.*)\}\s*$")
_ENTRY = re.compile(r'\s*"(?P<key>[^"]*)"\s*=\s*"(?P<call>[^"]*)"')


def mutations(spec: Spec, profile: Profile) -> tuple[Mutation, ...]:
    """Every mutant of the charts that run in the network (those that only observe have no part in it), of the network and of a
    profile's constants.

    Order: by file, place and operator. A datum that the profile or the network sets is not changed in its chart: its first value
    there says nothing.
    """
    kinds = {table["chart"]: table.get("class", "object") for table in spec.network.components}
    given = {*profile.constants, *(name for table in spec.network.components for name in table.get("with", ()))}
    found: list[Mutation] = []
    for chart in spec.charts.values():
        if kinds.get(chart.name, "observer") != "observer":
            found += _ChartMutants(spec, chart, kinds[chart.name]).every(given)
    found += _network(spec)
    found += _constants(spec, profile)
    return tuple(sorted(found, key=lambda m: (m.file, m.place, m.operator, m.what)))


def arguments(spec: Spec, every: Iterable[Mutation]) -> tuple[Argument, ...]:
    """What `spec/mutants/equivalent.toml` says of mutants, none if there is no such file.

    Raises: SpecError with every mistake in it: each argument must speak of a mutant that there is, or of another profile's.
    """
    source = spec.texts.get(ARGUMENTS)
    if source is None:
        return ()
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, ("mutant",), 1, "the file of arguments")
    existing: dict[str, list[Mutation]] = {file: [] for file in spec.texts}
    for mutation in every:
        existing[mutation.file].append(mutation)
    found = []
    for table, line in reader.tables(document, "mutant"):
        reader.keys(table, ("operator", "file", "where", "what", "why"), line, "a mutant")
        argument = Argument(*(reader.typed(table, key, str, line) for key in ("operator", "file", "where", "what", "why")))
        argument = replace(argument, why=" ".join(argument.why.split()))
        found.append(argument)
        if argument.operator not in OPERATORS:
            place = reader.find(argument.operator, line, "operator")
            reader.wrong(place, f"there is no operator {argument.operator!r}", known(OPERATORS, argument.operator))
        elif argument.file not in existing:
            place = reader.find(argument.file, line, "file")
            reader.wrong(place, f"there is no file {argument.file!r}", known(existing, argument.file))
        elif (beside := existing[argument.file]) and not any(map(argument.speaks_of, beside)):
            alike = [m.what for m in beside if (m.operator, m.where) == (argument.operator, argument.where)]
            reader.wrong(reader.find(argument.what, line, "what"), "there is no such mutant", known(alike, argument.what))
    reader.finish()
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A transition as written: its entries by key, and the node that they stand in."""

    transition: ChartTransition
    node: yaml.Node
    entries: Mapping[str, tuple[yaml.Node, yaml.Node]]


class _ChartMutants:
    """The mutants of one chart."""

    def __init__(self, spec: Spec, chart: Chart, kind: str) -> None:
        self.chart, self.kind = chart, kind
        self.file = next(file for file, source in spec.texts.items() if source.path == chart.path)
        self.reader = Reader(spec.texts[self.file])
        self.lines = _starts(chart.text)
        root = yaml.compose(chart.text, Loader=yaml.SafeLoader)
        assert root is not None, "a chart that was read"
        self.root = root
        by_place = {(t.place.line, t.place.column): t for t in chart.transitions}
        self.drawn = [
            _Drawn(by_place[node.start_mark.line + 1, node.start_mark.column + 1], node, _entries(node))
            for node in _mappings(root)
            if {"event", "target"} <= _entries(node).keys()
        ]

    def every(self, given: Iterable[str]) -> Iterator[Mutation]:
        for drawn in self.drawn:
            yield from self._drop_guard(drawn)
            yield self._drop_transition(drawn)
            yield from self._updates(drawn)
        yield from self._swap_actions()
        yield from self._change_data(set(given))

    def _drop_guard(self, drawn: _Drawn) -> Iterator[Mutation]:
        if not drawn.transition.guard:
            return
        key, node = drawn.entries["cond"]
        tree = ast.parse(drawn.transition.guard, mode="eval").body
        parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
        for part in parts:
            rest = [ast.unparse(other) if len(parts) == 2 else _bracketed(other) for other in parts if other is not part]
            what = f"without {ast.unparse(part)}"
            edit = self._inside(node, " and ".join(rest)) if rest else self._cut(drawn, key, node)
            yield self._mutation("drop-guard", drawn, node, what, edit, inside=part.col_offset + 1)

    def _cut(self, drawn: _Drawn, key: yaml.Node, value: yaml.Node) -> Edit:
        """Take an entry out of a transition, with the comma before it: `event` comes first in each."""
        before = [other for _, other in drawn.entries.values() if other.end_mark.index <= key.start_mark.index]
        last = max(before, key=lambda other: int(other.end_mark.index))
        return Edit(self._at(last, end=True), self._at(value, end=True), "")

    def _drop_transition(self, drawn: _Drawn) -> Mutation:
        """By a guard that is never true: the event stays, so that the network still fits the chart."""
        guard = drawn.entries.get("cond")
        if guard:
            edit = self._instead(guard[1], '"0 == 1"')
        else:
            end = self._at(drawn.entries["target"][1], end=True)
            edit = Edit(end, end, ', cond: "0 == 1"')
        return self._mutation("drop-transition", drawn, drawn.node, "never", edit)

    def _updates(self, drawn: _Drawn) -> Iterator[Mutation]:
        if "on" not in drawn.entries:
            return
        key, sequence = drawn.entries["on"]
        assert isinstance(sequence, yaml.SequenceNode), "a list of actions"
        actions = [(item, _entries(_entries(item)["assign"][1])) for item in sequence.value]
        written = list(zip(actions, drawn.transition.updates, strict=True))
        for number, ((item, _), (location, expression)) in enumerate(written):
            if len(actions) == 1:
                edit = self._cut(drawn, key, sequence)
            elif number:
                edit = Edit(self._at(actions[number - 1][0], end=True), self._at(item, end=True), "")
            else:
                edit = Edit(self._at(item), self._at(actions[1][0]), "")
            yield self._mutation("drop-update", drawn, item, f"without {location} = {expression}", edit)
        for ((item, fields), (one, first)), ((_, others), (other, second)) in pairwise(written):
            if first != second:
                nodes = [entries["expr"][1] for entries in (fields, others)]
                one_text, other_text = (self.chart.text[self._at(node) : self._at(node, end=True)] for node in nodes)
                edits = [self._instead(nodes[0], other_text), self._instead(nodes[1], one_text)]
                yield self._mutation("swap-updates", drawn, item, f"{one} = {second}, {other} = {first}", *edits)

    def _swap_actions(self) -> Iterator[Mutation]:
        """Of two transitions in a row, where nothing else can happen between them but what stays."""
        leaving: dict[str, list[_Drawn]] = {}
        for drawn in self.drawn:
            if drawn.transition.source != drawn.transition.target:
                leaving.setdefault(drawn.transition.source, []).append(drawn)
        for first in (drawn for rows in leaving.values() for drawn in rows):
            then = leaving.get(first.transition.target, [])
            if len(then) == 1 and then[0] is not first:
                edits = [self._as(first, then[0]), self._as(then[0], first)]
                what = f"{then[0].transition.event} before {first.transition.event}"
                yield self._mutation("swap-actions", first, first.node, what, *edits)

    def _as(self, drawn: _Drawn, other: _Drawn) -> Edit:
        """A transition written like another one, but for its target."""
        begin, end = self._at(other.node), self._at(other.node, end=True)
        target = other.entries["target"][1]
        text = self.chart.text[begin : self._at(target)] + drawn.transition.target
        return self._instead(drawn.node, text + self.chart.text[self._at(target, end=True) : end])

    def _change_data(self, given: set[str]) -> Iterator[Mutation]:
        data = _entries(self.root).get("datamodel")
        for name, (_, node) in _entries(data[1]).items() if data else ():
            value = dict(self.chart.data)[name]
            if isinstance(value, int) and name not in given:
                for changed in _near(value):
                    edit = self._inside(node, str(changed))
                    yield self._mutation("change-datum", name, node, f"{value} becomes {changed}", edit, inside=1)

    def _mutation(
        self, operator: str, where: _Drawn | str, node: yaml.Node, what: str, *edits: Edit, inside: int = 0
    ) -> Mutation:
        """One that is placed at a node, or some characters inside it."""
        place = self.reader.place(node.start_mark.line + 1, node.start_mark.column + 1 + inside)
        name = where if isinstance(where, str) else f"{where.transition.source}: {where.transition.event}"
        return Mutation(operator, self.chart.name, self.kind, self.file, place, name, what, edits)

    def _instead(self, node: yaml.Node, text: str) -> Edit:
        return Edit(self._at(node), self._at(node, end=True), text)

    def _inside(self, node: yaml.Node, text: str) -> Edit:
        """Another text between the quotes of a scalar, if it has any."""
        quote = 1 if getattr(node, "style", None) else 0
        return Edit(self._at(node) + quote, self._at(node, end=True) - quote, text)

    def _at(self, node: yaml.Node, end: bool = False) -> int:
        mark = node.end_mark if end else node.start_mark
        return self.lines[mark.line] + int(mark.column)


@dataclass(frozen=True, slots=True)
class _Row:
    """One role of a vector as written, with its entries and where each begins and ends in the text."""

    line: int
    column: int
    start: int
    """Where the entries begin."""
    entries: tuple[tuple[str, str, int, int], ...]

    def without(self, number: int) -> Edit:
        """One entry is left out, with its comma."""
        _, _, begin, end = self.entries[number]
        if number:
            return Edit(self.entries[number - 1][3], end, "")
        return Edit(begin, self.entries[1][2] if self.entries[1:] else end, "")


def _network(spec: Spec) -> Iterator[Mutation]:
    source = spec.network.source
    file = next(file for file, text in spec.texts.items() if text.path == source.path)
    for table in spec.network.syncs:
        rows = _rows(source, table["line"])
        for role, row in rows.items():
            written = {key: call for key, call, _, _ in row.entries}
            assert written == table[role], f"{source.path}:{row.line}: one line of entries in quotes"
        for role, row in rows.items():
            for number, (key, call, begin, _) in enumerate(row.entries):
                place = Reader(source).place(row.line, row.column + begin - row.start)

                mutant = partial(Mutation, part="network", kind="network", file=file, place=place, where=table["name"])
                without = row.without(number)
                if role != "who":
                    yield mutant(f"drop-{role}", what=f"without {key} {call}", edits=(without,))
                elif row.entries[1:]:
                    yield mutant("drop-participant", what=f"without {key} {call}", edits=(without,))
                    joining = (without, _joining(source.text, row, rows.get("also"), f'"{key}" = "{call}"'))
                    yield mutant("loosen-participant", what=f"{key} {call} if it can", edits=joining)


def _joining(text: str, who: "_Row", also: "_Row | None", entry: str) -> Edit:
    """One entry more in `also`, which is made behind `who` if it is not there."""
    if also:
        end = also.entries[-1][3]
        return Edit(end, end, f", {entry}")
    end = text.index("\n", who.entries[-1][3])
    return Edit(end, end, f"\nalso = {{ {entry} }}")


def _rows(source: Source, line: int) -> dict[str, _Row]:
    """The roles of the vector whose table begins at `line`."""
    lines, starts = source.text.splitlines(), _starts(source.text)
    rows: dict[str, _Row] = {}
    for number in range(line, len(lines)):
        if lines[number].startswith("["):
            break
        found = _ROLE.match(lines[number])
        if found:
            column = found.start("entries")
            first = starts[number] + column
            entries = tuple(
                (e["key"], e["call"], first + e.start("key") - 1, first + e.end("call") + 1)
                for e in _ENTRY.finditer(found["entries"])
            )
            rows[found["role"]] = _Row(number + 1, column + 1, first, entries)
    return rows


def _constants(spec: Spec, profile: Profile) -> Iterator[Mutation]:
    file = next(file for file, source in spec.texts.items() if source.path == profile.path)
    reader = Reader(spec.texts[file])
    starts = _starts(profile.text)
    for name, value in profile.constants.items():
        if isinstance(value, int):
            place = reader.find(str(value), reader.table("constants"), name)
            begin = starts[place.line - 1] + place.column - 1
            for changed in _near(value):
                edit = Edit(begin, begin + len(str(value)), str(changed))
                what = f"{value} becomes {changed}"
                yield Mutation("change-constant", "profile", "profile", file, place, name, what, (edit,))


def _near(value: int) -> list[int]:
    """One more, and one less where that is no negative number; -1 is nobody's number and becomes the first."""
    return [value + 1, value - 1] if value > 0 else [value + 1]


def _bracketed(node: ast.expr) -> str:
    text = ast.unparse(node)
    return f"({text})" if isinstance(node, ast.BoolOp) else text


def _starts(text: str) -> list[int]:
    """Where each line begins; PyYAML's lines and Python's are the same in a chart that was read."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _entries(node: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    return {str(key.value): (key, value) for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _mappings(node: yaml.Node) -> Iterator[yaml.Node]:
    """All mappings, in document order."""
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _mappings(item)
