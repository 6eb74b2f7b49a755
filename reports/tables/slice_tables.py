"""Tables of scores over groups of images: a table for each attribute, clean and perturbed."""

from statistics import fmean
from typing import TYPE_CHECKING

from reports.tables.scores import INTERVALS, policy
from reports.tables.table import Table, TableCell, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.record.statistics_rows import SliceRow

MOST_COLUMNS = 6
"""More slices than these are lines, and the models are columns."""
MARK = "‡"
"""Printed at the name of a slice of few images."""


def slice_tables(run: "Run", board: "Board") -> list[tuple[Table, Table | None]]:
    """Return, for each attribute, the table of clean images and that of perturbed ones; None: nothing is perturbed."""
    rows = [
        row
        for row in run.statistics.slices
        if (row.dataset, row.metric_set, row.metric, row.class_name)
        == (board.dataset, board.metric_set.name, "dice", "mean")
        and row.model in board.labels
    ]
    found = []
    for attribute in dict.fromkeys(row.attribute for row in rows):
        own = [row for row in rows if row.attribute == attribute]
        clean = _table(run, board, own, [row for row in own if row.perturbation == "clean"], perturbed=False)
        worse = [row for row in own if row.perturbation != "clean"]
        found.append((clean, _table(run, board, own, worse, perturbed=True) if worse else None))
    return found


def _table(
    run: "Run", board: "Board", every: "Sequence[SliceRow]", rows: "Sequence[SliceRow]", *, perturbed: bool
) -> Table:
    """Return one table; `every`: the rows of the attribute, so that both tables have the same slices."""
    attribute = every[0].attribute
    slices = {row.slice: _name(row) for row in every}
    conditions = len({row.perturbation for row in rows})
    of_cell: dict[tuple[str, str], list[SliceRow]] = {(name, model): [] for name in slices for model in board.labels}
    for row in rows:
        of_cell[row.slice, row.model].append(row)
    values = {place: _cell(found, conditions, perturbed=perturbed) for place, found in of_cell.items()}
    title = board.title(f"Dice by {attribute}{', perturbed' if perturbed else ''}")
    note = f"{MARK}: fewer than 30 images." if any(row.small for row in every) else ""
    if len(slices) <= MOST_COLUMNS:
        header = ("model", *slices.values())
        lines = [(TableCell(model), *(values[name, model] for name in slices)) for model in board.labels]
    else:
        header = (attribute, *board.labels)
        lines = [(TableCell(text), *(values[name, one] for one in board.labels)) for name, text in slices.items()]
    return Table(
        title, note, header, tuple(lines), frozenset(header[:1]), _rules(run, board, rows, perturbed=perturbed)
    )


def _name(row: "SliceRow") -> str:
    return f"{row.slice} ({row.images} image{'' if row.images == 1 else 's'}){MARK if row.small else ''}"


def _cell(rows: "Sequence[SliceRow]", conditions: int, *, perturbed: bool) -> TableCell:
    """Return the score of a slice: of perturbed images the mean, where every perturbation has a score."""
    values = [row.value for row in rows if row.value is not None]
    if not values or len(values) < conditions:
        return score(None)
    return score(fmean(values)) if perturbed else score(rows[0], bar=(0, 1))


def _rules(run: "Run", board: "Board", rows: "Sequence[SliceRow]", *, perturbed: bool) -> str:
    how = policy(run, board.dataset, board.metric_set, board.labels)
    if not perturbed:
        return f"Mean Dice over classes, of the clean images of each group. {how} {INTERVALS}"
    number = len({row.perturbation for row in rows})
    return (
        f"Mean Dice over classes at the strongest strength of each perturbation, then the mean over {number} "
        f"perturbation{'' if number == 1 else 's'}; slices.csv has each of them with its interval. {how}"
    )
