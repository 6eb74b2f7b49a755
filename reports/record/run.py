"""A run folder, opened: which value stands where."""

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bench.host.checked_json import read_checked
from bench.host.checksum import changed
from bench.record.example_index import INDEX_FORMAT, ExampleIndex
from bench.record.model_record import ModelRecord
from bench.record.run_record import (
    FORMAT,
    DatasetRecord,
    MetricRecord,
    MetricSetRecord,
    PerturbationRecord,
    RunRecord,
)
from registry.errors import BenchError
from registry.labels import titled
from reports.record.metrics import run_metrics
from reports.record.rows import (
    ConfusionRow,
    MeasuredRow,
    ReconstructionRow,
    ScoreRow,
    level,
    read_confusion,
    read_reconstructions,
    read_scores,
    read_strengths,
)
from reports.record.speed_rows import SpeedRow, StageRow, read_speed, read_stages
from reports.record.statistics_rows import Statistics, read_statistics

if TYPE_CHECKING:
    from pathlib import Path

CLEAN = "clean"
PAUSES = (0.02, 0.2, 1, 0)
"""Seconds before a folder is read again whose tables do not fit its record: a run may be writing them just now."""


@dataclass(frozen=True)
class Run:
    """A run as its files hold it; `strengths` is None where nothing was measured (older runs)."""

    folder: "Path"
    record: RunRecord
    rows: tuple[ScoreRow, ...]
    index: ExampleIndex
    strengths: tuple[MeasuredRow, ...] | None = None
    reconstructions: tuple[ReconstructionRow, ...] = ()
    confusion: tuple[ConfusionRow, ...] = ()
    speed: tuple[SpeedRow, ...] = ()
    stages: tuple[StageRow, ...] = ()
    statistics: Statistics = field(default_factory=Statistics)

    @cached_property
    def _by_key(self) -> dict[tuple[Any, ...], ScoreRow]:
        return {row[:7]: row for row in self.rows}

    @cached_property
    def _cells(self) -> set[tuple[Any, ...]]:
        return {row[:4] for row in self.rows}

    @cached_property
    def _measured(self) -> dict[tuple[Any, ...], MeasuredRow]:
        return {row[:4]: row for row in self.strengths or ()}

    @cached_property
    def metrics(self) -> tuple[MetricRecord, ...]:
        """Return the metrics of the run, the usual ones first."""
        return run_metrics(self.record, self.rows)

    def metric(self, name: str) -> MetricRecord:
        """Return the metric called `name`."""
        return next(metric for metric in self.metrics if metric.name == name)

    @cached_property
    def _of_all_pixels(self) -> frozenset[str]:
        return frozenset(metric.name for metric in self.metrics if not metric.per_class)

    @property
    def headline(self) -> MetricSetRecord:
        """Return the metric set of plots and leaderboard: the suite's first."""
        return self.record.metric_sets[0]

    def dataset(self, label: str) -> DatasetRecord:
        """Return the data set called `label`."""
        return self.record.dataset(label)

    def models(self, dataset: str) -> list[ModelRecord]:
        """Return the models evaluated on `dataset`, in the suite's order."""
        return [model for model in self.record.models if model.dataset == dataset]

    def perturbations(self, dataset: str) -> tuple[PerturbationRecord, ...]:
        """Return the perturbations that `dataset` is evaluated under; without those that have no strength."""
        there = self.record.perturbations if self.dataset(dataset).perturbed else ()
        return tuple(entry for entry in there if entry.strengths)

    def row(
        self,
        dataset: str,
        model: str,
        perturbation: str = CLEAN,
        strength: float = 0.0,
        *,
        metric_set: str | None = None,
        metric: str = "dice",
        class_name: str | None = None,
    ) -> ScoreRow | None:
        """Return the row of a score (by default the headline's Dice), or None while it is missing.

        Without a class it is the mean over classes, or, of a metric that has none, the score of all pixels.
        """
        name = metric_set or self.headline.name
        of = class_name or ("all" if metric in self._of_all_pixels else "mean")
        return self._by_key.get((dataset, model, perturbation, level(strength), name, metric, of))

    def value(self, dataset: str, model: str, *condition: Any, **score: Any) -> float | None:
        """Return the value of `row`, None where the row is missing or its value undefined."""
        row = self.row(dataset, model, *condition, **score)
        return row.value if row else None

    def has(self, dataset: str, model: str, perturbation: str = CLEAN, strength: float = 0.0) -> bool:
        """Return whether the condition has been evaluated."""
        return (dataset, model, perturbation, level(strength)) in self._cells

    def measured(self, dataset: str, perturbation: str, strength: float, measure: str) -> MeasuredRow | None:
        """Return how far the condition's images are from the clean ones, or None while nobody knows."""
        return self._measured.get((dataset, perturbation, level(strength), measure))

    def perturbation(self, label: str) -> PerturbationRecord | None:
        """Return the perturbation called `label`, None for the clean condition."""
        return next((entry for entry in self.record.perturbations if entry.label == label), None)

    def title(self, perturbation: PerturbationRecord) -> str:
        """Return what to call a perturbation: its label, with its title beside it where that is of the whole."""
        own = not perturbation.then and not perturbation.backend
        return titled(perturbation.label, perturbation.title if own else "")

    def class_names(self, dataset: str, metric_set: str) -> list[str]:
        """Return the classes that have a Dice of their own under `metric_set`, in the data set's order."""
        rows = (row for row in self.rows if row.dataset == dataset and row.metric_set == metric_set)
        found = dict.fromkeys(row.class_name for row in rows if row.metric == "dice")
        known = self.dataset(dataset).classes
        return sorted(
            (name for name in found if name != "mean"),
            key=lambda name: known.index(name) if name in known else len(known),
        )


def open_run(folder: "Path") -> Run:
    """Read a run folder.

    Raises:
        BenchError: no run, a damaged one, one whose tables somebody has changed, or one written by a newer version;
            one line with what to do.
    """
    record = _record(folder)
    index = read_checked(folder / "examples" / "index.json", ExampleIndex, INDEX_FORMAT)
    return Run(
        folder,
        record,
        read_scores(folder / "summary.csv"),
        index or ExampleIndex(format=INDEX_FORMAT),
        read_strengths(folder / "strengths.csv"),
        read_reconstructions(folder / "reconstructions.csv"),
        read_confusion(folder / "confusion.csv"),
        read_speed(folder / "throughput.csv"),
        read_stages(folder / "stages.csv"),
        read_statistics(folder),
    )


def check_tables(folder: "Path", record: RunRecord) -> None:
    """Make sure that the tables are those that a record was written with.

    Raises:
        BenchError: one is not.
    """
    for name in changed(folder, record.tables):
        raise BenchError(
            f"{folder / name} is not as it was written; run `bench report {folder}`, which makes it anew from the cells"
        )


def _record(folder: "Path") -> RunRecord:
    for pause in PAUSES:
        record = read_checked(folder / "run.json", RunRecord, FORMAT)
        if record is None:
            break
        if not changed(folder, record.tables):
            return record
        time.sleep(pause)
    if record is None:
        raise BenchError(f"{folder} holds no run.json; give the folder that `bench run` wrote (runs/<suite name>)")
    check_tables(folder, record)
    return record
