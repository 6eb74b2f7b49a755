"""Figures of sweeps: a score against strength, a panel a perturbation or all of one model together."""

from math import ceil
from textwrap import fill
from typing import TYPE_CHECKING, Any

from reports.plots.curves import SEVERITY, curve
from reports.plots.drawing import handles, limits, lines, looks, numbered, panel
from reports.record.measures import MEASURES, Axis
from reports.record.metrics import bounds, mean_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bench.record.model_record import ModelRecord
    from bench.record.run_record import MetricRecord, MetricSetRecord, PerturbationRecord
    from registry.palette import Series
    from reports.plots.curves import CurvePoint
    from reports.record.boards import Board
    from reports.record.run import Run

_SMALL, _MIDDLE = (3.2, 2.5), (4.0, 2.8)
_FEW = 8
"""Models whose curves can be distinguished in a small panel."""
_FOUR = 4
"""Panels beside each other in the figure of all perturbations."""
_TICKS = 7
"""Named levels that fit below a small panel."""
_LETTERS = 30
"""Of a metric's title in one line beside a panel."""
_RELATIVE = "relative strength |s − identity| / |sₙ − identity|"


def score_by_strength(
    run: "Run", board: "Board", metric: "MetricRecord", perturbation: "PerturbationRecord", axis: Axis = "strength"
) -> "Figure":
    """Draw one panel: a metric of a board's models against the strength of a perturbation, or what it measured."""
    figure, axes = panel(_SMALL if len(board.models) <= _FEW else _MIDDLE)
    _strength_panel(axes, run, board, metric, perturbation, axis)
    axes.set(ylabel=fill(mean_title(metric), _LETTERS), ylim=_heights(run, board, metric))
    return figure


def score_by_strength_grid(run: "Run", board: "Board", metric: "MetricRecord", axis: Axis = "strength") -> "Figure":
    """Draw the panels of all perturbations in one figure with a shared y axis and one legend, for papers."""
    from matplotlib.figure import Figure

    entries, legend = run.perturbations(board.dataset), handles(looks(run, board))
    columns = min(_FOUR, len(entries))
    rows = -(-len(entries) // columns)
    legend_rows = -(-len(legend) // _FOUR)
    figure = Figure(figsize=(3.1 * columns, 2.5 * rows + 0.3 + 0.2 * legend_rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes, entry in zip(grid.flat, entries, strict=False):
        _strength_panel(axes, run, board, metric, entry, axis)
        axes.set_title(fill(run.title(entry), _LETTERS))
    for axes in grid.flat[len(entries) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set(ylabel=fill(mean_title(metric), _LETTERS), ylim=_heights(run, board, metric))
    figure.legend(handles=legend, loc="outside lower center", ncols=min(len(legend), _FOUR))
    return figure


def dice_by_damage(
    run: "Run",
    dataset: str,
    model: "ModelRecord",
    entries: "Sequence[PerturbationRecord]",
    axis: Axis = "strength",
    *,
    metric_set: "MetricSetRecord",
) -> "Figure":
    """Draw perturbations of one model over one axis: |s - identity| / |s_n - identity|, or what was measured."""
    figure, axes = panel(_MIDDLE)
    curves = {
        entry.label: curve(run, dataset, model.label, entry, axis, metric_set=metric_set, metric="dice")
        for entry in entries
    }
    points = [
        {"series": label, "x": point.relative if axis == "strength" else point.x, "y": point.value}
        for label, line in curves.items()
        for point in line
    ]
    seen = {entry.label for entry in entries if model.saw(entry.names)}
    _draw(axes, points, numbered(entry.label for entry in entries), seen, axis)
    dice = run.metric("dice")
    heights = _with_room(limits(bounds(dice), (point.value for line in curves.values() for point in line)))
    axes.set(xlabel=_RELATIVE if axis == "strength" else MEASURES[axis].label, ylabel=dice.title, ylim=heights)
    if axis == "strength":
        axes.set_xlim(-0.03, 1.03)
    return figure


def _strength_panel(
    axes: "Axes", run: "Run", board: "Board", metric: "MetricRecord", perturbation: "PerturbationRecord", axis: Axis
) -> None:
    curves = {
        label: curve(run, board.dataset, label, perturbation, axis, metric_set=board.metric_set, metric=metric.name)
        for label in board.labels
    }
    points = [{"series": label, "x": point.x, "y": point.value} for label, line in curves.items() for point in line]
    seen = {model.label for model in board.models if model.saw(perturbation.names)}
    _draw(axes, points, looks(run, board), seen, axis)
    unit = perturbation.unit or "strength"
    axes.set(xlabel=unit if axis == "strength" else MEASURES[axis].label, ylabel="")
    axes.locator_params(axis="x", nbins=6)
    if axis == "strength":
        _strength_axis(axes, perturbation, next(iter(curves.values()), []))


def _heights(run: "Run", board: "Board", metric: "MetricRecord") -> tuple[float, float]:
    """Return the ends of the y axis that all panels of a metric share."""
    asked = {"metric_set": board.metric_set.name, "metric": metric.name}
    conditions = [(), *((e.label, s) for e in run.perturbations(board.dataset) for s in e.strengths)]
    values = (run.value(board.dataset, label, *one, **asked) for label in board.labels for one in conditions)
    return _with_room(limits(bounds(metric), values))


def _with_room(ends: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of an axis with room for a line along the upper one."""
    low, high = ends
    return low, high + 0.02 * (high - low)


def _draw(axes: "Axes", points: list[dict[str, Any]], look: "dict[str, Series]", seen: set[str], axis: Axis) -> None:
    """Draw lines over `axis`; over a measure they go from level to level, and damage grows to the right."""
    if axis == "strength":
        lines(axes, points, look, marked=seen)
        return
    lines(axes, points, look, marked=seen, sort=False, empty="nothing measured yet")
    if not MEASURES[axis].rises:
        axes.invert_xaxis()


def _strength_axis(axes: "Axes", perturbation: "PerturbationRecord", levels: "list[CurvePoint]") -> None:
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
