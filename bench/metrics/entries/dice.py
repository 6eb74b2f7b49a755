"""Dice: overlap relative to the mean size of the two masks."""

from typing import Any

from bench.metrics import Metric
from bench.metrics.ratio import ratio


def dice(tp: Any, fp: Any, fn: Any) -> Any:
    """Return 2 TP / (2 TP + FP + FN)."""
    return ratio(2 * tp, 2 * tp + fp + fn)


ENTRY = Metric(
    title="Dice",
    source="Dice 1945, Measures of the amount of ecologic association between species, Ecology 26(3)",
    score=dice,
    overlap=True,
)
