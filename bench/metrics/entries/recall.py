"""Recall: the share of the true pixels that are found."""

from typing import Any

from bench.metrics import Metric
from bench.metrics.ratio import ratio


def recall(tp: Any, fp: Any, fn: Any) -> Any:
    """Return TP / (TP + FN)."""
    return ratio(tp, tp + fn)


ENTRY = Metric(
    title="Recall",
    source="Kent et al. 1955, Machine literature searching VIII, American Documentation 6(2)",
    score=recall,
)
