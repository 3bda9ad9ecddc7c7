"""Why some of what `check --coverage` finds is as it should be: `spec/coverage/expected.toml`."""

from collections.abc import Mapping

from pcstate.model.coverage import transition_text, vacuous_text
from pcstate.model.property import Property
from pcstate.model.vacuity import premise, without_each_part
from pcstate.specs.library import Spec
from pcstate.specs.source import Reader, known

__all__ = ["EXPECTED", "reasons"]

EXPECTED = "coverage/expected.toml"


def reasons(spec: Spec) -> Mapping[str, str]:
    """The reason for each finding that has one, by the words that the report has for it; none if there is no such file.

    Raises: SpecError with every mistake in it: a reason must speak of a transition, or of a part of a property, that there is. Of
    a property that was not asked for (`only`) no part is looked at.
    """
    source = spec.texts.get(EXPECTED)
    if source is None:
        return {}
    reader = Reader(source)
    document = reader.toml()
    reader.keys(document, ("expected",), 1, "the file of what coverage may find")
    transitions = [
        transition_text(chart.name, t.source, t.event, t.target, t.guard)
        for chart in spec.charts.values()
        for t in chart.transitions
    ]
    parts = {promise.name: _parts(promise) for promise in spec.properties}
    found: dict[str, str] = {}
    for table, line in reader.tables(document, "expected"):
        reader.keys(table, ("why", "never_taken", "vacuous"), line, "an expected finding")
        why = reader.typed(table, "why", str, line)
        taken, vacuous = (reader.strings(table, key, line) for key in ("never_taken", "vacuous"))
        for text in taken:
            if text not in transitions:
                reader.wrong(reader.find(text, line), f"there is no transition {text!r}", known(transitions, text))
        for text in vacuous:
            name = text.partition(": ")[0]
            if f"properties/{name}.toml" not in spec.texts:
                reader.wrong(reader.find(text, line), f"there is no property {name!r}", known(parts, name))
            elif text not in parts.get(name, [text]):
                reader.wrong(reader.find(text, line), f"{name} has no such part", known(parts[name], text))
        found |= dict.fromkeys((*taken, *vacuous), " ".join(why.split()))
    reader.finish()
    return found


def _parts(promise: Property) -> list[str]:
    """What of a property can be found vacuous: of a leads-to what begins it, of others each part of the formula."""
    if promise.kind == "leads-to":
        return [vacuous_text(promise.name, premise(promise.formula))]
    if promise.kind == "refinement":
        return []
    return [vacuous_text(promise.name, part) for part, _ in without_each_part(promise.formula)]
