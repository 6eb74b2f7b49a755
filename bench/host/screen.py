"""What a run prints while it works: live bars on a terminal, a few plain lines elsewhere. To standard error."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress, TaskID

PLAIN_EVERY = 60.0  # seconds between progress lines where there is no terminal
RECENT = 30  # steps that the current rate is taken over
COUNT_EVERY = 2.0  # seconds between the lines of a counter


class Counted:
    """One bar: counts of `unit` done, with a rate and a note."""

    def __init__(self, screen: "Screen", label: str, total: int, unit: str) -> None:
        self.screen, self.label, self.total, self.unit = screen, label, total, unit
        self.done, self.note = 0, ""
        self._spoken = time.monotonic()
        self._recent: deque[tuple[float, int]] = deque([(self._spoken, 0)], maxlen=RECENT)
        self._bar: TaskID | None = None
        if screen.live:
            self._bar = screen.live.add_task(escape(label), total=total, note="", unit=unit, rate="")

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
            words = escape(self.note)
            self.screen.live.update(self._bar, advance=n, note=words, rate=f"{self.rate:.1f} {self.unit}/s")
        elif time.monotonic() - self._spoken > PLAIN_EVERY:
            self._spoken = time.monotonic()
            left = (self.total - self.done) / max(self.rate, 1e-9)
            self.screen.line(
                f"{self.label}: {self.done} of {self.total} {self.unit}, {self.rate:.1f}/s, "
                f"{duration(left)} left, {self.note}"
            )

    def close(self) -> None:
        """Take the bar off the screen."""
        if self.screen.live and self._bar is not None:
            self.screen.live.remove_task(self._bar)


class Screen:
    """The one writer of progress."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self.live: Progress | None = None

    def line(self, text: str) -> None:
        """Print one line that stays, as it is: names in it are never read as markup."""
        (self.live.console if self.live else self.console).print(text, markup=False, soft_wrap=True)

    def warning(self, text: str) -> None:
        """Print a line that a reader must not miss."""
        self.line(text)

    def counter(self, label: str) -> "Callable[[int, int], None]":
        """Return a function of (done, total) that prints now and then how far something is."""
        spoken = time.monotonic()

        def show(done: int, total: int) -> None:
            nonlocal spoken
            if time.monotonic() - spoken > COUNT_EVERY:
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
    def task(self, label: str, total: int, unit: str) -> Iterator[Counted]:
        """Show one bar for the block."""
        task = Counted(self, label, total, unit)
        try:
            yield task
        finally:
            task.close()


def rate(number: float) -> str:
    """Return a number per second with two significant digits; of larger ones, all before the point.

    >>> rate(0.2), rate(5.31), rate(57.3), rate(1234.5)
    ('0.20', '5.3', '57', '1234')
    """
    return f"{number:#.2g}" if number < 9.95 else f"{number:.0f}"


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
