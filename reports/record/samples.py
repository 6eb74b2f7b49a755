"""The raw latencies of a measurement, from its own file."""

from math import isclose
from typing import TYPE_CHECKING

from registry.regular_files import read_regular
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
    import pyarrow as pa
    from pyarrow import compute, parquet

    try:
        data = read_regular(folder / "timing" / f"{row.key}.parquet")
    except OSError as error:
        raise SamplesError(f"timing/{row.key}.parquet cannot be read ({error.strerror or error})") from error
    try:
        table = parquet.read_table(pa.BufferReader(data), columns=["path", "ns", "rate"], use_threads=False)
        chosen = compute.equal(table["path"], row.path)
        if row.rate_per_second is not None:
            near = abs(np.nan_to_num(table["rate"].to_numpy()) - row.rate_per_second) <= 1e-9 * row.rate_per_second
            chosen = compute.and_(chosen, pa.array(near))
        found = np.sort(table.filter(chosen)["ns"].to_numpy().astype(np.float64)) / 1e6
    except Exception as error:  # pyarrow has a dozen ways to say that bytes are damaged, and so has its content
        raise SamplesError(f"timing/{row.key}.parquet is damaged") from error
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
