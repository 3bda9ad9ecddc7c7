"""States that a compiled search has in its own numbers, as the network's states."""

from collections.abc import Callable, Iterator, Sequence

from pcstate.model.network import GlobalState

__all__ = ["Decoded"]


class Decoded(Sequence[GlobalState]):
    """So many states, each decoded when it is asked for; behind them the search may have room for more."""

    def __init__(self, count: int, decode: Callable[[int], GlobalState]) -> None:
        self._count, self._decode = count, decode

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> GlobalState:  # type: ignore[override]  # nobody asks for a slice
        return self._decode(number)

    def __iter__(self) -> Iterator[GlobalState]:
        return map(self._decode, range(self._count))
