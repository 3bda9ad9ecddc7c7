"""What kinds of node and edge look like: Okabe and Ito's colours, which colour-blind eyes tell apart, and a second cue.

A node's second cue is its shape or border, an edge's its line style or arrow head. Text on white is a darker shade of the
line's colour, so that it can be read. A new kind is a new line here.
"""

__all__ = ["EDGES", "NODES", "edge_look", "node_look"]

NODES: dict[str, dict[str, str]] = {
    "state": {"fillcolor": "#ffffff", "style": "filled,rounded"},
    "initial": {"fillcolor": "#000000", "style": "filled", "shape": "circle", "fontcolor": "#ffffff"},
    "final": {"fillcolor": "#e6e6e6", "style": "filled,rounded", "peripheries": "2"},
    "environment": {"fillcolor": "#ffffff", "style": "filled,dashed"},
    "idle": {"fillcolor": "#a6dfcd", "style": "filled,rounded", "penwidth": "2.4"},
    "busy": {"fillcolor": "#cfe8f7", "style": "filled"},
    "unread": {"fillcolor": "#f7ea7e", "style": "filled", "shape": "note", "penwidth": "1.6"},
    "draining": {"fillcolor": "#ecd3e1", "style": "filled,rounded,dotted", "penwidth": "2"},
    "closing": {"fillcolor": "#f8d594", "style": "filled,rounded,dashed", "penwidth": "1.4"},
    "dead": {"fillcolor": "#c4c4c4", "style": "filled", "peripheries": "2"},
    "leak": {"fillcolor": "#f4b183", "style": "filled", "shape": "octagon", "color": "#a34700", "penwidth": "3"},
    "violation": {"fillcolor": "#e58a4e", "style": "filled", "shape": "doubleoctagon", "color": "#a34700", "penwidth": "2"},
}

EDGES: dict[str, dict[str, str]] = {
    "step": {"color": "#333333", "fontcolor": "#222222"},
    "tau": {"color": "#8a8a8a", "fontcolor": "#5e5e5e", "style": "dotted", "arrowhead": "open"},
    "read-eof": {"color": "#009e73", "fontcolor": "#00684c", "penwidth": "2.4"},
    "early-close": {"color": "#cc79a7", "fontcolor": "#8a3868", "penwidth": "2.4", "arrowhead": "diamond"},
    "error": {"color": "#d55e00", "fontcolor": "#a34700", "style": "dashed", "arrowhead": "onormal"},
    "cancel": {"color": "#0072b2", "fontcolor": "#00598a", "style": "dashed", "penwidth": "2", "arrowhead": "vee"},
    "close": {"color": "#000000", "fontcolor": "#000000", "penwidth": "1.4", "arrowhead": "box"},
    "server": {"color": "#e69f00", "fontcolor": "#855c00", "style": "dotted", "penwidth": "2.8", "arrowhead": "dot"},
    "timer": {"color": "#56b4e9", "fontcolor": "#1f6f9c", "style": "dashed", "penwidth": "1.6", "arrowhead": "empty"},
    "violated": {"color": "#d55e00", "fontcolor": "#a34700", "penwidth": "4"},
}


def node_look(kind: str) -> dict[str, str]:
    """The Graphviz attributes of a kind of node."""
    assert kind in NODES, f"unknown kind of node {kind!r}; there are {', '.join(NODES)}"
    return {"shape": "box", "color": "#333333", "fontcolor": "#000000", **NODES[kind]}


def edge_look(kind: str) -> dict[str, str]:
    """The Graphviz attributes of a kind of edge."""
    assert kind in EDGES, f"unknown kind of edge {kind!r}; there are {', '.join(EDGES)}"
    return EDGES[kind]
