"""Processes that are started here: no signal of the terminal or a scheduler reaches them, and none outlives its parent.

Whoever started them decides alone when they end. One that ended by itself would leave the others waiting for it, or
look like a failure.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait

from bench.host.stop_signals import SIGNALS


@contextmanager
def deaf_from_birth() -> Iterator[None]:
    """Block SIGNALS while the block runs; a process that is started meanwhile inherits that for its whole life."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def follow_parent() -> None:
    """End this process as soon as its parent is gone, however that ended: within milliseconds."""
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def leave_group() -> None:
    """Leave the parent's process group, since what is sent to that is for the parent; hear SIGTERM from the parent."""
    with suppress(OSError):  # a group of its own already
        os.setpgid(0, 0)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
