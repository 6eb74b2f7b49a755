"""A server of predictions: images arrive at random, wait in a queue, and are predicted with those that have arrived.

The highest rate of arrivals at which 99 % of all latencies stay under a bound, by MLPerf's rules (`loadgen`, scenario
"Server"): arrivals are a Poisson process, and a rate is kept where no more latencies are over the bound than early
stopping allows for that many queries.
"""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from bench.metrics.latency import calls_needed, left_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARE = 0.99
QUERIES = calls_needed(SHARE)
CLOSE = 1.05
"""The search ends where the lowest rate that is too high is less than so many times the highest one that is kept."""
LONGEST = 12
"""A rate is so low that it is not tried where the queries would take more than so many times `seconds`."""
BOUNDS = 20
"""So many bounds a try lasts at least: the queue of a rate 5 % above what a server can do then outgrows the bound."""
SPIN_NS = 200_000


class Timeline(Protocol):
    """Time that passes, in nanoseconds."""

    def now(self) -> int:
        """Return the time."""

    def wait_until(self, then: int) -> None:
        """Return when it is `then`."""


class RealTime:
    """The host's own: waiting is sleeping, the last fifth of a millisecond awake, since sleep ends late."""

    def now(self) -> int:
        """See `Timeline`."""
        return time.perf_counter_ns()

    def wait_until(self, then: int) -> None:
        """See `Timeline`."""
        if (left := then - self.now() - SPIN_NS) > 0:
            time.sleep(left / 1e9)
        while self.now() < then:
            pass


class Try(NamedTuple):
    """One rate: whether it was kept, and the latencies, int64 nanoseconds, of the queries until that was known."""

    rate: float
    kept: bool
    latencies: "NDArray[np.int64]"


def arrivals(rate: float, queries: int, seed: int) -> "NDArray[np.int64]":
    """Return when queries arrive, in nanoseconds: a Poisson process of `rate` a second.

    The same seed gives the same process at every rate, only faster or slower: the search compares nothing else.
    """
    waits = np.random.Generator(np.random.Philox(seed)).exponential(size=queries)
    return (waits.cumsum() * (1e9 / rate)).astype(np.int64)


def serve(
    arriving: "NDArray[np.int64]",
    most: int,
    predict: Callable[[int, int], None],
    timeline: Timeline,
    bound: float,
    allowed: int,
) -> "NDArray[np.int64]":
    """Predict queries in the order of their arrival, and return the latency of each: from its arrival to its end.

    arriving: int64 [N], nanoseconds from the start. most: queries at once. predict: (first, count), of queries. It
    ends early, with fewer latencies, once more than `allowed` of them are over `bound` nanoseconds.
    """
    start, i, over = timeline.now(), 0, 0
    latencies = np.empty_like(arriving)
    while i < len(arriving) and over <= allowed:
        timeline.wait_until(start + int(arriving[i]))
        arrived = int(np.searchsorted(arriving, timeline.now() - start, "right"))
        count = min(max(arrived - i, 1), most)
        predict(i, count)
        batch = slice(i, i + count)
        latencies[batch] = timeline.now() - start - arriving[batch]
        over += int((latencies[batch] > bound).sum())
        i += count
    return latencies[:i]


@dataclass(frozen=True)
class Server:
    """What predicts: predict as in `serve`, most: queries at once, bound: of the latencies, in nanoseconds."""

    predict: Callable[[int, int], None]
    most: int
    bound: float
    timeline: Timeline

    def attempt(self, rate: float, seconds: float, seed: int) -> Try:
        """Try one rate for about so many seconds, at least BOUNDS bounds, and at least QUERIES queries."""
        queries = max(QUERIES, int(rate * max(seconds, BOUNDS * self.bound / 1e9)))
        allowed = left_out(queries, SHARE)
        arriving = arrivals(rate, queries, seed)
        latencies = serve(arriving, self.most, self.predict, self.timeline, self.bound, allowed)
        return Try(rate, int((latencies > self.bound).sum()) <= allowed, latencies)


def search(first: float, floor: float) -> Generator[float, bool, float | None]:
    """Yield rates to try, receive whether each was kept, and return the highest one that was; None: none was.

    It doubles or halves `first` until the limit lies between two rates, then bisects. No rate below `floor` is tried.
    """
    low, high = None, None
    rate = max(first, floor)
    while low is None or high is None or high / low >= CLOSE:
        if (yield rate):
            low = rate
        else:
            high = rate
            if rate <= floor:
                return None
        if low is None:
            rate = max(rate / 2, floor)
        elif high is None:
            rate = 2 * rate
        else:
            rate = (low * high) ** 0.5
    return low
