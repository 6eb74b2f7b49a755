"""Whether latencies are certainly over a limit: the other side of MLPerf's early stopping."""

from collections.abc import Mapping, Sequence
from numbers import Real

from bench.metrics.latency import CONFIDENCE
from registry.errors import BenchError


def allowed_over(calls: int, share: float) -> int:
    """Return how many of `calls` may be over a percentile's limit before the percentile certainly is.

    Where the percentile is under the limit, each call is over it with a probability of at most 1 - `share`. More calls
    than these are then over it with a probability of at most 1 - CONFIDENCE, if calls do not depend on each other.

    >>> [allowed_over(n, 0.99) for n in (5, 100, 1000)]
    [1, 4, 18]
    """
    from scipy.special import bdtr

    return next(over for over in range(calls + 1) if bdtr(over, calls, 1 - share) >= CONFIDENCE)


def check_limits(limits: Mapping[str, float | None]) -> None:
    """Raise BenchError for a limit, by its name such as "p99_ms", that is no number of milliseconds."""
    for name, limit in limits.items():
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, Real) or not limit > 0):
            raise BenchError(f"{name}={limit!r}: give milliseconds, a number above 0")


def unproven(calls: int, limits: Mapping[str, float | None]) -> list[str]:
    """Return a line for each limit that so few calls cannot prove to be passed, even if all of them took longer."""
    given = [name for name, limit in limits.items() if limit is not None]
    shares = {name: float(name.removeprefix("p").removesuffix("_ms")) / 100 for name in given}
    return [
        f"{name}={limits[name]:g}: {calls} calls can prove nothing of it; give pytest-benchmark more time "
        "(--benchmark-max-time, or @pytest.mark.benchmark(max_time=...))"
        for name in given
        if allowed_over(calls, shares[name]) >= calls
    ]


def faults(latencies: Sequence[float], limits: Mapping[str, float | None]) -> list[str]:
    """Return a line for each limit that the latencies are certainly over.

    latencies: milliseconds a call. limits: milliseconds by names such as "p99_ms"; None: no limit.
    """
    lines = []
    for name, limit in limits.items():
        percent = name.removeprefix("p").removesuffix("_ms")
        over = sum(one > limit for one in latencies) if limit is not None else 0
        allowed = allowed_over(len(latencies), float(percent) / 100)
        if over > allowed:
            lines.append(
                f"p{percent} is over {limit:g} ms: {over} of {len(latencies)} calls took longer. With a p{percent} of "
                f"{limit:g} ms it would be at most {allowed}, in {CONFIDENCE:.0%} of all such checks"
            )
    return lines
