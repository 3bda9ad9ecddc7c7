"""A picture before it is drawn: nodes, edges and what their colours mean. Made by `check`, drawn by `show`."""

from dataclasses import dataclass

__all__ = ["Diagram", "DiagramEdge", "DiagramNode"]


@dataclass(frozen=True, slots=True, order=True)
class DiagramNode:
    """`kind` picks colour and shape; `group` is the box it stands in, or `""`."""

    id: str
    label: str
    kind: str = "state"
    group: str = ""
    initial: bool = False


@dataclass(frozen=True, slots=True, order=True)
class DiagramEdge:
    """`kind` picks colour and line style."""

    source: str
    target: str
    label: str
    kind: str = "step"


@dataclass(frozen=True, slots=True)
class Diagram:
    """A named directed multigraph in drawing order, with the legend for the kinds it uses."""

    name: str
    title: str
    nodes: tuple[DiagramNode, ...]
    edges: tuple[DiagramEdge, ...]
    legend: tuple[tuple[str, str], ...] = ()
    """(kind, what it means) in the order to show; kinds of nodes first, then of edges."""
    groups: tuple[tuple[str, str], ...] = ()
    """(group, title) of each box."""
