"""Which steps the components of an explored network took, and which of its properties hold for want of a case."""

from dataclasses import dataclass, field

import numpy as np

from pcstate.check.arrows import Explored, Mask
from pcstate.check.safety import holds_in
from pcstate.model.lts import Event
from pcstate.model.property import CompiledProperty

__all__ = ["Fired", "fired", "never_begins", "still_holds"]


@dataclass(frozen=True, slots=True)
class Fired:
    """What one component did: from which of its configurations it took part with which event, and in which it was."""

    steps: set[tuple[int, Event]] = field(default_factory=set)
    locals: set[int] = field(default_factory=set)


def fired(graph: Explored) -> list[Fired]:
    """What each component did, in the network's order. Cost: for each a sort of the transitions that it has a part in."""
    network, arrows = graph.network, graph.arrows()
    parts: list[dict[int, Event]] = [{} for _ in network.components]
    for number, vector in enumerate(network.vectors):
        for component, event in (*vector.who, *vector.also):
            parts[component][number] = event
    found = []
    for component, events in enumerate(parts):
        classes, first = graph.classes([component])
        own = [graph.states[int(state)][component] for state in first]
        chosen = np.flatnonzero(arrows.by(events))
        keys = np.unique(arrows.vector[chosen].astype(np.int64) * len(own) + classes[arrows.source[chosen]])
        step = network.components[component].behaviour.step
        steps = {(own[key % len(own)], events[key // len(own)]) for key in keys.tolist()}
        found.append(Fired({(local, event) for local, event in steps if step(local, event) >= 0}, set(own)))
    return found


def never_begins(graph: Explored, compiled: CompiledProperty) -> bool:
    """Whether no state begins what a leads-to property promises an end of."""
    return not any(holds_in(graph, instance.formula).any() for instance in compiled.instances)


def still_holds(graph: Explored, stronger: CompiledProperty, where: Mask | None) -> bool:
    """Whether a stronger formula is true too in every state, or in every one of `where`."""
    every = (holds_in(graph, instance.formula) for instance in stronger.instances)
    return all(mask.all() if where is None else mask[where].all() for mask in every)
