"""Precision: the share of the predicted pixels that are right."""

from typing import Any

from bench.metrics import Metric
from bench.metrics.ratio import share_found


def precision(tp: Any, fp: Any, fn: Any) -> Any:
    """Return TP / (TP + FP); 0 for a class of the ground truth that is never predicted."""
    return share_found(tp, tp + fp, fn)


ENTRY = Metric(
    title="Precision",
    source="Kent et al. 1955, Machine literature searching VIII, American Documentation 6(2)",
    version=2,
    score=precision,
)
