"""Bars of the clean scores and curves of trainings, 380 to 460 px wide: a phone's width."""

from typing import TYPE_CHECKING

from registry.palette import series
from reports.drawing import handles, lines, panel, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reports.record import Curves
    from reports.run import Run

_MIDDLE, _LARGE = (4.0, 2.8), (4.8, 2.9)


def class_bars(run: "Run", dataset: str) -> "Figure":
    """Draw the clean Dice of each class, one bar a model."""
    classes = [*run.class_names(dataset, run.headline.name), "mean"]
    return _bars(run, dataset, {name: {"metric": "dice", "class_name": name} for name in classes}, "Dice")


def mean_bars(run: "Run", dataset: str) -> "Figure":
    """Draw the clean means that summarise a model: mIoU, mean Dice and pixel accuracy."""
    scores = {
        "mIoU": {"metric": "iou"},
        "mean Dice": {"metric": "dice"},
        "pixel accuracy": {"metric": "pixel_accuracy", "class_name": "all"},
    }
    return _bars(run, dataset, scores, "score")


def loss_curves(curves: "Curves", best_epoch: int | None) -> "Figure":
    """Draw training and validation loss against the epoch; a dotted line marks the epoch that was kept."""
    return _training(curves, {"training": "train_loss", "validation": "val_loss"}, "loss", best_epoch)


def score_curve(curves: "Curves", best_epoch: int | None) -> "Figure":
    """Draw the validation mIoU against the epoch; a dotted line marks the epoch that was kept."""
    figure = _training(curves, {"validation": "val_iou"}, "validation mIoU", best_epoch)
    figure.axes[0].set_ylim(0, 1.02)
    return figure


def _bars(run: "Run", dataset: str, scores: dict[str, dict[str, str]], label: str) -> "Figure":
    import pandas as pd
    import seaborn as sns

    figure, axes = panel(_LARGE)
    labels = [model.label for model in run.models(dataset)]
    frame = pd.DataFrame([
        {"group": group, "model": model, "value": value}
        for group, score in scores.items()
        for model in labels
        if (value := run.value(dataset, model, **score)) is not None
    ])  # fmt: skip
    if frame.empty:
        say(axes, "no score yet")
        return figure
    colours = [series(index).colour for index in range(len(labels))]
    sns.barplot(
        frame, x="group", y="value", hue="model", order=list(scores), hue_order=labels, palette=colours,
        saturation=1.0, errorbar=None, legend=False, width=0.8, ax=axes,
    )  # fmt: skip
    axes.set(xlabel="", ylabel=label, ylim=(0, 1.08))
    axes.grid(visible=False, axis="x")
    if len(labels) * len(scores) <= 16:  # more numbers than that would run into each other
        for bars in axes.containers:
            axes.bar_label(bars, fmt="%.2f", fontsize=7, padding=1)  # type: ignore[arg-type]
    return figure


def _training(curves: "Curves", named: dict[str, str], label: str, best_epoch: int | None) -> "Figure":
    from matplotlib.ticker import MaxNLocator

    figure, axes = panel(_MIDDLE)
    points = [
        {"series": name, "x": epoch, "y": value}
        for name, key in named.items()
        for epoch, value in zip(curves.epoch, getattr(curves, key), strict=False)
    ]
    lines(axes, points, list(named))
    axes.set(xlabel="epoch", ylabel=label)
    if curves.epoch:
        axes.set_xlim(min(curves.epoch) - 0.3, max(curves.epoch) + 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if best_epoch is not None:
        axes.axvline(best_epoch, color="#7A7A7A", linestyle=":", linewidth=1.2)
    if len(named) > 1:
        axes.legend(handles=handles(list(named)), loc="best")
    return figure
