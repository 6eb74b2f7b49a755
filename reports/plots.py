"""What the figures show. The functions return matplotlib figures 300 to 460 px wide: a phone's width."""

from typing import TYPE_CHECKING, Any

from registry.palette import series
from reports.curves import curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reports.record import Curves, Perturbation
    from reports.run import Run

_SMALL, _MIDDLE, _LARGE = (3.2, 2.5), (4.0, 2.8), (4.8, 2.9)
_FOUR = 4
"""Panels beside each other in the figure of all perturbations."""


def dice_by_strength(run: "Run", dataset: str, perturbation: "Perturbation") -> "Figure":
    """Draw one panel: every model's Dice against the strength of one perturbation."""
    figure, axes = _panel(_SMALL)
    _strength_panel(axes, run, dataset, perturbation)
    axes.set_ylabel("Dice")
    return figure


def dice_by_strength_grid(run: "Run", dataset: str) -> "Figure":
    """Draw the panels of all perturbations in one figure with a shared y axis and one legend, for papers."""
    from matplotlib.figure import Figure

    entries = run.record.perturbations
    columns = min(_FOUR, len(entries))
    rows = -(-len(entries) // columns)
    figure = Figure(figsize=(3.1 * columns, 2.5 * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes, entry in zip(grid.flat, entries, strict=False):
        _strength_panel(axes, run, dataset, entry)
        axes.set_title(entry.label.replace("_", " "))
    for axes in grid.flat[len(entries) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("Dice")
    labels = [model.label for model in run.models(dataset)]
    figure.legend(handles=_handles(labels), loc="outside lower center", ncols=min(len(labels), _FOUR))
    return figure


def dice_by_damage(run: "Run", dataset: str, model: str) -> "Figure":
    """Draw all perturbations of one model over the relative axis |s - identity| / |s_n - identity|."""
    figure, axes = _panel(_MIDDLE)
    entries = run.record.perturbations
    points = [
        {"series": entry.label, "x": point.relative, "y": point.dice}
        for entry in entries
        for point in curve(run, dataset, model, entry)
    ]
    _lines(axes, points, [entry.label for entry in entries])
    axes.set(xlabel="relative strength |s − identity| / |sₙ − identity|", ylabel="Dice", ylim=(0, 1.02))
    axes.set_xlim(-0.03, 1.03)
    return figure


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


def _panel(size: tuple[float, float]) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


def _strength_panel(axes: "Axes", run: "Run", dataset: str, perturbation: "Perturbation") -> None:
    labels = [model.label for model in run.models(dataset)]
    curves = {label: curve(run, dataset, label, perturbation) for label in labels}
    points = [{"series": label, "x": point.x, "y": point.dice} for label in labels for point in curves[label]]
    _lines(axes, points, labels)
    axes.set(xlabel=perturbation.unit or "strength", ylabel="", ylim=(0, 1.02))
    axes.locator_params(axis="x", nbins=6)
    level = next(iter(curves.values()), [])
    if perturbation.identity is None:
        axes.set_xticks([point.x for point in level], [point.label for point in level])
    elif level and level[-1].x < level[0].x:
        axes.invert_xaxis()  # damage grows to the right in every panel


def _lines(axes: "Axes", points: list[dict[str, Any]], order: "Sequence[str]") -> None:
    import pandas as pd
    import seaborn as sns

    frame = pd.DataFrame([point for point in points if point["y"] is not None])
    if frame.empty:
        _say_nothing_yet(axes)
        return
    looks = {label: series(index) for index, label in enumerate(order)}
    sns.lineplot(
        frame, x="x", y="y", hue="series", style="series", hue_order=order, style_order=order,
        palette={label: look.colour for label, look in looks.items()},
        dashes={label: look.dashes or "" for label, look in looks.items()},
        markers={label: look.marker for label, look in looks.items()},
        markersize=5, linewidth=1.6, markeredgewidth=0.0,
        estimator=None, errorbar=None, legend=False, ax=axes,
    )  # fmt: skip


def _bars(run: "Run", dataset: str, scores: dict[str, dict[str, str]], label: str) -> "Figure":
    import pandas as pd
    import seaborn as sns

    figure, axes = _panel(_LARGE)
    labels = [model.label for model in run.models(dataset)]
    frame = pd.DataFrame([
        {"group": group, "model": model, "value": value}
        for group, score in scores.items()
        for model in labels
        if (value := run.value(dataset, model, **score)) is not None
    ])  # fmt: skip
    if frame.empty:
        _say_nothing_yet(axes)
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


def _training(curves: "Curves", lines: dict[str, str], label: str, best_epoch: int | None) -> "Figure":
    from matplotlib.ticker import MaxNLocator

    figure, axes = _panel(_MIDDLE)
    points = [
        {"series": name, "x": epoch, "y": value}
        for name, key in lines.items()
        for epoch, value in zip(curves.epoch, getattr(curves, key), strict=False)
    ]
    _lines(axes, points, list(lines))
    axes.set(xlabel="epoch", ylabel=label)
    if curves.epoch:
        axes.set_xlim(min(curves.epoch) - 0.3, max(curves.epoch) + 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if best_epoch is not None:
        axes.axvline(best_epoch, color="#7A7A7A", linestyle=":", linewidth=1.2)
    if len(lines) > 1:
        axes.legend(handles=_handles(list(lines)), loc="best")
    return figure


def _handles(labels: "Sequence[str]") -> list[Any]:
    from matplotlib.lines import Line2D

    looks = [series(index) for index in range(len(labels))]
    return [
        Line2D(
            [],
            [],
            color=look.colour,
            marker=look.marker,
            linestyle=(0, look.dashes) if look.dashes else "-",
            label=label,
        )
        for look, label in zip(looks, labels, strict=True)
    ]


def _say_nothing_yet(axes: "Axes") -> None:
    axes.text(0.5, 0.5, "no score yet", transform=axes.transAxes, ha="center", va="center")
    axes.set_axis_off()
