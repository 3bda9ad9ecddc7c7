"""Paths through a state graph -> traces for people: who did what, as which clause says of which source. And back: the run
that takes the actions of a trace."""

from collections.abc import Callable, Mapping, Sequence

from pcstate.model.clause import Clause
from pcstate.model.network import GlobalState, Network
from pcstate.model.trace import Move, Trace, TraceStep

__all__ = ["Run", "Tracer", "follow", "traced"]

Run = list[tuple[int, GlobalState]]
"""(vector, state reached) pairs from the initial state."""


class Tracer:
    """Names the steps of one network; `clauses` gives each clause its source."""

    def __init__(self, network: Network, clauses: Mapping[str, Clause]) -> None:
        self.network = network
        self.clauses = clauses

    def along(self, run: Sequence[tuple[int, GlobalState]], loop: int | None = None) -> Trace:
        """The trace of (vector, state reached) pairs from the initial state."""
        return traced(self.network, self.clauses, run, loop)


def traced(
    network: Network, clauses: Mapping[str, Clause], run: Sequence[tuple[int, GlobalState]], loop: int | None = None
) -> Trace:
    """The trace of a run of `network`; `clauses` gives each clause its source."""
    found: list[TraceStep] = []
    initial = before = network.initial()
    for vector, after in run:
        found.append(_step(network, clauses, before, vector, after))
        before = after
    first = tuple((component.key, network.configuration(n, initial)) for n, component in enumerate(network.components))
    return Trace(tuple(found), loop, first)


def _step(network: Network, clauses: Mapping[str, Clause], before: GlobalState, number: int, after: GlobalState) -> TraceStep:
    """One step, named after the goroutine that moves, or the first component if none does."""
    vector = network.vectors[number]
    moving = [component for component, _ in vector.who]
    goroutines = [c for c in moving if network.components[c].kind == "goroutine"]
    who = [network.components[c].key for c in (goroutines or moving[:1])]
    cited = [
        clause
        for component, event in sorted(vector.who, key=lambda part: part[0] not in goroutines)
        for clause in network.components[component].behaviour.cites(before[component], event)
    ]
    clause = cited[0] if cited else ""
    source = clauses[clause].source if clause in clauses else ""
    return TraceStep(" + ".join(who), str(vector), clause, source, vector.kind, _moves(network, before, number, after))


def _moves(network: Network, before: GlobalState, number: int, after: GlobalState) -> tuple[Move, ...]:
    vector = network.vectors[number]
    joining = [(n, event) for n, event in vector.also if network.components[n].behaviour.step(before[n], event) >= 0]
    return tuple(
        Move(
            network.components[n].key,
            network.components[n].kind,
            str(event),
            network.configuration(n, before),
            network.configuration(n, after),
        )
        for n, event in (*vector.who, *joining)
    )


def follow(
    network: Network, actions: Sequence[str], steps: Callable[[GlobalState], list[tuple[int, GlobalState]]] | None = None
) -> Run:
    """The run that takes `actions` one after the other, from the initial state; it ends before the first that is not possible.

    `steps` says what is, by default all that the network can do. No two vectors are written alike.
    """
    possible = steps or network.steps
    state = network.initial()
    run: Run = []
    for action in actions:
        step = next((step for step in possible(state) if str(network.vectors[step[0]]) == action), None)
        if step is None:
            break
        run.append(step)
        state = step[1]
    return run


def positions(network: Network, state: GlobalState) -> str:
    """Where every goroutine stands, such as `read_loop[0] await_body, write_loop[0] select`."""
    return ", ".join(
        f"{component.key} {component.behaviour.configuration(local).state}"
        for component, local in zip(network.components, state, strict=True)
        if component.kind == "goroutine"
    )
