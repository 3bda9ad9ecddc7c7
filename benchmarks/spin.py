"""Spin, run on an exported model: what it counts, and how fast."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Counted", "Pan", "compile_pan", "missing_tools"]

_COMPILE = ("gcc", "-w", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a search came to. Spin counts one transition for the initial state; here it is taken off."""

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

        def number(pattern: str) -> float:
            found = re.search(pattern, said)
            assert found, f"Spin did not say {pattern!r}\n{said[-2000:]}"
            return float(found[1])

        return Counted(
            int(number(r"(\d+) states, stored")),
            int(number(r"(\d+) transitions \(=")) - 1,
            int(number(r"errors: (\d+)")),
            number(r"elapsed time ([\d.e+-]+) seconds") if "elapsed time" in said else 0.0,
            number(r"([\d.]+)\s+actual memory usage for states") * 2**20 / int(number(r"(\d+) states, stored")),
        )


def compile_pan(model: str, folder: Path, optimise: str = "-O2") -> Pan:
    """The model, compiled in `folder`. Raises: AssertionError with what Spin or the compiler said."""
    (folder / "model.pml").write_text(model, encoding="utf-8")
    for command in (("spin", "-a", "model.pml"), (*_COMPILE, optimise)):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "rror:" not in done.stdout, f"{command}: {done.stdout}{done.stderr}"
    return Pan(folder)
