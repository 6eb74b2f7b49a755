"""Recall: the share of the true pixels that are found."""

from typing import Any

from bench.metrics import Metric
from bench.metrics.ratio import share_found


def recall(tp: Any, fp: Any, fn: Any) -> Any:
    """Return TP / (TP + FN); 0 for a predicted class that the ground truth lacks."""
    return share_found(tp, tp + fn, fp)


ENTRY = Metric(
    title="Recall",
    source="Kent et al. 1955, Machine literature searching VIII, American Documentation 6(2)",
    version=2,
    score=recall,
)
