"""Traces as text, as changes and as ITF: each says the whole trace, and can be read back."""

import json
import re
from typing import Any

from hypothesis import given

from pcstate.model.lts import Configuration
from pcstate.show.itf import itf
from pcstate.show.traces import FORMATS, file_name, trace_diff, trace_text, write_trace
from tests.show.findings import lasso, walk
from tests.show.test_sequence import WALKS, Walk


def is_expression(value: Any) -> bool:
    """What ADR-015 calls one, as far as this writes it."""
    if isinstance(value, list):
        return all(map(is_expression, value))
    if not isinstance(value, dict):
        return isinstance(value, str | bool) or (isinstance(value, int) and abs(value) < 2**53)
    if "#bigint" in value:
        return len(value) == 1 and re.fullmatch("-?[0-9]+", value["#bigint"]) is not None
    if "#map" in value:
        return len(value) == 1 and all(len(pair) == 2 and is_expression(pair) for pair in value["#map"])
    return all(not key.startswith("#") and is_expression(inner) for key, inner in value.items())


def complaints(document: Any) -> list[str]:
    """Where a document is no trace in ADR-015's sense."""
    names, states = document["vars"], document["states"]
    found = [f"unknown key {key}" for key in document.keys() - {"#meta", "params", "vars", "states", "loop"}]
    found += ["vars are no distinct names"] * (len(set(names)) < len(names) or not all(isinstance(name, str) for name in names))
    found += ["no state"] * (not states)
    found += [f"state {n} has other variables" for n, state in enumerate(states) if state.keys() - {"#meta"} != set(names)]
    values = [(n, key, value) for n, state in enumerate(states) for key, value in state.items() if key != "#meta"]
    found += [f"state {n}: {key} is no expression" for n, key, value in values if not is_expression(value)]
    loop = document.get("loop", 0)
    return found + ["loop is no state"] * (not isinstance(loop, int) or not 0 <= loop < max(len(states), 1))


def read(value: Any) -> Any:
    """An expression of ITF as a value."""
    if not isinstance(value, dict):
        return value
    if "#bigint" in value:
        return int(value["#bigint"])
    if "#map" in value:
        return {read(key): read(inner) for key, inner in value["#map"]}
    return {key: read(inner) for key, inner in value.items()}


def flat(state: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Each component of an ITF state: its state and its data."""
    found = {}
    for name, value in state.items():
        if name not in ("#meta", "action"):
            record = read(value)
            of = {name: record} if "state" in record else {f"{name}[{n}]": inner for n, inner in record.items()}
            found.update({key: (inner.pop("state"), inner) for key, inner in of.items()})
    return found


@given(WALKS)
def test_itf_is_what_its_document_says_and_has_every_state(drawn: Walk) -> None:
    found = walk(*drawn)
    document = json.loads(itf(found))
    assert [] == complaints(document)
    wanted = [
        {key: (configuration.state, dict(configuration.data)) for key, configuration in state.items()}
        for state in found.trace.states()
    ]
    assert wanted == [flat(state) for state in document["states"]]
    assert ["init", *(step.action for step in found.trace.steps)] == [state["action"] for state in document["states"]]


def test_after_the_last_state_of_a_lasso_comes_the_one_that_its_loop_names() -> None:
    """That state follows the same configurations at the first time round, by the same action."""
    document = json.loads(itf(lasso()))
    states, loop = document["states"], document["loop"]
    before = {key: value for key, value in states[loop - 1].items() if key not in ("#meta", "action")}
    last = {key: value for key, value in states[-1].items() if key not in ("#meta", "action")}
    assert before == last
    assert "loop" not in json.loads(itf(walk([0, 1, 2])))


def test_the_document_refuses_what_is_no_itf() -> None:
    document = json.loads(itf(walk([0, 1])))
    one = document["states"][0]
    damage: list[dict[str, Any]] = [
        {"loop": -1}, {"loop": 9}, {"states": []}, {"vars": [1]}, {"more": 1}, {"vars": document["vars"] * 2},
        {"states": [{**one, "action": {"#bigint": "1.5"}}]}, {"states": [{**one, "action": {"#set": []}}]},
        {"states": [{**one, "action": None}]}, {"states": [{**one, "x": "y"}]},
    ]  # fmt: skip
    for wrong in damage:
        assert complaints({**document, **wrong}), wrong


def applied(state: dict[str, Configuration], line: str) -> tuple[str, str]:
    """The component that a line of changes speaks of, and how it is written once they are made."""
    component, change = re.split(r"  +", line.strip(), maxsplit=1)
    first, *others = change.split(", ")
    before = state[component]
    old, _, new = first.partition(" -> ")
    assert old == before.state
    data = dict(before.data)
    for other in others:
        name, _, values = other.partition(": ")
        was, _, becomes = values.partition(" -> ")
        assert was == (str(data[name]) or "''")
        data[name] = "" if becomes == "''" else becomes
    return component, str(Configuration((new or old,), tuple(data.items())))


@given(WALKS)
def test_the_changes_lead_from_each_state_to_the_next(drawn: Walk) -> None:
    found = walk(*drawn)
    blocks = re.split(r"^ *\d+  (?=\w)", trace_diff(found), flags=re.MULTILINE)[1:]
    states = found.trace.states()
    assert len(found.trace.steps) == len(blocks)
    for number, (step, block) in enumerate(zip(found.trace.steps, blocks, strict=True)):
        title, *lines = [line for line in block.splitlines() if "for ever" not in line]
        assert f"{step.action}  {step.clause}".rstrip() == title
        changed = dict(applied(states[number], line) for line in lines if "nothing changes" not in line)
        assert step.changed == changed
        after = {key: str(configuration) for key, configuration in states[number].items()} | changed
        assert {key: str(configuration) for key, configuration in states[number + 1].items()} == after


@given(WALKS)
def test_the_text_names_goroutine_action_clause_and_symbol_of_each_step(drawn: Walk) -> None:
    found = walk(*drawn)
    lines = [line for line in trace_text(found).splitlines() if re.match(r" *\d+  ", line)]
    rows = [re.split(r"  +", line.strip(), maxsplit=4) for line in lines]
    wanted = [[str(n), s.who, s.action, s.clause, s.symbol] for n, s in enumerate(found.trace.steps, 1)]
    assert [[cell for cell in row if cell] for row in wanted] == rows


def test_the_loop_is_marked_before_its_first_step() -> None:
    for text in (trace_text(lasso()), trace_diff(lasso())):
        lines = text.splitlines()
        after = lines[lines.index("      -- from here on for ever --") + 1]
        assert after.split()[0] == str((lasso().trace.loop or 0) + 1)


def test_a_source_is_shown_without_folder_and_version() -> None:
    symbols = {step.symbol for step in lasso().trace.steps}
    assert "transport.go (pc *persistConn) readLoop" in symbols
    assert all(re.fullmatch(r"\w+\.go \S.*", symbol) and "@" not in symbol for symbol in symbols)


def test_every_format_ends_in_a_line_and_has_a_name_of_its_own() -> None:
    assert all(write_trace(lasso(), form).endswith("\n") for form in FORMATS)
    assert len({file_name(lasso(), form) for form in FORMATS}) == len(FORMATS)
    assert "trace-cancel-ends-it-go1.27.2.svg" == file_name(lasso(), "svg")
