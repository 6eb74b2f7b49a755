"""Pixel accuracy: the share of all pixels that are labelled rightly."""

from typing import Any

from bench.metrics import Metric
from bench.metrics.ratio import ratio


def pixel_accuracy(tp: Any, fp: Any, fn: Any) -> Any:
    """Return the pixels labelled rightly (TP) over all that count (TP + FN)."""
    return ratio(tp, tp + fn)


ENTRY = Metric(
    version=1,
    title="Pixel accuracy",
    higher_is_better=True,
    bounds=(0.0, 1.0),
    source="Long, Shelhamer, Darrell 2015, Fully convolutional networks for semantic segmentation, section 5",
    per_class=False,
    score=pixel_accuracy,
)
