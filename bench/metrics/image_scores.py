"""From what was measured of each image to scores that can be resampled: sums, means over images, medians."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.quantities import Quantity, Sums, mean_over_images
from bench.metrics.ratio import ratio
from bench.metrics.scores import Score, mean_of_defined

if TYPE_CHECKING:
    from bench.metrics.image_entry import CellTerms
    from bench.metrics.scores import Floats

    Resampled = Callable[[Floats], Floats]
    """Sums of terms [..., K] to scores [...]."""


def of_classes(name: str, cell: "CellTerms", terms: "Floats", score: "Resampled") -> list[Quantity]:
    """Return a metric's score of each class and their mean.

    terms: float64 [N, C, K] of N images, 0 where a class is absent. score: sums [..., K] to scores [...], NaN where
    undefined. With reduction "dataset" it takes the sums over all images, else it is the mean of the images' own.
    """
    sums, scores, images = _scores(cell, terms, score)
    values, n = scores(sums.of(np.ones((1, len(terms)))))[0], np.isfinite(images).sum(0)
    rows = [
        Quantity.of_sums(Score(name, one, int(n[i]), float(values[i])), sums, _column(scores, i))
        for i, one in enumerate(cell.names)
    ]
    behind = int(np.isfinite(images).any(1).sum())
    mean = Score(name, "mean", behind, float(mean_of_defined(values, axis=0)))
    return [*rows, Quantity.of_sums(mean, sums, lambda found: mean_of_defined(scores(found), axis=1))]


def class_scores(name: str, columns: int, score: "Resampled") -> "Callable[[CellTerms], list[Quantity]]":
    """Return what makes a metric's scores of a cell with `columns` terms a class.

    Its scores are those of each class, their mean, and the mean over images; score: as `of_classes`.
    """

    def scores(cell: "CellTerms") -> list[Quantity]:
        assert cell.terms is not None
        terms = cell.terms.reshape(len(cell.terms), len(cell.names), columns)
        return [*of_classes(name, cell, terms, score), per_image(name, terms, score)]

    return scores


def share(sums: "Floats") -> "Floats":
    """Return the first of two sums [..., 2] over the second one, NaN where that is 0."""
    found: Floats = ratio(sums[..., 0], sums[..., 1])
    return found


def of_all(name: str, cell: "CellTerms", terms: "Floats", score: "Resampled") -> Quantity:
    """Return the score of all pixels together; terms: float64 [N, K]; score: as `of_classes`."""
    sums, scores, images = _scores(cell, terms[:, None], score)
    value = scores(sums.of(np.ones((1, len(terms)))))[0, 0]
    row = Score(name, "all", int(np.isfinite(images).sum()), float(value))
    return Quantity.of_sums(row, sums, _column(scores, 0))


def per_image(name: str, terms: "Floats", score: "Resampled") -> Quantity:
    """Return the mean over images of each image's mean over its classes; see `of_classes`."""
    own = mean_of_defined(score(terms), axis=1)
    sums, means = mean_over_images(own[:, None])
    row = Score(f"{name}_per_image", "mean", int(np.isfinite(own).sum()), float(mean_of_defined(own, axis=0)))
    return Quantity.of_sums(row, sums, _column(means, 0))


def medians(name: str, names: Sequence[str], values: "Floats") -> list[Quantity]:
    """Return the median over images of each class, and the mean of these medians.

    values: float64 [N, C], NaN where an image has none, inf where it is infinite.
    """
    columns = [_median(values[:, i]) for i in range(len(names))]

    def mean(weights: "Floats") -> "Floats":
        found: Floats = np.stack([one(weights) for one in columns], axis=1)
        defined = ~np.isnan(found)
        number = defined.sum(1)
        total = np.where(defined, found, 0).sum(1)
        means: Floats = np.divide(total, number, out=np.full(len(found), np.nan), where=number > 0)
        return means

    there, once = ~np.isnan(values), np.ones((1, len(values)))
    rows = [
        Quantity(name, one, int(there[:, i].sum()), float(columns[i](once)[0]), columns[i])
        for i, one in enumerate(names)
    ]
    return [*rows, Quantity(name, "mean", int(there.any(1).sum()), float(mean(once)[0]), mean)]


def undefined(name: str, class_names: Sequence[str]) -> list[Quantity]:
    """Return a metric's scores where a model does not give what it reads: no number, of no image."""
    nothing = float("nan")
    return [Quantity(name, one, 0, nothing, lambda weights: np.full(len(weights), nothing)) for one in class_names]


def _scores(cell: "CellTerms", terms: "Floats", score: "Resampled") -> "tuple[Sums, Resampled, Floats]":
    """Return sums over images, what makes scores [B, C] of them, and the images' own scores [N, C]."""
    images, shape = score(terms), terms.shape[1:]
    if cell.metric_set.reduction == "per_image":
        return *mean_over_images(images), images
    sums = Sums(terms.reshape(len(terms), -1))
    return sums, lambda found: score(found.reshape(len(found), *shape)), images


def _column(scores: "Resampled", column: int) -> "Resampled":
    return lambda sums: scores(sums)[:, column]


def _median(values: "Floats") -> "Resampled":
    """Return the weighted median: that of a list in which each image stands as often as its weight says."""
    there = np.flatnonzero(~np.isnan(values))
    order = there[np.argsort(values[there], kind="stable")]
    ranked = values[order]

    def resampled(weights: "Floats") -> "Floats":
        if not len(order):
            return np.full(len(weights), np.nan)
        upto = np.cumsum(weights[:, order], axis=1)
        number = upto[:, -1]
        found = np.full(len(weights), np.nan)
        for i in np.flatnonzero(number > 0):
            # The two middle places of an even number of images, counted from 1; of an odd one they are the same.
            low, high = np.searchsorted(upto[i], (np.ceil(number[i] / 2), np.floor(number[i] / 2) + 1))
            found[i] = ranked[low] if low == high else (ranked[low] + ranked[high]) / 2
        return found

    return resampled
