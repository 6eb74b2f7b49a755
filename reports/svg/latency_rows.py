"""How latencies are distributed: a row a model, on one logarithmic axis, p50, p90 and p99 on its base line."""

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING

from reports.record.speed_rows import TOO_SMALL
from reports.svg.rows import Spread, spreads
from reports.tables.table import significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from registry.palette import Series
    from reports.record.speed_rows import SpeedRow

_BINS = 60
_PERCENTILES = ("p50", "p90", "p99")


def latency_spreads(found: "Sequence[tuple[str, SpeedRow, Sequence[float], Series]]", alt: str) -> "Markup":
    """Return a row for each (name, row of the table, its sorted latencies in milliseconds, its look)."""
    low, high = min(each[0] for _, _, each, _ in found) * 0.97, max(each[-1] for _, _, each, _ in found) * 1.03
    edges = [low * (high / low) ** (i / _BINS) for i in range(_BINS + 1)]
    return spreads([_row(name, row, each, look.number, edges) for name, row, each, look in found], "latency (ms)", alt)


def _row(name: str, row: "SpeedRow", latencies: "Sequence[float]", index: int, edges: "Sequence[float]") -> Spread:
    places = [bisect_left(latencies, edge) for edge in edges]
    counts = [after - before for before, after in pairwise(places)]
    most = max(counts) or 1
    bins = tuple((float(a), float(b), count / most) for a, b, count in zip(edges, edges[1:], counts, strict=False))
    values = {one: getattr(row, f"{one}_ms") for one in _PERCENTILES}
    marks = tuple((one, value) for one, value in values.items() if isinstance(value, float))
    lacking = [one for one, value in values.items() if value == TOO_SMALL]
    words = ", ".join([name, *(f"{one} {significant(value)} ms" for one, value in marks), f"{len(latencies)} calls"])
    return Spread(name, index, bins, words, marks=marks, remark=f"{', '.join(lacking)}: {TOO_SMALL}" if lacking else "")
