"""`slices.csv`: Dice and IoU over groups of images, clean and at the strongest strength of each perturbation.

Under the metric set that ranks the model. Each class has lines of its own on clean images alone, and of at most 32
classes: the table of 10 models under 15 perturbations stays at some 20,000 lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.metrics.counts import MATRIX_CLASSES
from bench.record.attribute_store import Attributes
from bench.record.csv_columns import SLICES
from bench.record.score_rows import number_text
from bench.record.statistics_tables import RankedModel, Study
from bench.record.summary import cell_place, table_text
from bench.statistics.board import CLEAN, BoardCondition
from bench.statistics.resampling import Resampling, resampling_of
from bench.statistics.slices import Slice, SliceScores, slice_scores, slices_of
from registry.errors import BenchError

if TYPE_CHECKING:
    from bench.metrics.counts import Stats

SLICES_TABLE = "slices.csv"
_ROOM = 2**27
"""Bytes of counts that are in memory at a time, where one cell has fewer."""


def slices_text(study: Study, attributes: Attributes) -> str:
    """Return the content of `slices.csv`; a cell that cannot be read is left out."""
    rows = [row for label, known in attributes.items() for row in _of_dataset(study, label, slices_of(known))]
    return table_text(SLICES, rows)


class _Cell(NamedTuple):
    """A cell of which slices are scored."""

    model: RankedModel
    condition: BoardCondition
    stats: "Stats"

    @property
    def has_classes(self) -> bool:
        return self.condition == CLEAN and len(self.model.scoring.classes) <= MATRIX_CLASSES


def _of_dataset(study: Study, label: str, slices: Sequence[Slice]) -> Iterator[tuple[Any, ...]]:
    models = [one for one in study.models if one.scoring.name[0] == label and one.scoring.own]
    if not models or not slices:
        return
    resampling = resampling_of(models[0].images.n, study.statistics.resamples, study.statistics.interval)
    for batch in _batches(_cells(study, label, models)):
        yield from _scored(batch, slices, resampling)


def _cells(study: Study, label: str, models: Sequence[RankedModel]) -> Iterator[_Cell]:
    """Yield the cells in the order of the table."""
    strongest = [(one.label, one.by_damage()[-1]) for one in study.perturbations[label] if one.strengths]
    for model in models:
        headline = model.scoring.own[0]
        for condition in (CLEAN, *strongest):
            if (key := model.keys.get(condition)) is None:
                continue
            try:
                counts = study.read(key, model.images).counts
            except BenchError:
                continue  # whoever reads its scores tells of it
            yield _Cell(model, condition, counts.under(headline.border, headline.task))


def _batches(cells: Iterator[_Cell]) -> Iterator[list[_Cell]]:
    """Yield cells in order, several of one metric set and task at a time."""
    batch: list[_Cell] = []
    for cell in cells:
        room = _ROOM // (3 * cell.stats.tp.nbytes)
        other = batch and batch[0].model.scoring.own[0] != cell.model.scoring.own[0]
        if batch and (other or len(batch) >= room):
            yield batch
            batch = []
        batch.append(cell)
    if batch:
        yield batch


def _scored(batch: Sequence[_Cell], slices: Sequence[Slice], resampling: Resampling) -> Iterator[tuple[Any, ...]]:
    scoring = batch[0].model.scoring
    of_cell: Mapping[int, list[SliceScores]] = {i: [] for i in range(len(batch))}
    stats, wanted = [cell.stats for cell in batch], [cell.has_classes for cell in batch]
    for found in slice_scores(stats, slices, scoring.own[0], scoring.classes, resampling, wanted):
        of_cell[found.cell].append(found)
    for i, several in of_cell.items():
        for found in several:
            yield from _rows(batch[i], found)


def _rows(cell: _Cell, found: SliceScores) -> Iterator[tuple[Any, ...]]:
    scoring, one = cell.model.scoring, found.slice
    dataset, model, *condition = cell_place(*scoring.name, *cell.condition)
    first = (dataset, model, scoring.supervision, *condition, scoring.own[0].name)
    low, high, resamples = found.bounds
    for i, score in enumerate(found.scores):
        bounds = *map(number_text, (score.value, low[i], high[i])), int(resamples[i])
        words = score.metric, score.class_name, one.attribute, one.name, len(one.images), score.n
        yield (*first, *words, *bounds, str(one.is_small).lower())
