"""Percentiles of latencies by the rules of MLPerf's load generator, and how many calls each of them needs.

The rules are those of MLCommons' `loadgen` (`results.cc`, `early_stopping.cc`): a percentile p of n latencies is the
value at the index floor(n p) of the sorted latencies. Its early-stopping bound is a latency that, with a confidence of
99 %, at most a share 1 - p of all calls exceeds.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

CONFIDENCE = 0.99
PERCENTILES = (0.5, 0.9, 0.99)
TOO_SMALL = "n too small"
"""What stands in place of a percentile that needs more calls than there were."""


class Percentile(NamedTuple):
    """A percentile of latencies, in their unit.

    value: the raw one. bound: by early stopping, a one-sided upper bound; never below `value`.
    """

    value: float
    bound: float


@cache
def calls_needed(percentile: float) -> int:
    """Return the least number of calls for which a percentile has an early-stopping bound.

    >>> [calls_needed(p) for p in (0.5, 0.9, 0.95, 0.99, 0.999)]
    [11, 64, 130, 662, 6636]
    """
    n = 2
    while not left_out(n, percentile):
        n += 1
    return n


def left_out(n: int, percentile: float) -> int:
    """Return how many of n latencies may be over a percentile: the largest t of the bound's definition; 0: none.

    It is the largest t for which no more than t of n calls are over, with a probability of at most 1 - CONFIDENCE, when
    a share 1 - percentile of all calls is over. That is n >= h_min(t) + t in the words of `loadgen`.
    """
    from scipy.special import bdtr

    low, high = 0, n  # bdtr(t) grows with t: `low` may be left out, `high` may not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if bdtr(middle, n, 1 - percentile) <= 1 - CONFIDENCE else (low, middle)
    return low


def percentile(latencies: "ArrayLike", share: float) -> Percentile | None:
    """Return a percentile of `latencies` [N], in any order; None where there are too few of them.

    share: 0.99 for p99.

    Raises:
        ValueError: `share` is not between 0 and 1.
    """
    import numpy as np

    if not 0 < share < 1:
        raise ValueError(f"a percentile is a share between 0 and 1, not {share}")
    ordered = np.sort(np.asarray(latencies, dtype=np.float64))
    n = len(ordered)
    over = left_out(n, share)
    if not over:
        return None
    return Percentile(float(ordered[int(n * share)]), float(ordered[n - over]))


def percentiles(latencies: "ArrayLike", shares: Sequence[float] = PERCENTILES) -> dict[str, Percentile | None]:
    """Return `percentile` for each share, by names such as "p99"."""
    return {f"p{100 * share:g}": percentile(latencies, share) for share in shares}
