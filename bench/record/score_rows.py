"""Scores of one cell as lines of `summary.csv` and `distribution.csv`: values, intervals, spread over the images."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bench.metrics import METRICS, MetricSet
from bench.metrics.counts import Counts
from bench.metrics.quantities import Quantity
from bench.metrics.scores import image_means
from bench.record.run_record import StatisticsRecord
from bench.statistics.resampling import resampling_of

if TYPE_CHECKING:
    from bench.metrics.scores import Floats

BINS = 20
"""Of equal width from 0 to 1, in a histogram of scores."""


def number_text(value: float) -> str:
    """Return a number at full precision; "" where it is undefined or infinite, so nothing is made up.

    >>> number_text(0.1), number_text(float("nan"))
    ('0.1', '')
    """
    return repr(float(value)) if math.isfinite(value) else ""


def _score_text(value: float) -> str:
    """Return a score as `number_text` does, but an infinite one as "inf": the distance to a mask that is empty."""
    return "inf" if value == math.inf else number_text(value)


def score_rows(found: Sequence[Quantity], images: int, by: StatisticsRecord) -> list[tuple[Any, ...]]:
    """Return metric, class, n, value, low, high, resamples of scores of the same images, as in summary.csv."""
    resampling = resampling_of(images, by.resamples, by.interval)
    low, high, resamples = resampling.bounds(resampling.draws(found))
    return [
        (q.metric, q.class_name, q.n, *map(_score_text, (q.value, low[i], high[i])), int(resamples[i]))
        for i, q in enumerate(found)
    ]


def spread_rows(counts: Counts, metric_set: MetricSet) -> list[tuple[Any, ...]]:
    """Return metric, n, min, 5 quantiles, max and histogram of the images' own scores, as in distribution.csv."""
    stats = counts.under(metric_set.border, metric_set.task)
    names = [name for name in METRICS.names() if METRICS[name].overlap]
    return [(name, *_spread(image_means(name, stats, metric_set))) for name in names]


def _spread(values: "Floats") -> tuple[Any, ...]:
    import numpy as np

    known = values[np.isfinite(values)]
    marks = np.quantile(known, (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)) if len(known) else [math.nan] * 7
    bins = np.minimum((np.clip(known, 0, 1) * BINS).astype(int), BINS - 1)
    return len(known), *map(number_text, marks), " ".join(map(str, np.bincount(bins, minlength=BINS)))
