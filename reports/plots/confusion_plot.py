"""A confusion matrix as coloured cells: rows are the ground truth, columns the prediction, each row 100 %."""

from textwrap import fill
from typing import TYPE_CHECKING

from reports.plots.drawing import panel
from reports.plots.figures import INK, RULE
from reports.tables.facts import count
from reports.tables.table import NOTHING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reports.record.confusion import Confusion

COUNTED, NUMBERED, NAMED = 5, 12, 40
"""Up to so many classes a cell has per cent and pixels, per cent alone, no number; above the last, no names either."""
_TICKS = (0, 0.01, 0.05, 0.25, 0.5, 1)
_DARK_BELOW = 0.45
"""Cells below this place of the colour map are so dark that their numbers are white."""
_LETTERS = 14


def matrix(confusion: "Confusion") -> "Figure":
    """Draw the shares of each row; colours follow the square root, so that one per cent can be seen."""
    import numpy as np
    from matplotlib.colors import PowerNorm
    from matplotlib.ticker import PercentFormatter

    rows, columns = len(confusion.rows), len(confusion.columns)
    figure, axes = panel(_size(rows, columns))
    shares = np.array(confusion.shares, dtype=float)  # None becomes nan, which is drawn as nothing
    norm = PowerNorm(0.5, 0, 1)
    drawn = axes.imshow(shares, "viridis", norm, aspect="auto" if columns < rows else "equal", interpolation="nearest")
    if max(rows, columns) <= NUMBERED:
        axes.hlines([row + 0.5 for row in range(rows - 1)], -0.5, columns - 0.5, RULE, linewidth=0.8)
        axes.vlines([column + 0.5 for column in range(columns - 1)], -0.5, rows - 0.5, RULE, linewidth=0.8)
        for row in range(rows):
            for column in range(columns):
                _number(axes, confusion, row, column, float(norm(shares[row, column])))
    _names(axes, confusion)
    axes.set(xlabel="prediction", ylabel="ground truth")
    axes.grid(visible=False)
    bar = figure.colorbar(drawn, ax=axes, ticks=_TICKS, format=PercentFormatter(1, symbol="\u00a0%"), shrink=0.8)
    bar.outline.set_visible(False)
    return figure


def _size(rows: int, columns: int) -> tuple[float, float]:
    side = 0.75 if max(rows, columns) <= COUNTED else 0.42 if max(rows, columns) <= NUMBERED else 0.17
    return min(2.1 + side * columns, 8.0), min(1.1 + side * rows, 7.0)


def _number(axes: "Axes", confusion: "Confusion", row: int, column: int, place: float) -> None:
    """Write a cell's share, and its pixels where there is room; a dash where its row is empty."""
    share, pixels = confusion.shares[row][column], confusion.pixels[row][column]
    few = max(len(confusion.rows), len(confusion.columns)) <= COUNTED
    text = NOTHING if share is None else _share(share, 1 if few else 0) + (f"\n{count(pixels)}" if few else "")
    ink = INK if share is None else "#ffffff" if place < _DARK_BELOW else "#000000"
    axes.text(column, row, text, ha="center", va="center", fontsize=8 if few else 7, color=ink)


def _share(share: float, decimals: int) -> str:
    r"""Return a share in per cent; one above 0 is never written as 0.

    >>> _share(0.1234, 1), _share(0.0004, 0), _share(0.0, 0)
    ('12.3\xa0%', '<1\xa0%', '0\xa0%')
    """
    least = 10**-decimals
    if 0 < 100 * share < least / 2:
        return f"<{least:g}\u00a0%"
    return f"{100 * share:.{decimals}f}\u00a0%" if share else "0\u00a0%"


def _names(axes: "Axes", confusion: "Confusion") -> None:
    """Write the classes beside rows and columns; too many have numbers, their places in the data set."""
    if max(len(confusion.rows), len(confusion.columns)) > NAMED:
        return
    axes.set_yticks(range(len(confusion.rows)), [fill(name, _LETTERS) for name in confusion.rows])
    upright = len(confusion.columns) > COUNTED or max(map(len, confusion.columns)) > _LETTERS
    labels = [fill(name, _LETTERS) for name in confusion.columns]
    axes.set_xticks(range(len(labels)), labels, rotation=90 if upright else 0)
    axes.tick_params(length=0, labelsize=8 if len(confusion.rows) <= NUMBERED else 7)
