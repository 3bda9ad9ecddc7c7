"""Networks made finite: each component's local configurations and, for each part of each vector, a table over them.

It is what tools that know nothing of charts are told of a network. A table has one entry for each local configuration: the
configuration it leads to, `OFF` where the part's event is not offered, or, where that leads out of the configurations that are
kept, their number (`FiniteComponent.beyond`). Whoever runs such a network must stop there and say so.
"""

from dataclasses import dataclass

from pcstate.model.lts import Configuration

__all__ = ["OFF", "FiniteComponent", "FiniteNetwork", "FinitePart", "FiniteVector"]

OFF = -1

FinitePart = tuple[int, tuple[int, ...]]
"""A component's number, and its table."""


@dataclass(frozen=True, slots=True)
class FiniteComponent:
    """A component's local configurations; number 0 is where it begins. `whole`: nothing leads out of them."""

    key: str
    configurations: tuple[Configuration, ...]
    numbers: tuple[int, ...]
    """What its behaviour calls them."""
    whole: bool

    @property
    def beyond(self) -> int:
        """What stands in a table for all that was left out."""
        return len(self.configurations)


@dataclass(frozen=True, slots=True)
class FiniteVector:
    """A vector that may fire; the parts mean what they do in `model.network.Vector`. `number` is its own in the network,
    `name` that of its kind of step."""

    number: int
    name: str
    label: str
    who: tuple[FinitePart, ...]
    also: tuple[FinitePart, ...] = ()
    unless: tuple[FinitePart, ...] = ()


@dataclass(frozen=True, slots=True)
class FiniteNetwork:
    """Components and vectors, in the order of the network that they come from."""

    name: str
    components: tuple[FiniteComponent, ...]
    vectors: tuple[FiniteVector, ...]
