"""The panels of a board: from the rows of a run to what `curves.panel` draws."""

from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING

from reports.plots.curves import SEVERITY, curve, positions
from reports.plots.drawing import looks
from reports.record.measures import MEASURES, Axis, means
from reports.record.metrics import bounds
from reports.svg.curves import LARGE, Heights, Over, ScoreLine, panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from bench.record.model_record import ModelRecord
    from bench.record.run_record import MetricRecord, MetricSetRecord, PerturbationRecord
    from reports.record.boards import Board
    from reports.record.run import Run

STEPS = 11
"""Places of the figure over all perturbations: relative strength 0, 0.1 … 1."""


def sweep_panel(
    run: "Run", board: "Board", metric: "MetricRecord", entry: "PerturbationRecord", x: Axis, alt: str
) -> "Markup":
    """Return the panel of one perturbation: each model of the board against its strength, or what that measured."""
    lines = [sweep_line(run, board, metric, entry, label) for label in board.labels]
    return panel(overs(run, board.dataset, entry), lines, heights(run, board, metric), alt, x)


def sweep_line(
    run: "Run", board: "Board", metric: "MetricRecord", entry: "PerturbationRecord", label: str
) -> ScoreLine:
    """Return one model's line under a perturbation."""
    points = curve(run, board.dataset, label, entry, metric_set=board.metric_set, metric=metric.name)
    seen = next(model for model in board.models if model.label == label).saw(entry.names)
    values, lows, highs = (tuple(getattr(point, name) for point in points) for name in ("value", "low", "high"))
    return ScoreLine(label, looks(run, board)[label].number, values, lows, highs, seen)


def overs(run: "Run", dataset: str, entry: "PerturbationRecord") -> dict[str, Over]:
    """Return the axes that a perturbation can be looked at over: its strength, and what was measured."""
    found = {"strength": _over_strength(entry)}
    for name, measure in MEASURES.items():
        measured = means(run, dataset, entry, name)
        if any(one is not None for one in measured):
            found[name] = Over(measure.label, (measure.clean, *measured), falls=not measure.rises)
    return found


def _over_strength(entry: "PerturbationRecord") -> Over:
    """Return the axis of strengths: numbers where the clean image is one of them, else the names of levels."""
    places = tuple(x for x, _ in positions(entry))
    unit = entry.unit or "strength"
    if entry.identity is not None:
        return Over(unit, places, falls=places[-1] < places[0])
    names = ("clean", *(f"{strength:g}" for strength in entry.by_damage()))
    return Over("severity" if entry.unit == SEVERITY else unit, places, names)


def heights(run: "Run", board: "Board", metric: "MetricRecord") -> dict[str, Heights]:
    """Return the y axes that all panels of a board share: the score, and the score over that of the clean images."""
    asked = {"metric_set": board.metric_set.name, "metric": metric.name}
    conditions = [(e.label, s) for e in run.perturbations(board.dataset) for s in e.strengths]
    absolute: list[float] = []
    relative: list[float] = []
    for label in board.labels:
        clean = run.value(board.dataset, label, **asked)
        found = [run.value(board.dataset, label, *one, **asked) for one in conditions]
        known = [value for value in (clean, *found) if value is not None]
        absolute += known
        relative += [value / clean for value in known] if clean else []
    whole = [bound for bound in bounds(metric) if isfinite(bound)]
    return {"absolute": Heights.around([*absolute, *whole]), "relative": Heights.around([1.0, *relative])}


def mean_panel(run: "Run", board: "Board", metric: "MetricRecord", alt: str) -> "Markup":
    """Return the figure over all perturbations: the mean of their curves against the relative strength.

    Between two levels a curve is straight. A model that lacks a condition has no line: its mean would be of others.
    """
    entries, places = run.perturbations(board.dataset), tuple(i / (STEPS - 1) for i in range(STEPS))
    lines = [
        ScoreLine(label, look.number, _mean_curve(run, board, metric, entries, label, places))
        for label, look in looks(run, board).items()
    ]
    over = {"strength": Over("relative strength: 0 clean, 1 the strongest of each perturbation", places)}
    return panel(over, lines, heights(run, board, metric), alt, size=LARGE)


def class_panels(run: "Run", board: "Board", metric: "MetricRecord", classes: "Sequence[str]") -> "dict[str, Markup]":
    """Return the figure over all perturbations of each class: as `mean_panel`, of one class alone."""
    entries, places = run.perturbations(board.dataset), tuple(i / (STEPS - 1) for i in range(STEPS))
    lines = {
        name: [
            ScoreLine(label, look.number, _mean_curve(run, board, metric, entries, label, places, name))
            for label, look in looks(run, board).items()
        ]
        for name in classes
    }
    over, y = (
        {"strength": Over("relative strength", places)},
        _around(metric, [one for own in lines.values() for one in own]),
    )
    alts = {
        name: f"Line chart of the {metric.title} of {name} on {board.dataset}, mean over perturbations."
        for name in classes
    }
    return {name: panel(over, own, y, alts[name]) for name, own in lines.items()}


def _around(metric: "MetricRecord", lines: "Sequence[ScoreLine]") -> dict[str, Heights]:
    """Return the y axes of these lines: the score, and the score over the first one of each line."""
    known = [[value for value in line.values if value is not None] for line in lines]
    relative = [
        value / line.values[0] for line, own in zip(lines, known, strict=True) if line.values[0] for value in own
    ]
    whole = [bound for bound in bounds(metric) if isfinite(bound)]
    absolute = [value for own in known for value in own]
    return {"absolute": Heights.around([*absolute, *whole]), "relative": Heights.around([1.0, *relative])}


def overlay_panel(
    run: "Run",
    dataset: str,
    model: "ModelRecord",
    entries: "Sequence[PerturbationRecord]",
    metric: "MetricRecord",
    metric_set: "MetricSetRecord",
    axis: Axis,
    alt: str,
) -> "Markup":
    """Return all perturbations of one model over one axis: the relative strength, or what was measured.

    Every perturbation has places of its own, one behind the other, so that a line goes from level to level.
    """
    asked = {"metric_set": metric_set, "metric": metric.name}
    curves = [curve(run, dataset, model.label, entry, axis, **asked) for entry in entries]  # type: ignore[arg-type]
    places = [point.relative if axis == "strength" else point.x for points in curves for point in points]
    lines, before = [], 0
    for number, (entry, points) in enumerate(zip(entries, curves, strict=True)):
        values = [*[None] * before, *(point.value for point in points)]
        lines.append(
            ScoreLine(
                entry.label, number, (*values, *[None] * (len(places) - len(values))), seen=model.saw(entry.names)
            )
        )
        before += len(points)
    measure = MEASURES.get(axis)
    over = Over(
        measure.label if measure else "relative strength", tuple(places), falls=bool(measure and not measure.rises)
    )
    return panel({"strength": over}, lines, {"absolute": _around(metric, lines)["absolute"]}, alt)


def _mean_curve(
    run: "Run",
    board: "Board",
    metric: "MetricRecord",
    entries: "Sequence[PerturbationRecord]",
    label: str,
    places: "Sequence[float]",
    class_name: str | None = None,
) -> tuple[float | None, ...]:
    asked = {"metric_set": board.metric_set, "metric": metric.name, "class_name": class_name}
    curves = [curve(run, board.dataset, label, entry, **asked) for entry in entries]  # type: ignore[arg-type]
    known = [[(one.relative, one.value) for one in points if one.value is not None] for points in curves]
    if not curves or any(len(some) < len(points) for some, points in zip(known, curves, strict=True)):
        return (None,) * len(places)
    return tuple(sum(_between(one, x) for one in known) / len(known) for x in places)


def _between(points: "Sequence[tuple[float, float]]", x: float) -> float:
    """Return the height of a curve at x, straight between its points.

    >>> _between([(0.0, 1.0), (0.5, 0.8), (1.0, 0.0)], 0.75)
    0.4
    """
    ordered = sorted(points)
    for (left, low), (right, high) in pairwise(ordered):
        if left <= x <= right and right > left:
            return low + (high - low) * (x - left) / (right - left)
    return ordered[-1][1] if x >= ordered[-1][0] else ordered[0][1]
