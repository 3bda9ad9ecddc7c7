"""A diagram -> a Graphviz graph, through networkx: nodes of measured size, merged edges, boxes, the initial dot.

Two forms. `source` is the text that `dot -Tsvg` reads. `laid_out` has a place for everything, the legend and the title
included; dot places the graph alone and `legend` the rest, so that neither adds a crossing to it.
"""

import random
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import networkx as nx
from networkx.drawing.nx_agraph import to_agraph

from pcstate.model.diagram import Diagram, DiagramEdge, DiagramNode
from pcstate.show.lettering import FONT, height, width, wrap
from pcstate.show.palette import edge_look, node_look
from pcstate.show.tidiness import untidiness

if TYPE_CHECKING:
    from pygraphviz import AGraph

__all__ = [
    "EDGE_SIZE",
    "GROUP_SIZE",
    "NODE_SIZE",
    "STAY",
    "edge_id",
    "escape",
    "laid_out",
    "node_id",
    "node_text",
    "source",
    "split",
]

NODE_SIZE, EDGE_SIZE, GROUP_SIZE = 13, 11, 13
NODE_COLUMNS, EDGE_COLUMNS = 24, 32
STAY = "↺"
"""Before the label of a plain step that stays where it is: written into the node, as UML does, instead of a loop."""
_START = "__start"
_ORDERS, _LARGEST_TRIED, _LARGEST_RANKED = 12, 100, 250
T = TypeVar("T")


def node_id(number: int) -> str:
    """The SVG id of the diagram's node of that number."""
    return f"node_{number}"


def edge_id(number: int) -> str:
    """The SVG id of the merged edge of that number."""
    return f"edge_{number}"


def split(diagram: Diagram) -> tuple[list[DiagramEdge], dict[str, list[str]]]:
    """The edges to draw, labels stacked where source, target and kind agree; and the plain steps that stay in a node."""
    drawn: dict[tuple[str, str, str], list[str]] = {}
    staying: dict[str, list[str]] = {}
    for edge in diagram.edges:
        label = wrap(edge.label, EDGE_COLUMNS)
        if edge.source == edge.target and edge.kind == "step" and edge.label:
            staying.setdefault(edge.source, []).append(label)
        else:
            drawn.setdefault((edge.source, edge.target, edge.kind), []).append(label)
    edges = [DiagramEdge(a, b, "\n".join(dict.fromkeys(labels)), kind) for (a, b, kind), labels in drawn.items()]
    return edges, {node: list(dict.fromkeys(labels)) for node, labels in staying.items()}


def node_text(node: DiagramNode, staying: list[str]) -> str:
    """What is written into a node: its label, then the steps that stay in it."""
    return "\n".join([wrap(node.label, NODE_COLUMNS), *(f"{STAY} {label}" for label in staying)])


def escape(label: str) -> str:
    """A label as Graphviz is to be told it: no escape sequences, no entities, no HTML."""
    text = label.replace("\\", "\\\\").replace("&", "&amp;")
    return text + " " if text.startswith("<") and text.endswith(">") else text


def source(diagram: Diagram) -> "AGraph":
    """The graph to be laid out by whoever reads it; without boxes where a picture has none."""
    return _dressed(diagram, 0, spaced=False)


def laid_out(diagram: Diagram) -> "AGraph":
    """The graph with positions; labels of nodes, edges and boxes are still empty spaces of the right size.

    Order: dot's picture depends on the order in which it is told of nodes and edges; the tidiest of 12 is taken.
    Cost:  Graphviz's, some 20 seconds at 800 nodes. Above 100 edges only the diagram's own order is tried. Where dot would
           take minutes, sfdp lays out instead, with straight lines and without boxes.
    """
    return _laid_out(diagram, _tidiest(diagram))


@lru_cache(maxsize=8)
def _tidiest(diagram: Diagram) -> int:
    if len(split(diagram)[0]) > _LARGEST_TRIED:
        return 0

    def untidy(order: int) -> float:
        drawing = _laid_out(diagram, order)
        return untidiness(drawing, _labels(diagram, drawing))

    return min(range(_ORDERS), key=untidy)


def _ranked(diagram: Diagram) -> bool:
    """Is it small or sparse enough for dot?"""
    edges = len(split(diagram)[0])
    return edges <= _LARGEST_TRIED or edges <= min(_LARGEST_RANKED, 1.6 * len(diagram.nodes))


def _laid_out(diagram: Diagram, order: int) -> "AGraph":
    drawing = _dressed(diagram, order, spaced=True)
    sizes = [(node, node.attr["width"], node.attr["height"]) for node in drawing.nodes()]
    if not _ranked(diagram):
        drawing.graph_attr.update(splines="line", overlap="scale", K="0.9")
        drawing.layout(prog="sfdp")
        drawing.graph_attr.update(overlap="true")  # done: not again when it is rendered
    else:
        drawing.layout(prog="dot")
    for node, wide, high in sizes:  # dot counts the second border in, and would add it again
        node.attr.update(width=wide, height=high)
    return drawing


def _labels(diagram: Diagram, drawing: "AGraph") -> dict[tuple[str, str, str], tuple[float, float, float, float]]:
    """The box of each edge's label in a layout."""
    boxes = {}
    for number, edge in enumerate(split(diagram)[0]):
        if edge.label:
            x, y = map(float, drawing.get_edge(edge.source, edge.target, str(number)).attr["lp"].split(","))
            wide, high = width(edge.label, EDGE_SIZE) / 2, height(edge.label, EDGE_SIZE) / 2
            boxes[edge.source, edge.target, str(number)] = (x - wide, y - high, x + wide, y + high)
    return boxes


def _dressed(diagram: Diagram, order: int, spaced: bool) -> "AGraph":
    drawing = to_agraph(_picture(diagram, order, spaced))
    drawing.graph_attr.update(rankdir="TB", nodesep="0.4", ranksep="0.42", bgcolor="#ffffff", pad="0.25", fontname=FONT,
                              outputorder="edgesfirst", notranslate="true")  # fmt: skip
    for number, (group, title) in enumerate(diagram.groups if _ranked(diagram) else ()):
        members = [node.id for node in diagram.nodes if node.group == group]
        if members:
            label = _space(title, GROUP_SIZE) if spaced else escape(title)
            drawing.add_subgraph(members, name=f"cluster_{number}", id=f"group_{number}", label=label, style="rounded",
                                 color="#777777", penwidth="1.2", fontsize=str(GROUP_SIZE), fontcolor="#333333",
                                 fontname=FONT, labeljust="l", margin="14")  # fmt: skip
    return drawing


def _picture(diagram: Diagram, order: int, spaced: bool) -> "nx.MultiDiGraph[str]":
    """The graph as networkx has it, with Graphviz's attributes; `order` 0 is the diagram's own."""
    picture: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    edges, staying = split(diagram)
    if any(node.initial for node in diagram.nodes):
        picture.add_node(_START, label="", shape="circle", style="filled", fillcolor="#000000", width="0.16", height="0.16",
                         fixedsize="true", id="start")  # fmt: skip
    for number, node in _ordered(diagram.nodes, order):
        text, look = node_text(node, staying.get(node.id, [])), node_look(node.kind)
        wide, high = _node_size(text, look)
        picture.add_node(node.id, label="" if spaced else escape(text), id=node_id(number), width=f"{wide / 72:.3f}",
                         height=f"{high / 72:.3f}", fixedsize="true", margin="0.03,0.02", fontname=FONT,
                         fontsize=str(NODE_SIZE), **look)  # fmt: skip
    for number, node in enumerate(diagram.nodes):
        if node.initial:
            picture.add_edge(_START, node.id, key=f"start-{number}", weight="4", color="#000000", arrowsize="0.8")
    for number, edge in _ordered(edges, order):
        label = {"label": _space(edge.label, EDGE_SIZE) if spaced else escape(edge.label)} if edge.label else {}
        picture.add_edge(edge.source, edge.target, key=str(number), id=edge_id(number), fontname=FONT, arrowsize="0.8",
                         fontsize=str(EDGE_SIZE), **label, **edge_look(edge.kind))  # fmt: skip
    return picture


def _ordered(things: Sequence[T], order: int) -> list[tuple[int, T]]:
    """The things with their numbers; the same order gives the same, everywhere."""
    numbered = list(enumerate(things))
    if order:
        random.Random(order).shuffle(numbered)
    return numbered


def _node_size(text: str, look: dict[str, str]) -> tuple[float, float]:
    shape = look["shape"]
    wide, high = max(width(text, NODE_SIZE) + 22, 46), height(text, NODE_SIZE) * 1.07 + 12
    if shape == "circle":
        wide = high = max(wide, high)
    return (wide * 1.15 + 12, high + 12) if "octagon" in shape else (wide, high)


def _space(text: str, size: int) -> str:
    """An empty label with the room that `text` takes."""
    wide, high = round(width(text, size)) + 14, round(height(text, size)) + 2
    cell = f'<td fixedsize="true" width="{wide}" height="{high}"></td>'
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr>{cell}</tr></table>>'
