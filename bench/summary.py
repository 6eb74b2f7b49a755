"""From stored counts to `summary.csv` and the examples' index; every number is computed here, from integers."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.metrics import evaluate
from bench.plan import Cell, Job
from bench.storage import write_atomic, write_json
from bench.store import RunFolder, StoredCell
from bench.suite import Suite

HEADER = ("dataset", "model", "perturbation", "strength", "metric_set", "metric", "class", "n", "value")


@dataclass(frozen=True)
class Finished:
    """A job's finished cells, in the plan's order."""

    job: Job
    cells: tuple[tuple[Cell, StoredCell], ...]

    @property
    def images(self) -> int:
        """Pictures predicted, over all conditions."""
        return sum(len(stored.samples) for _, stored in self.cells)

    @property
    def seconds(self) -> float:
        """Wall seconds of the evaluation."""
        return float(sum(stored.record["seconds"] for _, stored in self.cells))


def read_finished(folder: RunFolder, planned: Mapping[tuple[str, str], tuple[Job, Sequence[Cell]]]) -> list[Finished]:
    """Read every finished cell of the plan."""
    return [
        Finished(job, tuple((cell, folder.read_cell(cell.key)) for cell in cells if folder.has(cell.key)))
        for job, cells in planned.values()
    ]


def rows(suite: Suite, finished: Sequence[Finished]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of summary.csv under HEADER, in the plan's order; an undefined value is empty."""
    for done in finished:
        names = done.job.opened.subset.classes
        for cell, stored in done.cells:
            place = (*done.job.name, cell.condition.label, _number(cell.condition.strength))
            for metric_set in suite.metric_sets:
                for s in evaluate(stored.counts, metric_set, names):
                    value = "" if math.isnan(s.value) else repr(float(s.value))
                    yield (*place, metric_set.name, s.metric, s.class_name, s.n, value)


def _number(strength: float) -> str:
    return f"{strength:.12g}"


def write_summary(folder: RunFolder, suite: Suite, finished: Sequence[Finished]) -> None:
    """Write summary.csv: one row per number, at full precision."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows(suite, finished))
    write_atomic(folder.path / "summary.csv", text.getvalue())


def write_examples_index(folder: RunFolder, finished: Sequence[Finished], strips: Sequence[dict[str, Any]]) -> None:
    """Write examples/index.json: the pictures that each finished cell left, and the perturbations' strips."""
    entries = []
    for done in finished:
        dataset, model = done.job.name
        for cell, stored in done.cells:
            place = {"dataset": dataset, "model": model, **cell.condition.names()}
            entries += [{**place, **example} for example in stored.record["examples"]]
    index = {"format": 1, "examples": entries, "strips": list(strips)}
    write_json(folder.path / "examples" / "index.json", index)
