"""What the file of a further metric declares, and the registry of those files: a suite asks for each by its name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from registry.core import Registry
from registry.parameters import Parameters

if TYPE_CHECKING:
    from bench.metrics.counts import Counts
    from bench.metrics.quantities import Quantity
    from bench.metrics.scores import Floats
    from bench.metrics.sets import MetricSet
    from bench.metrics.views import SeenImage

Reads = Literal["counts", "masks", "probabilities"]
"""What a metric is computed from: the counts that every cell has, both masks, or the model's class probabilities."""


@dataclass(frozen=True)
class Given:
    """One score that an entry gives: its name in `summary.csv`, and what a report must know of it."""

    name: str
    title: str
    higher_is_better: bool = True
    bounds: tuple[float, float] = (0.0, 1.0)
    per_class: bool = True
    """Of each class and their mean; else of all pixels together."""


UNBOUNDED = (0.0, inf)
"""Bounds of a distance or a number of images."""


class CellTerms(NamedTuple):
    """What an entry makes scores of: one cell as one metric set sees it.

    terms: float64 [N, K], what `measure` gave for each image; None where it could not be measured, or is not.
    names: of the scored classes, in the order of `SeenImage.labels`. counts: of the cell.
    """

    terms: "Floats | None"
    names: Sequence[str]
    metric_set: "MetricSet"
    parameters: Any
    counts: "Counts"


@dataclass(frozen=True, kw_only=True)
class ImageMetric:
    """A metric that a suite asks for. What it needs of an image is measured once and stored with the counts.

    terms: (number of scored classes) -> K, how many numbers `measure` gives for an image; None: it reads counts.
    measure: (image, parameters) -> float64 [K]. Numbers that are summed over images are 0 where a class is absent.
    scores: (cell) -> its scores, with all names of `gives`, in a fixed order.
    """

    title: str
    source: str
    """Where the formulas are defined."""
    reads: Reads
    gives: tuple[Given, ...]
    scores: "Callable[[CellTerms], list[Quantity]]"
    terms: Callable[[int], int] | None = None
    measure: "Callable[[SeenImage, Any], Floats] | None" = None
    parameters: type[Parameters] = Parameters
    version: int = 1
    """Raise it when the numbers change."""


IMAGE_METRICS: Registry[ImageMetric] = Registry("further metric", "bench.metrics.image_entries", ImageMetric)
