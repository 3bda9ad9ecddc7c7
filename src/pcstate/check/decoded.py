"""What a search has in its own numbers, as what they stand for."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

__all__ = ["Decoded"]

_T = TypeVar("_T")


class Decoded(Sequence[_T]):
    """So many states, or what there is of each, decoded when it is asked for; behind them a search may have room for more."""

    def __init__(self, count: int, decode: Callable[[int], _T]) -> None:
        self._count, self._decode = count, decode

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> _T:  # type: ignore[override]  # nobody asks for a slice
        return self._decode(number)

    def __iter__(self) -> Iterator[_T]:
        return map(self._decode, range(self._count))
