"""Intervals against SciPy, closed forms and the images they are resampled from."""

import numpy as np
import pytest
from scipy import stats

from bench.metrics.quantities import Quantity, Sums
from bench.statistics.intervals import bounds
from bench.statistics.resampling import Resampling


def mean_of(values):
    """The mean of the images' values as a quantity."""
    sums = Sums(np.stack([values, np.ones(len(values))], axis=1))
    return Quantity(
        "mean", "all", len(values), values.mean(), lambda w: sums.of(w)[:, 0] / sums.of(w)[:, 1], sums, None
    )


def draws_of(result, values):
    """What SciPy has resampled, in our order: the value, its resamples, each image left out."""
    left_out = (values.sum() - values) / (len(values) - 1)
    return np.concatenate([[values.mean()], result.bootstrap_distribution, left_out])[:, None]


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("n", [7, 40, 168])
def test_the_formulas_are_those_of_scipy(method, n):
    """On the very same resamples, to rounding."""
    values = np.random.default_rng(n).beta(8, 2, n)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=999, method={"bca": "BCa"}.get(method, method), rng=np.random.default_rng(3)
    )
    low, high, number = bounds(draws_of(theirs, values), 999, method)
    assert (low[0], high[0]) == pytest.approx(tuple(theirs.confidence_interval), abs=1e-12)
    assert number[0] == 999


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_whole_intervals_agree_with_scipy(method):
    """With other resamples of the same images, within what 20,000 resamples leave open."""
    values = np.random.default_rng(5).beta(8, 2, 60)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method={"bca": "BCa"}.get(method, method), rng=np.random.default_rng(4)
    ).confidence_interval
    ours = Resampling(60, 20_000, method)
    low, high, _ = ours.bounds(ours.draws([mean_of(values)]))
    assert (low[0], high[0]) == pytest.approx(tuple(theirs), abs=0.03 * (theirs.high - theirs.low))


def test_the_spread_of_a_mean_has_a_closed_form():
    """The resamples of a mean have the standard deviation sd / sqrt(n), and their mean is the value."""
    values = np.random.default_rng(6).normal(size=200)
    ours = Resampling(200, 10_000)
    drawn = ours.draws([mean_of(values)])[1:, 0]
    assert drawn.std() == pytest.approx(values.std() / np.sqrt(200), rel=0.03)
    assert drawn.mean() == pytest.approx(values.mean(), abs=4 * drawn.std() / 100)


def test_weights_are_draws_with_replacement():
    """As many as there are images in each resample; an image's weight has mean 1 and variance 1 - 1/n."""
    weights = np.concatenate(list(Resampling(50, 4000).blocks()))
    assert (weights.sum(1) == 50).all()
    assert (weights[0] == 1).all()
    drawn = weights[1:]
    assert drawn.mean(0) == pytest.approx(np.ones(50), abs=0.08)
    assert drawn.var() == pytest.approx(1 - 1 / 50, rel=0.02)


def test_each_image_is_left_out_once():
    """The last rows of BCa."""
    weights = np.concatenate(list(Resampling(9, 100, "bca").blocks()))
    assert len(weights) == Resampling(9, 100, "bca").rows == 110
    assert (weights[101:] == 1 - np.eye(9)).all()


def test_more_resamples_begin_with_the_same_ones():
    """So 10,000 refine what 2,000 have shown; and another run on as many images has the same ones."""
    few, many = (np.concatenate(list(Resampling(30, b).blocks())) for b in (100, 300))
    assert (few == many[:101]).all()
    assert (np.concatenate(list(Resampling(30, 100).blocks())) == few).all()


def test_blocks_change_no_number(monkeypatch):
    """Many images are resampled in several blocks, and weights that are not kept are made again."""
    import bench.statistics.resampling as module

    values = np.random.default_rng(7).random(40)
    whole = Resampling(40, 500, "bca").draws([mean_of(values)])
    monkeypatch.setattr(module, "BLOCK", 1000)
    monkeypatch.setattr(module, "KEPT", 0)
    parts = Resampling(40, 500, "bca")
    assert len(list(parts.blocks())) == 1 + 20 + 2
    np.testing.assert_allclose(parts.draws([mean_of(values)]), whole, rtol=0, atol=1e-14)


def test_resamples_without_a_value_are_dropped_and_counted():
    """NaN is no number of the interval; without any there is none."""
    drawn = np.full((1001, 3), np.nan)
    drawn[0] = 0.5, 0.5, np.nan
    drawn[1:, 0] = np.where(np.arange(1000) % 2, np.linspace(0, 1, 1000), np.nan)
    drawn[1:, 2] = 0.5
    low, high, number = bounds(drawn, 1000, "percentile")
    assert list(number) == [500, 0, 1000]
    assert (low[0], high[0]) == pytest.approx(np.nanpercentile(drawn[1:, 0], (2.5, 97.5)))
    assert np.isnan([low[1], high[1], low[2], high[2]]).all()


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_a_score_that_never_changes_has_no_width(method):
    """A model that is right everywhere: 1 to 1, not an empty interval."""
    ours = Resampling(20, 200, method)
    low, high, number = ours.bounds(ours.draws([mean_of(np.ones(20))]))
    assert (low[0], high[0], number[0]) == (1, 1, 200)


def test_a_bound_can_be_infinite():
    """Of a score that most resamples do not reach; a bound between two infinite ones is infinite, not NaN."""
    drawn = np.concatenate([[0.5], np.linspace(0, 1, 40), np.full(60, np.inf)])[:, None]
    low, high, _ = bounds(drawn, 100, "percentile")
    assert np.isfinite(low[0])
    assert np.isposinf(high[0])
