"""What kinds of node and edge look like: Okabe and Ito's colours, which colour-blind eyes tell apart, and a second cue.

A node's second cue is its border or shape, an edge's its line style and arrow head.
"""

__all__ = ["EDGES", "FONT", "NODES"]

FONT = "Helvetica,Arial,sans-serif"

NODES: dict[str, dict[str, str]] = {
    "state": {"fillcolor": "#ffffff", "style": "filled,rounded"},
    "final": {"fillcolor": "#dddddd", "style": "filled,rounded", "peripheries": "2"},
    "environment": {"fillcolor": "#ffffff", "style": "filled,rounded,dashed"},
    "idle": {"fillcolor": "#b3e0d2", "style": "filled,rounded", "penwidth": "2.2"},
    "busy": {"fillcolor": "#cfe8f7", "style": "filled,rounded"},
    "unread": {"fillcolor": "#f9e08c", "style": "filled,rounded,bold"},
    "draining": {"fillcolor": "#e9d5e4", "style": "filled,rounded,dotted", "penwidth": "1.8"},
    "closing": {"fillcolor": "#f3c9a8", "style": "filled,rounded,dashed"},
    "dead": {"fillcolor": "#bbbbbb", "style": "filled", "peripheries": "2"},
    "leak": {"fillcolor": "#d55e00", "style": "filled,bold", "fontcolor": "#ffffff"},
    "violation": {"fillcolor": "#d55e00", "style": "filled,diagonals", "fontcolor": "#ffffff"},
}

EDGES: dict[str, dict[str, str]] = {
    "step": {"color": "#333333"},
    "tau": {"color": "#999999", "style": "dotted"},
    "read-eof": {"color": "#009e73", "penwidth": "2.2"},
    "early-close": {"color": "#aa4499", "penwidth": "2.2", "arrowhead": "diamond"},
    "error": {"color": "#d55e00", "style": "dashed"},
    "cancel": {"color": "#0072b2", "style": "dashed", "penwidth": "1.8", "arrowhead": "vee"},
    "close": {"color": "#000000", "arrowhead": "tee"},
    "server": {"color": "#b8860b", "style": "dotted", "penwidth": "2.2"},
    "timer": {"color": "#999999", "style": "dashed", "arrowhead": "empty"},
    "violated": {"color": "#d55e00", "penwidth": "3"},
}
