"""Confusion matrices of a run: which classes a model takes for which on the clean images."""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from reports.record.boards import boards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.record.boards import Board
    from reports.record.run import Run

_OBJECT = ("background", "foreground")
"""The labels of a model that names no class."""

_Pairs = dict[tuple[str, str], dict[tuple[str, str], int]]
"""Pixels by ground truth and prediction, of each model and border policy."""


class MixUp(NamedTuple):
    """Pixels of one class that got another one; `share` of all pixels of the class, 0 to 1."""

    ground_truth: str
    prediction: str
    pixels: int
    share: float


@dataclass(frozen=True)
class Confusion:
    """One model's matrix: `pixels[i][j]` of class `rows[i]` in the ground truth got the label `columns[j]`.

    border: the policy by which the border's pixels stand in it.
    """

    model: str
    border: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    pixels: tuple[tuple[int, ...], ...]

    @property
    def total(self) -> int:
        """All pixels that count."""
        return sum(map(sum, self.pixels))

    @property
    def shares(self) -> list[list[float | None]]:
        """Return each row divided by its sum, 0 to 1; None where the ground truth has no pixel of the class."""
        return [[count / sum(row) if sum(row) else None for count in row] for row in self.pixels]

    def mix_ups(self) -> list[MixUp]:
        """Return what got another label than its own, the largest share first; all of it that occurs."""
        found = [
            MixUp(truth, label, count, count / sum(row))
            for truth, row in zip(self.rows, self.pixels, strict=True)
            for label, count in zip(self.columns, row, strict=True)
            if count and not self._is_right(truth, label)
        ]
        return sorted(found, key=lambda one: -one.share)

    def _is_right(self, truth: str, label: str) -> bool:
        if self.columns == self.rows:
            return truth == label
        return (truth == self.rows[0]) == (label == _OBJECT[0])


def confusions(run: "Run", dataset: str) -> list[Confusion]:
    """Return the matrix of each model of a data set that has one, under the metric set of its first board."""
    counts: _Pairs = defaultdict(dict)
    for row in run.confusion:
        if row.dataset == dataset:
            counts[row.model, row.border][row.ground_truth, row.prediction] = row.pixels
    found = {one.model: one for board in reversed(boards(run, dataset)) for one in _of(run, board, counts)}
    return [found[model.label] for model in run.models(dataset) if model.label in found]


def _of(run: "Run", board: "Board", counts: _Pairs) -> "Iterator[Confusion]":
    rows, border = tuple(run.dataset(board.dataset).classes), board.metric_set.border
    for model in board.models:
        if own := counts.get((model.label, border)):
            columns = _OBJECT if model.task == "binary" else rows
            pixels = tuple(tuple(own.get((truth, label), 0) for label in columns) for truth in rows)
            yield Confusion(model.label, border, rows, columns, pixels)
