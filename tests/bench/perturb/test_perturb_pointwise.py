"""Noise, contrast and brightness against NumPy, level by level."""

import math

import numpy as np
import pytest
import torch

from bench.perturb import PERTURBATIONS, Step, perturb, step_keys, stream_of
from bench.perturb.entries.additive_noise import AdditiveNoise
from bench.perturb.operations.contrast_scaling import Contrast

LEVELS = np.arange(256)
ALL = np.repeat(LEVELS.astype(np.uint8).reshape(16, 16, 1), 3, axis=2)
GREY = np.full((200, 300, 3), 128, dtype=np.uint8)


def levels(name: str, strength: float, parameters=None) -> list[int]:
    """What becomes of the levels 0 to 255; the three channels have to agree."""
    result = perturb(ALL, name, strength, parameters=parameters)
    assert (result == result[..., :1]).all()
    return result[..., 0].ravel().tolist()


@pytest.mark.parametrize("name", ["contrast_increase", "contrast_decrease"])
@pytest.mark.parametrize("rounding", ["nearest", "truncate"])
def test_contrast_is_a_product(name: str, rounding: str) -> None:
    """Each level times the factor, rounded (or cut) and clipped, as NumPy computes it in float64."""
    for factor in PERTURBATIONS[name].strengths:
        product = np.minimum(LEVELS * factor, 255)
        expected = (np.rint(product) if rounding == "nearest" else product.astype(np.uint8)).tolist()
        assert expected == levels(name, factor, Contrast(rounding=rounding))


def test_contrast_keeps_its_pivot() -> None:
    """With pivot 128 that level stays, 28 and 228 move halfway towards it."""
    moved = levels("contrast_decrease", 0.5, Contrast(pivot=128))
    assert (moved[128], moved[28], moved[228]) == (128, 78, 178)


def test_contrast_about_the_mean_keeps_the_mean() -> None:
    """With the mean as pivot the image's mean stays within the rounding."""
    image = np.random.default_rng(0).integers(40, 200, (50, 60, 3), dtype=np.uint8)
    result = perturb(image, "contrast_decrease", 0.4, parameters=Contrast(pivot="mean"))
    assert result.mean() == pytest.approx(image.mean(), abs=0.02)
    assert result.std() == pytest.approx(0.4 * image.std(), abs=0.1)


def test_identity_holds_for_every_pivot_and_rounding() -> None:
    """A factor of 1 changes no level, even where the fraction is cut and the pivot is a fraction."""
    for pivot in (0.0, 128, 100.3, "mean"):
        for rounding in ("nearest", "truncate"):
            assert LEVELS.tolist() == levels("contrast_increase", 1, Contrast(pivot=pivot, rounding=rounding))


def test_brightness_is_a_clipped_sum() -> None:
    """Each level plus or minus the strength, clipped at 255 or 0."""
    for s in range(0, 256, 5):
        assert [min(v + s, 255) for v in range(256)] == levels("brightness_increase", s)
        assert [max(v - s, 0) for v in range(256)] == levels("brightness_decrease", s)


def test_noise_is_the_scaled_pattern() -> None:
    """The result is the image plus strength times one fixed normal pattern, rounded and clipped."""
    image = torch.from_numpy(np.random.default_rng(2).integers(0, 256, (1, 3, 40, 50), dtype=np.uint8))
    entry = PERTURBATIONS["additive_noise"]
    keys = step_keys([Step("additive_noise", entry, 2.0, entry.parameters())], 4, "ab")
    pattern = stream_of(keys).normal((3, 40, 50)).numpy()
    for s in entry.strengths:
        result = entry.apply(image, s, entry.parameters(), stream_of(keys))
        expected = np.clip(np.rint(image.numpy() + np.float32(s) * pattern), 0, 255)
        assert np.array_equal(expected, result.numpy())


@pytest.mark.parametrize("strength", [2, 10, 18])
def test_noise_has_the_stated_deviation(strength: float) -> None:
    """On grey, mean 0 and variance s² + 1/12 (of the rounding) within five standard deviations."""
    noise = perturb(GREY, "additive_noise", strength).astype(float) - 128
    n = noise.size
    assert abs(noise.mean()) < 5 * strength / math.sqrt(n)
    assert noise.var() == pytest.approx(strength**2 + 1 / 12, rel=5 * math.sqrt(2 / n))


def test_noise_is_independent_between_channels() -> None:
    """The channels' noise is uncorrelated; shared noise is the same in all three."""
    noise = perturb(GREY, "additive_noise", 18).astype(float) - 128
    correlation = np.corrcoef(noise.reshape(-1, 3).T)
    assert np.abs(correlation - np.eye(3)).max() < 5 / math.sqrt(noise.size / 3)
    shared = perturb(GREY, "additive_noise", 18, parameters=AdditiveNoise(channels="shared"))
    assert (shared == shared[..., :1]).all()
    assert shared.std() == pytest.approx(18, rel=0.02)


def test_truncation_darkens_by_half_a_level() -> None:
    """Cutting the fraction off lowers the mean by 0.5 against rounding."""
    nearest = perturb(GREY, "additive_noise", 8).mean()
    truncated = perturb(GREY, "additive_noise", 8, parameters=AdditiveNoise(rounding="truncate")).mean()
    assert nearest - truncated == pytest.approx(0.5, abs=0.01)
