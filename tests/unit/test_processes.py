"""Work that processes share: answers in order, and nobody is left behind by one that is killed."""

import operator
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from pcstate.processes import shared_out

KILLED = """
import os, signal
from pcstate.processes import shared_out
from tests.unit.test_processes import plus
if __name__ == "__main__":
    with shared_out([1, 2], 2, plus, 0) as answers:
        print(*answers, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def plus(more: int) -> Callable[[int], int]:
    return partial(operator.add, more)


def test_answers_come_in_the_order_of_the_cases() -> None:
    with shared_out(range(20), 2, plus, 100) as answers:
        assert [*range(100, 120)] == [*answers]


def test_who_is_killed_leaves_no_process_behind() -> None:
    """They would hold its output open, so that nobody came to its end."""
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, timeout=120, check=False)
    assert (-signal.SIGKILL, 2) == (done.returncode, len(done.stdout.split())), done.stderr
