"""`assert_robust`: a bound that is broken fails, one within the interval is said, one that is kept passes."""

import numpy as np
import pytest

from bench.testing import assert_robust
from bench.testing.robust import Bounded
from registry.errors import BenchError

RNG = np.random.default_rng(0)
PAIRS = []
for i in range(12):
    mask = np.zeros((40, 40), np.uint8)
    mask[5 + i : 20 + i, 5:30] = 1
    PAIRS.append(((mask * 200 + 20)[..., None].repeat(3, 2), mask))


def threshold(image):
    """Return the bright pixels: perfect on clean images, and on those that are a little darker."""
    return (image[..., 0] > 128).astype(np.uint8)


DARKER = [{"name": "brightness_decrease", "strengths": [10, 150]}]  # at 150 nothing is bright any more


def test_bounds_that_are_kept_pass():
    """All images have a Dice of 1 under a small change, so the interval is a point; the result is returned."""
    result = assert_robust(
        threshold,
        PAIRS,
        perturbations=[{"name": "brightness_decrease", "strengths": [10]}],
        min_dice=0.99,
        max_drop=0.0,
    )
    assert result.frame().query("metric == 'dice'")["value"].min() == 1.0


def test_a_broken_bound_is_named_with_its_interval():
    """Half of the strengths leave only background: Dice (1 + background's) / 2, far below 0.9."""
    with pytest.raises(
        AssertionError, match=r"Dice under brightness_decrease: 0\.\d{4} \[0\.\d{4}, 0\.\d{4}\], at least 0.9"
    ):
        assert_robust(threshold, PAIRS, perturbations=DARKER, min_dice=0.9)
    with pytest.raises(AssertionError, match="drop under brightness_decrease: .* at most 0.1"):
        assert_robust(threshold, PAIRS, perturbations=DARKER, max_drop=0.1)


@pytest.mark.parametrize(
    ("value", "low", "high", "bound", "sign", "expected"),
    [
        (0.9, 0.8, 0.95, 0.8, 1, "pass"),
        (0.9, 0.8, 0.95, 0.96, 1, "fail"),
        (0.9, 0.8, 0.95, 0.9, 1, "undecided"),
        (0.1, 0.05, 0.2, 0.2, -1, "pass"),
        (0.1, 0.05, 0.2, 0.04, -1, "fail"),
        (0.1, 0.05, 0.2, 0.1, -1, "undecided"),
        (float("nan"), 0.8, 0.9, 0.1, 1, "fail"),
    ],
)
def test_an_interval_decides(value, low, high, bound, sign, expected):
    """The bound itself is kept; what was not measured fails."""
    assert Bounded("x", value, low, high, bound, sign).verdict == expected


def test_what_cannot_be_told_is_a_warning_or_a_failure():
    """One image of twelve is missed, so the clean Dice is near its bound."""
    pairs = [*PAIRS[:-1], (np.zeros_like(PAIRS[-1][0]), PAIRS[-1][1])]
    kept = {"perturbations": None, "min_dice": 0.95}
    with pytest.warns(UserWarning, match="too few images to tell: clean Dice"):
        assert_robust(threshold, pairs, **kept)
    with pytest.raises(AssertionError, match="clean Dice"):
        assert_robust(threshold, pairs, **kept, undecided="fail")


def test_wrong_arguments_are_one_line():
    """Nothing is evaluated."""
    with pytest.raises(BenchError, match="no bound is given; give min_dice or max_drop, or both"):
        assert_robust(threshold, PAIRS)
    with pytest.raises(BenchError, match="undecided is 'maybe'; give"):
        assert_robust(threshold, PAIRS, min_dice=0.1, undecided="maybe")
