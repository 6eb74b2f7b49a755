"""Curves of trainings against the epoch, 380 px wide: a phone's width."""

from typing import TYPE_CHECKING

from reports.plots.drawing import handles, lines, numbered, panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bench.record.model_record import TrainingCurves

_SIZE = (4.0, 2.8)


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


def _training(curves: "TrainingCurves", named: dict[str, str], label: str, best_epoch: int | None) -> "Figure":
    from matplotlib.ticker import MaxNLocator

    figure, axes = panel(_SIZE)
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
