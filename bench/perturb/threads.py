"""Threads that work on one image each, torch included."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_LOCK = threading.Lock()


@cache
def pool(threads: int) -> ThreadPoolExecutor:
    """Return a pool of that many threads in which torch starts no threads of its own."""
    return _started(threads, "perturb")


@cache
def _callers(threads: int) -> ThreadPoolExecutor:
    """Return a second pool, of whole calls: these may wait for the first one's threads, which wait for nobody."""
    return _started(threads, "perturb-call")


def _started(threads: int, name: str) -> ThreadPoolExecutor:
    """Return a pool whose threads are all there: a thread that starts while one of them is set up could see its 1."""
    made = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=single_threaded)
    together = threading.Barrier(threads)
    for one in [made.submit(together.wait) for _ in range(threads)]:
        one.result()
    return made


def in_one_thread(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call `function` where torch starts no threads of its own, which wait for each other on a busy machine.

    That is another thread, so that the caller's number of threads stays as it is; but for a caller that works alone
    already. The first call makes these threads; a thread that starts just then may get one of torch's threads for good.
    """
    import torch

    threads = torch.get_num_threads()
    if threads == 1:
        return function(*args, **kwargs)
    return _callers(threads).submit(function, *args, **kwargs).result()


def _after_fork() -> None:
    """Forget threads that a forked child does not have: it would wait for them for ever."""
    global _LOCK
    _LOCK = threading.Lock()
    pool.cache_clear()
    _callers.cache_clear()


os.register_at_fork(after_in_child=_after_fork)


def single_threaded() -> None:
    """Let torch work in the calling thread alone, and leave what other threads do as it is.

    torch's number of threads belongs to the thread that sets it; new threads start with what was set last anywhere.
    """
    import torch

    with _LOCK:
        usual = torch.get_num_threads()
        torch.set_num_threads(1)
        restorer = threading.Thread(target=torch.set_num_threads, args=(usual,))
        restorer.start()
        restorer.join()
