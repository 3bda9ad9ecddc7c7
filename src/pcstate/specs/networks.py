"""A network's text -> a `Network`: components started, synchronisation vectors unrolled over their index sets.

In the file, `"read_loop[j]" = "recv_eofc(j, v='eof')"` reads: component read_loop number j takes part with event recv_eofc,
whose data are j (the index variable of that name) and v. A key may stand for several components:
`"idle_slot[k] for k in conns if k != j"`. Repeats come from `for = "i in callers, j in conns"`.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pcstate.errors import Place, SpecError
from pcstate.model.chart import Chart
from pcstate.model.formula import FormulaError, Written, compile_formula, evaluate_constant
from pcstate.model.lts import Behaviour, Event, Value, one_event
from pcstate.model.network import Apart, Component, Named, Network, Part, Spent, Vector
from pcstate.specs.charts import ChartBehaviour
from pcstate.specs.network_text import NetworkText
from pcstate.specs.source import Reader, known

__all__ = ["instantiate"]

UNROLLED = 4
"""Of how many sizes the vectors are remembered: `diff` goes through those of one scenario under one profile, then the other."""
_INDEX_SETS = ("conns", "callers", "all_requests")
_KEY = re.compile(r"^(?P<name>\w+)(\[(?P<index>[^\]]+)\])?(\s+for\s+(?P<var>\w+)\s+in\s+(?P<set>\w+)(\s+if\s+(?P<cond>.+))?)?$")
_CALL = re.compile(r"^(?P<event>[a-z][a-z0-9_]*)(\((?P<args>.*)\))?$")


def instantiate(
    text: NetworkText,
    charts: Mapping[str, ChartBehaviour],
    constants: Mapping[str, Value],
    parameters: Mapping[str, int] | None = None,
    replacements: Mapping[str, tuple[Behaviour, int]] | None = None,
    sets: Mapping[str, list[Value]] | None = None,
) -> Network:
    """The network of one size under one profile.

    `constants` set the data of that name in every chart that declares it; `parameters` and `sets` override the file's;
    `replacements` put another behaviour in a component's place (key -> behaviour, initial). Raises: SpecError with every
    misspelt name. Cost: linear in the number of vectors.
    """
    builder = _Builder(Reader(text.source), text, charts, constants, {**text.parameters, **(parameters or {})})
    builder.sets.update(sets or {})
    builder.components(replacements or {})
    vectors = builder.vectors()
    apart = tuple(builder.apart())
    spent = tuple(builder.spent())
    builder.check_events()
    builder.reader.finish()
    network = Network(
        "transport",
        tuple(builder.made[: builder.first_observer]),
        vectors,
        dict(builder.parameters),
        apart,
        spent,
        builder.references(),
        tuple(builder.made[builder.first_observer :]),
        frozenset(sync["name"] for sync in text.syncs),
    )
    builder.check_formulas(network)
    builder.reader.finish()
    return network


@dataclass(slots=True)
class _Builder:
    reader: Reader
    text: NetworkText
    charts: Mapping[str, ChartBehaviour]
    constants: Mapping[str, Value]
    parameters: dict[str, int]
    sets: dict[str, list[Value]] = field(default_factory=dict)
    made: list[Component] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)
    chart_of: dict[str, Chart] = field(default_factory=dict)
    used: dict[str, set[str]] = field(default_factory=dict)
    families: set[str] = field(default_factory=set)
    first_observer: int = 0
    _reported: set[tuple[int, str]] = field(default_factory=set)
    _checked: set[tuple[int, str, str]] = field(default_factory=set)
    _events: dict[tuple[Any, ...], Event | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        requests = self.parameters.get("callers", 1) * self.parameters.get("requests", 1)
        self.sets.update(self.text.sets)
        self.sets.update({name: list(range(size)) for name, size in self.parameters.items()})
        self.sets.update(all_requests=list(range(requests)), ranks=list(range(self.parameters.get("conns", 1))))

    def wrong(self, place: Place, message: str, hint: str = "") -> None:
        if (place.line, message) not in self._reported:
            self._reported.add((place.line, message))
            self.reader.wrong(place, message, hint)

    def bindings(self, table: Mapping[str, Any]) -> Iterator[dict[str, Value]]:
        """Every assignment of the index variables of `for`, in the order of the sets, where `when` holds."""
        bindings: list[dict[str, Value]] = [{}]
        for clause in _split(table.get("for", "")):
            found = re.match(r"^(\w+) in (.+)$", clause)
            if found is None or self._domain(found[2], bindings[0]) is None:
                place = self.reader.find(clause, table["line"], "for")
                self.wrong(place, f"{clause!r} is not 'variable in set'", known(self.sets))
                return
            bindings = [{**b, found[1]: value} for b in bindings for value in self._domain(found[2], b) or ()]
            if not bindings:
                return
        for binding in bindings:
            if "when" not in table or self.value(table["when"], binding, table["line"], "when"):
                yield binding

    def _domain(self, text: str, binding: Mapping[str, Value]) -> list[Value] | None:
        """The values of a set: one that the file names, a list, or `requests_of(i)`, the requests that caller i makes."""
        own = re.match(r"^requests_of\((\w+)\)$", text)
        if own and own[1] in binding:
            width = self.parameters.get("requests", 1)
            return list(range(int(binding[own[1]]) * width, (int(binding[own[1]]) + 1) * width))
        if text in self.sets:
            return self.sets[text]
        try:
            domain = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return None
        return domain if isinstance(domain, list) else None

    def value(self, text: str, binding: Mapping[str, Value], line: int, key: str) -> Any:
        if text in binding:
            return binding[text]
        try:
            return evaluate_constant(text, {**self.parameters, **binding})
        except (FormulaError, ArithmeticError, TypeError) as error:
            self.wrong(self.reader.find(text, line), f"{text!r} in {key!r}: {error}", known({*self.parameters, *binding}))
            return 0

    def components(self, replacements: Mapping[str, tuple[Behaviour, int]]) -> None:
        """Start them all, the observers last."""
        observing = [table.get("class") == "observer" for table in self.text.components]
        for last in (False, True):
            for table, observer in zip(self.text.components, observing, strict=True):
                if observer == last:
                    self._family(table, replacements)
            if not last:
                self.first_observer = len(self.made)

    def references(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """What the file says of references, its names looked at."""
        line = self.reader.table("references")
        for name, data in self.text.references.items():
            if name not in self.families:
                self.wrong(self.reader.find(name, line), f"{name!r} is no component of this network", known(self.families, name))
                continue
            declared = [key for key, _ in self.chart_of[name].data]
            for datum, over in data.items():
                if datum not in declared:
                    self.wrong(
                        self.reader.find(datum, line, name), f"chart {name!r} has no datum {datum!r}", known(declared, datum)
                    )
                if over not in _INDEX_SETS:
                    self.wrong(self.reader.find(str(over), line, name), f"{over!r} is no set of these", known(_INDEX_SETS, over))
        return {name: tuple(sorted(data.items())) for name, data in self.text.references.items()}

    def _family(self, table: Mapping[str, Any], replacements: Mapping[str, tuple[Behaviour, int]]) -> None:
        chart = table["chart"]
        if chart not in self.charts:
            self.wrong(self.reader.find(chart, table["line"]), f"there is no chart {chart!r}", known(self.charts, chart))
            return
        behaviour = self.charts[chart]
        name = table.get("name", chart)
        self.families.add(name)
        self.chart_of[name] = behaviour.chart
        for binding in self.bindings(table):
            self._start(table, name, behaviour, binding, replacements)

    def _start(
        self,
        table: Mapping[str, Any],
        name: str,
        behaviour: ChartBehaviour,
        binding: dict[str, Value],
        replacements: Mapping[str, tuple[Behaviour, int]],
    ) -> None:
        declared = {key for key, _ in behaviour.chart.data}
        own = {}
        for key, expression in table.get("with", {}).items():
            if key not in declared:
                self.wrong(self.reader.find(key, table["line"]), f"chart {name!r} has no datum {key!r}", known(declared, key))
            own[key] = self.value(str(expression), binding, table["line"], "with")
        index = next(iter(binding.values()), None)
        initial = behaviour.initial({**{k: v for k, v in self.constants.items() if k in declared}, **own})
        kind = table.get("class", "") or "object"
        over = table.get("for", "").partition(" in ")[2]
        component = Component(name, index if isinstance(index, int) else None, kind, behaviour, initial, over)
        if component.key in replacements:
            replaced, start = replacements[component.key]
            component = Component(component.name, component.index, kind, replaced, start, over)
        self.keys[component.key] = len(self.made)
        self.made.append(component)

    def vectors(self) -> tuple[Vector, ...]:
        """Every vector of that size. Constants have no part in them: two profiles have the same, unrolled and checked once."""
        for table in self.text.syncs:
            self._note_used(table)
        charts = tuple(behaviour.chart.text for behaviour in self.charts.values())
        key = (charts, tuple(self.parameters.items()), tuple((name, tuple(values)) for name, values in self.sets.items()))
        unrolled = self.text.unrolled
        if key not in unrolled:
            every = (self._vector(table, binding) for table in self.text.syncs for binding in self.bindings(table))
            found = tuple(vector for vector in every if vector is not None)
            if self.reader.mistakes:
                return found
            if len(unrolled) == UNROLLED:
                del unrolled[next(iter(unrolled))]
            unrolled[key] = found
        return unrolled[key]

    def apart(self) -> Iterator[Apart]:
        for table in self.text.apart:
            for binding in self.bindings(table):
                these, those, until = (frozenset(self._group(table, key, binding)) for key in ("these", "those", "until"))
                steps, off = (tuple(self._named(table, key, binding)) for key in ("until", "off"))
                wholly = table.get("wholly", False)
                yield Apart(table["while"], {**self.parameters, **binding}, these, those, until, steps, off, wholly)

    def spent(self) -> Iterator[Spent]:
        for table in self.text.spent:
            if table.get("again", False):
                self._refers_to_none(table)
            for binding in self.bindings(table):
                objects, again = tuple(self._group(table, "objects", binding)), table.get("again", False)
                if again and (left_out := self._left_out(objects)):
                    place = self.reader.find("objects", table["line"])
                    self.wrong(place, "a connection begins again as a whole", f"it has {', '.join(left_out)} too")
                datum = str(table.get("datum", ""))
                if again and datum:
                    place = self.reader.find("datum", table["line"])
                    self.wrong(place, "a connection begins again as a whole", "leave 'datum' or 'again' out")
                for name in {self.made[number].name for number in objects} if datum else ():
                    if datum not in self.text.references.get(name, {}):
                        place = self.reader.find("datum", table["line"])
                        self.wrong(place, f"{datum!r} is no number of others that {name!r} has", "see [references]")
                yield Spent(table["while"], {**self.parameters, **binding}, objects, again, datum)

    def _refers_to_none(self, table: Mapping[str, Any]) -> None:
        """What begins again must be known to nobody: 'while' has to speak of all that may hold a connection's number."""
        spoken = set(re.findall(r"(\w+)\[\w+\]\.(\w+) != ", table["while"].text))
        for name, data in self.text.references.items():
            for datum, over in data.items():
                if over == "conns" and (name, datum) not in spoken:
                    hint = f"add {name}[...].{datum} != ..."
                    self.wrong(table["while"].place, f"what begins again may still be known to {name!r} by its {datum!r}", hint)

    def _left_out(self, objects: Sequence[int]) -> list[str]:
        """What belongs to the connections of some of the objects, and is not one of these."""
        conns = {self.made[number].index for number in objects}
        of_them = (number for number, component in enumerate(self.made) if component.over == "conns" and component.index in conns)
        return [self.made[number].key for number in of_them if number not in objects]

    def _group(self, table: Mapping[str, Any], key: str, binding: dict[str, Value]) -> list[int]:
        texts = [str(text) for text in table.get(key, ()) if key != "until" or not _CALL.match(str(text))]
        return [number for text in texts for number, _ in self._targets(text, binding, table, key) if number >= 0]

    def _named(self, table: Mapping[str, Any], key: str, binding: Mapping[str, Value]) -> Iterator[Named]:
        """The steps among `key`: `deliver(i, j)` is any vector of that name with these arguments."""
        names = {sync["name"] for sync in self.text.syncs}
        for text in map(str, table.get(key, ())):
            found = _CALL.match(text)
            if found is None:
                if key == "off":
                    self.wrong(self.reader.find(text, table["line"], key), f"{text!r} is no step, such as deliver(i, j)")
                continue
            if found["event"] not in names:
                place = self.reader.find(text, table["line"], key)
                self.wrong(place, f"no vector is called {found['event']!r}", known(names, found["event"]))
            given = _arguments(found["args"])
            yield Named(found["event"], tuple((name, self.value(value, binding, table["line"], key)) for name, value in given))

    def _note_used(self, table: Mapping[str, Any]) -> None:
        for key, call in (pair for role in ("who", "also", "unless") for pair in table.get(role, {}).items()):
            family, event = _KEY.match(key), _CALL.match(call)
            if family is not None and family["name"] in self.chart_of:
                events = [event["event"]] if event else []
                self.used.setdefault(self.chart_of[family["name"]].name, set()).update(events)

    def _vector(self, table: Mapping[str, Any], binding: dict[str, Value]) -> Vector | None:
        parts: dict[str, tuple[Part, ...]] = {}
        notes: list[Part] = []
        complete = True
        for role in ("who", "also", "unless"):
            found = []
            for key, call in table.get(role, {}).items():
                for component, inner in self._targets(key, {**binding}, table, role):
                    event = self._event(call, inner, table, self.made[component].name if component >= 0 else "")
                    if component >= self.first_observer and event is not None:
                        notes.append((component - self.first_observer, event))
                        if role != "also":
                            self.wrong(self.reader.find(key, table["line"]), f"{key!r} only observes: it belongs into 'also'")
                    elif component >= 0 and event is not None:
                        found.append((component, event))
                    elif role == "who":
                        complete = False
            parts[role] = tuple(found)
        if not complete or not parts["who"]:
            return None
        self._check_distinct(table, parts)
        args = tuple(sorted(binding.items(), key=lambda pair: pair[0]))
        return Vector(
            table["name"],
            args,
            parts["who"],
            parts["also"],
            parts["unless"],
            table.get("class", ""),
            self._abstract(table, binding),
            tuple(notes),
            table.get("first", ""),
        )

    def _check_distinct(self, table: Mapping[str, Any], parts: Mapping[str, tuple[Part, ...]]) -> None:
        moved = [component for component, _ in (*parts["who"], *parts["also"])]
        for component in {c for c in moved if moved.count(c) > 1}:
            key = self.made[component].key
            self.wrong(self.reader.place(table["line"]), f"{table['name']!r} moves {key} twice in one step")

    def _abstract(self, table: Mapping[str, Any], binding: Mapping[str, Value]) -> tuple[str, int] | None:
        for variable, event in table.get("lifecycle", {}).items():
            lifecycle = self.charts.get("lifecycle")
            if lifecycle is not None and event not in lifecycle.chart.events:
                place = self.reader.find(str(event), table["line"])
                self.wrong(place, f"lifecycle.yaml has no event {event!r}", known(lifecycle.chart.events, event))
            conn = self.value(variable, binding, table["line"], "lifecycle")
            return str(event), int(conn)
        return None

    def _targets(
        self, key: str, binding: dict[str, Value], table: Mapping[str, Any], role: str
    ) -> Iterator[tuple[int, dict[str, Value]]]:
        """The components that a key stands for, each with the bindings its event is read under; -1 for one out of range."""
        found = _KEY.match(key)
        if found is None or found["name"] not in self.families:
            place = self.reader.find(key, table["line"])
            self.wrong(place, f"{key!r} is no component of this network", known(self.families, found and found["name"]))
            return
        bindings = [binding]
        if found["var"]:
            domain = self._domain(found["set"], binding) or []
            bindings = [{**binding, found["var"]: value} for value in domain]
            if found["cond"]:
                bindings = [b for b in bindings if self.value(found["cond"], b, table["line"], role)]
        for inner in bindings:
            full = found["name"]
            if found["index"]:
                full += f"[{self.value(found['index'], inner, table['line'], role)}]"
            if full not in self.keys and not found["index"]:
                self.wrong(self.reader.find(key, table["line"]), f"{key!r} needs an index")
            yield self.keys.get(full, -1), inner

    def _event(self, call: str, binding: Mapping[str, Value], table: Mapping[str, Any], family: str) -> Event | None:
        """What a call in a table is under a binding: worked out once for all bindings that give its words the same values."""
        key = table["line"], call, family, *(binding.get(word) for word in _words(call))
        if key not in self._events:
            self._events[key] = self._read_event(call, binding, table, family)
        return self._events[key]

    def _read_event(self, call: str, binding: Mapping[str, Value], table: Mapping[str, Any], family: str) -> Event | None:
        call = re.sub(r"^\{(\w+)\}$", lambda m: str(binding.get(m[1], m[0])), call)
        found = _CALL.match(call)
        if found is None:
            self.wrong(self.reader.find(call, table["line"]), f"{call!r} is not an event, such as recv(v='ok')")
            return None
        args = [(name, self.value(text, binding, table["line"], call)) for name, text in _arguments(found["args"])]
        if family:
            self._check_event(found["event"], [name for name, _ in args], family, table, call)
        return one_event(found["event"], tuple(args))

    def _check_event(self, event: str, args: list[str], family: str, table: Mapping[str, Any], call: str) -> None:
        """Once for each use in the file: the chart has the event, and the arguments are what its transitions ask for."""
        chart = self.chart_of[family]
        use = (table["line"], call, family)
        if use in self._checked:
            return
        self._checked.add(use)
        if event not in chart.events:
            place = self.reader.find(call, table["line"])
            self.wrong(place, f"chart {chart.name!r} has no event {event!r}", known(chart.events, event))
            return
        for name in set(args) & {key for key, _ in chart.data}:
            hint = "inside a guard the event's data hide the chart's: give the argument another name"
            place = self.reader.find(call, table["line"])
            self.wrong(place, f"argument {name!r} has the name of a datum of chart {chart.name!r}", hint)
        texts = [" ".join([t.guard, *(e for _, e in t.updates)]) for t in chart.transitions if t.event == event]
        for name in {n for text in texts for n in re.findall(r"_event\.data\.(\w+)", text)} - set(args):
            self.wrong(
                self.reader.find(call, table["line"]),
                f"event {event!r} of chart {chart.name!r} needs the argument {name!r}",
                f"given: {', '.join(args) or 'none'}",
            )

    def check_events(self) -> None:
        """An event that no vector offers is a transition that can never fire."""
        for name in dict.fromkeys(self.chart_of[family].name for family in sorted(self.families)):
            chart = self.charts[name].chart
            for event in chart.events:
                if event not in self.used.get(name, set()):
                    place = next(t.place for t in chart.transitions if t.event == event)
                    self.wrong(self.reader.place(), f"no vector offers event {event!r} of chart {name!r} ({place})")

    def check_formulas(self, network: Network) -> None:
        """Try the formulas of the file."""
        facts: tuple[Apart | Spent, ...] = (*network.apart, *network.spent)
        requests = [{**self.parameters, "r": request} for request in self.sets["all_requests"]]
        for key, written in self.text.outcome.items():
            bindings = requests if key in ("reused", "error") else [self.parameters]
            self._try(written, network.observed(), bindings, str if key == "error" else int)
        for table in (*self.text.apart, *self.text.spent):
            self._try(table["while"], network, [fact.names for fact in facts if fact.formula is table["while"]], int)

    def _try(self, written: Written, network: Network, bindings: Sequence[Mapping[str, Value]], wanted: type) -> None:
        """Compile a formula under every binding, until one is wrong; note what it cannot be."""
        for names in bindings:
            try:
                kinds = compile_formula(written, network, names).kinds
            except SpecError as error:
                self.reader.mistakes += error.mistakes
                return
            if kinds != {wanted}:
                needed = "text" if wanted is str else "a number, or true or false"
                self.wrong(written.place, f"this must be {needed}")


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"\w+", text)))


@lru_cache(maxsize=4096)
def _arguments(text: str | None) -> tuple[tuple[str, str], ...]:
    """The names and the expressions in `j, v='eof'`; a name alone stands for itself."""
    pairs = (part.partition("=") for part in _split(text or ""))
    return tuple((name.strip(), (expression or name).strip()) for name, _, expression in pairs)


def _split(text: str) -> list[str]:
    """Split at the commas outside brackets and quotes."""
    return [part.strip() for part in re.split(r",(?![^\[\(]*[\]\)])(?=(?:[^']*'[^']*')*[^']*$)", text) if part.strip()]
