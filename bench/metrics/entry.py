"""What a metric's file declares about itself, and the registry of those files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from registry.core import Registry


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One line of mathematics on true positives, false positives and false negatives."""

    title: str
    """Its name in tables and figures."""
    score: Callable[[Any, Any, Any], Any]
    """(tp, fp, fn) -> score: numbers or arrays of one shape in, floats of that shape out, NaN where it is undefined."""
    source: str
    """Where the formula is defined."""
    version: int = 1
    """Raise it when the numbers change."""
    higher_is_better: bool = True
    bounds: tuple[float, float] = (0.0, 1.0)
    """Its least and its greatest value."""
    per_class: bool = True
    """Of each class; else of all together, with tp the pixels labelled correctly and fp = fn the others."""
    overlap: bool = False
    """A per-class score of overlap: smoothed by a metric set's epsilon, and also averaged image by image."""


METRICS: Registry[Metric] = Registry("metric", "bench.metrics.entries", Metric)
