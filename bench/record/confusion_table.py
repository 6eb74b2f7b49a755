"""`confusion.csv`: which classes each model takes for which, in pixels of the clean images."""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from bench.host.files import write_atomic
from bench.metrics.pooled import dense, pooled_counts, under_border
from bench.record.csv_columns import CONFUSION
from registry.labels import Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.metrics import MetricSet
    from bench.record.run_folder import RunFolder, StoredCell

CLEAN = "clean"
OBJECT = ("background", "foreground")
"""What a model predicts that names no class."""

Models = dict[tuple[str, str], Sequence["Confused"]]
"""The lines of each model on each data set, by their labels."""


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


def read_confusion(folder: "RunFolder") -> Models:
    """Return the lines of `confusion.csv`, as `write_confusion` takes them; none where it is missing or damaged."""
    models: dict[tuple[str, str], list[Confused]] = {}
    try:
        with (folder.path / "confusion.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, strict=True):
                line = Confused(row["border"], row["ground_truth"], row["prediction"], int(row["pixels"]))
                models.setdefault((row["dataset"], row["model"]), []).append(line)
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return {}
    return dict(models)


def write_confusion(folder: "RunFolder", models: Models) -> None:
    """Write `confusion.csv`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CONFUSION)
    for name, lines in models.items():
        writer.writerows((*name, *line) for line in lines)
    write_atomic(folder.path / "confusion.csv", text.getvalue())
