"""What a run prints while it works: live bars on a terminal, a few plain lines elsewhere. To standard error."""

import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from registry.safe_text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress, TaskID

PLAIN_EVERY = 60.0  # seconds between progress lines where there is no terminal
LONG_STEPS_EVERY = 10.0  # the same for a task of few long steps, as the epochs of a training
RECENT = 30  # steps that the current rate is taken over
COUNT_EVERY = 2.0, 20.0  # seconds between the lines of a counter, on a terminal and elsewhere


class Counted:
    """One bar: counts of `unit` done, with a rate and a note.

    every: where there is no terminal, a step's end is said in a line, but not more often than each so many seconds.
    A line comes at least every minute, from a thread, however long a step takes.
    """

    def __init__(self, screen: "Screen", label: str, total: int, unit: str, every: float = PLAIN_EVERY) -> None:
        self.screen, self.label, self.total, self.unit, self.every = screen, label, total, unit, every
        self.done, self.note = 0, ""
        self._begin = self._spoken = time.monotonic()
        self._recent: deque[tuple[float, int]] = deque([(self._spoken, 0)], maxlen=RECENT)
        self._speaking, self._over = Lock(), Event()
        self._reminder = Thread(target=self._remind, daemon=True)
        self._bar: TaskID | None = None
        if screen.live:
            self._bar = screen.live.add_task(escape(printable(label)), total=total, note="", unit=unit, rate="")
        else:
            self._reminder.start()

    @property
    def rate(self) -> float:
        """Units per second over the last few steps: the current throughput."""
        begin, done = self._recent[0]
        return (self.done - done) / max(time.monotonic() - begin, 1e-9)

    def advance(self, n: int = 1, note: str | None = None) -> None:
        """Add `n` units; `note` replaces the words behind the bar."""
        self.done += n
        self._recent.append((time.monotonic(), self.done))
        self.note = self.note if note is None else note
        if self.screen.live and self._bar is not None:
            words = escape(printable(self.note))
            self.screen.live.update(self._bar, advance=n, note=words, rate=f"{rate_words(self.rate)} {self.unit}/s")
        else:
            self._speak(self.every)

    def close(self) -> None:
        """Take the bar off the screen."""
        self._over.set()
        if self._reminder.is_alive():
            self._reminder.join()
        if self.screen.live and self._bar is not None:
            self.screen.live.remove_task(self._bar)

    def _remind(self) -> None:
        while not self._over.wait(max(self._spoken + PLAIN_EVERY - time.monotonic(), 0.01)):
            self._speak(PLAIN_EVERY)

    def _speak(self, every: float) -> None:
        """Print a line, unless the last one is less than so many seconds ago."""
        with self._speaking:
            if time.monotonic() - self._spoken < every:
                return
            self._spoken = time.monotonic()
            self.screen.line(f"{self.label}: {self.done} of {self.total} {self.unit}, {self._pace()}")

    def _pace(self) -> str:
        if not self.done:
            return f"after {duration(time.monotonic() - self._begin)}"
        left = duration((self.total - self.done) / max(self.rate, 1e-9))
        speed = f"{rate_words(self.rate)}/s, " if self.rate >= 0.01 else ""
        return f"{speed}{left} left" + (f", {self.note}" if self.note else "")


class Screen:
    """The one writer of progress."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self.live: Progress | None = None

    def line(self, text: str) -> None:
        """Print one line that stays, as it is: names in it are never read as markup."""
        (self.live.console if self.live else self.console).print(printable(text), markup=False, soft_wrap=True)

    def warning(self, text: str) -> None:
        """Print a line that a reader must not miss."""
        self.line(text)

    def counter(self, label: str) -> "Callable[[int, int], None]":
        """Return a function of (done, total) that prints now and then how far something is."""
        begin = spoken = time.monotonic()

        def show(done: int, total: int) -> None:
            nonlocal spoken
            # The first line comes soon everywhere, so that whoever waits knows for what.
            every = COUNT_EVERY[0] if spoken == begin or self.console.is_terminal else COUNT_EVERY[1]
            if time.monotonic() - spoken > every:
                spoken = time.monotonic()
                self.line(f"{label}: {done} of {total}")

        return show

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Keep live bars below the lines while the block runs, where there is a terminal."""
        if not (self.console.is_terminal or self.console.is_jupyter):
            yield
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[unit]}"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[note]}", style="dim"),
        )
        with Progress(*columns, console=self.console, transient=True) as live:
            self.live = live
            try:
                yield
            finally:
                self.live = None

    @contextmanager
    def task(self, label: str, total: int, unit: str, every: float = PLAIN_EVERY) -> Iterator[Counted]:
        """Show one bar for the block; `every`: see `Counted`."""
        task = Counted(self, label, total, unit, every)
        try:
            yield task
        finally:
            task.close()


def rate_words(per_second: float) -> str:
    """Return a rate with two significant digits, or all that stand before the point.

    >>> rate_words(0.2), rate_words(9.96), rate_words(1234.5), rate_words(0.00123), rate_words(0)
    ('0.2', '10', '1234', '0.0012', '0')
    """
    if per_second <= 0 or not math.isfinite(per_second):
        return "0"
    rounded = float(f"{per_second:.2g}")
    return (
        f"{per_second:.0f}"
        if rounded >= 10
        else f"{rounded:.{1 - math.floor(math.log10(rounded))}f}".rstrip("0").rstrip(".")
    )


def duration(seconds: float) -> str:
    """Return a length of time as people write it.

    >>> duration(42), duration(312), duration(7384)
    ('42 s', '5 min 12 s', '2 h 3 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
