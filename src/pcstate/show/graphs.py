"""Diagrams -> files, through networkx and Graphviz. The same diagram gives the same bytes, whatever the hash seed.

`drawing` makes the Graphviz graph, `legend` adds title and legend, `picture` renders; `palette` and `lettering` say how
things look and how large they are; `text` writes Mermaid and Aldebaran.
"""

from collections.abc import Callable, Sequence

import networkx as nx

from pcstate.model.diagram import Diagram
from pcstate.show.drawing import source
from pcstate.show.hush import hushed
from pcstate.show.palette import edge_look, node_look
from pcstate.show.picture import png, svg
from pcstate.show.text import HEADER, aut, mermaid

__all__ = ["FORMATS", "LARGEST_PICTURE", "TooLargeError", "drawable", "render"]

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
    """The diagram in each format, by file suffix.

    Order: the diagram's own, of nodes and of edges.
    Cost:   Graphviz's layout for svg and png, some seconds at the limit; linear otherwise.
    Bounds: svg and png have at most 800 nodes.
    Raises: TooLargeError for a picture of more.
    """
    for name in formats:
        assert name in FORMATS, f"unknown format {name!r}; there are {', '.join(FORMATS)}"
        if name in ("svg", "png") and len(diagram.nodes) > LARGEST_PICTURE:
            size = f"{len(diagram.nodes):,} nodes; a picture shows at most {LARGEST_PICTURE}"
            raise TooLargeError(f"{diagram.name} has {size}: ask for dot, mermaid, graphml or aut")
    _check_kinds(diagram)
    with hushed():
        return {_SUFFIX.get(name, name): _WRITERS[name](diagram) for name in formats}


def _check_kinds(diagram: Diagram) -> None:
    for node in diagram.nodes:
        node_look(node.kind)
    for edge in diagram.edges:
        edge_look(edge.kind)


def _graph(diagram: Diagram) -> "nx.MultiDiGraph[str]":
    """The diagram as networkx has it, one edge for each of its edges."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(name=diagram.name, title=diagram.title)
    for node in diagram.nodes:
        graph.add_node(node.id, label=node.label, kind=node.kind, group=node.group, initial=node.initial)
    for number, edge in enumerate(diagram.edges):
        graph.add_edge(edge.source, edge.target, key=number, label=edge.label, kind=edge.kind)
    return graph


def _graphml(diagram: Diagram) -> bytes:
    text = "\n".join(nx.generate_graphml(_graph(diagram), named_key_ids=True))
    return f"<?xml version='1.0' encoding='utf-8'?>\n<!-- {HEADER} -->\n{text}\n".encode()


def _dot(diagram: Diagram) -> bytes:
    rows = [f"// legend: {kind} = {meaning}\n" for kind, meaning in diagram.legend]
    return f"// {HEADER}\n// {diagram.title}\n{''.join(rows)}{source(diagram)}".encode()


_WRITERS: dict[str, Callable[[Diagram], bytes]] = {
    "svg": svg,
    "png": png,
    "dot": _dot,
    "mermaid": lambda diagram: mermaid(diagram).encode(),
    "graphml": _graphml,
    "aut": lambda diagram: aut(diagram).encode(),
}
