"""The title above and the legend below a graph that has been laid out: real samples at fixed places, no part of the graph."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pcstate.model.diagram import Diagram
from pcstate.show.drawing import STAY, escape, split
from pcstate.show.lettering import FONT, width
from pcstate.show.palette import NODES, edge_look, node_look

if TYPE_CHECKING:
    from pygraphviz import AGraph

__all__ = ["Box", "Text", "framed"]

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""

LEGEND_SIZE, TITLE_SIZE = 11, 19
_ROW, _SAMPLE, _GAP = 22.0, 40.0, 10.0


@dataclass(frozen=True, slots=True)
class Text:
    """Lines of text and the place of their middle; `anchor` is SVG's `text-anchor`."""

    x: float
    y: float
    size: int
    anchor: str = "middle"


def framed(drawing: "AGraph", diagram: Diagram, graph: Box) -> tuple[dict[str, Text], Box]:
    """Writes the title above and the legend below `graph`; returns the places of their texts by SVG id, and the whole page."""
    left, _, right, top = graph
    x, y = (left + right) / 2, top + 30
    _text(drawing, "title", diagram.title, x, y, TITLE_SIZE)
    half = width(diagram.title, TITLE_SIZE) / 2
    texts, below = _add_legend(drawing, diagram, graph)
    page = (min(left, x - half, below[0]), below[1], max(right, x + half, below[2]), y + TITLE_SIZE)
    return {"title": Text(x, y, TITLE_SIZE)} | texts, page


def _entries(diagram: Diagram) -> list[tuple[str, str]]:
    """The rows of the legend: the diagram's own, and what the arrow in a node means where one stands."""
    staying = [(STAY, "stays in this state")] if split(diagram)[1] and diagram.legend else []
    return [*diagram.legend, *staying]


def _add_legend(drawing: "AGraph", diagram: Diagram, graph: Box) -> tuple[dict[str, Text], Box]:
    """Draws the legend below the graph, in as many columns as there is room for; its texts and its box."""
    rows = _entries(diagram)
    left, bottom, right, _ = graph
    if not rows:
        return {}, graph
    column = _SAMPLE + _GAP + max(width(meaning, LEGEND_SIZE) for _, meaning in rows) + 24
    columns = max(1, min(len(rows), 4, int((right - left) // column)))
    deep = -(-len(rows) // columns)
    columns = -(-len(rows) // deep)
    wide, high = columns * column + 12, deep * _ROW + 34
    x, y = (left + right - wide) / 2, bottom - 26
    _box(drawing, x, y, wide, high)
    _text(drawing, "legend", "Legend", x + wide / 2, y - 15, LEGEND_SIZE + 1)
    texts = {"legend": Text(x + wide / 2, y - 15, LEGEND_SIZE + 1)}
    for number, (kind, meaning) in enumerate(rows):
        at, level = x + 16 + number // deep * column, y - 40 - number % deep * _ROW
        _sample(drawing, f"sample_{number}", kind, at, level)
        if kind == STAY:
            texts[f"sample_{number}"] = Text(at + _SAMPLE / 2, level, LEGEND_SIZE + 2)
        start = at + _SAMPLE + _GAP
        room = width(meaning, LEGEND_SIZE) * 1.3 + 12
        _text(drawing, f"meaning_{number}", meaning, start + room / 2, level, LEGEND_SIZE, room)
        texts[f"meaning_{number}"] = Text(start, level, LEGEND_SIZE, "start")
    return texts, (x, y - high, x + wide, y)


def _sample(drawing: "AGraph", name: str, kind: str, x: float, y: float) -> None:
    """What a kind of node or edge looks like, in miniature."""
    middle = f"{x + _SAMPLE / 2:.2f},{y:.2f}"
    if kind == STAY:
        _text(drawing, name, STAY, x + _SAMPLE / 2, y, LEGEND_SIZE + 2)
    elif kind in NODES:
        size = (0.17, 0.17) if kind == "initial" else (0.42, 0.17)
        drawing.add_node(f"__{name}", id=name, label="", pos=middle, width=size[0], height=size[1], fixedsize="true",
                         **node_look(kind))  # fmt: skip
    else:
        ends = (x, x + _SAMPLE)
        for end, place in zip("ab", ends, strict=True):
            drawing.add_node(f"__{name}{end}", label="", style="invis", shape="point", width="0.01", height="0.01",
                             fixedsize="true", pos=f"{place:.2f},{y:.2f}")  # fmt: skip
        tip, stop = ends[1], ends[1] - 8
        between = [ends[0] + (stop - ends[0]) * share for share in (0, 1 / 3, 2 / 3, 1)]
        line = " ".join(f"{place:.2f},{y:.2f}" for place in between)
        drawing.add_edge(f"__{name}a", f"__{name}b", id=name, pos=f"e,{tip:.2f},{y:.2f} {line}", arrowsize="0.8",
                         **edge_look(kind))  # fmt: skip


def _box(drawing: "AGraph", x: float, y: float, wide: float, high: float) -> None:
    drawing.add_node("__legend_box", id="legend_box", label="", shape="box", style="solid",
                     color="#aaaaaa", penwidth="0.8", fixedsize="true", width=f"{wide / 72:.3f}", height=f"{high / 72:.3f}",
                     pos=f"{x + wide / 2:.2f},{y - high / 2:.2f}")  # fmt: skip


def _text(drawing: "AGraph", name: str, text: str, x: float, y: float, size: int, room: float | None = None) -> None:
    """Text around a place, or left-justified in `room` around it; Graphviz complains of what is too small for its fonts."""
    label = escape(text) if room is None else escape(text) + "\\l"
    wide = (width(text, size) * 1.2 + 12 if room is None else room) / 72
    drawing.add_node(f"__{name}", id=name, label=label, shape="plaintext", margin="0", fixedsize="true", fontname=FONT,
                     fontsize=str(size), fontcolor="#000000", width=f"{wide:.3f}", height=f"{size * 1.5 / 72:.3f}",
                     pos=f"{x:.2f},{y:.2f}")  # fmt: skip
