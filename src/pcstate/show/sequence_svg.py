"""A sequence diagram -> SVG. All sizes come from `lettering`, so that the bytes do not depend on the fonts installed.

From left to right: the steps' numbers, the lanes, the actions with clause and source. A step of one lane is a box, one that
several lanes take together an arrow; both say which state the lane is in afterwards. Thin lines join what was sent through a
buffered channel with its receipt.
"""

import html
from collections.abc import Iterator
from collections.abc import Sequence as Several

from pcstate.model.finding import Finding
from pcstate.show.lettering import FONT, width, wrap
from pcstate.show.palette import edge_look
from pcstate.show.sequence import Lane, Row, sequence
from pcstate.show.sequence_page import (
    BOLD,
    MARGIN,
    NAME,
    SMALL,
    TEXT,
    TITLE,
    Page,
    box_half,
    box_texts,
    gap_of,
    notes_of,
    state_text,
)  # fmt: skip
from pcstate.show.text import HEADER

__all__ = ["sequence_svg"]

_ROW, _BAND, _HEAD = 40.0, 24.0, 40.0
_WHITE, _LINK, _FRAME = "#ffffff", "#777777", "#a34700"
_DASHES = {"dotted": "2 3", "dashed": "6 3"}
_KINDS = {"": "step", "environment": "server", "environment-timer": "server", "settle": "server"}
"""Which kind of edge a step of a class looks like; all else is a timer."""


def sequence_svg(finding: Finding) -> str:
    """The picture of a finding's trace, with a title and a description for those who do not see it."""
    drawn = sequence(finding.trace)
    page = Page(drawn, finding)
    heading, top = _heading(finding, page.wide)
    body, bottom = _body(page, finding, top)
    wide, high = f"{page.wide:.0f}", f"{bottom + MARGIN:.0f}"
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
            f"<!-- {HEADER} -->",
            f'<svg width="{wide}pt" height="{high}pt" viewBox="0 0 {wide} {high}" xmlns="http://www.w3.org/2000/svg" '
            f'role="img" aria-labelledby="svg-title svg-desc" font-family="{FONT}" font-size="{TEXT}">',
            f'<title id="svg-title">{html.escape(finding.title)}</title>',
            f'<desc id="svg-desc">{html.escape(finding.scope)}</desc>',
            f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
            *heading,
            *body,
            "</svg>\n",
        ]
    )


def _heading(finding: Finding, wide: float) -> tuple[list[str], float]:
    """What is shown and what it holds for; and where that ends."""
    rows, y = [_text(finding.title, MARGIN, 38, TITLE, weight="bold")], 58.0
    room = wide - 2 * MARGIN
    reason = f"found: {finding.judgement.reason}" if finding.judgement.reason else ""
    for text, colour in ((finding.scope, "#333333"), (finding.about, "#333333"), (reason, "#333333")):
        for line in _lines(text, NAME, room):
            rows.append(_text(line, MARGIN, y, NAME, colour))
            y += 17
    return rows, y + 8


def _lines(text: str, size: int, room: float) -> list[str]:
    """The text in lines that fit."""
    for columns in range(max(len(text), 1), 19, -1):
        lines = wrap(text, columns)
        if width(lines, size) <= room:
            return lines.split("\n") if text else []
    return wrap(text, 20).split("\n")


def _body(page: Page, finding: Finding, top: float) -> tuple[list[str], float]:
    """Lanes, rows and legend from `top` on; and where they end."""
    drawn = page.drawn
    begin = top + _HEAD + 10
    tops = []
    y = begin
    for number in range(len(drawn.rows)):
        y += _BAND if number == drawn.loop else 0
        tops.append(y)
        y += _ROW
    end = y + 8
    rows = [_stripe(page, place) for row, place in zip(drawn.rows, tops, strict=True) if _ground(row) != _WHITE]
    if drawn.loop is not None:
        rows += _loop(page, tops[drawn.loop] - _BAND, y)
    rows += [
        f'<path d="M{x} {top + _HEAD:.1f}V{end:.1f}" stroke="#999999" stroke-width="1" stroke-dasharray="3 3"/>'
        for x in page.lanes
    ]
    rows += [line for link in drawn.links for line in _link(page, link.channel, (link.sent, link.received), tops)]
    for place, under in ((top, "kind"), (end, "last")):
        rows += [line for x, lane in zip(page.lanes, drawn.lanes, strict=True) for line in _lane(x, place, lane, under)]
    for row, place in zip(drawn.rows, tops, strict=True):
        rows += _step(page, row, place, finding.sentence(row.step.clause))
    legend, bottom = _legend(page, end + _HEAD + 20)
    return rows + legend, bottom


def _ground(row: Row) -> str:
    """Every other row is grey, to lead the eye from a lane to the text."""
    return _WHITE if row.number % 2 else "#f5f5f5"


def _stripe(page: Page, y: float) -> str:
    return f'<rect x="{MARGIN - 8}" y="{y:.1f}" width="{page.wide - 2 * MARGIN + 16:.1f}" height="{_ROW}" fill="#f5f5f5"/>'


def _loop(page: Page, y: float, end: float) -> list[str]:
    """The frame around the steps that are repeated, with the way back at its left."""
    left, right = MARGIN - 8, page.wide - MARGIN + 8
    return [
        f'<g id="loop"><rect x="{left}" y="{y + 2:.1f}" width="{right - left:.1f}" height="{end - y - 2:.1f}" fill="none" '
        f'stroke="{_FRAME}" stroke-width="2" stroke-dasharray="8 3"/>',
        _text("loop: from here on for ever", left + 10, y + 18, NAME, _FRAME, weight="bold"),
        "</g>",
    ]


def _lane(x: float, y: float, lane: Lane, under: str) -> list[str]:
    """A lane's name, with what it is above and the state it is left in below."""
    below = lane.kind if under == "kind" else f"ends in {lane.last}"
    half = max(width(lane.component, NAME) * BOLD, width(below, SMALL)) / 2 + 8
    dash = "" if lane.kind == "goroutine" else ' stroke-dasharray="5 3"'
    return [
        f'<g class="lane"><rect x="{x - half:.1f}" y="{y:.1f}" width="{2 * half:.1f}" height="{_HEAD:.0f}" rx="4" fill="#ffffff" '
        f'stroke="#333333" stroke-width="1.4"{dash}/>',
        _text(lane.component, x, y + 17, NAME, anchor="middle", weight="bold"),
        _text(below, x, y + 32, SMALL, "#555555", anchor="middle"),
        "</g>",
    ]


def _step(page: Page, row: Row, y: float, sentence: str) -> Iterator[str]:
    """One row; its clause's sentence shows where a pointer rests on it."""
    look = edge_look(_KINDS.get(row.step.kind, "timer"))
    yield f'<g class="step" id="step_{row.number}">'
    tip = " ".join(filter(None, (row.step.clause, sentence, row.step.source)))
    if tip:
        yield f"<title>{html.escape(tip)}</title>"
    yield _text(str(row.number), MARGIN + 18, y + _ROW / 2 + 4, SMALL, "#555555", anchor="end")
    yield from _arrows(page, row, y, look) if row.targets else _box(page, row, y, look)
    for place, (text, size) in zip((17, 32), notes_of(row), strict=True):
        yield _text(text, page.notes, y + place, size, "#000000" if place == 17 else "#555555")
    yield "</g>"


def _box(page: Page, row: Row, y: float, look: dict[str, str]) -> Iterator[str]:
    x = page.lanes[row.origin]
    texts = box_texts(row)
    half = box_half(row)
    high = 16.0 * len(texts) + 2
    upper = y + (_ROW - high) / 2
    yield (
        f'<rect x="{x - half:.1f}" y="{upper:.1f}" width="{2 * half:.1f}" height="{high:.1f}" rx="3" fill="#ffffff" '
        f"{_stroke(look, 1.4)}/>"
    )
    for number, (text, size) in enumerate(texts):
        yield _text(text, x, upper + 13 + 15 * number, size, look["fontcolor"] if not number else "#555555", anchor="middle")


def _arrows(page: Page, row: Row, y: float, look: dict[str, str]) -> Iterator[str]:
    """A line from the lane where the step begins through all that it reaches, named where it leaves the first."""
    begin, level = page.lanes[row.origin], y + 20
    for side in (1, -1):
        ends = sorted((page.lanes[lane] for lane in row.targets if (page.lanes[lane] - begin) * side > 0), key=lambda x: x * side)
        if not ends:
            continue
        yield f'<path d="M{begin} {level:.1f}H{ends[-1] - 8 * side:.1f}" fill="none" {_stroke(look, 1.6)}/>'
        for x in ends:
            yield f'<path d="M{x} {level:.1f}l{-9 * side} -4.5v9z" fill="{look["color"]}"/>'
    yield f'<circle cx="{begin}" cy="{level:.1f}" r="3.5" fill="{look["color"]}"/>'
    gap = gap_of(row)
    assert gap is not None, "an arrow has a target"
    middle = (page.lanes[gap] + page.lanes[gap + 1]) / 2
    yield from _clear(row.step.name, middle, level - 5, TEXT, look["fontcolor"], _ground(row))
    for lane, state in row.states:
        yield from _clear(state_text(state), page.lanes[lane], level + 15, SMALL, "#555555", _ground(row))


def _clear(text: str, x: float, y: float, size: int, colour: str, ground: str) -> Iterator[str]:
    """A text around a place, with nothing behind it."""
    half = width(text, size) / 2 + 2
    yield f'<rect x="{x - half:.1f}" y="{y - size:.1f}" width="{2 * half:.1f}" height="{size + 3}" fill="{ground}"/>'
    yield _text(text, x, y, size, colour, anchor="middle")


def _link(page: Page, channel: str, ends: tuple[int, int], tops: Several[float]) -> Iterator[str]:
    """A thin line from where a value was put into a channel down to where it was taken out."""
    sent, received = (page.drawn.rows[number] for number in ends)
    one, two = page.lanes[sent.origin], page.lanes[received.origin]
    side = 1 if two > one else -1
    start, stop = one + side * _reach(sent), two - side * (_reach(received) + 3)
    levels = [tops[number] + _ROW / 2 for number in ends]
    yield (
        f'<g class="link"><title>{html.escape(f"{channel}: from step {sent.number} to step {received.number}")}</title>'
        f'<path d="M{start:.1f} {levels[0]:.1f}L{stop:.1f} {levels[1]:.1f}" fill="none" stroke="{_LINK}" stroke-width="1"/>'
        f'<circle cx="{stop:.1f}" cy="{levels[1]:.1f}" r="3" fill="{_LINK}"/></g>'
    )


def _reach(row: Row) -> float:
    """From a lane's middle to the edge of what the row has there."""
    return 0.0 if row.targets else box_half(row)


def _legend(page: Page, y: float) -> tuple[list[str], float]:
    """What boxes, arrows and colours mean, side by side where there is room; and where it ends."""
    kinds = {_KINDS.get(row.step.kind, "timer") for row in page.drawn.rows}
    entries = [("step", "box: a step of one lane; arrow: a step that they take together; → the state it leads to")]
    entries += [("server", "a choice of the user or the server")] if "server" in kinds else []
    entries += [("timer", "a clock")] if "timer" in kinds else []
    entries += [("link", "from a send to its receipt through a buffered channel")] if page.drawn.links else []
    rows = []
    x = MARGIN
    for kind, meaning in entries:
        needed = 36 + width(meaning, SMALL) + 24
        if x > MARGIN and x + needed > page.wide:
            x, y = MARGIN, y + 18
        stroke = f'stroke="{_LINK}" stroke-width="1"' if kind == "link" else _stroke(edge_look(kind), 1.6)
        rows += [f'<path d="M{x:.1f} {y - 4:.1f}h28" fill="none" {stroke}/>', _text(meaning, x + 36, y, SMALL, "#333333")]
        x += needed
    return rows, y


def _stroke(look: dict[str, str], thick: float) -> str:
    dash = _DASHES.get(look.get("style", ""), "")
    return f'stroke="{look["color"]}" stroke-width="{thick}"' + (f' stroke-dasharray="{dash}"' if dash else "")


def _text(
    text: str, x: float, y: float, size: int, colour: str = "#000000", anchor: str = "start", weight: str = "normal"
) -> str:
    look = f'fill="{colour}" text-anchor="{anchor}"' + (' font-weight="bold"' if weight == "bold" else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" {look}>{html.escape(text)}</text>'
