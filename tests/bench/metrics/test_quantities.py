"""Resampled scores against `evaluate` on images that are really repeated."""

from dataclasses import replace

import numpy as np
import pytest

from bench.metrics import METRIC_SETS, evaluate
from bench.metrics.counts import Counts
from bench.metrics.quantities import overlap_means, quantities, worst_mean

NAMES = ("background", "cat", "dog")
SETS = [*METRIC_SETS.values(), replace(METRIC_SETS["edinburgh_000"], absent_class="zero")]


def random_counts(images=23, classes=3, seed=0):
    """Counts of images of which each lacks some classes."""
    random = np.random.default_rng(seed)
    foreground = random.integers(0, classes, images)
    matrices = random.integers(0, 60, (images, classes + 1, classes)) * (random.random((images, 1, classes)) < 0.6)
    for i, label in enumerate(foreground):
        shown = [0, label, classes]
        matrices[i, [row for row in range(classes + 1) if row not in shown]] = 0
    matrices[:, 0, 0] += 1
    return Counts(classes, foreground, matrices)


def repeated(counts, weights):
    """The counts of a data set in which image i stands weights[i] times."""
    chosen = np.repeat(np.arange(len(counts)), weights)
    return Counts(counts.classes, counts.foreground[chosen], counts.values[chosen])


def weightings(images, many=12, seed=1):
    random = np.random.default_rng(seed)
    drawn = np.stack([np.bincount(random.integers(images, size=images), minlength=images) for _ in range(many)])
    return np.concatenate([np.ones((1, images), int), drawn, 1 - np.eye(images, dtype=int)[:3]])


@pytest.mark.parametrize("metric_set", SETS, ids=lambda one: f"{one.name}-{one.absent_class}")
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_weight_is_a_number_of_copies(metric_set, order):
    """Every score of every metric set under random weights is that of the repeated images, NaN where it is NaN."""
    counts = random_counts()
    weights = weightings(len(counts))
    found = quantities(counts, metric_set, NAMES)
    drawn = np.stack([one.resampled(np.array(weights, np.float64, order=order)) for one in found], axis=1)
    for row, weight in zip(drawn, weights, strict=True):
        expected = evaluate(repeated(counts, weight), metric_set, NAMES)
        assert [(q.metric, q.class_name) for q in found] == [(s.metric, s.class_name) for s in expected]
        np.testing.assert_allclose(row, [s.value for s in expected], rtol=0, atol=1e-12)


def test_a_quantity_is_a_score():
    """Value, number of images and names are those of `evaluate`, to the last bit."""
    counts, metric_set = random_counts(), METRIC_SETS["standard"]
    expected = evaluate(counts, metric_set, NAMES)
    found = quantities(counts, metric_set, NAMES)
    assert [(q.metric, q.class_name, q.n, q.value) for q in found] == [
        (s.metric, s.class_name, s.n, s.value) for s in expected
    ]


def test_a_class_that_vanishes_is_dropped():
    """One image alone has a dog: without it the mean is over the two other classes, as `evaluate` has it."""
    matrices = np.zeros((3, 4, 3), int)
    matrices[:, 0, 0], matrices[0, 1, 1], matrices[1, 2, 2], matrices[2, 1, 1] = 10, 5, 5, 5
    matrices[1, 2, 0] = 5
    counts = Counts(3, np.array([1, 2, 1]), matrices)
    by_name = {(q.metric, q.class_name): q for q in quantities(counts, METRIC_SETS["standard"], NAMES)}
    weights = np.array([[1.0, 0.0, 2.0], [1.0, 1.0, 1.0]])
    dog = by_name["dice", "dog"].resampled(weights)
    assert np.isnan(dog[0])
    assert dog[1] == pytest.approx(2 / 3)  # 5 of 10 found: 2 · 5 / (2 · 5 + 5)
    mean = by_name["dice", "mean"].resampled(weights)
    assert mean[0] == 1.0  # background and cat are perfect
    assert mean[1] == pytest.approx((60 / 65 + 1 + 2 / 3) / 3)


def test_the_means_of_overlap_are_the_ranked_ones():
    """Dice and IoU, with sums of the same terms: of both classes the counts are read once."""
    found = overlap_means(random_counts(), METRIC_SETS["standard"], NAMES)
    assert list(found) == ["dice", "iou"]
    assert found["dice"].sums is found["iou"].sums


@pytest.mark.parametrize("higher", [True, False])
def test_the_worst_of_many_images(higher):
    """Against sorting the repeated images, for numbers of the worst that need a second look at the order."""
    random = np.random.default_rng(2)
    values = random.random(400)
    values[::7] = np.nan
    weights = random.integers(0, 3, (5, 400)).astype(float)
    weights[4] = 0
    weights[4, np.nanargmax(values)] = 900  # one image is the whole resample
    defined = np.isfinite(values)
    drawn = worst_mean(values, lambda w: w[:, defined].sum(1), higher_is_better=higher)(weights)
    for row, found in zip(weights.astype(int), drawn, strict=True):
        each = np.sort(np.repeat(values[defined], row[defined]))[:: 1 if higher else -1]
        assert found == pytest.approx(each[: -(-len(each) // 20)].mean(), abs=1e-12)


def test_no_image_has_a_score():
    """NaN then, and no error."""
    drawn = worst_mean(np.full(3, np.nan), lambda w: np.zeros(len(w)))(np.ones((2, 3)))
    assert np.isnan(drawn).all()
