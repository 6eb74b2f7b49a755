"""HD95: the larger of the two directed 95th percentiles of the distance between outlines."""

from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.image_entry import UNBOUNDED, CellTerms, Given, ImageMetric
from bench.metrics.image_scores import medians
from bench.metrics.quantities import Quantity, Sums
from bench.metrics.scores import Score

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.metrics.outlines import Outline
    from bench.metrics.scores import Floats
    from bench.metrics.views import SeenImage
    from registry.parameters import Parameters

_SHARE = 0.95


def directed(outline: "Outline") -> float:
    """Return the distance within which 95 % of an outline's length lie from the other; inf where one is missing."""
    if not len(outline.lengths):
        return np.inf
    order = np.argsort(outline.distances, kind="stable")
    share = np.cumsum(outline.lengths[order]) / outline.lengths.sum()
    place = min(int(np.searchsorted(share, _SHARE)), len(order) - 1)
    return float(outline.distances[order[place]])


def measure(image: "SeenImage", parameters: "Parameters") -> "Floats":
    """Return the HD95 of each class in pixels: inf where one mask is empty, NaN where both are."""
    found = np.full(len(image.labels), np.nan)
    for place, label in enumerate(image.labels):
        if label in image.present:
            found[place] = max(directed(one) for one in image.outlines(label))
    return found


def scores(cell: CellTerms) -> list[Quantity]:
    """Return the median over images of each class, their mean, and the number of images where it is infinite."""
    assert cell.terms is not None
    terms, there = cell.terms, ~np.isnan(cell.terms)
    infinite = Sums(np.isinf(terms))
    rows = [
        Quantity.of_sums(Score("hd95_infinite", one, int(there[:, i].sum()), float(np.isinf(terms[:, i]).sum())),
                         infinite, _column(i))
        for i, one in enumerate(cell.names)
    ]  # fmt: skip
    both = Score("hd95_infinite", "all", int(there.any(1).sum()), float(np.isinf(terms).sum()))
    return [*medians("hd95", cell.names, terms), *rows, Quantity.of_sums(both, infinite, lambda sums: sums.sum(1))]


def _column(place: int) -> "Callable[[Floats], Floats]":
    return lambda sums: sums[:, place]


ENTRY = ImageMetric(
    title="HD95 (larger directed percentile, weighted by length)",
    source="compute_robust_hausdorff of Google DeepMind's surface-distance (Nikolov et al. 2021)",
    reads="masks",
    gives=(
        Given("hd95", "HD95 (pixels)", higher_is_better=False, bounds=UNBOUNDED),
        Given(
            "hd95_infinite", "HD95: masks without a partner", higher_is_better=False, bounds=UNBOUNDED, per_class=False
        ),
    ),
    terms=lambda classes: classes,
    measure=measure,
    scores=scores,
)
