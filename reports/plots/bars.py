"""Bars of the clean scores, 460 px wide: a phone's width."""

from math import floor, log10
from textwrap import fill
from typing import TYPE_CHECKING

from reports.plots.drawing import limits, looks, note, panel
from reports.record.metrics import MANY_CLASSES, bounds, mean_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bench.record.run_record import MetricRecord
    from reports.record.boards import Board
    from reports.record.run import Run

_MIDDLE, _WIDTH = (4.0, 2.8), 5.0
_FOUR = 4
"""Groups of bars beside each other."""
_TITLE = 12
"""Letters of a title in one line above its bars."""
_LETTERS = 22
"""Of a model's name in one line beside its bars."""


def class_bars(run: "Run", board: "Board") -> "Figure":
    """Draw the clean Dice of each class, a group of bars a class and one bar a model."""
    dice, classes = run.metric("dice"), [*run.class_names(board.dataset, board.metric_set.name)[:MANY_CLASSES], "mean"]
    return _bars(run, board, [(name, dice, name) for name in classes], dice.title)


def mean_bars(run: "Run", board: "Board") -> "Figure":
    """Draw the clean means that summarise a model, a group of bars for each metric of the run."""
    return _bars(run, board, [(mean_title(metric), metric, None) for metric in run.metrics], "score")


def _bars(run: "Run", board: "Board", scores: "list[tuple[str, MetricRecord, str | None]]", label: str) -> "Figure":
    """Draw a panel of bars for each (title, metric, class), the models' names beside them: no legend to look up."""
    from matplotlib.figure import Figure

    values = [
        [run.value(board.dataset, m, metric_set=board.metric_set.name, metric=metric.name, class_name=name)
         for m in board.labels]
        for _, metric, name in scores
    ]  # fmt: skip
    if all(value is None for found in values for value in found):
        figure, axes = panel(_MIDDLE)
        note(axes, "no score yet")
        return figure
    rows = -(-len(scores) // _FOUR)
    columns = -(-len(scores) // rows)
    names, titles = [fill(label, _LETTERS) for label in board.labels], [fill(title, _TITLE) for title, _, _ in scores]
    height = rows * (0.33 + 0.12 * _lines(titles) + (0.08 + 0.13 * _lines(names)) * len(names)) + 0.3
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    ends = [limits(bounds(metric), found) for (_, metric, _), found in zip(scores, values, strict=True)]
    grid = figure.subplots(rows, columns, sharex=len(set(ends)) == 1, sharey=True, squeeze=False)
    for place, (axes, title, found, own) in enumerate(zip(grid.flat, titles, values, ends, strict=False)):
        _group(axes, found, own, [look.colour for look in looks(run, board).values()])
        if place + columns >= len(scores):  # no panel below it has the numbers of the axis
            axes.tick_params(labelbottom=True)
        axes.set_title(title, fontsize=8)
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.set_ylim(len(names) - 0.4, -0.6)
    for axes in grid.flat[len(scores) :]:
        axes.set_visible(False)
    figure.supxlabel(label, fontsize=9)
    return figure


def _lines(texts: list[str]) -> int:
    """Return the number of lines of the longest text."""
    return max(text.count("\n") for text in texts) + 1


def _group(axes: "Axes", values: list[float | None], ends: tuple[float, float], colours: list[str]) -> None:
    """Draw one bar a model from 0, or from the end that is nearest to it, and its score beside it."""
    low, high = ends
    start, reach = min(max(low, 0.0), high), high - low
    lengths = [0.0 if value is None else value - start for value in values]
    bars = axes.barh(range(len(values)), lengths, left=start, height=0.72, color=colours)
    decimals = max(0, 2 - floor(log10(reach)))
    texts = ["—" if value is None else f"{value:.{decimals}f}".replace("-", "−") for value in values]
    axes.bar_label(bars, texts, fontsize=7.5, padding=2)
    room = reach / 2  # for the scores beside the bars
    axes.set(xlim=(low - room if min(lengths) < 0 else low, high + room), xticks=(low, (low + high) / 2, high))
    axes.set_xticklabels((f"{low:.3g}".replace("-", "−"), "", f"{high:.3g}".replace("-", "−")))
    axes.tick_params(length=0)
    axes.grid(visible=False, axis="y")
