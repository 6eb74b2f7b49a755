"""Scores of cells under resamples of the images: what differences and gates are made of."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bench.metrics import METRICS, MetricSet
from bench.metrics.counts import BORDERS, Counts
from bench.metrics.quantities import Quantity, quantities, share
from bench.statistics.board import CLEAN, BoardCondition
from bench.statistics.resampling import RESAMPLES, Resampling, resampling_of
from registry.errors import BenchError, suggestion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.statistics.intervals import Floats

_OF_ALL = ("mean", "all")
"""The classes of the row that stands for a metric: its mean over classes, or the score of all pixels together."""
_SUFFIXES = ("_per_image", "_worst_5")


class Estimated(NamedTuple):
    """A value with its 95 % interval; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


class Asked(NamedTuple):
    """Which score is asked for: a metric as summary.csv has it, under a metric set; None: the headline."""

    metric: str = "dice"
    metric_set: str | None = None
    resamples: int = RESAMPLES

    def check(self) -> None:
        """Raise BenchError where no cell can have the metric, or the resamples are too few."""
        base = self.base
        if base not in METRICS.names() or (base != self.metric and not METRICS[base].overlap):
            known = [*METRICS.names(), *(n + s for n in METRICS.names() if METRICS[n].overlap for s in _SUFFIXES)]
            raise BenchError(f"no metric '{self.metric}'; {suggestion(self.metric, known)}")
        if not 100 <= self.resamples <= 100_000:
            raise BenchError(f"{self.resamples} resamples: give 100 to 100000")

    @property
    def base(self) -> str:
        """The metric whose scores are averaged."""
        ending = next((one for one in _SUFFIXES if self.metric.endswith(one)), "")
        return self.metric.removesuffix(ending) if ending else self.metric

    @property
    def sign(self) -> int:
        """1 where more is better, else -1."""
        return 1 if METRICS[self.base].higher_is_better else -1


def drawn(counts: Counts, metric_set: MetricSet, classes: Sequence[str], asked: Asked) -> "Floats":
    """Return a score's draw, float64 [1 + resamples]: its value, then its value under each resample of the images."""
    return resampling_for(len(counts), asked).draws([_quantity(counts, metric_set, classes, asked.metric)])[:, 0]


def resampling_for(images: int, asked: Asked) -> Resampling:
    """Return the resamples of so many images."""
    return resampling_of(images, asked.resamples, "percentile")


def _quantity(counts: Counts, metric_set: MetricSet, classes: Sequence[str], metric: str) -> Quantity:
    found = next(
        one for one in quantities(counts, metric_set, classes) if one.metric == metric and one.class_name in _OF_ALL
    )
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


def selected(counts: Counts, places: "NDArray[np.int64]") -> Counts:
    """Return the counts of some of the images, in this order."""
    return Counts(counts.classes, counts.foreground[places], counts.values[places])
