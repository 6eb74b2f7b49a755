"""Precision: the share of the predicted pixels that are right."""

from typing import Any

from bench.metrics import Metric
from bench.metrics.ratio import ratio


def precision(tp: Any, fp: Any, fn: Any) -> Any:
    """Return TP / (TP + FP)."""
    return ratio(tp, tp + fp)


ENTRY = Metric(
    title="Precision",
    source="Kent et al. 1955, Machine literature searching VIII, American Documentation 6(2)",
    score=precision,
)
