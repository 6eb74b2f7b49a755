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

    from bench.record.run_record import MetricRecord, PerturbationRecord
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


def _mean_curve(
    run: "Run",
    board: "Board",
    metric: "MetricRecord",
    entries: "Sequence[PerturbationRecord]",
    label: str,
    places: "Sequence[float]",
) -> tuple[float | None, ...]:
    curves = [
        curve(run, board.dataset, label, entry, metric_set=board.metric_set, metric=metric.name) for entry in entries
    ]
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
