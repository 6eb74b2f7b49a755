"""Variants of a model timed in turn: warm-up, rounds of calls, and how long this goes on."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.timing.clock import Clock
from bench.timing.samples import Interval, Log
from registry.errors import in_one_line
from registry.image_files import UnreadableImage

BLOCK_NS = 100_000_000
"""A variant's turn lasts about as long: long enough that the caches are its own, short enough for many turns."""
WINDOW = 5
"""Calls whose median is compared with the one before, to see whether latency has settled."""
SETTLED = 0.05
"""How far these two medians may lie apart, as a share."""
MOST_WARM_UP = 200
LEAST_CALLS = 3
MORE = {"single_stream": ((64, 6), (662, 3)), "offline": ((64, 2),), "stages": ((64, 3),)}
"""By scenario, pairs (calls, times): after `seconds` it goes on to so many calls, within so many times `seconds`."""

Work = Callable[[int], list[Interval]]
"""Does the call of that number and returns what it took; the marks need not be settled."""


@dataclass
class Lane:
    """One variant in its group.

    works: what a round consists of; the first one decides warm-up and the number of calls. around: a context of every
    call, watched: of every turn. failed: why there are no samples. warm_up: the nanoseconds of each call before the
    first sample.
    """

    name: str
    works: Sequence[Work]
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    watched: Callable[[], AbstractContextManager[Any]] = nullcontext
    log: Log = field(default_factory=Log)
    warm_up: list[int] = field(default_factory=list)
    settled: bool = True
    failed: str = ""

    @property
    def usual_ns(self) -> int:
        """What a call takes by now: the median of the last ones of the warm-up."""
        return max(int(median(self.warm_up[-WINDOW:])), 1)

    @property
    def calls(self) -> int:
        """How many calls of the first work there are."""
        return max(self.log.calls.values(), default=0)


def attempt(lane: Lane, do: Callable[[], None]) -> None:
    """Do something with a variant; where its model fails, that is what is known of it, and the others go on.

    Raises:
        OSError, UnreadableImage: an image cannot be read, which is no fault of the model.
        RuntimeError: a CUDA error, after which nothing of this process works on the device any more.
    """
    try:
        with lane.around():
            do()
    except (OSError, UnreadableImage):
        raise
    except Exception as error:
        if "CUDA error" in str(error):
            raise
        # A network refuses in words of its own what it cannot do.
        lane.failed, lane.log = in_one_line(error), Log()


def settled(times: Sequence[float]) -> bool:
    """Return whether the median of the newest calls is that of the calls before.

    >>> settled([9, 8, 7, 6, 5, 4, 3, 2, 1, 1, 1]), settled([10] + [1] * 10)
    (False, True)
    """
    if len(times) < 2 * WINDOW:
        return False
    before, now = median(times[-2 * WINDOW : -WINDOW]), median(times[-WINDOW:])
    return abs(now - before) <= SETTLED * before


def warm_up(lane: Lane, clock: Clock, seconds: float) -> None:
    """Call until latency settles: at most MOST_WARM_UP calls, and none after so many seconds.

    The first two are made in any case. The first one's time, which may be a compiler's, does not count.
    """
    work, spent = lane.works[0], 0
    while not settled(lane.warm_up):
        if len(lane.warm_up) >= MOST_WARM_UP or (len(lane.warm_up) >= 2 and spent > seconds * 1e9):
            lane.settled = False
            break
        intervals = work(len(lane.warm_up))
        clock.settle()
        ns = sum(clock.between(interval.begin, interval.end) for interval in intervals)
        spent += ns if lane.warm_up else 0
        lane.warm_up.append(ns)
    for other in lane.works[1:]:
        other(0)
    clock.settle()


def goes_on(scenario: str, calls: int, spent: float, seconds: float) -> bool:
    """Return whether a measurement of so many calls and seconds lacks some.

    >>> [goes_on("single_stream", calls, 20, 10) for calls in (661, 662)]
    [True, False]
    """
    if calls < LEAST_CALLS or spent < seconds:
        return True
    return any(calls < wanted and spent < times * seconds for wanted, times in MORE[scenario])


def run_rounds(lanes: Sequence[Lane], clock: Clock, scenario: str, seconds: float) -> None:
    """Warm each variant up, then let them take turns until each has what `goes_on` asks for."""
    for lane in lanes:
        if not lane.failed:
            attempt(lane, lambda lane=lane: warm_up(lane, clock, seconds / 2))  # type: ignore[misc]
    round_ = 0
    while waiting := [one for one in lanes if _waits(one, scenario, seconds)]:
        for lane in waiting:
            attempt(lane, lambda lane=lane, round_=round_: _turn(lane, clock, round_))  # type: ignore[misc]
        round_ += 1


def _waits(lane: Lane, scenario: str, seconds: float) -> bool:
    return not lane.failed and goes_on(scenario, lane.calls, lane.log.seconds, seconds)


def _turn(lane: Lane, clock: Clock, round_: int) -> None:
    """Do each work as often as fits in the time of a block, then wait for the device once."""
    first, count = lane.calls, max(1, BLOCK_NS // lane.usual_ns)
    for work in lane.works:
        with lane.watched():
            done = [work(first + i) for i in range(count)]
            clock.settle()
        for i, intervals in enumerate(done):
            lane.log.add(intervals, clock, round_, first + i)
