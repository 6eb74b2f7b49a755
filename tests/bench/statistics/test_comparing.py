"""Paired tests and corrections against SciPy, statsmodels and counting by hand."""

from itertools import product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from bench.metrics import METRIC_SETS, evaluate
from bench.metrics.counts import Counts
from bench.metrics.quantities import overlap_means
from bench.statistics.comparing import Swapped, Swapping, holm, mcnemar_exact, permutation_p, permutations_for

NAMES = ("background", "cat")


def two_models(images, seed=0, quality=(0.9, 0.7)):
    """Counts of two models on the same images of one class and background, ground truth shared."""
    random = np.random.default_rng(seed)
    size = random.integers(20, 80, images)
    made = []
    for share in quality:
        matrices = np.zeros((images, 3, 2), int)
        found = random.binomial(size, share)
        wrong = random.binomial(100, 1 - share)
        matrices[:, 1, 1], matrices[:, 1, 0], matrices[:, 0, 1], matrices[:, 0, 0] = (
            found,
            size - found,
            wrong,
            100 - wrong,
        )
        made.append(Counts(2, np.ones(images, int), matrices))
    return made


def mean_dice(counts, metric_set):
    scores = evaluate(counts, metric_set, NAMES)
    return next(s.value for s in scores if (s.metric, s.class_name) == ("dice", "mean"))


def swapped(one, other, metric_set, swapping):
    """The mean Dice of two models as something that can be swapped."""
    return Swapped.several([overlap_means(counts, metric_set, NAMES)["dice"] for counts in (one, other)], swapping)


def swapped_by_hand(one, other, flips, metric_set):
    """The difference of mean Dice after the images in `flips` have changed sides."""
    flips = np.array(flips, bool)[:, None, None]
    pair = np.where(flips, other.values, one.values), np.where(flips, one.values, other.values)
    dice = [mean_dice(Counts(2, one.foreground, values), metric_set) for values in pair]
    return dice[0] - dice[1]


@pytest.mark.parametrize("name", ["standard", "edinburgh_000"])
def test_a_swap_changes_the_sides_of_images(name):
    """Sums of the swapped images give what `evaluate` gives on tables that were really swapped."""
    metric_set, (one, other) = METRIC_SETS[name], two_models(9)
    swapping = Swapping(9, 30)
    known = swapped(one, other, metric_set, swapping)
    expected = [swapped_by_hand(one, other, flips, metric_set) for flips in swapping._flips]
    np.testing.assert_allclose(known[0].difference(known[1]), expected, rtol=0, atol=1e-12)


def test_p_agrees_with_all_swaps_there_are():
    """Of 8 images there are 256 swaps; the share of those with as large a difference is the exact p."""
    metric_set, (one, other) = METRIC_SETS["standard"], two_models(8, seed=5, quality=(0.8, 0.8))
    observed = swapped_by_hand(one, other, [0] * 8, metric_set)
    every = [swapped_by_hand(one, other, flips, metric_set) for flips in product((0, 1), repeat=8)]
    exact = np.mean(np.abs(every) >= abs(observed) - 1e-12)
    known = swapped(one, other, metric_set, Swapping(8, 20_000))
    assert 0.05 < exact < 0.95
    assert permutation_p(observed, known[0].difference(known[1])) == pytest.approx(exact, abs=0.015)


def test_p_of_a_mean_is_that_of_scipy():
    """`permutation_test` with all 2^10 swaps of paired samples, against our random ones."""
    random = np.random.default_rng(1)
    a, b = random.normal(0.3, 1, 10), random.normal(0, 1, 10)
    theirs = stats.permutation_test(
        (a, b), lambda x, y, axis: (x - y).mean(axis), permutation_type="samples", vectorized=True, n_resamples=np.inf
    )
    flips = Swapping(10, 20_000).sums((a - b)[:, None])[:, 0]
    permuted = ((a - b).sum() - 2 * flips) / 10
    assert permutation_p((a - b).mean(), permuted) == pytest.approx(theirs.pvalue, abs=0.015)


def test_equal_models_have_p_1():
    """Nothing changes by a swap; rounding does not make it a difference."""
    one, _ = two_models(12)
    swapping = Swapping(12, 200)
    known, _ = swapped(one, one, METRIC_SETS["standard"], swapping)
    assert permutation_p(0.0, known.difference(known)) == 1.0


def test_p_is_never_0():
    """The least is 1 / (1 + permutations); without a difference there is no p."""
    assert permutation_p(0.5, np.zeros(999)) == 0.001
    assert np.isnan(permutation_p(float("nan"), np.zeros(9)))
    assert permutation_p(0.5, np.array([0.6, np.nan, 0.1])) == 2 / 3


def test_holm_is_that_of_statsmodels():
    """Random p, ties and ones among them."""
    random = np.random.default_rng(0)
    for size in (1, 2, 10, 45):
        p = np.round(random.random(size) ** 3, 2)
        assert holm(p.tolist()) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm([]) == []
    known = holm([0.01, float("nan"), 0.04])
    assert known[0] == 0.02
    assert np.isnan(known[1])
    assert known[2] == 0.04


def test_mcnemar_is_that_of_statsmodels():
    """All small tables, and a large one."""
    for only_one, only_other in [*product(range(12), repeat=2), (300, 350)]:
        theirs = mcnemar([[5, only_one], [only_other, 9]], exact=True).pvalue
        assert mcnemar_exact(only_one, only_other) == pytest.approx(theirs, abs=1e-12)


def test_many_models_need_many_permutations():
    """The least p of 45 pairs after Holm is below 0.05, and so is that of 1,225."""
    for models in (2, 10, 50):
        number = permutations_for(models, 100)
        assert holm([1 / (1 + number)] + [1.0] * (models * (models - 1) // 2 - 1))[0] <= 0.05
    assert permutations_for(10, 2000) == 2000


def test_swaps_in_blocks_are_the_same_ones(monkeypatch):
    """Memory stays bounded for many images."""
    import bench.statistics.comparing as module

    terms = np.random.default_rng(3).random((40, 5))
    whole = Swapping(40, 300).sums(terms)
    monkeypatch.setattr(module, "BLOCK", 1000)
    monkeypatch.setattr(module, "KEPT", 0)
    np.testing.assert_allclose(Swapping(40, 300).sums(terms), whole, rtol=0, atol=1e-12)
