"""The raw latencies of a measurement, from its own file."""

from math import isclose
from typing import TYPE_CHECKING

from bench.record.timing_file import read_timing_file
from registry.errors import BenchError
from reports.record.speed_rows import TOO_SMALL

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from reports.record.speed_rows import SpeedRow

_SHARES = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99}


class SamplesError(ValueError):
    """A measurement's samples cannot be used; the text says why."""


def latencies(folder: "Path", row: "SpeedRow") -> "NDArray[np.float64]":
    """Return the milliseconds of each call of a row [N], sorted; of `server` those at the rate of the row.

    Raises:
        SamplesError: there is no such file, it is damaged, or its samples are not those that the row was made from.
    """
    import numpy as np

    path = folder / "timing" / f"{row.key}.parquet"
    try:
        samples, _ = read_timing_file(path, row.key)
    except BenchError as error:
        raise SamplesError(f"timing/{path.name} is missing or damaged") from error
    chosen = samples.path == row.path
    if row.rate_per_second is not None:
        rates = np.zeros(len(chosen)) if samples.rate is None else np.nan_to_num(samples.rate)
        chosen &= abs(rates - row.rate_per_second) <= 1e-9 * row.rate_per_second
    found = np.sort(samples.ns[chosen].astype(np.float64)) / 1e6
    if not _fits(found, row):
        raise SamplesError(f"timing/{row.key}.parquet does not hold the calls that throughput.csv was made from")
    return found


def _fits(ordered: "NDArray[np.float64]", row: "SpeedRow") -> bool:
    """Return whether the percentiles of a row are those of these sorted latencies: the one at floor(n p)."""
    if not len(ordered) or len(ordered) != row.calls:
        return False
    known = {name: getattr(row, name) for name in _SHARES}
    return all(
        isclose(value, ordered[int(len(ordered) * _SHARES[name])], rel_tol=1e-6)
        for name, value in known.items()
        if value not in (None, TOO_SMALL)
    )
