"""When a search must stop, and how far it is."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from pcstate.model.verdict import Bounds

__all__ = ["Headway", "Limits", "Progress", "Status", "installed", "resident"]


@dataclass(frozen=True, slots=True)
class Status:
    """How far a search is: states found and expanded, depth of the last, seconds, and bytes of the process in memory."""

    found: int
    expanded: int
    depth: int
    seconds: float
    memory: int

    @property
    def rate(self) -> float:
        """States expanded a second."""
        return self.expanded / self.seconds if self.seconds > 0 else 0.0


Progress = Callable[[Status], None]
Headway = Callable[[int, int], None]
"""Told how many of the states were expanded, and how many are found."""


class Limits:
    """The limits of one search, which begins when this is made; `before` are the seconds of a search that is gone on with."""

    def __init__(self, bounds: Bounds, progress: Progress | None = None, before: float = 0.0) -> None:
        self._bounds = bounds
        self._progress = progress
        self._begin = time.monotonic() - before
        self._paid = before

    @property
    def seconds(self) -> float:
        """Seconds of search so far."""
        return time.monotonic() - self._begin

    def reached(self, found: int, expanded: int, depth: int, memory: int | None = None) -> str:
        """The limit that a search has come to which is so far; empty if it has come to none.

        `memory` is that of another process than this one.
        """
        bounds, seconds = self._bounds, self.seconds
        if memory is None:
            memory = resident() if bounds.memory or self._progress else 0
        if self._progress:
            self._progress(Status(found, expanded, depth, seconds, memory))
        if found > bounds.max_states:
            return f"limit of {bounds.max_states:,} states"
        if seconds - self._paid > bounds.timeout:
            return f"timeout of {bounds.timeout:g} s"
        if bounds.memory and memory > bounds.memory:
            return f"limit of {bounds.memory / 1e9:g} GB of memory"
        return ""


def resident() -> int:
    """The bytes of this process that are in memory now; the most that ever were where only that is known, 0 where nothing is."""
    try:
        import resource

        if sys.platform == "linux":
            with open("/proc/self/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * resource.getpagesize()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    except (ImportError, OSError, ValueError):
        return 0


def installed() -> int:
    """The bytes of memory that the machine has; as if there were no end to it where that is not known."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return sys.maxsize
