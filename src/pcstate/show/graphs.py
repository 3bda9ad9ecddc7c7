"""Diagrams -> files, through networkx and Graphviz. The same diagram gives the same bytes, whatever the hash seed."""

import html
import io
import re
import struct
import textwrap
from collections.abc import Callable, Sequence

import networkx as nx
from networkx.drawing.nx_agraph import to_agraph

from pcstate.model.diagram import Diagram, DiagramEdge
from pcstate.show.palette import EDGES, FONT, NODES
from pcstate.show.text import HEADER, aut, mermaid

__all__ = ["FORMATS", "TooLargeError", "drawable", "render"]

FORMATS = ("svg", "png", "dot", "mermaid", "graphml", "aut")
LARGEST_PICTURE = 800
"""More nodes than this are no picture, and Graphviz would take minutes."""
_SUFFIX = {"mermaid": "mmd"}


class TooLargeError(ValueError):
    """A picture was asked for of a diagram with too many nodes."""


def drawable(diagram: Diagram, formats: Sequence[str]) -> tuple[str, ...]:
    """Those of `formats` that make sense: large graphs have data formats only."""
    if len(diagram.nodes) <= LARGEST_PICTURE:
        return tuple(formats)
    return tuple(name for name in formats if name in ("graphml", "aut"))


def render(diagram: Diagram, formats: Sequence[str]) -> dict[str, bytes]:
    """The diagram in each format, by file suffix. Raises: TooLargeError for a picture of more than 800 nodes.

    Cost: Graphviz's layout for svg and png, some seconds at the limit; linear otherwise.
    """
    found = {}
    for name in formats:
        assert name in FORMATS, f"unknown format {name}"
        if name in ("svg", "png") and len(diagram.nodes) > LARGEST_PICTURE:
            raise TooLargeError(f"{diagram.name} has {len(diagram.nodes):,} nodes; a picture shows at most {LARGEST_PICTURE}")
        found[_SUFFIX.get(name, name)] = _ONE[name](diagram)
    return found


def _graph(diagram: Diagram) -> "nx.MultiDiGraph[str]":
    """The diagram as networkx has it, one edge for each of its edges."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for node in diagram.nodes:
        assert node.kind in NODES, f"unknown kind of node {node.kind}"
        graph.add_node(node.id, label=node.label, kind=node.kind, group=node.group, initial=node.initial)
    for number, edge in enumerate(diagram.edges):
        assert edge.kind in EDGES, f"unknown kind of edge {edge.kind}"
        graph.add_edge(edge.source, edge.target, key=number, label=edge.label, kind=edge.kind)
    return graph


def _merged(diagram: Diagram) -> list[DiagramEdge]:
    """Edges of one kind between the same two nodes as one, their labels stacked."""
    labels: dict[tuple[str, str, str], list[str]] = {}
    for edge in diagram.edges:
        labels.setdefault((edge.source, edge.target, edge.kind), []).append("\n".join(textwrap.wrap(edge.label, 34)))
    return [DiagramEdge(a, b, "\n".join(dict.fromkeys(words)), kind) for (a, b, kind), words in labels.items()]


def _drawing(diagram: Diagram) -> object:
    """The Graphviz graph: networkx's, dressed."""
    pictured: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for node in diagram.nodes:
        pictured.add_node(
            node.id,
            label="\n".join(line.strip() for part in node.label.splitlines() for line in textwrap.wrap(part, 26)),
            **NODES[node.kind],
        )
    for number, edge in enumerate(_merged(diagram)):
        look = EDGES[edge.kind]
        pictured.add_edge(edge.source, edge.target, key=str(number), label=_spaced(edge.label), fontcolor=look["color"], **look)
    for node in diagram.nodes:
        if node.initial:
            pictured.add_node(
                "__start", label="", shape="circle", style="filled", fillcolor="#000000", width="0.16", fixedsize="true"
            )
            pictured.add_edge("__start", node.id, key="start")
    drawing = to_agraph(pictured)
    drawing.graph_attr.update(
        rankdir="TB", fontname=FONT, fontsize="20", labelloc="t", label=diagram.title, nodesep="0.45", ranksep="0.6",
        pad="0.3", bgcolor="#ffffff", outputorder="edgesfirst", forcelabels="true",
    )  # fmt: skip
    drawing.node_attr.update(fontname=FONT, fontsize="13", shape="box", margin="0.16,0.08")
    drawing.edge_attr.update(fontname=FONT, fontsize="11", arrowsize="0.8")
    for group, title in diagram.groups:
        members = [node.id for node in diagram.nodes if node.group == group]
        drawing.add_subgraph(
            members,
            name=f"cluster_{group}",
            label=title,
            style="rounded",
            color="#888888",
            fontsize="14",
            labeljust="l",
        )
    if diagram.legend:
        _add_legend(drawing, diagram)
    return drawing


def _spaced(label: str) -> str:
    """Room between a label and the lines beside it."""
    return "\n".join(f"  {line}  " for line in label.split("\n"))


def _add_legend(drawing: object, diagram: Diagram) -> None:
    """A table below everything else, tied to the last node by an edge that nobody sees."""
    rows = ['<tr><td colspan="2"><b>legend</b></td></tr>']
    for kind, meaning in diagram.legend:
        text = html.escape(meaning)
        if kind in NODES:
            rows.append(
                f'<tr><td bgcolor="{NODES[kind]["fillcolor"]}" border="1" width="34"> </td><td align="left">{text}</td></tr>'
            )
        else:
            look = EDGES[kind]
            line = {"dashed": "- - -", "dotted": ". . . ."}.get(look.get("style", ""), "———")
            rows.append(f'<tr><td><font color="{look["color"]}"><b>{line}</b></font></td><td align="left">{text}</td></tr>')
    table = f'<<table border="0" cellborder="0" cellspacing="3">{"".join(rows)}</table>>'
    drawing.add_node("__legend", label=table, shape="box", style="dashed", color="#888888", fontsize="11")  # type: ignore[attr-defined]
    drawing.add_edge(diagram.nodes[-1].id, "__legend", style="invis")  # type: ignore[attr-defined]


def _layout(diagram: Diagram, form: str) -> bytes:
    content: bytes = _drawing(diagram).draw(format=form, prog="dot")  # type: ignore[attr-defined]
    return content


def _svg(diagram: Diagram) -> bytes:
    text = _layout(diagram, "svg").decode("utf-8").replace("\r\n", "\n")
    text = re.sub(r"<!-- Generated by graphviz.*?-->", f"<!-- {HEADER} -->", text, count=1, flags=re.DOTALL)
    return text.encode("utf-8")


def _png(diagram: Diagram) -> bytes:
    """Without the chunks that say when and with what it was made."""
    data = _layout(diagram, "png")
    out, at = io.BytesIO(), 8
    out.write(data[:8])
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] not in (b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            out.write(data[at : at + 12 + length])
        at += 12 + length
    return out.getvalue()


def _dot(diagram: Diagram) -> bytes:
    return f"// {HEADER}\n{_drawing(diagram)}".encode()


def _graphml(diagram: Diagram) -> bytes:
    text = "\n".join(nx.generate_graphml(_graph(diagram), named_key_ids=True))
    return f"<?xml version='1.0' encoding='utf-8'?>\n<!-- {HEADER} -->\n{text}\n".encode()


_ONE: dict[str, Callable[[Diagram], bytes]] = {
    "svg": _svg,
    "png": _png,
    "dot": _dot,
    "mermaid": lambda diagram: mermaid(diagram).encode(),
    "graphml": _graphml,
    "aut": lambda diagram: aut(diagram).encode(),
}
