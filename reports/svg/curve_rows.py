"""From the rows of a run to the curves of its panels: values with their intervals, and where levels stand on an axis."""

from math import ceil, isfinite
from typing import TYPE_CHECKING

from reports.plots.curves import SEVERITY, positions
from reports.plots.drawing import limits, looks
from reports.record.measures import MEASURES, Axis, means
from reports.record.metrics import bounds, mean_title
from reports.svg.panels import Line, Panel, XAxis, YAxis
from reports.svg.scales import Scale

if TYPE_CHECKING:
    from bench.record.run_record import MetricRecord, PerturbationRecord
    from reports.record.boards import Board
    from reports.record.rows import ScoreRow
    from reports.record.run import Run

_AXES: tuple[Axis, ...] = ("strength", "rmse", "ssim", "psnr")
_NAMED = 6
"""Levels whose names fit below a panel."""


def panels(
    run: "Run", board: "Board", metric: "MetricRecord", first: Axis = "strength", class_name: str | None = None
) -> list[Panel]:
    """Return a panel for each perturbation of a board: a metric of every model, over `first` and all that is known.

    class_name: of one class; without it the mean over classes.
    """
    ends = {axis: _ends(run, board.dataset, axis) for axis in _AXES if axis != "strength" and run.strengths}
    order = sorted([axis for axis in _AXES if axis == "strength" or axis in ends], key=lambda axis: axis != first)
    return [
        Panel(
            run.title(entry),
            ["clean", *(f"{strength:g}" for strength in entry.by_damage())],
            {axis: _axis(run, board.dataset, entry, axis, ends.get(axis, (0.0, 1.0))) for axis in order},
            [_line(run, board, metric, entry, label, class_name) for label in board.labels],
        )
        for entry in run.perturbations(board.dataset)
    ]


def y_axis(metric: "MetricRecord", shown: list[Panel]) -> YAxis:
    """Return the axis that all panels of a metric share: its bounds, or as far as the values and intervals reach."""
    values = (one for each in shown for line in each.lines for part in (line.values, line.low, line.high) for one in part)
    return YAxis(mean_title(metric), *limits(bounds(metric), values))


def _line(
    run: "Run", board: "Board", metric: "MetricRecord", entry: "PerturbationRecord", label: str, class_name: str | None
) -> Line:
    asked = {"metric_set": board.metric_set.name, "metric": metric.name, "class_name": class_name}
    conditions = [(), *((entry.label, strength) for strength in entry.by_damage())]
    rows: list[ScoreRow | None] = [run.row(board.dataset, label, *one, **asked) for one in conditions]  # type: ignore[arg-type]
    model = next(model for model in board.models if model.label == label)
    return Line(
        label,
        looks(run, board)[label],
        [row.value if row else None for row in rows],
        [row.low if row else None for row in rows],
        [row.high if row else None for row in rows],
        model.saw(entry.names),
    )


def _ends(run: "Run", dataset: str, axis: Axis) -> tuple[float, float]:
    """Return the ends of a measure's axis, the same in all panels, so that they compare; damage grows to the right."""
    known = [mean for entry in run.perturbations(dataset) for mean in means(run, dataset, entry, axis) if mean is not None]
    clean = MEASURES[axis].clean
    known = [one for one in [*known, *([] if clean is None else [clean])] if isfinite(one)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    return (low, high) if MEASURES[axis].rises else (high, low)


def _axis(run: "Run", dataset: str, entry: "PerturbationRecord", axis: Axis, ends: tuple[float, float]) -> XAxis:
    if axis == "strength":
        return _strength_axis(entry)
    across = Scale(*ends, 0.0, 1.0)
    found = [MEASURES[axis].clean, *means(run, dataset, entry, axis)]
    places = [None if one is None or not isfinite(one) else across(one) for one in found]
    return XAxis(MEASURES[axis].label, places, [(across(value), words) for value, words in across.ticks()])


def _strength_axis(entry: "PerturbationRecord") -> XAxis:
    """Return the axis of a perturbation's own strengths; levels that are no quantity have their names."""
    xs = [x for x, _ in positions(entry)]
    ends = (min(xs), max(xs)) if xs[-1] >= xs[0] else (max(xs), min(xs))  # damage grows to the right
    across = Scale(*ends, 0.0, 1.0)
    places, title = [across(x) for x in xs], entry.unit or "strength"
    if entry.identity is not None:
        return XAxis(title, places, [(across(value), words) for value, words in across.ticks()])
    if entry.unit == SEVERITY:
        whole = range(1, ceil(xs[-1]) + 1)
        return XAxis(title, places, [(across(0), "clean"), *((across(i), str(i)) for i in whole if i <= xs[-1])])
    names = ["clean", *(f"{strength:g}" for strength in entry.by_damage())]
    step = -(-len(names) // _NAMED)  # from the strongest level back, so that it keeps its name
    shown = sorted({0, *range(len(names) - 1, step - 1, -step)})
    return XAxis(title, places, [(places[i], names[i]) for i in shown])
