"""Work that processes share: answers in order, and nobody is left behind by one that is killed."""

import signal
import subprocess
import sys

from pcstate.processes import shared_out

KILLED = """
import os, signal
from pcstate.processes import shared_out
from tests.unit.test_processes import begin, plus
if __name__ == "__main__":
    with shared_out(plus, [1, 2], 2, begin, 0) as answers:
        print(*answers, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""
_ADDED: list[int] = []


def begin(more: int) -> None:
    _ADDED.append(more)


def plus(number: int) -> int:
    return number + _ADDED[0]


def test_answers_come_in_the_order_of_the_cases() -> None:
    with shared_out(plus, range(20), 2, begin, 100) as answers:
        assert [*range(100, 120)] == [*answers]


def test_who_is_killed_leaves_no_process_behind() -> None:
    """They would hold its output open, so that nobody came to its end."""
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, timeout=120, check=False)
    assert (-signal.SIGKILL, 2) == (done.returncode, len(done.stdout.split())), done.stderr
