"""Slices: groups of images that have an attribute in common, and the scores of each with intervals."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from bench.data.attributes import is_numeric, number
from bench.metrics.counts import Stats
from bench.metrics.quantities import Quantity, Sums, overlap_quantities
from bench.metrics.scores import Score

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.metrics.sets import MetricSet
    from bench.statistics.intervals import Bounds, Floats
    from bench.statistics.resampling import Resampling

SMALL = 30
"""A slice of fewer images is marked: its interval is wide, and may be too narrow all the same."""
FEW = 3
"""So many different numbers are a slice each; more are cut into three parts of about equal size."""


class Slice(NamedTuple):
    """Some of the images: `images` are their places, int64 [n], rising."""

    attribute: str
    name: str
    images: "NDArray[np.int64]"

    @property
    def is_small(self) -> bool:
        """Whether it has fewer than 30 images."""
        return len(self.images) < SMALL


def slices_of(attributes: Mapping[str, Sequence[str]]) -> list[Slice]:
    """Return the slices of images by their attributes: a value for each image in order, "" where it is unknown.

    Numbers are cut at the values of which a third and two thirds of the images have no larger one; images of equal
    value stay together. Words, and at most three different numbers, are a slice each. Of an attribute that makes one
    slice only there is none: it would say what the data set says.
    """
    import numpy as np

    found = []
    for attribute, values in attributes.items():
        names = _names(values)
        groups = [Slice(attribute, name, np.flatnonzero([one == name for one in names])) for name in _order(values)]
        if len(groups) > 1:
            found += groups
    return found


def _order(values: Sequence[str]) -> list[str]:
    """Return the names of the slices: numbers rising, words by the alphabet."""
    numbers = _numbers(values)
    if numbers is None:
        return sorted({one for one in values if one}, key=lambda word: (word.casefold(), word))
    by_value = dict(zip(_names(values), numbers, strict=True))
    return sorted({name for name in by_value if name}, key=lambda name: by_value[name] or 0.0)


def _names(values: Sequence[str]) -> list[str]:
    """Return the slice of each image, "" for none."""
    numbers = _numbers(values)
    if numbers is None:
        return list(values)
    known = sorted(one for one in numbers if one is not None)
    if len(set(known)) <= FEW:
        return ["" if one is None else f"{one:.6g}" for one in numbers]
    low, high = known[ceil(len(known) / 3) - 1], known[ceil(2 * len(known) / 3) - 1]
    return ["" if one is None else _part(one, low, high) for one in numbers]


def _part(value: float, low: float, high: float) -> str:
    if value <= low:
        return f"up to {low:.6g}"
    return f"above {low:.6g} up to {high:.6g}" if value <= high else f"above {high:.6g}"


def _numbers(values: Sequence[str]) -> list[float | None] | None:
    """Return the values as numbers, None for an unknown one; None where a value is no finite number."""
    return [number(value) if value else None for value in values] if is_numeric(values) else None


class SliceScores(NamedTuple):
    """Scores of one cell in one slice, and their intervals in the same order."""

    cell: int
    slice: Slice
    scores: list[Score]
    bounds: "Bounds"


def slice_scores(
    cells: Sequence[Stats],
    slices: Sequence[Slice],
    metric_set: "MetricSet",
    class_names: Sequence[str],
    resampling: "Resampling",
    wanted: Sequence[bool],
) -> Iterator[SliceScores]:
    """Yield Dice and IoU of each cell in each slice: the means, and where it is `wanted` of the cell each class too.

    cells: counts of the same images under the border policy of `metric_set`. The resamples are those of all images,
    so that a slice has another number of images in each of them; one in which it has none is dropped.
    """
    for one in slices:
        made = [
            _scores(overlap_quantities(_of(stats, one), metric_set, class_names), classes)
            for stats, classes in zip(cells, wanted, strict=True)
        ]
        drawn = _draws(made, one, resampling)
        start = 0
        for cell, scores in enumerate(made):
            end = start + len(scores)
            plain = [Score(q.metric, q.class_name, q.n, q.value) for q in scores]  # a quantity keeps its last draws
            yield SliceScores(cell, one, plain, resampling.bounds(drawn[:, start:end]))
            start = end


def _scores(found: list[Quantity], classes: bool) -> list[Quantity]:
    return [one for one in found if classes or one.class_name == "mean"]


def _of(stats: Stats, one: Slice) -> Stats:
    chosen = one.images
    return Stats(stats.tp[chosen], stats.fp[chosen], stats.fn[chosen], stats.valid[chosen], stats.correct[chosen])


def _draws(made: Sequence[Sequence[Quantity]], one: Slice, resampling: "Resampling") -> "Floats":
    """Return the scores of all cells under all weights, float64 [R, Q]: the sums of all cells are one product."""
    import numpy as np

    quantities = [quantity for scores in made for quantity in scores]
    sums = list({id(q.sums): q.sums for q in quantities if q.sums}.values())
    terms = np.hstack([part.terms for part in sums])
    found, start = np.empty((resampling.rows, len(quantities))), 0
    for weights in resampling.blocks():
        end = start + len(weights)
        by_sums = _split(weights[:, one.images] @ terms, sums)
        for column, quantity in enumerate(quantities):
            assert quantity.score is not None
            found[start:end, column] = quantity.score(by_sums[id(quantity.sums)])
        start = end
    found[0] = [quantity.value for quantity in quantities]
    return found


def _split(together: "Floats", sums: Sequence[Sums]) -> "dict[int, Floats]":
    """Return the columns of each of some sums, by its id."""
    found, start = {}, 0
    for part in sums:
        end = start + part.terms.shape[1]
        found[id(part)] = together[:, start:end]
        start = end
    return found
