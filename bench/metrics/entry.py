"""What a metric's file declares about itself, and the registry of those files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from registry.core import Registry


@dataclass(frozen=True)
class Metric:
    """One line of mathematics on true positives, false positives and false negatives.

    `score(tp, fp, fn)` takes numbers or arrays of one shape and returns floats of that shape, NaN where
    the ratio is 0/0. With `per_class` it is computed for each class; without, once over all classes, with
    tp the pixels labelled rightly and fp = fn those labelled wrongly. `bounds` are its least and greatest
    value.
    """

    version: int
    title: str
    higher_is_better: bool
    bounds: tuple[float, float]
    source: str
    per_class: bool
    score: Callable[[Any, Any, Any], Any]


METRICS: Registry[Metric] = Registry("metric", "bench.metrics.entries", Metric)
