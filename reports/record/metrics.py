"""The metrics of a run as its record declares them: title, direction and bounds are those of each entry."""

from math import inf
from typing import TYPE_CHECKING

from bench.record.run_record import MetricRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.record.run_record import RunRecord
    from reports.record.rows import ScoreRow

USUAL = ("iou", "dice", "pixel_accuracy", "precision", "recall")
"""The metrics that every run has, in the order of the tables."""

MANY_CLASSES = 15
"""More classes than these are no columns of a table and no bars: they are rows of a table of their own."""

IMAGE_SUFFIXES = {"_per_image": "per image", "_worst_5": "of worst 5\u00a0%"}
ORACLE = "oracle_"
"""Marks of scores that are made from a metric and are no metric of their own."""


def run_metrics(record: "RunRecord", rows: "Iterable[ScoreRow]") -> tuple[MetricRecord, ...]:
    """Return the metrics of a run: the usual ones first, then all others by title.

    A metric that stands in the rows alone has a title made of its name, bounds of 0 and 1, and more is better: older
    runs record no metrics.
    """
    declared = {metric.name: metric for metric in record.metrics}
    found = {row.metric: row.class_name != "all" for row in rows if not _is_derived(row)}
    metrics = [
        declared.get(name) or MetricRecord(name=name, title=_title(name), per_class=found.get(name, True))
        for name in dict.fromkeys([*USUAL, *declared, *found])
    ]
    return tuple(sorted(metrics, key=_place))


def mean_title(metric: MetricRecord) -> str:
    """Return the title of a metric's summary over classes: its own, but the mean IoU is called mIoU by everyone."""
    title = "mIoU" if metric.name == "iou" else metric.title
    return title if metric.higher_is_better else f"{title}\u00a0↓"


def bounds(metric: MetricRecord) -> tuple[float, float]:
    """Return the least and the greatest value of a metric; JSON has no infinity, so null stands for it."""
    low, high = metric.bounds
    return -inf if low is None else low, inf if high is None else high


def is_usual(metric: MetricRecord) -> bool:
    """Return whether every run has this metric."""
    return metric.name in USUAL


def _is_derived(row: "ScoreRow") -> bool:
    return row.metric.startswith(ORACLE) or row.metric.endswith(tuple(IMAGE_SUFFIXES))


def _title(name: str) -> str:
    return "IoU" if name == "iou" else name.replace("_", " ").capitalize()


def _place(metric: MetricRecord) -> tuple[int, str]:
    return (USUAL.index(metric.name) if is_usual(metric) else len(USUAL), metric.title.lower())
