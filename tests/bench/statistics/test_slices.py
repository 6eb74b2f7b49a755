"""Slices of images: how they are cut, and their scores and intervals."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bench.metrics import METRIC_SETS
from bench.metrics.counts import Counts
from bench.statistics.resampling import Resampling
from bench.statistics.slices import Slice, slice_scores, slices_of

NAMES = ("background", "cat", "dog")


def cut(*values):
    return {one.name: one.images.tolist() for one in slices_of({"x": values})}


def test_numbers_are_cut_into_thirds():
    """The third and the sixth of nine are the bounds, whatever the order."""
    assert cut("9", "1", "2", "3", "4", "5", "6", "7", "8") == {
        "up to 3": [1, 2, 3],
        "above 3 up to 6": [4, 5, 6],
        "above 6": [0, 7, 8],
    }


def test_equal_numbers_stay_together():
    """Of 1 1 1 1 2 3 4 the first third ends within the ones."""
    assert cut("1", "1", "1", "1", "2", "3", "4") == {
        "up to 1": [0, 1, 2, 3],
        "above 1 up to 2": [4],
        "above 2": [5, 6],
    }


def test_few_numbers_are_a_slice_each():
    """Three or fewer, in the order of the numbers; 1 and 1.0 are one number."""
    assert cut("10", "2", "1", "1.0", "2") == {"1": [2, 3], "2": [1, 4], "10": [0]}


def test_words_are_a_slice_each_and_unknown_ones_are_in_none():
    """By the alphabet."""
    assert cut("dog", "", "cat", "dog") == {"cat": [2], "dog": [0, 3]}


def test_one_number_that_is_none_makes_words():
    """No number is dropped without a word."""
    assert cut("1", "2", "n/a", "2") == {"1": [0], "2": [1, 3], "n/a": [2]}


@pytest.mark.parametrize("values", [("cat", "cat"), ("", ""), ("7", "7", "7", ""), ("5",)])
def test_one_slice_is_none(values):
    """It would say what all images say."""
    assert cut(*values) == {}


def test_fewer_than_thirty_images_are_small():
    assert [Slice("x", "y", np.arange(n)).is_small for n in (29, 30)] == [True, False]


@pytest.fixture
def counts():
    """Counts of 60 images of three classes."""
    random = np.random.default_rng(0)
    values = random.integers(0, 50, size=(60, 4, 3))
    return Counts(3, random.integers(1, 3, size=60), values)


def dice(matrix):
    """Return each class's Dice of a matrix without its border row, by its definition."""
    hit = np.diag(matrix)
    return 2 * hit / (matrix.sum(0) + matrix.sum(1))


def scored(counts, name, slices, resampling, wanted=True):
    metric_set = METRIC_SETS[name]
    stats = counts.under(metric_set.border, metric_set.task)
    return list(slice_scores([stats], slices, metric_set, NAMES, resampling, [wanted]))


def test_scores_are_those_of_the_slices_images(counts):
    """Added up by hand: rows are the truth, the border (last row) does not count."""
    slices = slices_of({"x": ["odd" if i % 2 else "even" for i in range(60)]})
    for found in scored(counts, "standard", slices, Resampling(60, 100)):
        own = dice(counts.values[found.slice.images, :3].sum(0))
        values = {q.class_name: q.value for q in found.scores if q.metric == "dice"}
        assert values == pytest.approx({**dict(zip(NAMES, own, strict=True)), "mean": own.mean()})
        assert {q.metric for q in found.scores} == {"dice", "iou"}
        assert {q.n for q in found.scores} == {30}


def test_intervals_are_those_of_the_weights(counts):
    """Every resample once more by itself: the images of the slice, as often as its weights say."""
    resampling = Resampling(60, 200)
    one = Slice("x", "y", np.array([3, 5, 8, 13, 21, 34, 55]))
    (found,) = scored(counts, "standard", [one], resampling, wanted=False)
    weights = np.concatenate(list(resampling.blocks()))[1:, one.images]
    expected = [dice((w[:, None, None] * counts.values[one.images, :3]).sum(0)).mean() for w in weights if w.any()]
    mean = [q.class_name for q in found.scores].index("mean")
    low, high, resamples = found.bounds
    assert [low[mean], high[mean]] == pytest.approx(np.percentile(expected, [2.5, 97.5]))
    assert resamples[mean] == len(expected)


def test_intervals_are_close_to_scipys(counts):
    """SciPy draws within the slice: another number of images in each resample matters little."""
    one = Slice("x", "y", np.arange(40))
    (found,) = scored(counts, "standard", [one], Resampling(60, 2000), wanted=False)
    matrices = counts.values[:40, :3].astype(float)
    by_scipy = scipy_stats.bootstrap(
        (np.arange(40),), lambda chosen: dice(matrices[chosen].sum(0)).mean(), vectorized=False, method="percentile",
        n_resamples=2000, rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    width = by_scipy.high - by_scipy.low
    assert [found.bounds.low[0], found.bounds.high[0]] == pytest.approx(list(by_scipy), abs=0.15 * width)


def test_cells_in_one_go_are_as_each_alone(counts):
    """Sums of several cells are one product; a metric set that scores each image has sums of its own."""
    other = Counts(3, counts.foreground, counts.values[::-1].copy())
    slices = slices_of({"x": ["odd" if i % 3 else "even" for i in range(60)]})
    resampling = Resampling(60, 50)
    for name in ("standard", "edinburgh_000"):
        metric_set = METRIC_SETS[name]
        cells = [one.under(metric_set.border, metric_set.task) for one in (counts, other)]
        both = list(slice_scores(cells, slices, metric_set, NAMES, resampling, [True, False]))
        assert [(one.cell, len(one.scores)) for one in both] == [(0, 8), (1, 2)] * 2
        for i, wanted in ((0, True), (1, False)):
            alone = list(slice_scores(cells[i : i + 1], slices, metric_set, NAMES, resampling, [wanted]))
            for one, same in zip(alone, (found for found in both if found.cell == i), strict=True):
                assert [q.value for q in one.scores] == [q.value for q in same.scores]
                np.testing.assert_allclose(one.bounds.low, same.bounds.low)
                np.testing.assert_allclose(one.bounds.high, same.bounds.high)
