"""A chart file's text -> a `Chart`, checked strictly before python-statemachine sees it.

python-statemachine accepts more than it should for a specification (the last of two equal ids wins, a guard with a
misspelt name is an event nobody sees): here each of that is a mistake with its place. The file's comments count too:
`# why   [PC-07]` behind a transition is its note and its clauses, `# profile: 1 when ...` behind a datum says what a profile
means by setting it.
"""

import ast
import functools
import re
from dataclasses import dataclass

import yaml

from pcstate.errors import Place
from pcstate.model.chart import Chart, ChartState, ChartTransition
from pcstate.specs.source import Reader, Source, known

__all__ = ["parse_chart"]

_DOCUMENT = ("name", "datamodel", "states")
_STATE = ("initial", "final", "states", "transitions")
_TRANSITION = ("event", "target", "cond", "on")
_COMMENT = re.compile(r"\s#\s?(?P<note>[^\[\]]*?)\s*(?P<clauses>(\[PC-\d+\])*)\s*$")
_MEANING = re.compile(r"\s#\s*profile:\s*(?P<meaning>.*\S)")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, ast.Eq, ast.NotEq, ast.Lt,
    ast.LtE, ast.Gt, ast.GtE, ast.BinOp, ast.Add, ast.Sub, ast.Name, ast.Attribute, ast.Constant, ast.Load,
)  # fmt: skip


def parse_chart(source: Source) -> Chart:
    """The chart that a YAML text describes. Raises: SpecError with every mistake in it."""
    reader = Reader(source)
    root = _compose(reader)
    chart = _ChartReader(reader).chart(root) if root is not None else None
    reader.finish()
    assert chart is not None
    return chart


def _quickly(text: str) -> yaml.Node | None:
    """The document as libyaml reads it; None where it is not there, or refuses: PyYAML's own words for what is wrong are kept."""
    loader = getattr(yaml, "CSafeLoader", None)
    try:
        return yaml.compose(text, Loader=loader) if loader else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _compose(reader: Reader) -> yaml.Node | None:
    try:
        node = _quickly(reader.source.text) or yaml.compose(reader.source.text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = reader.within(mark.line + 1, mark.column + 1) if mark else reader.place()
        reader.wrong(place, f"not YAML: {getattr(error, 'problem', None) or error}")
        return None
    if not isinstance(node, yaml.MappingNode):
        reader.wrong(reader.place(), "a chart is a mapping with name, datamodel and states")
        return None
    return node


@dataclass(slots=True)
class _ChartReader:
    reader: Reader

    def place(self, node: yaml.Node) -> Place:
        mark, end = node.start_mark, node.end_mark
        return self.reader.place(mark.line + 1, mark.column + 1, end.column - mark.column if end.line == mark.line else 1)

    def mapping(self, node: yaml.Node, allowed: tuple[str, ...] | None, what: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """A mapping's entries by key; unknown and repeated keys are mistakes."""
        if not isinstance(node, yaml.MappingNode):
            self.reader.wrong(self.place(node), f"{what} must be a mapping")
            return {}
        entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if not isinstance(name, str):
                self.reader.wrong(self.place(key), f"a key of {what} must be a plain word")
            elif name in entries:
                first = entries[name][0].start_mark.line + 1
                self.reader.wrong(self.place(key), f"{name!r} stands twice in {what}, first in line {first}")
            elif allowed is not None and name not in allowed:
                self.reader.wrong(self.place(key), f"{what} has no key {name!r}", known(allowed, name))
            else:
                entries[name] = (key, value)
        return entries

    def scalar(self, node: yaml.Node, what: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self.reader.wrong(self.place(node), f"{what} must be a plain value")
            return ""
        return str(node.value)

    def chart(self, root: yaml.Node) -> Chart:
        entries = self.mapping(root, _DOCUMENT, "a chart")
        for key in ("name", "states"):
            if key not in entries:
                self.reader.wrong(self.reader.place(), f"the chart has no {key!r}")
        name = self.scalar(entries["name"][1], "the name") if "name" in entries else ""
        data = self._data(entries["datamodel"][1]) if "datamodel" in entries else ()
        states: list[ChartState] = []
        drafts: list[tuple[str, yaml.Node]] = []
        if "states" in entries:
            self._states(entries["states"][1], "", states, drafts)
        names = {state.name: state for state in states}
        declared = [key for key, _ in data]
        transitions = tuple(t for source, node in drafts for t in self._transition(source, node, names, declared))
        source = self.reader.source
        about = "\n".join(line[1:].strip() for line in _leading_comments(source.text))
        meanings = self._meanings(entries["datamodel"][1]) if "datamodel" in entries else ()
        return Chart(name, about, tuple(states), transitions, data, source.path, source.text, meanings)

    def _meanings(self, node: yaml.Node) -> tuple[tuple[str, str], ...]:
        """(datum, what a profile means by it) for each whose line ends in `# profile: ...`."""
        lines = [(name, self.reader.source.line(k.start_mark.line + 1)) for name, k in _keys(node)]
        return tuple((name, found["meaning"]) for name, line in lines if (found := _MEANING.search(line)))

    def _data(self, node: yaml.Node) -> tuple[tuple[str, int | str], ...]:
        data = []
        for name, (_, value) in self.mapping(node, None, "datamodel").items():
            text = self.scalar(value, f"datum {name!r}")
            try:
                initial = ast.literal_eval(text) if getattr(value, "style", None) in ("'", '"') else None
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                initial = None
            if not _NAME.match(name) or not isinstance(initial, int | str) or isinstance(initial, bool):
                hint = 'write count: "0" or word: "\'text\'"'
                self.reader.wrong(self.place(value), f"datum {name!r} needs a quoted number or text as its first value", hint)
            else:
                data.append((name, initial))
        return tuple(data)

    def _states(self, node: yaml.Node, parent: str, states: list[ChartState], drafts: list[tuple[str, yaml.Node]]) -> None:
        first = len(states)
        children = self.mapping(node, None, f"the states of {parent!r}" if parent else "states")
        for name, (key, value) in children.items():
            if not _NAME.match(name):
                self.reader.wrong(self.place(key), f"a state's name is lower-case words with underscores, not {name!r}")
            if any(state.name == name for state in states):
                self.reader.wrong(self.place(key), f"state {name!r} stands twice in this chart")
            entries = self.mapping(value, _STATE, f"state {name!r}")
            flags = {flag: self._flag(entries, flag) for flag in ("initial", "final")}
            note, _ = _comment(self.reader.source.line(key.start_mark.line + 1))
            states.append(ChartState(name, parent, flags["initial"], flags["final"], "states" in entries, note, self.place(key)))
            if "states" in entries:
                self._states(entries["states"][1], name, states, drafts)
            if "transitions" in entries:
                sequence = entries["transitions"][1]
                if not isinstance(sequence, yaml.SequenceNode):
                    self.reader.wrong(self.place(sequence), "transitions must be a list")
                else:
                    drafts += [(name, item) for item in sequence.value]
        siblings = [state for state in states[first:] if state.parent == parent]
        if sum(state.initial for state in siblings) != 1:
            which = f"state {parent!r}" if parent else "the chart"
            listed = ", ".join(state.name for state in siblings) or "none"
            self.reader.wrong(self.place(node), f"{which} must have exactly one initial state", f"states: {listed}")

    def _flag(self, entries: dict[str, tuple[yaml.Node, yaml.Node]], flag: str) -> bool:
        if flag not in entries:
            return False
        text = self.scalar(entries[flag][1], flag)
        if text not in ("true", "false"):
            self.reader.wrong(self.place(entries[flag][1]), f"{flag!r} must be true or false")
        return text == "true"

    def _transition(
        self, source: str, node: yaml.Node, states: dict[str, ChartState], declared: list[str]
    ) -> list[ChartTransition]:
        entries = self.mapping(node, _TRANSITION, "a transition")
        missing = [key for key in ("event", "target") if key not in entries]
        if missing:
            self.reader.wrong(self.place(node), f"a transition needs {' and '.join(missing)}")
            return []
        event = self.scalar(entries["event"][1], "event")
        target = self.scalar(entries["target"][1], "target")
        if not _NAME.match(event):
            self.reader.wrong(self.place(entries["event"][1]), f"an event is one lower-case word, not {event!r}")
        elif event in _machine_attributes():
            message = f"event {event!r} has the name of an attribute of python-statemachine's StateChart"
            self.reader.wrong(self.place(entries["event"][1]), message, "it would hide that attribute: give it another name")
        if target not in states:
            self.reader.wrong(self.place(entries["target"][1]), f"there is no state {target!r}", known(states, target))
        guard = ""
        if "cond" in entries:
            guard = self.scalar(entries["cond"][1], "cond")
            self._expression(entries["cond"][1], guard, declared, "guard")
        updates = self._updates(entries["on"][1], declared) if "on" in entries else ()
        note, clauses = _comment(self.reader.source.line(node.end_mark.line + 1))
        return [ChartTransition(source, event, target, guard, updates, clauses, note, self.place(node))]

    def _updates(self, node: yaml.Node, declared: list[str]) -> tuple[tuple[str, str], ...]:
        if not isinstance(node, yaml.SequenceNode):
            self.reader.wrong(self.place(node), "'on' must be a list of assign actions")
            return ()
        updates = []
        for item in node.value:
            action = self.mapping(item, ("assign",), "an action")
            if "assign" not in action:
                continue
            fields = self.mapping(action["assign"][1], ("location", "expr"), "assign")
            if set(fields) != {"location", "expr"}:
                self.reader.wrong(self.place(item), "assign needs location and expr")
                continue
            location, text = (self.scalar(fields[key][1], key) for key in ("location", "expr"))
            if location not in declared:
                message = f"this chart does not declare the datum {location!r}"
                self.reader.wrong(self.place(fields["location"][1]), message, known(declared, location))
            if getattr(fields["expr"][1], "tag", "") != "tag:yaml.org,2002:str":
                self.reader.wrong(self.place(fields["expr"][1]), 'the expression must be quoted: expr: "0"')
            self._expression(fields["expr"][1], text, declared, "expression")
            updates.append((location, text))
        return tuple(updates)

    def _expression(self, node: yaml.Node, text: str, declared: list[str], what: str) -> None:
        """Only what python-statemachine's restricted evaluator takes, and only names that exist."""
        try:
            tree = ast.parse(text, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self.reader.wrong(self.place(node), f"{what} is not an expression: {getattr(error, 'msg', error)}")
            return
        offset = 1 if getattr(node, "style", None) else 0
        for part in ast.walk(tree):
            column = node.start_mark.column + 1 + offset + getattr(part, "col_offset", 0)
            width = getattr(part, "end_col_offset", 1) - getattr(part, "col_offset", 0)
            place = self.reader.place(node.start_mark.line + 1, column, width)
            if not isinstance(part, _ALLOWED):
                self.reader.wrong(place, f"{what} uses {type(part).__name__}, which charts do not have")
            elif isinstance(part, ast.Attribute) and not _is_event_datum(part):
                if not (isinstance(part.value, ast.Name) and part.value.id == "_event"):
                    self.reader.wrong(place, f"{what} may only reach into _event.data")
            elif isinstance(part, ast.Name) and part.id not in (*declared, "_event"):
                self.reader.wrong(place, f"{what} names {part.id!r}, which this chart does not declare", known(declared, part.id))


@functools.cache
def _machine_attributes() -> frozenset[str]:
    """Names that an event of a chart would take away from the machine that runs it."""
    from statemachine import StateChart  # slow to import

    return frozenset(dir(StateChart))


def _keys(node: yaml.Node) -> list[tuple[str, yaml.Node]]:
    return [(str(key.value), key) for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []


def _is_event_datum(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Attribute) and node.value.attr == "data" and isinstance(node.value.value, ast.Name)


def _comment(line: str) -> tuple[str, tuple[str, ...]]:
    found = _COMMENT.search(line)
    if found is None:
        return "", ()
    return found["note"].strip(), tuple(re.findall(r"PC-\d+", found["clauses"]))


def _leading_comments(text: str) -> list[str]:
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    return lines
