"""Sets of small numbers as integers, one bit a member."""

from collections.abc import Iterator

__all__ = ["bits"]


def bits(members: int) -> Iterator[int]:
    """The members of a set, from the lowest."""
    while members:
        lowest = members & -members
        yield lowest.bit_length() - 1
        members ^= lowest
