"""A finished run as its cells tell it: which conditions of which models are there, and their counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from bench.metrics import METRIC_SETS, MetricSet
from bench.record.cell_file import Images, StoredCell
from bench.record.model_record import ModelRecord
from bench.record.run_folder import RunFolder
from bench.record.run_record import PerturbationRecord, RunRecord
from bench.statistics.board import BoardCondition
from registry.errors import BenchError, suggestion
from registry.labels import can_score


class CellPlace(NamedTuple):
    """A cell's place: labels of data set, model and perturbation, and the strength."""

    dataset: str
    model: str
    perturbation: str
    strength: float

    @property
    def condition(self) -> BoardCondition:
        """The label of the perturbation, and the strength."""
        return self.perturbation, self.strength

    def __str__(self) -> str:
        """Return the place in words."""
        level = "" if self.perturbation == "clean" else f" {self.strength:.12g}"
        return f"{self.model} on {self.dataset}, {self.perturbation}{level}"


@dataclass(frozen=True)
class StoredRun:
    """A run's folder and its record. Nothing is ever written to it."""

    path: Path
    record: RunRecord

    @cached_property
    def folder(self) -> RunFolder:
        """The folder, to be read."""
        return RunFolder(self.path)

    @cached_property
    def models(self) -> dict[tuple[str, str], ModelRecord]:
        """The models by the labels of data set and model, in the suite's order."""
        return {(one.dataset, one.label): one for one in self.record.models}

    @cached_property
    def keys(self) -> dict[CellPlace, str]:
        """The key of every planned cell, by its place; "" where nobody knows it."""
        return dict(self._planned())

    def _planned(self) -> Iterator[tuple[CellPlace, str]]:
        for (dataset, label), model in self.models.items():
            for condition, key in self.record.planned(model):
                yield CellPlace(dataset, label, *condition), key

    @cached_property
    def finished(self) -> set[str]:
        """The keys of the cells whose file is there."""
        return self.folder.finished()

    def has(self, place: CellPlace) -> bool:
        """Return whether a cell's file is there."""
        return self.keys.get(place, "") in self.finished

    def cell(self, place: CellPlace) -> StoredCell:
        """Return a cell.

        Raises:
            DamagedFile: its file is damaged.
            BenchError: it cannot be read, or a newer version wrote it.
        """
        return self.folder.read_cell(self.keys[place], Images.recorded(self.record.dataset(place.dataset)))

    def perturbations(self, dataset: str) -> dict[str, PerturbationRecord]:
        """Return the perturbations that a data set is evaluated under, by their labels."""
        entries = self.record.perturbations if self.record.dataset(dataset).perturbed else ()
        return {one.label: one for one in entries}

    def metric_sets(self, model: ModelRecord) -> dict[str, MetricSet]:
        """Return the metric sets that score a model, by their names, the headline first."""
        background = self.record.dataset(model.dataset).background
        known = [METRIC_SETS[one.name] for one in self.record.metric_sets if one.name in METRIC_SETS]
        return {one.name: one.on(background) for one in known if can_score(one.task, model.task)}

    def condition_labels(self) -> list[str]:
        """Return the labels of all perturbations, "clean" first."""
        return ["clean", *(one.label for one in self.record.perturbations)]


def open_stored(path: Path) -> StoredRun:
    """Open a run's folder.

    Raises:
        BenchError: there is no run, it is damaged, a newer segbench wrote it, or it does not name its cells.
    """
    record = RunFolder(path).record()
    if record is None:
        raise BenchError(f"{path} holds no run.json; give the folder that `bench run` wrote (runs/<suite name>)")
    if record.models and not any(model.cell_keys for model in record.models):
        raise BenchError(
            f"{path / 'run.json'} does not name its cells: an older segbench wrote it, or no model was evaluated; run "
            "the suite again, which evaluates nothing twice"
        )
    return StoredRun(path, record)


def check_label(given: str, known: list[str], kind: str) -> None:
    """Raise BenchError where no `kind` of a run is called so."""
    if given not in known:
        raise BenchError(f"no {kind} is called '{given}'; {suggestion(given, known)}")
