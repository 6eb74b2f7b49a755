"""Scores of groups of images as dots with their intervals: a figure an attribute, a row a group, a dot a model."""

from typing import TYPE_CHECKING

from reports.plots.drawing import looks
from reports.record.run import CLEAN
from reports.svg.rows import Dot, dots

if TYPE_CHECKING:
    from markupsafe import Markup

    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.record.statistics_rows import SliceRow

_MOST = 12
"""Groups of an attribute in a figure, those with the lowest scores; the table has all."""


def slice_dots(run: "Run", board: "Board") -> "list[tuple[Markup, str]]":
    """Return (figure, title) of each attribute: the mean Dice over classes of the clean images in each group."""
    wanted = (board.dataset, CLEAN, board.metric_set.name, "dice", "mean")
    rows = [
        row
        for row in run.statistics.slices
        if (row.dataset, row.perturbation, row.metric_set, row.metric, row.class_name) == wanted
        and row.model in board.labels
        and row.value is not None
    ]
    attributes = dict.fromkeys(row.attribute for row in rows)
    return [_figure(run, board, one, [row for row in rows if row.attribute == one]) for one in attributes]


def _figure(run: "Run", board: "Board", attribute: str, rows: "list[SliceRow]") -> "tuple[Markup, str]":
    drawn, groups = looks(run, board), dict[str, list["SliceRow"]]()
    for row in rows:
        groups.setdefault(row.slice, []).append(row)
    lowest = sorted(groups, key=lambda name: min(row.value or 0.0 for row in groups[name]))[:_MOST]
    shown = [[_dot(row, drawn[row.model].number) for row in own] for name, own in groups.items() if name in lowest]
    alt = f"Dot plot of the clean Dice on {board.dataset} by {attribute}, a row a group of images, a point a model."
    left = f", the {_MOST} lowest of {len(groups)}" if len(groups) > _MOST else ""
    return dots(shown, "Dice", alt, (0.0, 1.0)), f"By {attribute}{left}"


def _dot(row: "SliceRow", index: int) -> Dot:
    interval = "" if row.low is None or row.high is None else f" [{row.low:.3f}, {row.high:.3f}]"
    words = f"{row.model}, {row.slice}: {row.value:.3f}{interval}, {row.images} images{', few' if row.small else ''}"
    return Dot(f"{row.slice} ({row.images})", index, row.value or 0.0, words, row.low, row.high, row.small)
