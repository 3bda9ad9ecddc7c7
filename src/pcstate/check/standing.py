"""A state at rest -> what the goroutines that are there wait for, as the spec's advice words it."""

from collections.abc import Sequence

from pcstate.model.advice import CompiledAdvice, Standing
from pcstate.model.network import GlobalState, Network

__all__ = ["standing"]


def standing(network: Network, state: GlobalState, advice: Sequence[CompiledAdvice]) -> tuple[Standing, ...]:
    """What each goroutine waits for, by the first piece of advice that speaks of it; its state where none does.

    Order: that of the advice, then of the network.
    """
    counts: dict[tuple[str, tuple[str, ...]], int] = {}
    spoken: set[int] = set()
    for piece in advice:
        if not piece.who & spoken and piece.when(state):
            spoken |= piece.who
            if piece.advice.waits:
                said = (piece.advice.waits, piece.advice.fix)
                counts[said] = counts.get(said, 0) + 1
    for number, component in enumerate(network.components):
        if component.kind == "goroutine" and number not in spoken:
            said = (f"{component.name} stands at {component.behaviour.configuration(state[number]).state!r}", ())
            counts[said] = counts.get(said, 0) + 1
    return tuple(Standing(waits, count, fix) for (waits, fix), count in counts.items())
