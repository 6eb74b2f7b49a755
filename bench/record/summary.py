"""From stored counts to `summary.csv` and the examples' index; every number is computed here, from integers."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.host.checked_json import DamagedFile, write_checked
from bench.metrics import MetricSet, evaluate
from bench.metrics.counts import Counts
from bench.metrics.further import AskedMetric, further_quantities
from bench.metrics.quantities import quantities
from bench.plan.cells import Plans
from bench.plan.jobs import Job
from bench.record.calibration_table import TABLE as RELIABILITY
from bench.record.calibration_table import asks_for_it, reliability
from bench.record.cell_file import Images, StoredCell
from bench.record.confusion_table import CLEAN, Confused, confused, confusion_text
from bench.record.csv_columns import CALIBRATION, DISTRIBUTION, INTERVAL, SUMMARY
from bench.record.example_index import INDEX_FORMAT, Example, ExampleIndex, ReconstructionPair
from bench.record.run_folder import RunFolder
from bench.record.run_record import StatisticsRecord, Strip
from bench.record.score_rows import score_rows, spread_rows
from bench.statistics.resampling import VERSION
from bench.suite import Suite
from registry.labels import Task, can_score


class CellScores(NamedTuple):
    """What is kept of a finished cell once its counts are scored: memory does not grow with the images."""

    place: tuple[str, ...]
    images: int
    record: dict[str, Any]
    rows: list[tuple[Any, ...]]
    examples: list[Example]
    confused: tuple[Confused, ...] = ()
    spread: Sequence[tuple[Any, ...]] = ()
    reliability: Sequence[tuple[Any, ...]] = ()

    @property
    def dice(self) -> float | None:
        """The mean Dice of its headline metric set, the first one; None: it is not defined."""
        means = (row[9] for row in self.rows if row[6:8] == ("dice", "mean"))
        return float(first) if (first := next(means, "")) else None


class Scoring(NamedTuple):
    """By what a job's cells are scored: labels of data set and model, what the model predicts, classes, metric sets.

    statistics: how intervals are computed. further: metrics that the suite asks for.
    """

    name: tuple[str, str]
    task: Task
    supervision: str
    classes: Sequence[str]
    metric_sets: Sequence[MetricSet]
    statistics: StatisticsRecord
    further: Sequence[AskedMetric] = ()

    @property
    def own(self) -> list[MetricSet]:
        """The metric sets that can score what the model predicts."""
        return [one for one in self.metric_sets if can_score(one.task, self.task)]


@dataclass(frozen=True)
class Finished:
    """A job's finished cells, in the plan's order; `name`: the labels of its data set and its model."""

    name: tuple[str, str]
    cells: tuple[CellScores, ...]

    @property
    def images(self) -> int:
        """Images predicted, over all conditions."""
        return sum(cell.images for cell in self.cells)

    @property
    def confused(self) -> tuple[Confused, ...]:
        """The lines of `confusion.csv`, of the clean cell."""
        return tuple(line for cell in self.cells for line in cell.confused)

    @property
    def seconds(self) -> float:
        """Wall seconds of the evaluation."""
        return float(sum(cell.record["seconds"] for cell in self.cells))


def read_finished(
    folder: RunFolder,
    suite: Suite,
    plans: Plans,
    known: "dict[tuple[str, str, str], CellScores]",
    damaged: Callable[[str, DamagedFile], None],
) -> list[Finished]:
    """Read and score every finished cell of the plan, one at a time.

    known: the scores of cells by data set, model and key; those in it are not read, those that are read join it.
    damaged: gets the key of each cell that cannot be read; it is left out.
    """
    found, there = [], folder.finished()
    for (dataset, model), (job, cells) in plans.items():
        finished = []
        images, by = planned_images(job), scoring(suite, job)
        for cell in cells:
            place = (dataset, model, cell.key)
            if cell.key not in there:
                continue
            try:
                stored = None if place in known else folder.read_cell(cell.key, images)
            except DamagedFile as error:
                damaged(cell.key, error)
                continue
            if stored is not None:
                known[place] = scored(stored, (cell.condition.label, cell.condition.strength), by)
            finished.append(known[place])
        found.append(Finished(job.name, tuple(finished)))
    return found


def planned_images(job: Job) -> Images:
    """Return what is known of the images that a job's cells must hold."""
    data = job.data.subset
    return Images.planned(data.classes, [row.id for row in data.rows])


def scoring(suite: Suite, job: Job) -> Scoring:
    """Return by what a job's cells are scored."""
    data = job.data.subset
    sets = [one.on(data.background) for one in suite.metric_sets]
    return Scoring(
        job.name, job.spec.task, job.spec.supervision, data.classes, sets, statistics_record(suite), suite.further
    )


def statistics_record(suite: Suite) -> StatisticsRecord:
    """Return what `run.json` says of a suite's statistics."""
    return StatisticsRecord(**suite.statistics.model_dump(), reference=suite.reference or "", version=VERSION)


def scored(stored: StoredCell, condition: tuple[str, float], by: Scoring) -> CellScores:
    """Return a cell's scores under every metric set that can score it, and its examples with their own.

    condition: the labels that the plan has now; the cell may have been evaluated under another one.
    """
    place = cell_place(*by.name, *condition)
    own = by.own
    pairs = [(one, stored.counts, "", by.further) for one in own]
    if stored.oracle is not None:
        pairs += [(one, stored.oracle, "oracle_", ()) for one in by.metric_sets if one.task == "binary"]
    first = (*by.name, by.supervision, *place[2:])
    rows = [
        (*first, sets.name, prefix + row[0], *row[1:])
        for sets, counts, prefix, further in pairs
        for found in [
            [
                *quantities(counts, sets, by.classes),
                *further_quantities(counts, stored.terms, further, sets, by.classes),
            ]
        ]
        for row in score_rows(found, len(counts), by.statistics)
    ]
    spread = [(*first, one.name, *row) for one in own for row in spread_rows(stored.counts, one)]
    # An example's scores are under the suite's headline: the first set that can score the model.
    kept = [one for one in stored.record["examples"] if "failed" not in one]
    examples = [_example(stored, one, own[0], condition, by) for one in kept]
    clean = confused(stored, by.task, by.classes, own) if condition[0] == CLEAN else ()
    bins = [(*place, *row) for row in reliability(stored, own)]
    return CellScores(place, len(stored.samples), stored.record, rows, examples, clean, spread, bins)


def _example(
    stored: StoredCell, kept: dict[str, Any], headline: MetricSet, condition: tuple[str, float], by: Scoring
) -> Example:
    """Return an example with its own Dice and IoU under the suite's headline, from its stored counts.

    Its names are those of the plan: the cell may be of a time when the suite had other labels.
    """
    i, counts = stored.samples.index(kept["sample"]), stored.counts
    own = Counts(counts.classes, counts.foreground[i : i + 1], counts.values[i : i + 1])
    scores = evaluate(own, headline, by.classes)
    means = {s.metric: s.value for s in scores if s.class_name == "mean" and not math.isnan(s.value)}
    return Example.model_validate({
        **kept,
        "dataset": by.name[0],
        "model": by.name[1],
        "perturbation": condition[0],
        "strength": condition[1],
        "ranked_by": stored.record["ranked_by"],
        "dice": means.get("dice"),
        "iou": means.get("iou"),
    })  # fmt: skip


def cell_place(dataset: str, model: str, perturbation: str, strength: float) -> tuple[str, ...]:
    """Return what names a cell in the tables: strengths have 12 digits there."""
    return dataset, model, perturbation, f"{strength:.12g}"


def tables_of_cells(finished: Sequence[Finished], further: Sequence[AskedMetric]) -> dict[str, str]:
    """Return the content of the tables whose lines are made cell by cell, by the name of the table."""
    tables = {
        "summary.csv": summary_text(finished),
        "confusion.csv": confusion_text((one.name, one.confused) for one in finished),
        "distribution.csv": distribution_text(finished),
    }
    return tables | ({RELIABILITY: calibration_text(finished)} if asks_for_it(further) else {})


def summary_text(finished: Sequence[Finished]) -> str:
    """Return summary.csv: one row per number, at full precision; an undefined value is empty."""
    rows = (row for done in finished for cell in done.cells for row in cell.rows)
    return table_text((*SUMMARY, *INTERVAL), rows)


def distribution_text(finished: Sequence[Finished]) -> str:
    """Return distribution.csv: how the images' own scores are distributed, of each cell under each metric set."""
    return table_text(DISTRIBUTION, (row for done in finished for cell in done.cells for row in cell.spread))


def calibration_text(finished: Sequence[Finished]) -> str:
    """Return calibration.csv: the reliability of each cell under each metric set, of models with probabilities."""
    return table_text(CALIBRATION, (row for done in finished for cell in done.cells for row in cell.reliability))


def table_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as the content of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


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
    write_checked(folder.path / "examples" / "index.json", index)
