"""Pixel accuracy: the share of all pixels that are labelled correctly."""

from typing import Any

from bench.metrics import Metric
from bench.metrics.ratio import ratio


def pixel_accuracy(tp: Any, fp: Any, fn: Any) -> Any:
    """Return the pixels labelled correctly (TP) over all that count (TP + FN)."""
    return ratio(tp, tp + fn)


ENTRY = Metric(
    title="Pixel accuracy",
    source="Long, Shelhamer, Darrell 2015, Fully convolutional networks for semantic segmentation, section 5",
    per_class=False,
    score=pixel_accuracy,
)
