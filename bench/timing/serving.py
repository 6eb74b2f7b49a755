"""The highest rate of arrivals that each variant of a group keeps, found by one try of each in turn."""

from collections.abc import Iterator, Sequence

from bench.timing.batch_search import out_of_memory, release
from bench.timing.clock import Clock
from bench.timing.rounds import attempt, warm_up
from bench.timing.server import LONGEST, QUERIES, Server, Timeline, search
from bench.timing.timed_variant import TimedVariant
from registry.errors import BenchError

START = 0.5
"""The first rate that is tried, as a share of what full batches alone would reach."""


def run_servers(
    runs: Sequence[TimedVariant], clock: Clock, seconds: float, bound_ms: float, seed: int, timeline: Timeline
) -> None:
    """Find each run's rate; its queries become its samples, and each rate that was tried a round.

    seconds: of a try. bound_ms: what the 99th percentile of latencies must stay under. seed: of the arrivals.
    """
    waiting = [(run, _tries(run, clock, seconds, bound_ms, seed, timeline)) for run in runs if not run.lane.failed]
    while waiting:
        ended = [one for one in waiting if not _goes_on(*one)]
        waiting = [one for one in waiting if one not in ended]


def _goes_on(run: TimedVariant, tries: Iterator[float]) -> bool:
    """Let a run try its next rate; return whether there was one."""
    tried: list[float] = []
    attempt(run.lane, lambda: tried.extend(rate for rate in [next(tries, None)] if rate))
    return bool(tried)


def _tries(
    run: TimedVariant, clock: Clock, seconds: float, bound_ms: float, seed: int, timeline: Timeline
) -> Iterator[float]:
    """Try one rate after the other, and yield each.

    Raises:
        BenchError: even an image that waits for nothing takes longer than the bound.
    """
    warm_up(run.lane, clock, seconds / 2)
    if (lone := run.lane.usual_ns / 1e6) > bound_ms:
        raise BenchError(f"no rate: an image that comes alone takes {lone:.3g} ms, and the bound is {bound_ms:g} ms")
    most, capacity = _capacity(run)
    server = Server(run.serve, most, bound_ms * 1e6, timeline)
    floor = QUERIES / (LONGEST * seconds)
    rates = search(START * capacity, floor)
    rate, round_ = next(rates), 0
    while True:
        with run.lane.watched():
            done = server.attempt(rate, seconds, seed)
        run.lane.log.add_queries(done.latencies.tolist(), rate, round_)
        round_ += 1
        yield rate
        try:
            rate = rates.send(done.kept)
        except StopIteration as end:
            run.rate = end.value
            break
    if run.rate is None:
        run.cautions.append(
            f"no rate from {floor:.3g} a second on keeps the bound; lower ones were not tried (give more seconds)"
        )


def _capacity(run: TimedVariant) -> tuple[int, float]:
    """Return how many images memory lets the run predict at once, and the most images a second that batches reach."""
    sizes = [2**i for i in range(run.batch_size.bit_length()) if 2**i < run.batch_size]
    most, best = 0, 0.0
    for size in (*sizes, run.batch_size):
        try:
            best = max(best, size / run.seconds(size, calls=1))
        except Exception as error:
            if not most or not out_of_memory(error):
                raise
            release()
            run.cautions.append(f"memory ran out with {size} images at once, so at most {most} were")
            break
        most = size
    return most, best
