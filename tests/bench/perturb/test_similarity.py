"""RMSE, PSNR and SSIM are those of scikit-image."""

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from bench.perturb.similarity import similarity, summary

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def pair(height, width, deviation, seed=0):
    """A textured image and the same with noise; uint8 [H, W, 3]."""
    rng = np.random.default_rng(seed)
    clean = 120 + 60 * np.sin(np.arange(width) / 4)[None, :, None] + rng.normal(0, 15, (height, width, 3))
    noisy = clean + rng.normal(0, deviation, clean.shape)
    return tuple(np.clip(image, 0, 255).astype(np.uint8) for image in (clean, noisy))


@pytest.mark.parametrize("size", [(11, 11), (12, 40), (63, 64), (120, 91)])
@pytest.mark.parametrize("deviation", [1, 10, 80])
def test_the_measures_are_scikit_images(size, deviation):
    """The same window, constants and luma as in the paper's own settings."""
    clean, noisy = pair(*size, deviation)
    found = similarity(clean, noisy)
    squares = (clean.astype(float) - noisy) ** 2
    assert found.rmse == pytest.approx(math.sqrt(squares.mean()), rel=1e-12)
    assert found.psnr == pytest.approx(peak_signal_noise_ratio(clean, noisy), rel=1e-9)
    expected = structural_similarity(
        clean @ LUMA, noisy @ LUMA, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert found.ssim == pytest.approx(expected, abs=5e-5)  # float32 windows


def test_a_flat_pair_has_the_closed_form():
    """Without variance only the luminance term is left: (2ab + C1) / (a² + b² + C1), C1 = 6.5025."""
    clean, dark = (np.full((20, 30, 3), level, np.uint8) for level in (200, 50))
    expected = (2 * 200 * 50 + 6.5025) / (200**2 + 50**2 + 6.5025)
    assert similarity(clean, dark).ssim == pytest.approx(expected, abs=5e-5)  # float32 windows
    assert similarity(clean, dark).rmse == 150


def test_black_against_white_is_the_worst():
    """RMSE 255, PSNR 0 dB."""
    black, white = (np.full((512, 700, 3), level, np.uint8) for level in (0, 255))
    assert similarity(black, white)[:2] == (255.0, 0.0)


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (4, 5), (10, 200)])
def test_small_images_have_values(size):
    """Where the window does not fit a smaller one is used; the same image is 0, undefined, 1."""
    clean, noisy = pair(*size, 30)
    found = similarity(clean, noisy)
    assert found.rmse > 0
    assert -1 <= found.ssim < 1
    same = similarity(clean, clean.copy())
    assert (same.rmse, same.ssim) == (0, 1)
    assert math.isnan(same.psnr)


def test_memory_layout_does_not_matter():
    """A permuted view gives what its copy gives."""
    clean, noisy = pair(40, 50, 20)
    views = [np.ascontiguousarray(image.transpose(2, 0, 1)).transpose(1, 2, 0) for image in (clean, noisy)]
    assert similarity(*views) == similarity(clean, noisy)


def test_the_summary_leaves_out_what_is_undefined():
    """Mean and standard deviation are over the images that have a value; n is how many."""
    clean, noisy = pair(30, 30, 20)
    values = [similarity(clean, noisy), similarity(clean, clean), similarity(clean, pair(30, 30, 20, seed=1)[1])]
    found = summary(values)
    assert [found[name]["n"] for name in ("rmse", "psnr", "ssim")] == [3, 2, 3]
    psnr = [values[0].psnr, values[2].psnr]
    assert found["psnr"]["mean"] == pytest.approx(np.mean(psnr))
    assert found["psnr"]["sd"] == pytest.approx(np.std(psnr, ddof=1))
    assert (found["rmse"]["min"], found["rmse"]["max"]) == (0, max(v.rmse for v in values))


def test_nothing_measured_is_no_number():
    """Without images there is no mean."""
    assert summary([])["ssim"] == {"n": 0, "mean": None, "sd": None, "min": None, "max": None}
