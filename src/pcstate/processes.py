"""Work that several processes of ours share: the same question of each case, answered in order."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

__all__ = ["shared_out"]

_Case = TypeVar("_Case")
_Answer = TypeVar("_Answer")


@contextmanager
def shared_out(
    answer: Callable[[_Case], _Answer], cases: Sequence[_Case], jobs: int, begin: Callable[..., None], *given: Any
) -> Iterator[Iterator[_Answer]]:
    """What `answer` says of each case, in order, from up to `jobs` processes, each of which has called `begin(*given)` first.

    All that is handed over is pickled, so `answer` and `begin` are functions of a module. Ctrl-C is for this process alone; the
    others end what they are at. Where this one is killed they end at once, for nobody else would end them.
    """
    spawned = multiprocessing.get_context("spawn")  # a process may have threads, which a fork would lose
    pool = ProcessPoolExecutor(min(jobs, len(cases)), spawned, _begin, (begin, given))
    try:
        yield pool.map(answer, cases)
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(begin: Callable[..., None], given: Sequence[Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=[multiprocessing.parent_process()], daemon=True).start()
    begin(*given)


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
