"""Dice against strength as plain points: what the figures draw and the tables list."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.record import Perturbation
    from reports.run import Run


@dataclass(frozen=True)
class Point:
    """One condition on a curve: `x` on the perturbation's own axis, `relative` damage from 0 to 1."""

    label: str
    x: float
    relative: float
    dice: float | None


def positions(perturbation: "Perturbation") -> list[tuple[float, float]]:
    """Return (x, relative) of the clean level and of each strength from mild to strong.

    x is the strength itself; where no strength leaves a picture as it is (a JPEG quality), x counts the
    levels and clean is level 0. relative is |s - identity| / |s_n - identity| with s_n the strongest.
    """
    strengths = perturbation.by_damage()
    identity = perturbation.identity
    if identity is None:
        return [(float(level), level / max(len(strengths), 1)) for level in range(len(strengths) + 1)]
    reach = max((abs(strength - identity) for strength in strengths), default=0.0) or 1.0
    return [(strength, abs(strength - identity) / reach) for strength in (identity, *strengths)]


def curve(run: "Run", dataset: str, model: str, perturbation: "Perturbation") -> list[Point]:
    """Return a model's points under one perturbation, the clean level first; missing cells have no Dice."""
    strengths = perturbation.by_damage()
    dice = [run.value(dataset, model), *(run.value(dataset, model, perturbation.label, s) for s in strengths)]
    labels = ["clean", *(f"{strength:g}" for strength in strengths)]
    return [
        Point(label, x, relative, value)
        for label, (x, relative), value in zip(labels, positions(perturbation), dice, strict=True)
    ]
