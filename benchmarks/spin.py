"""Spin, run on an exported model: what it counts, and how fast."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Counted", "Pan", "compile_pan", "missing_tools", "read_counts", "same_count"]

_NUMBER = r"([\d.]+(?:e[+]\d+)?)"
"""A count, as Spin writes it."""
_WRITTEN = 10**8
"""Below that it writes all digits of one."""
_COMPILE = ("gcc", "-w", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a search came to. Spin counts one transition for the initial state; here it is taken off.

    It writes eight digits of a number: from a hundred million on, the others are not known (`same_count`).
    """

    states: int
    transitions: int
    deadlocks: int
    seconds: float
    bytes_a_state: float
    """What Spin allocated for the states that it stored; the slots of the hash table and the stack not counted."""


def missing_tools() -> str:
    """Which of the programs that it takes are not there, by commas."""
    return ", ".join(tool for tool in ("spin", "gcc") if shutil.which(tool) is None)


@dataclass(frozen=True, slots=True)
class Pan:
    """A compiled model."""

    folder: Path

    def count(self, depth: int = 1_000_000, slots: int = 20, timeout: float = 600.0) -> Counted:
        """Search all of it. Raises: AssertionError where Spin did not do just that, with what it said."""
        command = ["./pan", "-n", "-c0", f"-m{depth}", f"-w{slots}"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=timeout, check=False)
        said = done.stdout + done.stderr
        for trouble in ("assertion violated", "search depth too small", "out of memory", "memory limit", "Search not completed"):
            assert trouble not in said, f"Spin: {trouble}\n{said[-2000:]}"
        assert done.returncode == 0, said[-2000:]
        return read_counts(said)


def read_counts(said: str) -> Counted:
    """What Spin says at the end of a search. Raises: AssertionError with all that it said where a number is not there."""

    def number(pattern: str) -> float:
        found = re.search(pattern, said)
        assert found, f"Spin did not say {pattern!r}\n{said[-2000:]}"
        return float(found[1])

    states = number(rf"{_NUMBER} states, stored")
    return Counted(
        int(states),
        int(number(rf"{_NUMBER} transitions \(=")) - 1,
        int(number(r"errors: (\d+)")),
        number(r"elapsed time ([\d.e+-]+) seconds") if "elapsed time" in said else 0.0,
        number(r"([\d.]+)\s+actual memory usage for states") * 2**20 / states,
    )


def same_count(one: int, other: int) -> bool:
    """Whether two counts are the same, as far as Spin writes them."""
    most = max(one, other)
    return abs(one - other) <= (0 if most < _WRITTEN else 10 * most // _WRITTEN)


def compile_pan(model: str, folder: Path, optimise: str = "-O2") -> Pan:
    """The model, compiled in `folder`. Raises: AssertionError with what Spin or the compiler said."""
    (folder / "model.pml").write_text(model, encoding="utf-8")
    for command in (("spin", "-a", "model.pml"), (*_COMPILE, optimise)):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "rror:" not in done.stdout, f"{command}: {done.stdout}{done.stderr}"
    return Pan(folder)
