"""SIGINT (Ctrl-C), SIGTERM and SIGHUP end the command line in order: as one exception, which nothing swallows.

The command line alone uses `stoppable`. Called from Python, the program's own handlers stay, and what they raise
passes through.
"""

import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INSIST_EVERY = 0.25  # seconds
PATIENCE = 5.0  # seconds of clean-up before a further signal ends the process at once


class Stopped(KeyboardInterrupt):
    """A signal asked this process to stop; it passes wherever Ctrl-C does.

    number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def stop_number(stop: KeyboardInterrupt) -> int:
    """Return the number of the signal behind an interrupt; that of Ctrl-C where nothing else is known."""
    return stop.number if isinstance(stop, Stopped) else signal.SIGINT


def stop_line(number: int) -> str:
    """Return what a user reads when a signal has ended a command."""
    name = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
    return f"bench: stopped by {name}; what is finished is kept: give the same command again to go on"


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise `Stopped` at the first of SIGNALS while the block runs.

    A signal that was ignored before stays ignored, as under nohup. Further signals change nothing while the process
    cleans up, but after PATIENCE seconds one ends it at once: every file on the disk is whole at any time.
    Once a signal has come this lasts until the process ends. Outside of the main thread it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stop = _Stop()
    stop.begin()
    try:
        yield
    finally:
        stop.end()


class _Stop:
    """The state behind the handlers."""

    def __init__(self) -> None:
        self.pid, self.number, self.since = os.getpid(), 0, 0.0
        self.terminals = [fd for fd in (1, 2) if os.isatty(fd)]
        self.before: dict[int, Any] = {}
        self.hook = sys.unraisablehook
        self.raised: weakref.ref[Stopped] | None = None

    def begin(self) -> None:
        """Install the handlers."""
        for number in SIGNALS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self.before[number] = signal.signal(number, self.handle)
        sys.unraisablehook = self.unraisable

    def end(self) -> None:
        """Stop insisting; put back what was there, unless the process is ending."""
        if self.number:
            signal.setitimer(signal.ITIMER_REAL, 0)
            return
        for number, handler in self.before.items():
            signal.signal(number, handler)
        sys.unraisablehook = self.hook

    def handle(self, number: int, _: object) -> None:
        """Be the handler of SIGNALS."""
        if os.getpid() != self.pid:  # a forked child, before it has handlers of its own: its parent ends it
            return
        if not self.number:
            self.number, self.since = number, time.monotonic()
            self.leave_terminal()
            signal.signal(signal.SIGALRM, self.insist)
            signal.setitimer(signal.ITIMER_REAL, INSIST_EVERY, INSIST_EVERY)
            raise self.exception()
        if time.monotonic() - self.since > PATIENCE:
            os.write(2, f"{stop_line(self.number)}\n".encode())
            os._exit(128 + self.number)

    def exception(self) -> Stopped:
        """Return a new exception, and remember it without keeping it alive."""
        stopped = Stopped(self.number)
        self.raised = weakref.ref(stopped)
        return stopped

    def insist(self, *_: object) -> None:
        """Raise again if the exception is gone: it met a destructor or a callback, where Python drops exceptions."""
        if os.getpid() == self.pid and self.raised is not None and self.raised() is None:
            raise self.exception()

    def unraisable(self, found: Any) -> None:
        """Be `sys.unraisablehook`: an exception that Python drops is printed, but not this one."""
        if not isinstance(found.exc_value, Stopped):
            self.hook(found)

    def leave_terminal(self) -> None:
        """Write to nowhere from now on where the terminal is gone: each line would be an error."""
        gone = [fd for fd in self.terminals if not os.isatty(fd)]
        if gone:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for fd in gone:
                os.dup2(nowhere, fd)
            os.close(nowhere)
