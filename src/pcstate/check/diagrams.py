"""Charts and state graphs -> diagrams: what is drawn, before anybody draws it."""

from collections.abc import Mapping, Sequence

from pcstate.check.explore import StateGraph
from pcstate.check.refinement import Refinement
from pcstate.model.chart import Chart, ChartTransition
from pcstate.model.diagram import Diagram, DiagramEdge, DiagramNode
from pcstate.model.lts import Value

__all__ = ["chart_diagram", "lifecycle_diagram", "quotient_diagram", "reachable_diagram"]

_LIFECYCLE_NODES = {
    "unborn": "environment", "taken": "busy", "awaiting_response": "busy", "body_unread": "unread", "body_read": "busy",
    "draining": "draining", "pooled": "idle", "dying": "closing", "closed": "dead",
}  # fmt: skip
_LIFECYCLE_EDGES = {
    "fn_eof": "read-eof", "early_close": "early-close", "fn_err": "error", "not_drained": "error", "put_refused": "error",
    "caller_gone": "error", "cancel": "cancel", "cancel_body": "cancel", "closech": "close", "idle_close": "close",
    "close": "close", "server_close": "server",
}  # fmt: skip
_LIFECYCLE_WORDS = {"fn_eof": "fn(io.EOF)", "fn_err": "fn(err)", "early_close": "earlyCloseFn", "cancel_body": "cancel"}
_MEANING = {
    "environment": "not there yet", "busy": "serves a request", "unread": "waits for the body's end", 
    "draining": "drains the body",
    "idle": "idle, in the pool", "closing": "readLoop is leaving", "dead": "closed", "state": "state", "final": "final state",
    "step": "step", "read-eof": "the body was read to io.EOF", "early-close": "Body.Close before the end", "error": "an error",
    "cancel": "the request is cancelled", "close": "closed on this side", "server": "closed by the server",
    "timer": "a timer", "tau": "several steps",
}  # fmt: skip


def _legend(nodes: tuple[DiagramNode, ...], edges: tuple[DiagramEdge, ...]) -> tuple[tuple[str, str], ...]:
    kinds = [*dict.fromkeys(node.kind for node in nodes), *dict.fromkeys(edge.kind for edge in edges)]
    return tuple((kind, _MEANING[kind]) for kind in kinds)


def _initial_leaves(chart: Chart) -> Mapping[str, str]:
    """For each state the leaf that entering it ends in."""
    leaves = {}
    for state in chart.states:
        name = state.name
        while inner := next((s.name for s in chart.states if s.parent == name and s.initial), ""):
            name = inner
        leaves[state.name] = name
    return leaves


def chart_diagram(chart: Chart) -> Diagram:
    """A chart as it is written: one node a state, one edge a transition, guards in brackets."""
    first = next(state.name for state in chart.states if state.initial and not state.parent)
    nodes = tuple(
        DiagramNode(state.name, state.name, "final" if state.final else "state", state.parent, state.name == first)
        for state in chart.states
        if not state.compound
    )
    edges = tuple(_chart_edge(t) for t in chart.transitions)
    groups = tuple((state.name, state.name) for state in chart.states if state.compound)
    return Diagram(f"chart-{chart.name}", f"{chart.name}: the chart", nodes, edges, _legend(nodes, edges), groups)


def _chart_edge(transition: ChartTransition) -> DiagramEdge:
    guard = transition.guard.replace("_event.data.", "")
    return DiagramEdge(transition.source, transition.target, transition.event + (f" [{guard}]" if guard else ""))


def lifecycle_diagram(chart: Chart, profile: str, constants: Mapping[str, Value]) -> Diagram:
    """The persistConn on one page, for one profile: transitions whose guard the profile excludes are left out.

    What may come after the close, and the close or cancel that may come from anywhere, are said once and not drawn from every
    state. States that the profile never comes to are left out.
    """
    leaves = _initial_leaves(chart)
    nodes = tuple(
        DiagramNode(s.name, s.name.replace("_", " "), _LIFECYCLE_NODES[s.name], s.parent, s.name == "unborn")
        for s in chart.states
        if not s.compound
    )
    compound = {state.name for state in chart.states if state.compound}
    edges = []
    for t in chart.transitions:
        if (t.source == "closed" and t.target == "closed") or not _allowed(t.guard, constants):
            continue
        sources = ["dying"] if t.source in compound and t.event == "close" else [t.source]
        if t.source in compound and t.event != "close":
            sources = ["awaiting_response"]
        word = _LIFECYCLE_WORDS.get(t.event, t.event.replace("_", " "))
        edges += [DiagramEdge(s, leaves[t.target], word, _LIFECYCLE_EDGES.get(t.event, "step")) for s in sources]
    reached = _reached("unborn", edges)
    nodes = tuple(node for node in nodes if node.id in reached)
    found = tuple(edge for edge in edges if edge.source in reached)
    title = f"The life of a persistConn ({profile}); what may come from anywhere is drawn once"
    return Diagram(
        f"lifecycle-{profile}",
        title,
        nodes,
        found,
        _legend(nodes, found),
        (("open", "open: readLoop and writeLoop run"),),
    )


def _reached(start: str, edges: Sequence[DiagramEdge]) -> set[str]:
    """The nodes that edges lead to from `start`."""
    found, queue = {start}, [start]
    for node in queue:
        new = {edge.target for edge in edges if edge.source == node} - found
        found |= new
        queue += sorted(new)
    return found


def _allowed(guard: str, constants: Mapping[str, Value]) -> bool:
    name, _, value = guard.partition(" == ")
    return not guard or name not in constants or str(constants[name]) == value


def reachable_diagram(graph: StateGraph, profile: str) -> Diagram:
    """Every explored state of the one-connection network; too many for a picture, fit for tools."""
    nodes = tuple(
        DiagramNode(f"s{number}", f"s{number}", "final" if not edges else "state", "", number == 0)
        for number, edges in enumerate(graph.edges)
    )
    vectors = graph.network.vectors
    edges = tuple(
        DiagramEdge(f"s{number}", f"s{target}", str(vectors[vector]), "timer" if "timer" in vectors[vector].kind else "step")
        for number, found in enumerate(graph.edges)
        for vector, target in found
    )
    return Diagram(
        f"reachable-{profile}",
        f"Reachable states, one connection, one request ({profile})",
        nodes,
        edges,
        _legend(nodes, edges),
    )


def quotient_diagram(graph: StateGraph, refinement: Refinement, profile: str) -> Diagram:
    """The reachable states gathered by the lifecycle state they are seen with; edges say how many transitions they stand for."""
    assert refinement.steps is None, "a quotient needs a network that refines the lifecycle"
    counts = {name: int(mask.sum()) for name, mask in refinement.seen[0].items() if mask.any()}
    arrows = graph.arrows()
    steps: dict[tuple[str, str, str], int] = {}
    for number, vector in enumerate(graph.network.vectors):
        taken = arrows.source[arrows.vector == number]
        for name in counts if vector.abstract else ():
            count = int(refinement.seen[0][name][taken].sum())
            if vector.abstract and count:
                key = (name, refinement.moves[name, vector.abstract[0]], vector.abstract[0])
                steps[key] = steps.get(key, 0) + count
    nodes = tuple(
        DiagramNode(name, f"{name.replace('_', ' ')}\n{count:,} states", _LIFECYCLE_NODES[name], "", name == "unborn")
        for name, count in sorted(counts.items(), key=lambda item: list(_LIFECYCLE_NODES).index(item[0]))
    )
    drawn = tuple(
        DiagramEdge(
            a,
            b,
            f"{_LIFECYCLE_WORDS.get(event, event.replace('_', ' '))} ({count:,})",
            _LIFECYCLE_EDGES.get(event, "step"),
        )
        for (a, b, event), count in sorted(steps.items())
        if a != b
    )
    sizes = graph.network.parameters
    words = ", ".join(f"{name} {sizes[name]}" for name in ("callers", "conns", "requests", "closers"))
    title = f"{len(graph.states):,} reachable states by lifecycle state ({profile}; {words})"
    return Diagram(f"quotient-{profile}", title, nodes, drawn, _legend(nodes, drawn))
