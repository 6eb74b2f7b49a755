"""From counts to the rows of a summary, under one metric set."""

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from bench.metrics.entry import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bench.metrics.counts import Counts, Integers, Stats
    from bench.metrics.sets import MetricSet
    from registry.labels import Task

    Floats = NDArray[np.float64]
    Numbers = Integers | Floats

_ABSENT = {"skip": float("nan"), "one": 1.0, "zero": 0.0}
# Dice and IoU are computed from the same integers, so their identity holds to rounding.
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Score:
    """One number: `value` (NaN if undefined) of `metric` for `class_name`, from `n` images.

    `class_name` is a class, "mean" over classes, or "all" for a score of all pixels together. `n` counts
    the images whose own score is defined: for IoU and Dice those with the class in ground truth or prediction.
    """

    metric: str
    class_name: str
    n: int
    value: float


def evaluate(counts: "Counts", metric_set: "MetricSet", class_names: "Sequence[str]") -> list[Score]:
    """Return every metric of `counts` under `metric_set`, in a fixed order.

    The metrics by name: one of each class has a row for every class and their mean, one of all classes together
    has a row "all". Then, for each score of overlap (dice and iou), `<metric>_per_image`: each image's mean over its
    classes, then over the images where it is defined; and `<metric>_worst_5`: the mean of the ceil(n / 20) worst.
    `class_names` has one name per class, class 0 first.

    Raises:
        ArithmeticError: Dice = 2 IoU / (1 + IoU) does not hold, so the counts are corrupt.
        ValueError: there are not as many names as classes.
    """
    if len(class_names) != counts.classes:
        raise ValueError(f"{len(class_names)} names for {counts.classes} classes")
    stats = counts.under(metric_set.border, metric_set.task)
    names = scored_classes(class_names, metric_set.task)
    rows: list[Score] = []
    for name in METRICS.names():
        metric = METRICS[name]
        rows += (
            class_rows(name, stats, metric_set, names) if metric.per_class else [_total_row(name, stats, metric_set)]
        )
    _check_identity(stats, metric_set)
    return rows + list(_image_rows(stats, metric_set))


def scored_classes(class_names: "Sequence[str]", task: "Task") -> list[str]:
    """Return the names of the columns of `Counts.under` for a task."""
    return list(class_names) if task == "classes" else ["foreground"]


def per_image(counts: "Counts", metric_set: "MetricSet") -> "Floats":
    """Return each image's mean Dice under `metric_set`, float64 [N], NaN where no class is defined."""
    return image_means("dice", counts.under(metric_set.border, metric_set.task), metric_set)


def class_scores(name: str, tp: "Numbers", fp: "Numbers", fn: "Numbers", metric_set: "MetricSet") -> "Floats":
    """Return a metric's class scores, of the shape of the counts, absent classes as the set has it.

    Epsilon is for the overlap scores alone: it would make a class that is never predicted precise.
    """
    import numpy as np

    metric = METRICS[name]
    epsilon = metric_set.epsilon if metric.overlap else 0
    scores = metric.score(tp + epsilon, fp, fn)
    return np.where(tp + fp + fn == 0, _ABSENT[metric_set.absent_class], scores)


def image_scores(name: str, stats: "Stats", metric_set: "MetricSet") -> "Floats":
    """Return [N, C]: the scores of each image."""
    return class_scores(name, stats.tp, stats.fp, stats.fn, metric_set)


def _pooled_scores(name: str, stats: "Stats", metric_set: "MetricSet") -> "Floats":
    """Return [C]: the scores of the summed counts."""
    return class_scores(name, stats.tp.sum(0), stats.fp.sum(0), stats.fn.sum(0), metric_set)


def mean_of_defined(values: "Floats", axis: int) -> "Floats":
    """Return the mean of what is not NaN along `axis`, NaN where nothing is left."""
    import numpy as np

    from bench.metrics.ratio import ratio

    means: Floats = ratio(np.nansum(values, axis=axis), np.isfinite(values).sum(axis=axis))
    return means


def averaged_classes(name: str, metric_set: "MetricSet") -> slice:
    """Return which classes count in a metric's mean: all, or for Dice those the set names."""
    without = name == "dice" and metric_set.dice_classes == "foreground" and metric_set.task == "classes"
    return slice(1 if without else 0, None)


def class_rows(name: str, stats: "Stats", metric_set: "MetricSet", class_names: list[str]) -> list[Score]:
    """Return a metric's scores of each class and their mean."""
    import numpy as np

    images = image_scores(name, stats, metric_set)
    pooled = metric_set.reduction == "dataset"
    values = _pooled_scores(name, stats, metric_set) if pooled else mean_of_defined(images, axis=0)
    defined = np.isfinite(images)
    rows = [
        Score(name, class_name, int(defined[:, i].sum()), float(values[i])) for i, class_name in enumerate(class_names)
    ]
    chosen = averaged_classes(name, metric_set)
    behind = int(defined[:, chosen].any(axis=1).sum())
    return [*rows, Score(name, "mean", behind, float(mean_of_defined(values[chosen], axis=0)))]


def _total_row(name: str, stats: "Stats", metric_set: "MetricSet") -> Score:
    """Return the score of a metric that takes all classes together."""
    import numpy as np

    score, wrong = METRICS[name].score, stats.valid - stats.correct
    images = score(stats.correct, wrong, wrong)
    if metric_set.reduction == "dataset":
        value = score(stats.correct.sum(), wrong.sum(), wrong.sum())
    else:
        value = mean_of_defined(images, axis=0)
    return Score(name, "all", int(np.isfinite(images).sum()), float(value))


def image_means(name: str, stats: "Stats", metric_set: "MetricSet") -> "Floats":
    """Return [N]: each image's mean over the classes that are defined in it."""
    return mean_of_defined(image_scores(name, stats, metric_set)[:, averaged_classes(name, metric_set)], axis=1)


def _image_rows(stats: "Stats", metric_set: "MetricSet") -> "Iterator[Score]":
    """Yield the means over images and over the worst 5 % of them; n counts the images ranked."""
    import numpy as np

    ranked = {}
    for name in METRICS.names():
        if METRICS[name].overlap:
            means = image_means(name, stats, metric_set)
            lowest_first = np.sort(means[np.isfinite(means)])
            ranked[name] = lowest_first if METRICS[name].higher_is_better else lowest_first[::-1]
    for name, values in ranked.items():
        yield Score(f"{name}_per_image", "mean", len(values), float(mean_of_defined(values, axis=0)))
    for name, values in ranked.items():
        worst = values[: ceil(len(values) / 20)]
        yield Score(f"{name}_worst_5", "mean", len(values), float(mean_of_defined(worst, axis=0)))


def _check_identity(stats: "Stats", metric_set: "MetricSet") -> None:
    """Raise ArithmeticError unless Dice = 2 IoU / (1 + IoU) for every class of every image and the pool."""
    import numpy as np

    for scores in (image_scores, _pooled_scores):
        dice, iou = scores("dice", stats, metric_set), scores("iou", stats, metric_set)
        if not np.allclose(dice, 2 * iou / (1 + iou), rtol=0, atol=_TOLERANCE, equal_nan=True):
            raise ArithmeticError("Dice and IoU of the same counts contradict each other: D = 2 I / (1 + I)")
