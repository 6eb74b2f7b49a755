"""Scores from integer counts: one file per metric; importing this package does not import NumPy."""

from bench.metrics.entry import METRICS, Metric
from bench.metrics.scores import Score, evaluate, per_image, scored_classes
from bench.metrics.sets import METRIC_SETS, MetricSet

__all__ = ["METRICS", "METRIC_SETS", "Metric", "MetricSet", "Score", "evaluate", "per_image", "scored_classes"]
