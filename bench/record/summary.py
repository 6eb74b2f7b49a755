"""From stored counts to `summary.csv` and the examples' index; every number is computed here, from integers."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.host.files import write_atomic, write_json
from bench.metrics import evaluate
from bench.metrics.counts import Counts
from bench.plan.cells import Cell, Plans
from bench.plan.jobs import Job
from bench.record.csv_columns import SUMMARY
from bench.record.example_index import INDEX_FORMAT, Example, ExampleIndex, ReconstructionPair
from bench.record.run_folder import RunFolder, StoredCell
from bench.record.run_record import Strip
from bench.suite import Suite
from registry.labels import can_score


class CellScores(NamedTuple):
    """What is kept of a finished cell once its counts are scored: memory does not grow with the images."""

    cell: Cell
    images: int
    record: dict[str, Any]
    rows: list[tuple[Any, ...]]
    examples: list[Example]


@dataclass(frozen=True)
class Finished:
    """A job's finished cells, in the plan's order."""

    job: Job
    cells: tuple[CellScores, ...]

    @property
    def images(self) -> int:
        """Images predicted, over all conditions."""
        return sum(cell.images for cell in self.cells)

    @property
    def seconds(self) -> float:
        """Wall seconds of the evaluation."""
        return float(sum(cell.record["seconds"] for cell in self.cells))


def read_finished(
    folder: RunFolder, suite: Suite, plans: Plans, known: "dict[tuple[str, str, str], CellScores]"
) -> list[Finished]:
    """Read and score every finished cell of the plan, one at a time.

    known: the scores of cells by data set, model and key; those in it are not read, those that are read join it.
    """
    found = []
    for (dataset, model), (job, cells) in plans.items():
        finished = []
        for cell in cells:
            place = (dataset, model, cell.key)
            if folder.has(cell.key):
                known[place] = known.get(place) or _scored(folder, suite, job, cell)
                finished.append(known[place])
        found.append(Finished(job, tuple(finished)))
    return found


def _scored(folder: RunFolder, suite: Suite, job: Job, cell: Cell) -> CellScores:
    stored = folder.read_cell(cell.key)
    place = (*job.name, job.spec.supervision, cell.condition.label, _number(cell.condition.strength))
    scored = [
        (metric_set, stored.counts, "") for metric_set in suite.metric_sets if can_score(metric_set.task, job.spec.task)
    ]
    if stored.oracle is not None:
        binary = [metric_set for metric_set in suite.metric_sets if metric_set.task == "binary"]
        scored += [(metric_set, stored.oracle, "oracle_") for metric_set in binary]
    rows = [
        (*place, sets.name, prefix + s.metric, s.class_name, s.n, "" if math.isnan(s.value) else repr(float(s.value)))
        for sets, counts, prefix in scored
        for s in evaluate(counts, sets, job.data.subset.classes)
    ]
    examples = [_example(stored, one, suite, job, cell) for one in stored.record["examples"] if "failed" not in one]
    return CellScores(cell, len(stored.samples), stored.record, rows, examples)


def _example(stored: StoredCell, kept: dict[str, Any], suite: Suite, job: Job, cell: Cell) -> Example:
    """Return an example with its own Dice and IoU under the suite's headline, from its stored counts.

    Its names are those of the plan: the cell may be of a time when the suite had other labels.
    """
    i, counts = stored.samples.index(kept["sample"]), stored.counts
    own = Counts(counts.classes, counts.foreground[i : i + 1], counts.values[i : i + 1])
    scores = evaluate(own, suite.headline(job.spec), job.data.subset.classes)
    means = {s.metric: s.value for s in scores if s.class_name == "mean" and not math.isnan(s.value)}
    return Example.model_validate({
        **kept,
        "dataset": job.name[0],
        "model": job.name[1],
        **cell.condition.names(),
        "ranked_by": stored.record["ranked_by"],
        "dice": means.get("dice"),
        "iou": means.get("iou"),
    })  # fmt: skip


def _number(strength: float) -> str:
    return f"{strength:.12g}"


def write_summary(folder: RunFolder, finished: Sequence[Finished]) -> None:
    """Write summary.csv: one row per number, at full precision; an undefined value is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SUMMARY)
    for done in finished:
        for cell in done.cells:
            writer.writerows(cell.rows)
    write_atomic(folder.path / "summary.csv", text.getvalue())


def write_examples_index(
    folder: RunFolder,
    finished: Sequence[Finished],
    strips: Sequence[Strip],
    reconstructions: Sequence[ReconstructionPair] = (),
) -> None:
    """Write examples/index.json: each finished cell's images, the perturbations' strips, the autoencoders' pairs."""
    index = ExampleIndex(
        format=INDEX_FORMAT,
        examples=tuple(example for done in finished for cell in done.cells for example in cell.examples),
        strips=tuple(strips),
        reconstructions=tuple(reconstructions),
    )
    write_json(folder.path / "examples" / "index.json", index.model_dump(mode="json"))
