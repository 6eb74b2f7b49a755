"""Worst images: the mean score of the 1 % and of the 10 % of the images that a model does worst on."""

from functools import partial
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.image_entry import CellTerms, Given, ImageMetric
from bench.metrics.quantities import Quantity, worst_mean
from bench.metrics.scores import image_means

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.metrics.scores import Floats

PERCENTS = (1, 10)
"""The worst 5 % stand in every run."""
_OVERLAP = {"dice": "Dice", "iou": "IoU"}


def scores(cell: CellTerms) -> list[Quantity]:
    """Return, for Dice and IoU, the mean of the ceil(q n / 100) lowest of the images' own scores."""
    stats = cell.counts.under(cell.metric_set.border, cell.metric_set.task)
    rows = []
    for name in _OVERLAP:
        values = image_means(name, stats, cell.metric_set)
        defined = partial(_defined, np.isfinite(values).astype(np.float64))
        rows += [_worst(f"{name}_worst_{percent}", values, defined, percent) for percent in PERCENTS]
    return rows


def _worst(name: str, values: "Floats", defined: "Callable[[Floats], Floats]", percent: int) -> Quantity:
    ranked = np.sort(values[np.isfinite(values)])
    lowest = ranked[: ceil(len(ranked) * percent / 100)]
    value = float(lowest.mean()) if len(lowest) else float("nan")
    return Quantity(name, "mean", len(ranked), value, worst_mean(values, defined, part=percent / 100))


def _defined(there: "Floats", weights: "Floats") -> "Floats":
    return weights @ there


ENTRY = ImageMetric(
    title="Worst images",
    source="Wang et al. 2023, Revisiting evaluation metrics for semantic segmentation, NeurIPS: worst-q",
    reads="counts",
    gives=tuple(
        Given(f"{name}_worst_{percent}", f"{title} of worst {percent} %")
        for name, title in _OVERLAP.items()
        for percent in PERCENTS
    ),
    scores=scores,
)
