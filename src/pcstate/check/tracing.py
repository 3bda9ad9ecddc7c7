"""Paths through a state graph -> traces for people: who did what, as which clause says of which source."""

from collections.abc import Mapping, Sequence

from pcstate.model.clause import Clause
from pcstate.model.network import GlobalState, Network
from pcstate.model.trace import Trace, TraceStep

__all__ = ["Tracer"]


class Tracer:
    """Names the steps of one network; `clauses` gives each clause its source."""

    def __init__(self, network: Network, clauses: Mapping[str, Clause]) -> None:
        self.network = network
        self.clauses = clauses

    def along(self, run: Sequence[tuple[int, GlobalState]], loop: int | None = None) -> Trace:
        """The trace of (vector, state reached) pairs from the initial state."""
        found: list[TraceStep] = []
        before = self.network.initial()
        for vector, after in run:
            found.append(self.step(before, vector, after))
            before = after
        return Trace(tuple(found), loop)

    def step(self, before: GlobalState, number: int, after: GlobalState) -> TraceStep:
        """One step, named after the goroutine that moves, or the first component if none does."""
        network = self.network
        vector = network.vectors[number]
        moving = [component for component, _ in vector.who]
        goroutines = [c for c in moving if network.components[c].kind == "goroutine"]
        who = [network.components[c].key for c in (goroutines or moving[:1])]
        cited = [
            clause
            for component, event in sorted(vector.who, key=lambda part: part[0] not in goroutines)
            for clause in network.components[component].behaviour.cites(before[component], event)
        ]
        changed = tuple(
            (component.key, component.behaviour.configuration(after[n]).state)
            for n, component in enumerate(network.components)
            if before[n] != after[n]
        )
        clause = cited[0] if cited else ""
        source = self.clauses[clause].source if clause in self.clauses else ""
        return TraceStep(" + ".join(who), str(vector), clause, source, changed)


def positions(network: Network, state: GlobalState) -> str:
    """Where every goroutine stands, such as `read_loop[0] await_body, write_loop[0] select`."""
    return ", ".join(
        f"{component.key} {component.behaviour.configuration(local).state}"
        for component, local in zip(network.components, state, strict=True)
        if component.kind == "goroutine"
    )
