"""Scores as something that can be resampled: the same number for any weight of each image, 2,000 weightings at once.

Every score of `evaluate` but the worst 5 % is a function of sums over images, so a resample is one matrix product.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.metrics.entry import METRICS
from bench.metrics.scores import (
    Score,
    averaged_classes,
    class_rows,
    class_scores,
    evaluate,
    image_means,
    image_scores,
    mean_of_defined,
    scored_classes,
)

if TYPE_CHECKING:
    from bench.metrics.counts import Counts, Stats
    from bench.metrics.scores import Floats
    from bench.metrics.sets import MetricSet

    Resampled = Callable[[Floats], Floats]

WORST = 20
"""One in so many images is among the worst 5 %."""


def kept(function: "Resampled") -> "Resampled":
    """Return the function with a memory of its last argument: all scores of a cell share what one block gives."""
    last: list[Floats] = []

    def call(given: "Floats") -> "Floats":
        if not last or last[0] is not given:
            last[:] = [given, function(given)]
        return last[1]

    return call


class Sums:
    """Terms of each image, float64 [N, K], and their weighted sums: `of`, weights [B, N] to sums [B, K]."""

    def __init__(self, terms: "Floats") -> None:
        import numpy as np

        self._by_term: Floats = np.ascontiguousarray(np.asarray(terms).T, dtype=np.float64)  # half the time
        self.of: Resampled = kept(lambda weights: (self._by_term @ weights.T).T)

    @property
    def terms(self) -> "Floats":
        """The terms, float64 [N, K]."""
        return self._by_term.T


def share(parts: "Sequence[Sums]") -> None:
    """Let sums be computed together: most of the time goes into reading the weights, so they are read once."""
    import numpy as np

    if not parts:
        return
    together = Sums(np.hstack([part.terms for part in parts]))
    start = 0
    for part in parts:
        part.of = kept(partial(_slice, together.of, start, start + part.terms.shape[1]))
        start += part.terms.shape[1]


def _slice(sums: "Resampled", start: int, end: int, weights: "Floats") -> "Floats":
    return sums(weights)[:, start:end]


@dataclass(frozen=True)
class Quantity:
    """One score of a cell: `value` of `metric` for `class_name` from `n` images, as in `Score`.

    resampled: weights of the images, float64 [B, N], to the score under each of them, float64 [B], NaN where it is
    not defined. With all weights 1 it is `value`. sums, score: of a score that is a function of sums, so that
    `resampled(w)` is `score(sums.of(w))`; None for one that is not.
    """

    metric: str
    class_name: str
    n: int
    value: float
    resampled: "Resampled"
    sums: Sums | None = None
    score: "Resampled | None" = None

    @classmethod
    def of_sums(cls, found: Score, sums: Sums, score: "Resampled") -> "Quantity":
        """Return a score that is a function of sums over images; `score`: sums [B, K] to scores [B]."""
        place = found.metric, found.class_name, found.n, found.value
        return cls(*place, lambda weights: score(sums.of(weights)), sums, score)


def quantities(counts: "Counts", metric_set: "MetricSet", class_names: Sequence[str]) -> list[Quantity]:
    """Return what `evaluate` returns, in its order, each score as something that can be resampled.

    Raises:
        ArithmeticError, ValueError: as `evaluate`.
    """
    stats = counts.under(metric_set.border, metric_set.task)
    found = iter(evaluate(counts, metric_set, class_names))
    pooled = _pooled_sums(stats)
    made: list[Quantity] = []
    for name in METRICS.names():
        if not METRICS[name].per_class:
            made.append(_total(next(found), stats, metric_set))
            continue
        sums, score = _class_scores(name, stats, pooled, metric_set)
        columns = [_column(score, i) for i in range(len(scored_classes(class_names, metric_set.task)))]
        mean = _mean_over(score, averaged_classes(name, metric_set))
        made += [Quantity.of_sums(next(found), sums, each) for each in (*columns, mean)]
    made += _image_quantities(found, stats, metric_set)
    share(list({id(one.sums): one.sums for one in made if one.sums}.values()))
    return made


def overlap_means(counts: "Counts", metric_set: "MetricSet", class_names: Sequence[str]) -> dict[str, Quantity]:
    """Return, by metric, the class means that models are ranked by: those of the scores of overlap."""
    ranked = {name for name in METRICS.names() if METRICS[name].overlap}
    found = {q.metric: q for q in quantities(counts, metric_set, class_names) if q.class_name == "mean"}
    chosen = {name: found[name] for name in found if name in ranked}
    share(list({id(one.sums): one.sums for one in chosen.values() if one.sums}.values()))
    return chosen


def overlap_quantities(stats: "Stats", metric_set: "MetricSet", class_names: Sequence[str]) -> list[Quantity]:
    """Return Dice and IoU of each class and their means, of counts under the set's border policy.

    class_names: of all classes, class 0 first.
    """
    pooled, made = _pooled_sums(stats), []
    for name in METRICS.names():
        if not METRICS[name].overlap:
            continue
        sums, score = _class_scores(name, stats, pooled, metric_set)
        *classes, mean = class_rows(name, stats, metric_set, scored_classes(class_names, metric_set.task))
        made += [Quantity.of_sums(found, sums, _column(score, column)) for column, found in enumerate(classes)]
        made.append(Quantity.of_sums(mean, sums, _mean_over(score, averaged_classes(name, metric_set))))
    return made


def _pooled_sums(stats: "Stats") -> Sums:
    import numpy as np

    return Sums(np.hstack([stats.tp, stats.fp, stats.fn]))


def _column(scores: "Resampled", column: int) -> "Resampled":
    return lambda sums: scores(sums)[:, column]


def _mean_over(scores: "Resampled", chosen: slice) -> "Resampled":
    return lambda sums: mean_of_defined(scores(sums)[:, chosen], axis=1)


def _class_scores(name: str, stats: "Stats", pooled: Sums, metric_set: "MetricSet") -> tuple[Sums, "Resampled"]:
    """Return a metric's sums and what makes class scores, [B, C], of them."""
    if metric_set.reduction == "per_image":
        return mean_over_images(image_scores(name, stats, metric_set))
    classes = stats.tp.shape[1]

    def score(sums: "Floats") -> "Floats":
        tp, fp, fn = (sums[:, i * classes : (i + 1) * classes] for i in range(3))
        return class_scores(name, tp, fp, fn, metric_set)

    return pooled, kept(score)


def mean_over_images(values: "Floats") -> tuple[Sums, "Resampled"]:
    """Return the sums of the images' own values [N, K], NaN where undefined, and what makes their means [B, K]."""
    import numpy as np

    from bench.metrics.ratio import ratio

    defined, columns = np.isfinite(values), values.shape[1]
    sums = Sums(np.hstack([np.where(defined, values, 0.0), defined]))
    return sums, kept(lambda both: ratio(both[:, :columns], both[:, columns:]))


def _total(found: Score, stats: "Stats", metric_set: "MetricSet") -> Quantity:
    """Return the score of a metric that takes all classes together."""
    import numpy as np

    score, wrong = METRICS[found.metric].score, stats.valid - stats.correct
    if metric_set.reduction == "per_image":
        sums, means = mean_over_images(score(stats.correct, wrong, wrong)[:, None])
        return Quantity.of_sums(found, sums, _column(means, 0))
    sums = Sums(np.stack([stats.correct, wrong], axis=1))
    return Quantity.of_sums(found, sums, lambda both: score(both[:, 0], both[:, 1], both[:, 1]))


def _image_quantities(found: Iterator[Score], stats: "Stats", metric_set: "MetricSet") -> list[Quantity]:
    """Return the means over images, then those over the worst 5 % of them."""
    names = [name for name in METRICS.names() if METRICS[name].overlap]
    values = {name: image_means(name, stats, metric_set) for name in names}
    sums = {name: mean_over_images(values[name][:, None]) for name in names}
    means = [Quantity.of_sums(next(found), sums[name][0], _column(sums[name][1], 0)) for name in names]
    worst = []
    for name in names:
        row, defined = next(found), partial(_defined, sums[name][0])
        lowest = worst_mean(values[name], defined, higher_is_better=METRICS[name].higher_is_better)
        worst.append(Quantity(row.metric, row.class_name, row.n, row.value, lowest))
    return means + worst


def _defined(sums: Sums, weights: "Floats") -> "Floats":
    return sums.of(weights)[:, 1]


def worst_mean(
    values: "Floats", defined: "Resampled", *, higher_is_better: bool = True, part: float = 1 / WORST
) -> "Resampled":
    """Return what gives the mean of the ceil(part n) worst images under weights; n: `defined` of the weights.

    values: float64 [N], NaN where undefined. defined: the sum of the weights of the images that have a value, float64
    [B]. An image of weight 3 is among the worst up to three times. Images are sorted once; of each resample only as
    many are looked at as hold the worst ones.
    """
    import numpy as np

    there = np.flatnonzero(np.isfinite(values))
    order = there[np.argsort(values[there] if higher_is_better else -values[there], kind="stable")]
    ranked = values[order]

    def resampled(weights: "Floats") -> "Floats":
        if not len(order):
            return np.full(len(weights), np.nan)
        number = np.ceil(np.round(defined(weights) * part, 9))
        by_image = weights.T
        reach = min(len(order), 2 * int(number.max()) + 16)
        while True:
            upto = np.cumsum(by_image[order[:reach]], axis=0)
            if reach == len(order) or (upto[-1] >= number).all():
                break
            reach = min(len(order), 2 * reach)
        np.minimum(upto, number, out=upto)
        # Abel's summation: the sum of v_i (t_i - t_(i-1)), where t_i are the images taken up to the i-th.
        total = upto[-1] * ranked[reach - 1] - np.diff(ranked[:reach]) @ upto[:-1]
        found: Floats = np.divide(total, number, out=np.full(len(weights), np.nan), where=number > 0)
        return found

    return resampled
