"""What else the machine did: the load before a measurement, and other processes' share of the processor during it.

Linux alone says that; elsewhere it is unknown.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

STAT = Path("/proc/stat")
BUSY = (0, 1, 2, 5, 6, 7)
"""Of the first line's numbers: user, nice, system, irq, softirq and steal. A guest's time is in the user's."""
NOTABLE = 0.05
"""Other processes' share of the processor from which on a reader is told."""


class Moment(NamedTuple):
    """Seconds of processor time, since each began, that all processes and this one have taken; all: None if unknown."""

    wall: float
    every: float | None
    own: float


def moment(stat: Path = STAT) -> Moment:
    """Return this moment; stat: the system's counters."""
    own = os.times()
    return Moment(time.perf_counter(), _busy(stat), sum(own[:4]))


def _busy(stat: Path) -> float | None:
    try:
        words = stat.read_text(encoding="ascii").splitlines()[0].split()
        ticks = [int(word) for word in words[1:]]
        return sum(ticks[i] for i in BUSY) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None


def other_share(turns: Sequence[tuple[Moment, Moment]], cores: int) -> float | None:
    """Return the share, 0..1, of all cores' time that other processes took from the beginnings to the ends of turns.

    None if unknown.

    >>> other_share([(Moment(0, 100, 5), Moment(10, 118, 13))], cores=2)
    0.5
    """
    wall = sum(end.wall - begin.wall for begin, end in turns)
    every = [(begin.every, end.every) for begin, end in turns if begin.every is not None and end.every is not None]
    if wall <= 0 or len(every) < len(turns):
        return None
    others = sum(end - begin for begin, end in every) - sum(end.own - begin.own for begin, end in turns)
    return min(max(others / (cores * wall), 0.0), 1.0)


def load() -> float | None:
    """Return the system's average number of running processes over the last minute; None if unknown."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def load_caution(share: float | None) -> str:
    """Return what a reader has to know of other processes; "": nothing.

    >>> load_caution(0.231), load_caution(0.01)
    ("other processes took 23 % of the processor's time", '')
    """
    if share is None or share <= NOTABLE:
        return ""
    return f"other processes took {100 * share:.0f} % of the processor's time"
