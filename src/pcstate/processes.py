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
    cases: Sequence[_Case], jobs: int, begin: Callable[..., Callable[[_Case], _Answer]], *given: Any
) -> Iterator[Iterator[_Answer]]:
    """The answer to each case, in order, from up to `jobs` processes; each answers with what it has of `begin(*given)`.

    All that is handed over is pickled, so `begin` is a function of a module. Ctrl-C is for this process alone; the
    others end what they are at. Where this one is killed they end at once, for nobody else would end them.
    """
    spawned = multiprocessing.get_context("spawn")  # a process may have threads, which a fork would lose
    pool = ProcessPoolExecutor(min(jobs, len(cases)), spawned, _begin, (begin, given))
    try:
        yield pool.map(_answer, cases)
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(begin: Callable[..., Callable[[Any], Any]], given: Sequence[Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=[multiprocessing.parent_process()], daemon=True).start()
    _own.append(begin(*given))


def _answer(case: Any) -> Any:
    return _own[0](case)


_own: list[Callable[[Any], Any]] = []
"""What a process that `_begin` began answers with."""


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
