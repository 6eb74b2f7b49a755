"""How often an interval holds the true score: near 95 % where docs/statistics.md says so, and less where it says that."""

import numpy as np
import pytest
from simulated import SCORES, coverage, drawn, scores_of

ORDINARY = SCORES[:-1]
"""All but the worst 5 %."""


def test_a_short_simulation():
    """300 test sets of 168 images, standard error 1.3: a wrong quantile, or weights that are no resample, would show."""
    found = coverage(168, 300, resamples=400)
    assert all(0.91 <= found[score] <= 0.985 for score in ORDINARY), found


@pytest.mark.slow
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_168_images_hold_what_they_promise(method):
    """93 to 97 % of 2,000 test sets."""
    found = coverage(168, 2000, method=method)
    assert all(0.93 <= found[score] <= 0.97 for score in ORDINARY), found
    assert found["dice_worst_5", "mean"] < 0.93


@pytest.mark.slow
def test_where_they_do_not_hold():
    """12 images; a class that 3 of 168 images show; a few large objects that decide."""
    few, rare, uneven = coverage(12, 500), coverage(168, 500, cats=0.02), coverage(168, 500, uneven=True)
    assert few["dice", "mean"] < 0.92
    assert rare["dice", "cat"] < 0.9
    assert uneven["dice", "mean"] < 0.92


def test_the_worst_images_of_few_are_not_the_worst_of_many():
    """What the page says of small data sets: their worst 5 % score above those of the population."""
    random = np.random.default_rng(1)
    whole = scores_of(drawn(100_000, random))[-1].value
    small = np.mean([scores_of(drawn(12, random))[-1].value for _ in range(400)])
    assert small > whole + 0.02
