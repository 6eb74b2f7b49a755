"""Figures of sweeps: Dice against strength, a panel a perturbation or all of one model together."""

from math import ceil
from typing import TYPE_CHECKING, Any

from reports.curves import SEVERITY, curve
from reports.drawing import handles, lines, panel
from reports.measures import MEASURES, Axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reports.curves import Point
    from reports.record import Perturbation
    from reports.run import Run

_SMALL, _MIDDLE = (3.2, 2.5), (4.0, 2.8)
_FOUR = 4
"""Panels beside each other in the figure of all perturbations."""
_TICKS = 7
"""Named levels that fit below a small panel."""
_RELATIVE = "relative strength |s − identity| / |sₙ − identity|"


def dice_by_strength(run: "Run", dataset: str, perturbation: "Perturbation", axis: Axis = "strength") -> "Figure":
    """Draw one panel: every model's Dice against the strength of one perturbation, or what was measured of it."""
    figure, axes = panel(_SMALL)
    _strength_panel(axes, run, dataset, perturbation, axis)
    axes.set_ylabel("Dice")
    return figure


def dice_by_strength_grid(run: "Run", dataset: str, axis: Axis = "strength") -> "Figure":
    """Draw the panels of all perturbations in one figure with a shared y axis and one legend, for papers."""
    from matplotlib.figure import Figure

    entries = run.record.perturbations
    columns = min(_FOUR, len(entries))
    rows = -(-len(entries) // columns)
    figure = Figure(figsize=(3.1 * columns, 2.5 * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes, entry in zip(grid.flat, entries, strict=False):
        _strength_panel(axes, run, dataset, entry, axis)
        axes.set_title(entry.label.replace("_", " "))
    for axes in grid.flat[len(entries) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("Dice")
    labels = [model.label for model in run.models(dataset)]
    figure.legend(handles=handles(labels), loc="outside lower center", ncols=min(len(labels), _FOUR))
    return figure


def dice_by_damage(
    run: "Run", dataset: str, model: str, entries: "Sequence[Perturbation]", axis: Axis = "strength"
) -> "Figure":
    """Draw perturbations of one model over one axis: |s - identity| / |s_n - identity|, or what was measured."""
    figure, axes = panel(_MIDDLE)
    points = [
        {"series": entry.label, "x": point.relative if axis == "strength" else point.x, "y": point.dice}
        for entry in entries
        for point in curve(run, dataset, model, entry, axis)
    ]
    _draw(axes, points, [entry.label for entry in entries], axis)
    axes.set(xlabel=_RELATIVE if axis == "strength" else MEASURES[axis].label, ylabel="Dice", ylim=(0, 1.02))
    if axis == "strength":
        axes.set_xlim(-0.03, 1.03)
    return figure


def _strength_panel(axes: "Axes", run: "Run", dataset: str, perturbation: "Perturbation", axis: Axis) -> None:
    labels = [model.label for model in run.models(dataset)]
    curves = {label: curve(run, dataset, label, perturbation, axis) for label in labels}
    points = [{"series": label, "x": point.x, "y": point.dice} for label in labels for point in curves[label]]
    _draw(axes, points, labels, axis)
    unit = perturbation.unit or "strength"
    axes.set(xlabel=unit if axis == "strength" else MEASURES[axis].label, ylabel="", ylim=(0, 1.02))
    axes.locator_params(axis="x", nbins=6)
    if axis == "strength":
        _strength_axis(axes, perturbation, next(iter(curves.values()), []))


def _draw(axes: "Axes", points: list[dict[str, Any]], order: "Sequence[str]", axis: Axis) -> None:
    """Draw lines over `axis`; over a measure they go from level to level, and damage grows to the right."""
    if axis == "strength":
        lines(axes, points, order)
        return
    lines(axes, points, order, sort=False, empty="nothing measured yet")
    if not MEASURES[axis].rises:
        axes.invert_xaxis()


def _strength_axis(axes: "Axes", perturbation: "Perturbation", levels: "list[Point]") -> None:
    """Name the levels that are no quantity, and let damage grow to the right in every panel."""
    xs = [point.x or 0.0 for point in levels]
    if not levels:
        return
    if perturbation.identity is None and perturbation.unit == SEVERITY:
        whole = range(1, ceil(xs[-1]) + 1)
        axes.set_xticks([0, *whole], ["clean", *map(str, whole)])
    elif perturbation.identity is None:
        # From the strongest level back, so that it keeps its name where not all names fit.
        step = -(-len(levels) // _TICKS)
        shown = sorted({0, *range(len(levels) - 1, step - 1, -step)})
        axes.set_xticks([xs[i] for i in shown], [levels[i].label for i in shown])
    elif xs[-1] < xs[0]:
        axes.invert_xaxis()
