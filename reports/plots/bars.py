"""Bars of the clean scores and curves of trainings, 380 to 460 px wide: a phone's width."""

from textwrap import fill
from typing import TYPE_CHECKING

from reports.plots.drawing import handles, lines, looks, numbered, panel, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bench.record.model_record import TrainingCurves
    from reports.record.boards import Board
    from reports.record.run import Run

_MIDDLE, _WIDTH = (4.0, 2.8), 5.0
_FOUR = 4
"""Groups of bars beside each other."""
CLASSES = 15
"""More classes than these are left to the table: each takes a group of bars."""
_LETTERS = 22
"""Of a model's name in one line beside its bars."""


def class_bars(run: "Run", board: "Board") -> "Figure":
    """Draw the clean Dice of each class, a group of bars a class and one bar a model."""
    classes = [*run.class_names(board.dataset, board.metric_set.name)[:CLASSES], "mean"]
    return _bars(run, board, {name: {"metric": "dice", "class_name": name} for name in classes}, "Dice")


def mean_bars(run: "Run", board: "Board") -> "Figure":
    """Draw the clean means that summarise a model: mIoU, mean Dice and pixel accuracy."""
    scores = {
        "mIoU": {"metric": "iou"},
        "mean Dice": {"metric": "dice"},
        "pixel accuracy": {"metric": "pixel_accuracy", "class_name": "all"},
    }
    return _bars(run, board, scores, "score")


def loss_curves(curves: "TrainingCurves", best_epoch: int | None) -> "Figure":
    """Draw training and validation loss against the epoch; a dotted line marks the epoch that was kept."""
    return _training(curves, {"training": "train_loss", "validation": "val_loss"}, "loss", best_epoch)


def score_curves(curves: "TrainingCurves", best_epoch: int | None) -> "Figure":
    """Draw the validation's mIoU and its mean Dice without the background against the epoch, as far as known."""
    named = {"mIoU": "val_iou", "foreground Dice": "val_dice"}
    figure = _training(curves, {k: v for k, v in named.items() if getattr(curves, v)}, "validation score", best_epoch)
    figure.axes[0].set_ylim(0, 1.02)
    return figure


def rate_curve(curves: "TrainingCurves", best_epoch: int | None) -> "Figure":
    """Draw the learning rate against the epoch, on a logarithmic axis if it is positive throughout."""
    figure = _training(curves, {"learning rate": "learning_rate"}, "learning rate", best_epoch)
    if all(rate and rate > 0 for rate in curves.learning_rate):
        figure.axes[0].set_yscale("log")
        figure.axes[0].yaxis.set_major_formatter(lambda rate, _: f"{rate:g}")
        figure.axes[0].yaxis.set_minor_formatter("")
    return figure


def _bars(run: "Run", board: "Board", scores: dict[str, dict[str, str]], label: str) -> "Figure":
    """Draw a panel of bars for each score, with the models' names beside them: no legend to look up."""
    from matplotlib.figure import Figure

    values = {
        group: [run.value(board.dataset, model, metric_set=board.metric_set.name, **score) for model in board.labels]
        for group, score in scores.items()
    }
    if all(value is None for found in values.values() for value in found):
        figure, axes = panel(_MIDDLE)
        say(axes, "no score yet")
        return figure
    columns = min(_FOUR, len(scores))
    rows = -(-len(scores) // columns)
    names = [fill(label, _LETTERS) for label in board.labels]
    lines_each = max(name.count("\n") for name in names) + 1
    height = rows * (0.45 + (0.08 + 0.13 * lines_each) * len(names)) + 0.3
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, (group, found) in zip(grid.flat, values.items(), strict=False):
        _group(axes, group, found, names, [look.colour for look in looks(run, board).values()])
    for axes in grid.flat[len(scores) :]:
        axes.set_visible(False)
    figure.supxlabel(label, fontsize=9)
    return figure


def _group(axes: "Axes", title: str, values: list[float | None], names: list[str], colours: list[str]) -> None:
    places = range(len(values))
    bars = axes.barh(places, [value or 0 for value in values], height=0.72, color=colours)
    texts = ["—" if value is None else f"{value:.2f}" for value in values]
    axes.bar_label(bars, texts, fontsize=7.5, padding=2)
    axes.set_title(title, fontsize=8)
    axes.set(xlim=(0, 1.5), xticks=(0, 0.5, 1))
    axes.set_xticklabels(("0", "", "1"))
    axes.set_yticks(places, names, fontsize=8)
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.tick_params(length=0)
    axes.grid(visible=False, axis="y")


def _training(curves: "TrainingCurves", named: dict[str, str], label: str, best_epoch: int | None) -> "Figure":
    from matplotlib.ticker import MaxNLocator

    figure, axes = panel(_MIDDLE)
    points = [
        {"series": name, "x": epoch, "y": value}
        for name, key in named.items()
        for epoch, value in zip(curves.epoch, getattr(curves, key), strict=False)
    ]
    drawn = numbered(named)
    lines(axes, points, drawn)
    axes.set(xlabel="epoch", ylabel=label)
    if curves.epoch:
        axes.set_xlim(min(curves.epoch) - 0.3, max(curves.epoch) + 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if best_epoch is not None:
        axes.axvline(best_epoch, color="#7A7A7A", linestyle=":", linewidth=1.2)
    if len(named) > 1:
        axes.legend(handles=handles(drawn), loc="best")
    return figure
