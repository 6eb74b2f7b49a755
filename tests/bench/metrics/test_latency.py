"""Percentiles against MLPerf's published numbers of queries, a simulation, and values by hand."""

import numpy as np
import pytest

from bench.metrics.latency import calls_needed, percentile, percentiles

NEEDED = {
    0.5: {1: 11, 2: 14, 5: 22, 10: 35},
    0.9: {1: 64, 2: 81, 5: 127, 10: 197},
    0.95: {1: 130, 2: 165, 5: 259, 10: 398},
    0.99: {1: 662, 2: 838, 5: 1307, 10: 2010},
    0.999: {1: 6636, 2: 8403, 5: 13105, 10: 20140},
}
"""By percentile and the number of latencies over it: the needed calls; p99 with 1 is the 662 of MLPerf's loadgen."""


@pytest.mark.parametrize("share", NEEDED)
def test_the_needed_calls_are_those_of_loadgen(share):
    """One call fewer, and one latency fewer may be over the bound."""
    assert calls_needed(share) == NEEDED[share][1]
    for over, n in NEEDED[share].items():
        assert percentile(np.arange(n), share).bound == n - over
        fewer = percentile(np.arange(n - 1), share)
        assert fewer is None if over == 1 else fewer.bound == n - 1 - (over - 1)


def test_a_percentile_is_the_value_at_its_index_whatever_the_order():
    """Index floor(n p) of the sorted latencies: of 1..1000, p50 is 501 and p99 is 991."""
    shuffled = np.random.default_rng(0).permutation(np.arange(1, 1001))
    found = percentiles(shuffled)
    assert [found[name].value for name in ("p50", "p90", "p99")] == [501, 901, 991]


def test_below_662_calls_there_is_no_p99():
    """The others are there."""
    found = percentiles(np.ones(661))
    assert found["p99"] is None
    assert found["p90"].value == 1


def test_the_bound_holds_in_99_of_100_experiments():
    """The true p90 of exponential latencies is ln 10: the bound lies below it in at most 1 % of the draws."""
    draws = np.random.default_rng(1).exponential(size=(4000, 200))
    below = np.mean([percentile(row, 0.9).bound < np.log(10) for row in draws])
    assert below <= 0.01 + 3 * np.sqrt(0.01 * 0.99 / 4000)


@pytest.mark.parametrize("share", [0, 1, 99])
def test_a_percentile_is_a_share(share):
    """99 is no share."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile([1.0], share)
