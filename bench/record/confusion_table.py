"""`confusion.csv`: which classes each model takes for which, in pixels of the clean images."""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from bench.metrics.pooled import dense, pooled_counts, under_border
from bench.record.csv_columns import CONFUSION
from registry.labels import Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.metrics import MetricSet
    from bench.record.cell_file import StoredCell

CLEAN = "clean"
OBJECT = ("background", "foreground")
"""What a model predicts that names no class."""


class Confused(NamedTuple):
    """One line of the table behind the labels of data set and model; lines of no pixel are left out."""

    border: str
    ground_truth: str
    prediction: str
    pixels: int


def confused(
    stored: "StoredCell", task: Task, classes: Sequence[str], metric_sets: "Iterable[MetricSet]"
) -> tuple[Confused, ...]:
    """Return a cell's matrix under each border policy of some metric sets, a line for each pair that was met.

    None for a cell of many classes that an older version wrote: it has no matrix.
    """
    total = pooled_counts(stored.counts)
    if total is None:
        if "confusion" not in stored.record:
            return ()
        total = dense(stored.record["confusion"], len(classes))
    names = OBJECT if task == "binary" else classes
    return tuple(
        Confused(border, classes[row], names[column], int(matrix[row, column]))
        for border in dict.fromkeys(one.border for one in metric_sets)
        for matrix in [under_border(total, border)]
        for row, column in zip(*matrix.nonzero(), strict=True)
    )


def confusion_text(models: "Iterable[tuple[tuple[str, str], Sequence[Confused]]]") -> str:
    """Return the content of `confusion.csv`: the lines of each model behind the labels of data set and model."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CONFUSION)
    for name, lines in models:
        writer.writerows((*name, *line) for line in lines)
    return text.getvalue()
