"""The stored counts of a run: read back by the keys that its record names."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.metrics import METRIC_SETS, MetricSet, per_image, scored_classes
from bench.record.cell_file import Images, StoredCell
from bench.record.model_record import ModelRecord
from bench.record.run_folder import RunFolder
from bench.record.run_record import RunRecord
from registry.errors import BenchError
from registry.labels import can_score

if TYPE_CHECKING:
    import pandas as pd


class StoredCondition(NamedTuple):
    """One finished cell of a run, and what it belongs to."""

    model: ModelRecord
    perturbation: str
    strength: float
    cell: StoredCell

    def names(self) -> dict[str, Any]:
        """Return the columns that name it."""
        names = {"dataset": self.model.dataset, "model": self.model.label}
        return {**names, "perturbation": self.perturbation, "strength": self.strength}


class CellReader:
    """Reads the finished cells of a run's folder, in the order of the suite."""

    def __init__(self, folder: Path, record: RunRecord) -> None:
        self._folder, self._record = RunFolder(folder), record

    def counts(self, model: str | None, dataset: str | None) -> "pd.DataFrame":
        """See `Result.counts`."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for found in self._cells(model, dataset):
            task = found.model.task
            stats = found.cell.counts.under("ignore", task)
            classes = scored_classes(self._record.dataset(found.model.dataset).classes, task)
            for i, sample in enumerate(found.cell.samples):
                for j, name in enumerate(classes):
                    integers = {"tp": int(stats.tp[i, j]), "fp": int(stats.fp[i, j]), "fn": int(stats.fn[i, j])}
                    rows.append({**found.names(), "sample": sample, "class": name, **integers})
        columns = ["dataset", "model", "perturbation", "strength", "sample", "class", "tp", "fp", "fn"]
        return pd.DataFrame(rows, columns=columns)

    def worst(
        self, model: str | None, dataset: str | None, perturbation: str, strength: float, k: int
    ) -> "pd.DataFrame":
        """See `Result.worst`."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for found in self._cells(model, dataset, (perturbation, strength)):
            scores = per_image(found.cell.counts, self._headline(found.model)).tolist()
            pairs = [pair for pair in zip(scores, found.cell.samples, strict=True) if pair[0] == pair[0]]
            rows += [{**found.names(), "sample": sample, "dice": score} for score, sample in sorted(pairs)[:k]]
        columns = ["dataset", "model", "perturbation", "strength", "sample", "dice"]
        return pd.DataFrame(rows, columns=columns)

    def _cells(
        self, model: str | None, dataset: str | None, condition: tuple[str, float] | None = None
    ) -> Iterator[StoredCondition]:
        for one in self._record.models:
            if (model or one.label) != one.label or (dataset or one.dataset) != one.dataset:
                continue
            for place, key in self._planned(one):
                if condition in (None, place) and self._folder.has(key):
                    images = Images.recorded(self._record.dataset(one.dataset))
                    yield StoredCondition(one, *place, self._folder.read_cell(key, images))

    def _planned(self, model: ModelRecord) -> Iterator[tuple[tuple[str, float], str]]:
        """Yield perturbation, strength and key of each cell of a model.

        Raises:
            BenchError: the run was written before its record named the keys.
        """
        if not model.cell_keys and model.precision is not None:  # else it is not evaluated yet
            raise BenchError(
                f"{self._folder.path / 'run.json'} does not name its cells: an older segbench wrote it; run the suite "
                "again, which evaluates nothing twice"
            )
        yield from self._record.planned(model)

    def _headline(self, model: ModelRecord) -> MetricSet:
        """Return the first metric set of the run that scores the model."""
        sets = [METRIC_SETS[one.name] for one in self._record.metric_sets]
        headline = next(one for one in sets if can_score(one.task, model.task))
        return headline.on(self._record.dataset(model.dataset).background)
