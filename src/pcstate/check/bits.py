"""Sets of small numbers as integers, one bit a member."""

import functools
import operator
from collections.abc import Iterable, Iterator

__all__ = ["bits", "either"]


def bits(members: int) -> Iterator[int]:
    """The members of a set, from the lowest."""
    while members:
        lowest = members & -members
        yield lowest.bit_length() - 1
        members ^= lowest


def either(sets: Iterable[int]) -> int:
    """The members of any of the sets."""
    return functools.reduce(operator.or_, sets, 0)
