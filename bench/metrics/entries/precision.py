"""Precision: the share of the predicted pixels that are right."""

from typing import Any

from bench.metrics import Metric
from bench.metrics.ratio import ratio


def precision(tp: Any, fp: Any, fn: Any) -> Any:
    """Return TP / (TP + FP)."""
    return ratio(tp, tp + fp)


ENTRY = Metric(
    version=1,
    title="Precision",
    higher_is_better=True,
    bounds=(0.0, 1.0),
    source="Kent et al. 1955, Machine literature searching VIII, American Documentation 6(2)",
    per_class=True,
    score=precision,
)
