"""The queue in virtual time: against closed forms of queueing theory, and by the rules of MLPerf's loadgen."""

from math import ceil, exp, factorial

import numpy as np
import pytest
from scipy.stats import kstest

from bench.metrics.latency import left_out
from bench.timing.server import CLOSE, QUERIES, RealTime, Server, arrivals, search, serve

MS = 10**6


def one_by_one(clock, ms=1.0):
    return lambda first, count: clock.take(ms * count * MS)


def served(clock, arriving, most, predict, bound=1e12, allowed=10**9):
    return serve(np.asarray(arriving, np.int64), most, predict, clock, bound, allowed)


def test_arrivals_are_a_poisson_process_that_the_seed_decides():
    """Waits are exponential with the mean 1/rate; twice the rate is the same process, twice as fast."""
    times = arrivals(50.0, 20_000, seed=3)
    waits = np.diff(times, prepend=0) / 1e9
    assert kstest(waits, "expon", args=(0, 1 / 50)).pvalue > 0.01
    assert np.abs(arrivals(100.0, 20_000, seed=3) - times / 2).max() <= 1
    assert not np.array_equal(arrivals(50.0, 20_000, seed=4), times)


@pytest.mark.parametrize("load", [0.3, 0.7])
def test_the_mean_wait_is_that_of_pollaczek_and_khinchine(clock, load):
    """M/D/1: constant service of 1 ms, one at a time, waits load / (2 (1 - load)) ms on average."""
    latencies = served(clock, arrivals(load * 1000, 60_000, seed=1), 1, one_by_one(clock))
    assert latencies.mean() / MS - 1 == pytest.approx(load / (2 * (1 - load)), rel=0.06)


def test_those_that_have_arrived_are_predicted_together(clock):
    """Ten at once, three at a time, 1 ms a batch: 1, 1, 1, 2, 2, 2, 3, … ms."""
    batches = []

    def predict(first, count):
        batches.append((first, count))
        clock.take(MS)

    latencies = served(clock, [0] * 10, 3, predict)
    assert latencies.tolist() == [ceil((i + 1) / 3) * MS for i in range(10)]
    assert batches == [(0, 3), (3, 3), (6, 3), (9, 1)]


def test_a_query_waits_for_what_is_being_predicted_and_not_longer(clock):
    """By hand: 0 is done at 10; 4 and 9 wait until then and are done at 20; 50 comes to an idle server."""

    def predict(first, count):
        clock.take(10)

    assert served(clock, [0, 4, 9, 50], 8, predict).tolist() == [10, 16, 11, 10]


def test_a_try_ends_once_it_is_lost(clock):
    """Two may be over the bound: the third ends it."""
    latencies = served(clock, [0] * 100, 1, one_by_one(clock), bound=5 * MS, allowed=2)
    assert len(latencies) == 8
    assert (latencies > 5 * MS).sum() == 3


def test_as_many_may_be_over_the_bound_as_loadgen_allows(clock):
    """662 queries: one may, two may not (loadgen's table)."""
    assert left_out(QUERIES, 0.99) == 1
    for slow, kept in ((1, True), (2, False)):

        def predict(first, count, slow=slow):
            clock.take(10 * MS if first < slow else 1)

        done = Server(predict, 1, 5 * MS, clock).attempt(1e-3, 1, 0)
        assert (done.kept, len(done.latencies)) == (kept, QUERIES if kept else 2)


def test_a_try_lasts_as_long_as_asked_for(clock):
    """1000 a second for 3 seconds are 3000 queries; never fewer than 662, nor less than 20 bounds."""
    server = Server(lambda first, count: None, 1, MS, clock)
    assert [len(server.attempt(rate, 3, 0).latencies) for rate in (1000, 10)] == [3000, 662]
    assert len(Server(lambda first, count: None, 1, 500 * MS, clock).attempt(1000, 3, 0).latencies) == 10_000


def test_a_rate_above_what_the_server_can_do_is_lost(clock):
    """6 % above 1000 a second: a short try would end before its queue has grown to the bound of a second."""
    assert not Server(one_by_one(clock), 1, 1000 * MS, clock).attempt(1060, 1, 0).kept


@pytest.mark.parametrize("limit", [3.0, 47.1, 99.0, 1e4])
@pytest.mark.parametrize("first", [5.0, 100.0])
def test_the_search_closes_in_on_the_limit(limit, first):
    """Whatever it begins with, and in few tries."""
    steps, tried = search(first, floor=1.0), []
    rate = next(steps)
    with pytest.raises(StopIteration) as end:
        while True:
            tried.append(rate)
            rate = steps.send(rate <= limit)
    found = end.value.value
    assert found <= limit < CLOSE * found
    assert len(tried) < 20


def test_no_rate_below_the_floor_is_tried():
    """None is kept: there is none."""
    steps = search(8.0, floor=3.0)
    tried = [next(steps)]
    with pytest.raises(StopIteration) as end:
        while True:
            tried.append(steps.send(False))
    assert (tried, end.value.value) == ([8.0, 4.0, 3.0], None)


def waits_at_most(t, rate, service):
    """P(wait <= t) in M/D/1, by Erlang."""
    terms = range(int(t / service) + 1)
    return (1 - rate * service) * sum(
        (rate * (k * service - t)) ** k / factorial(k) * exp(-rate * (k * service - t)) for k in terms
    )


def test_the_rate_is_the_one_whose_p99_meets_the_bound(clock):
    """1 ms an image, bound 5 ms: Erlang's formula gives the rate at which 1 % wait longer than 4 ms.

    The queries that wait long come together, so that 20 seconds know the rate to a tenth.
    """
    exact = max(rate for rate in range(100, 1000) if waits_at_most(4e-3, rate, 1e-3) >= 0.99)
    server, steps = Server(one_by_one(clock), 1, 5 * MS, clock), search(500, floor=1)
    rate = next(steps)
    with pytest.raises(StopIteration) as end:
        while True:
            rate = steps.send(server.attempt(rate, 20, 6).kept)
    assert end.value.value == pytest.approx(exact, rel=0.1)


def test_real_time_waits_until_then():
    """Not shorter, and not much longer."""
    time = RealTime()
    begin = time.now()
    time.wait_until(begin + 3 * MS)
    assert 3 * MS <= time.now() - begin < 500 * MS
