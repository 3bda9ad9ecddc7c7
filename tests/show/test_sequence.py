"""Sequence diagrams: every step once, a lane for whoever moves, nothing clipped or overlapping, Mermaid that parses."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcstate.model.finding import Finding
from pcstate.model.lts import Configuration
from pcstate.model.trace import Move, Trace, TraceStep
from pcstate.show.lettering import width
from pcstate.show.sequence import sequence
from pcstate.show.sequence_svg import sequence_svg
from pcstate.show.sequence_text import sequence_mermaid
from tests.show.findings import built, finding, lasso, walk

SVG = "{http://www.w3.org/2000/svg}"
Walk = tuple[list[int], int | None]
WALKS = st.tuples(st.lists(st.integers(0, 9), max_size=40), st.none() | st.integers(0, 39))


def parsed(found: Finding) -> ET.Element:
    return ET.fromstring(sequence_svg(found).encode())


def steps_of(svg: ET.Element) -> list[ET.Element]:
    return [group for group in svg.iter(f"{SVG}g") if group.attrib.get("class") == "step"]


def texts(element: ET.Element) -> list[str]:
    return [text.text or "" for text in element.iter(f"{SVG}text")]


def box(text: ET.Element) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a text, if its letters are as wide as the widest face has them."""
    size, x, y = (float(text.attrib[key]) for key in ("font-size", "x", "y"))
    wide = width(text.text or "", size) * (1.1 if "font-weight" in text.attrib else 1)
    left = {"start": x, "middle": x - wide / 2, "end": x - wide}[text.attrib["text-anchor"]]
    return left, y - 0.75 * size, left + wide, y + 0.2 * size


@given(WALKS)
def test_the_lanes_are_the_goroutines_that_move_and_those_who_choose(drawn: Walk) -> None:
    found = walk(*drawn)
    _, network = built()
    kinds = {component.key: component.kind for component in network.components}
    moving = {name for step in found.trace.steps for name in step.who.split(" + ")}
    choosing = {move.component for step in found.trace.steps for move in step.moves if move.kind == "environment"}
    joining = {move.component for step in found.trace.steps for move in step.moves if move.kind == "goroutine"}
    lanes = [lane.component for lane in sequence(found.trace).lanes]
    assert len(lanes) == len(set(lanes))
    assert moving | choosing | joining == set(lanes)
    assert all(kinds[lane.component] == lane.kind for lane in sequence(found.trace).lanes)


@given(WALKS)
def test_every_step_is_drawn_once_with_its_action_clause_and_symbol(drawn: Walk) -> None:
    found = walk(*drawn)
    rows = steps_of(parsed(found))
    assert [f"step_{n}" for n in range(1, len(found.trace.steps) + 1)] == [group.attrib["id"] for group in rows]
    for step, group in zip(found.trace.steps, rows, strict=True):
        written = texts(group)
        assert [step.action, f"{step.clause} {step.symbol}".strip()] == written[-2:]
        assert (1, 1) == (written.count(step.action), written.count(step.name))


@given(WALKS)
def test_no_text_leaves_the_page_or_lies_on_another(drawn: Walk) -> None:
    found = walk(*drawn)
    svg = parsed(found)
    wide, high = (float(size) for size in svg.attrib["viewBox"].split()[2:])
    boxes = sorted((box(text), text.text) for text in svg.iter(f"{SVG}text"))
    for (left, top, right, bottom), text in boxes:
        assert 0 <= left and right <= wide and 0 <= top and bottom <= high, text
    for (one, text), (other, beside) in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (text, beside)


@given(WALKS)
def test_the_state_that_a_lane_ends_in_is_the_last_one_drawn_in_it(drawn: Walk) -> None:
    found = walk(*drawn)
    lanes, rows = sequence(found.trace).lanes, sequence(found.trace).rows
    last = {number: state for row in rows for number, state in row.states}
    for number, lane in enumerate(lanes):
        assert last.get(number, lane.last) == lane.last == found.trace.states()[-1][lane.component].state


@given(WALKS)
def test_the_same_trace_is_the_same_picture(drawn: Walk) -> None:
    found = walk(*drawn)
    again = replace(found, trace=replace(found.trace))
    assert sequence_svg(found) == sequence_svg(again)
    assert sequence_mermaid(found) == sequence_mermaid(again)


@given(WALKS)
def test_a_link_joins_a_send_with_the_receipt_of_what_was_sent(drawn: Walk) -> None:
    found = walk(*drawn)
    for link in sequence(found.trace).links:
        put, taken = (
            next(move for move in found.trace.steps[number].moves if move.component == link.channel)
            for number in (link.sent, link.received)
        )
        assert link.sent < link.received
        assert put.event.replace("enqueue", "dequeue") == taken.event


LINKS = {
    "first in, first out": ("enqueue enqueue dequeue dequeue", "aabb", [(0, 2), (1, 3)]),
    "what is dropped is not received": ("enqueue drop enqueue dequeue", "aaab", [(2, 3)]),
    "what stays in its lane needs no link": ("enqueue dequeue", "aa", []),
    "what is never received has none": ("enqueue", "a", []),
}


@pytest.mark.parametrize(("events", "lanes", "wanted"), LINKS.values(), ids=LINKS.keys())
def test_a_buffered_channel_links_each_send_with_its_receipt(events: str, lanes: str, wanted: list[tuple[int, int]]) -> None:
    """Steps of goroutines a and b on one channel ch."""
    steps = tuple(
        TraceStep(lane, event, "", "", "", (move(lane, event, "x"), move("ch", event, f"s{n} s{n + 1}", "object")))
        for n, (event, lane) in enumerate(zip(events.split(), lanes, strict=True))
    )
    initial = tuple((name, Configuration(("x",))) for name in ("a", "b", "ch"))
    assert wanted == [(link.sent, link.received) for link in sequence(Trace(steps, None, initial)).links]


def test_the_frame_of_a_loop_holds_the_steps_that_repeat_and_no_other() -> None:
    svg = parsed(lasso())
    (frame,) = (group for group in svg.iter(f"{SVG}g") if group.attrib.get("id") == "loop")
    rect = frame.find(f"{SVG}rect")
    assert rect is not None and "loop: from here on for ever" in texts(frame)
    top, high = float(rect.attrib["y"]), float(rect.attrib["height"])
    inside = [n for n, group in enumerate(steps_of(svg)) if top <= box(next(group.iter(f"{SVG}text")))[1] <= top + high]
    assert list(range(lasso().trace.loop or 0, len(lasso().trace.steps))) == inside


def test_the_title_says_property_verdict_profile_and_bounds() -> None:
    svg = parsed(lasso())
    written = " ".join(texts(svg))
    for word in (
        "cancel-ends-it: VIOLATED",
        "go1.27.2",
        "callers 1, conns 1, hosts 1, requests 1 each, closers 0",
        "for ever",
        "found: j=0",
    ):
        assert word in written
    assert "cancel-ends-it: VIOLATED" == svg.findtext(f"{SVG}title")


def test_what_a_clause_says_shows_where_the_pointer_rests() -> None:
    spec, _ = built()
    for step, group in zip(lasso().trace.steps, steps_of(parsed(lasso())), strict=True):
        assert spec.clauses[step.clause].sentence in (group.findtext(f"{SVG}title") or "")


def move(component: str, event: str, states: str, kind: str = "goroutine") -> Move:
    before, _, after = states.partition(" ")
    return Move(component, kind, event, Configuration((before,)), Configuration((after or before,)))


DIRECTIONS = {
    "who sends comes first": ([move("r", "recv_x", "a b"), move("s", "send_x", "a b")], ["s", "r"]),
    "who offers a closed channel comes first": ([move("r", "done", "a b"), move("s", "done", "a")], ["s", "r"]),
    "else the order is the network's": ([move("a", "go", "a b"), move("b", "start", "a b")], ["a", "b"]),
    "what has no lane is left out": ([move("o", "x", "a b", "object"), move("b", "start", "a b")], ["b"]),
}


@pytest.mark.parametrize(("moves", "wanted"), DIRECTIONS.values(), ids=DIRECTIONS.keys())
def test_an_arrow_goes_from_who_sends_to_who_receives(moves: list[Move], wanted: list[str]) -> None:
    initial = tuple((each.component, each.before) for each in moves)
    drawn = sequence(Trace((TraceStep("a", "x", "", "", "", tuple(moves)),), None, initial))
    assert wanted == [drawn.lanes[lane].component for lane in drawn.rows[0].lanes]


def test_the_user_begins_what_the_user_chooses() -> None:
    moves = (move("p", "do", "a b", "environment"), move("c", "do", "a b"), move("k", "unfinished", "a"))
    initial = tuple((each.component, each.before) for each in moves)
    drawn = sequence(Trace((TraceStep("c", "do", "", "", "environment", moves),), None, initial))
    assert ["p", "c", "k"] == [drawn.lanes[lane].component for lane in drawn.rows[0].lanes]


def test_a_trace_of_no_step_is_drawn() -> None:
    spec, _ = built()
    found = finding(spec, Trace((), None, ()))
    assert [] == steps_of(parsed(found))
    assert "0 steps" in sequence_mermaid(found)


TEXT = r"(?:[^#;\n]|#(?:colon|semi|quot|lt|gt|\d+);)+"
MERMAID = {
    "comment": r"%% [^{\n][^\n]*",
    "kind": "sequenceDiagram",
    "described": rf"    (?:accTitle|accDescr): {TEXT}",
    "title": r"    title [^#;\n]+",
    "lane": rf"    (?:actor|participant) p\d+ as {TEXT}",
    "loop": r"    loop for ever",
    "end": r"    end",
    "message": rf" {{4,8}}p\d+->>p\d+: {TEXT}",
    "note": rf" {{4,8}}Note over p\d+: {TEXT}",
}
ORDER = re.compile(r"(comment )+kind (described ){2}title (lane )*(message |note )*(loop (message |note )+end )?")


@given(WALKS)
def test_mermaid_is_in_the_grammar_and_names_every_step_in_order(drawn: Walk) -> None:
    found = walk(*drawn)
    text = sequence_mermaid(found)
    kinds = [next((k for k, rule in MERMAID.items() if re.fullmatch(rule, line)), line) for line in text.splitlines()]
    assert ORDER.fullmatch(" ".join(kinds) + " "), text
    numbers = [int(number) for number in re.findall(r": (\d+)\. ", text)]
    assert list(range(1, len(found.trace.steps) + 1)) == sorted(set(numbers))
    assert numbers == sorted(numbers)
    declared = set(re.findall(r"^    \w+ (p\d+) as", text, flags=re.MULTILINE))
    assert set(re.findall(r"\bp\d+\b(?=->>|:)|(?<=over )p\d+", text)) <= declared
    assert ("loop for ever" in text) == (found.trace.loop is not None)


def test_the_grammar_refuses_what_mermaid_would_read_otherwise() -> None:
    for wrong in ("    p0->>p1: a;b", "    p0->>p1: a#b", "    title a#b", "    p0->>p1:", "%%{init}"):
        assert not any(re.fullmatch(rule, wrong) for rule in MERMAID.values()), wrong
