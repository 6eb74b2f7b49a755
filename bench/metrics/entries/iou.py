"""Intersection over union."""

from typing import Any

from bench.metrics import Metric
from bench.metrics.ratio import ratio


def iou(tp: Any, fp: Any, fn: Any) -> Any:
    """Return TP / (TP + FP + FN)."""
    return ratio(tp, tp + fp + fn)


ENTRY = Metric(
    title="IoU",
    source="Jaccard 1912, The distribution of the flora in the alpine zone, New Phytologist 11(2)",
    score=iou,
    overlap=True,
)
