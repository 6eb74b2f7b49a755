"""`calibration.csv`: how often pixels are right, by how confident the model is of them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bench.metrics.confidence import CALIBRATION, ConfidenceTerms
from bench.metrics.further import AskedMetric, column
from bench.metrics.ratio import ratio
from bench.metrics.views import MetricView
from bench.record.score_rows import number_text

if TYPE_CHECKING:
    from bench.metrics.sets import MetricSet
    from bench.record.cell_file import StoredCell

TABLE = "calibration.csv"


def asks_for_it(further: Iterable[AskedMetric]) -> bool:
    """Return whether a run with these further metrics has the table."""
    return any(one.name == CALIBRATION for one in further)


def reliability(stored: "StoredCell", metric_sets: "Iterable[MetricSet]") -> Sequence[tuple[Any, ...]]:
    """Return metric set, bin, pixels, mean confidence and accuracy of a cell, as in the table; bins count from 1."""
    found: list[tuple[Any, ...]] = []
    for one in metric_sets:
        terms = stored.terms.get(column(CALIBRATION, MetricView(one.border, one.task)))
        if terms is None:
            continue
        pixels, confidence, right = ConfidenceTerms.of(terms.sum(0)).by_bin.T
        shares = zip(ratio(confidence, pixels), ratio(right, pixels), strict=True)
        found += [(one.name, i + 1, int(pixels[i]), *map(number_text, pair)) for i, pair in enumerate(shares)]
    return found
