"""Threads that work on one image each, torch included."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

_LOCK = threading.Lock()


@cache
def pool(threads: int) -> ThreadPoolExecutor:
    """Return a pool of that many threads in which torch starts no threads of its own."""
    return ThreadPoolExecutor(threads, thread_name_prefix="perturb", initializer=single_threaded)


def _after_fork() -> None:
    """Forget threads that a forked child does not have: it would wait for them for ever."""
    global _LOCK
    _LOCK = threading.Lock()
    pool.cache_clear()


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
