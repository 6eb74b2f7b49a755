"""Scores of cells under resamples of the images: what differences and gates are made of."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

from bench.compare.asked import Asked
from bench.metrics import MetricSet
from bench.metrics.counts import BORDERS, Counts
from bench.metrics.further import further_quantities
from bench.metrics.quantities import Quantity, quantities, share
from bench.record.cell_file import StoredCell
from bench.statistics.board import CLEAN, BoardCondition
from bench.statistics.resampling import Resampling, resampling_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.statistics.intervals import Floats

_OF_ALL = ("mean", "all")
"""The classes of the row that stands for a metric: its mean over classes, or the score of all pixels together."""


class Estimated(NamedTuple):
    """A value with its 95 % interval; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


class CountedCell(NamedTuple):
    """What a cell holds of some images: counts, and what further metrics measured, float64 [N, K] by column."""

    counts: Counts
    terms: "Mapping[str, Floats]"

    @classmethod
    def of(cls, cell: StoredCell, places: "NDArray[np.int64] | None" = None) -> Self:
        """Return that of a cell; places: of those images, in this order; None: of all."""
        if places is None:
            return cls(cell.counts, cell.terms)
        counts = Counts(cell.counts.classes, cell.counts.foreground[places], cell.counts.values[places])
        return cls(counts, {name: terms[places] for name, terms in cell.terms.items()})


def drawn(counted: CountedCell, metric_set: MetricSet, classes: Sequence[str], asked: Asked) -> "Floats":
    """Return a score's draw, float64 [1 + resamples]: its value, then its value under each resample of the images."""
    quantity = _quantity(counted, metric_set, classes, asked)
    return resampling_for(len(counted.counts), asked).draws([quantity])[:, 0]


def resampling_for(images: int, asked: Asked) -> Resampling:
    """Return the resamples of so many images."""
    return resampling_of(images, asked.resamples, "percentile")


def _quantity(counted: CountedCell, metric_set: MetricSet, classes: Sequence[str], asked: Asked) -> Quantity:
    if further := asked.facts.further:
        rows = further_quantities(*counted, further, metric_set, classes)
    else:
        rows = quantities(counted.counts, metric_set, classes)
    found = next(one for one in rows if one.metric == asked.metric and one.class_name in _OF_ALL)
    share([found.sums] if found.sums else [])  # else the sums of all other scores are computed with it
    return found


def estimate(draw: "Floats | None", resampling: Resampling) -> Estimated:
    """Return a draw's value and interval; None: there is no draw."""
    if draw is None:
        return Estimated(None, None, None)
    bounds = resampling.bounds(draw[:, None])
    return Estimated(*(float(one) if one == one else None for one in (draw[0], bounds.low[0], bounds.high[0])))


def mean_of(draws: "Mapping[BoardCondition, Floats]") -> "Floats | None":
    """Return the mean over perturbations of the mean over their strengths; the clean images are no part of it."""
    labels = dict.fromkeys(label for label, _ in draws if (label, 0.0) != CLEAN)
    means = [one for label in labels if (one := mean_under(draws, label)) is not None]
    return sum(means) / len(means) if means else None  # type: ignore[return-value]


def mean_under(draws: "Mapping[BoardCondition, Floats]", label: str) -> "Floats | None":
    """Return the mean over the strengths of one perturbation; of "clean" the score itself."""
    found = [draw for (name, _), draw in draws.items() if name == label]
    return sum(found) / len(found) if found else None  # type: ignore[return-value]


def ground_truth(counts: Counts) -> "NDArray[np.int64]":
    """Return how many pixels of each class an image has in its ground truth, int64 [N, K]: two images that are the
    same have the same."""
    if counts.values.ndim == 3:
        return counts.values.sum(2)  # type: ignore[no-any-return]
    ignored = counts.values[:, BORDERS.index("ignore")]
    return ignored[:, 0] + ignored[:, 2]  # true positives and false negatives
