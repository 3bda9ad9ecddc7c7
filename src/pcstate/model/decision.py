"""A question about a global state, taken apart into questions that look at one component each."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from pcstate.model.network import GlobalState

__all__ = ["Ask", "Decision", "Junction"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that looks at these components, mostly at one, and nowhere else."""

    components: tuple[int, ...]
    answer: Callable[[GlobalState], bool]
    key: Hashable = None
    """What is asked, if that is known: two of the same key have the same answers."""

    def __call__(self, state: GlobalState) -> bool:
        """The answer in `state`."""
        return self.answer(state)

    def asks(self) -> Iterator["Ask"]:
        """Itself."""
        yield self


@dataclass(frozen=True, slots=True)
class Junction:
    """Whether the answer to one of the parts is yes (`some`), or to all of them."""

    some: bool
    parts: "tuple[Decision, ...]"

    def __call__(self, state: GlobalState) -> bool:
        """The answer in `state`."""
        return any(part(state) for part in self.parts) if self.some else all(part(state) for part in self.parts)

    def asks(self) -> Iterator[Ask]:
        """The questions that it consists of, in their order."""
        for part in self.parts:
            yield from part.asks()


Decision = Ask | Junction
