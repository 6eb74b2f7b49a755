"""A score against strength as plain points: what the figures draw."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.record.measures import MEASURES, Axis, means
from reports.record.run import CLEAN

if TYPE_CHECKING:
    from bench.record.run_record import MetricSetRecord, PerturbationRecord
    from reports.record.run import Run

SEVERITY = "severity"
"""The unit of published severities: level 0 is the clean image, and what lies between two levels has a place."""


@dataclass(frozen=True)
class CurvePoint:
    """One condition on a curve: `x` on the asked axis (None: no place there), `relative` damage from 0 to 1.

    `low` to `high` is the interval of `value`, None where there is none.
    """

    label: str
    x: float | None
    relative: float
    value: float | None
    low: float | None = None
    high: float | None = None


def positions(perturbation: "PerturbationRecord") -> list[tuple[float, float]]:
    """Return (x, relative) of the clean level and of each strength from mild to strong.

    x is the strength itself, the clean image at the identity or at severity 0; where no number is the clean
    image's (a JPEG quality), x counts the levels from 0. relative is |s - identity| / |s_n - identity| with
    s_n the strongest, or x / x_n.
    """
    strengths = perturbation.by_damage()
    identity = perturbation.identity
    if identity is None and perturbation.unit == SEVERITY:
        identity = 0.0
    if identity is None:
        return [(float(level), level / max(len(strengths), 1)) for level in range(len(strengths) + 1)]
    reach = max((abs(strength - identity) for strength in strengths), default=0.0) or 1.0
    return [(strength, abs(strength - identity) / reach) for strength in (identity, *strengths)]


def curve(
    run: "Run",
    dataset: str,
    model: str,
    perturbation: "PerturbationRecord",
    axis: Axis = "strength",
    *,
    metric_set: "MetricSetRecord",
    metric: str,
    class_name: str | None = None,
) -> list[CurvePoint]:
    """Return a model's points under one perturbation, the clean level first; missing cells have no value.

    class_name: of one class; without it the summary over classes.
    """
    strengths = perturbation.by_damage()
    conditions = [(CLEAN, 0.0), *((perturbation.label, strength) for strength in strengths)]
    rows = [
        run.row(dataset, model, *one, metric_set=metric_set.name, metric=metric, class_name=class_name)
        for one in conditions
    ]
    labels = ["clean", *(f"{strength:g}" for strength in strengths)]
    places = positions(perturbation)
    xs: list[float | None] = [x for x, _ in places]
    if axis != "strength":
        xs = [MEASURES[axis].clean, *means(run, dataset, perturbation, axis)]
    return [
        CurvePoint(label, x, relative, *((row.value, row.low, row.high) if row else (None, None, None)))
        for label, x, (_, relative), row in zip(labels, xs, places, rows, strict=True)
    ]
