"""Zoom blur against SciPy's zoom and the reference."""

import math

import numpy as np
import pytest
from parity import agreement, defined, fast, needs_reference, photo
from scipy import ndimage

from bench.perturb.entries.zoom_blur import layers
from bench.perturb.operations.reference_package import corrupt

FACTORS = [  # of imagecorruptions 1.1.2
    np.arange(1, 1.11, 0.01),
    np.arange(1, 1.16, 0.01),
    np.arange(1, 1.21, 0.02),
    np.arange(1, 1.26, 0.02),
    np.arange(1, 1.31, 0.03),
]


def mean_of_zooms(image: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """The published sum in float64 with SciPy's zoom, for any size."""
    (height, width), total = image.shape[:2], image.astype(float)
    for factor in factors:
        crops = [math.ceil(size / factor) for size in (height, width)]
        top, left = (height - crops[0]) // 2, (width - crops[1]) // 2
        middle = image[top : top + crops[0], left : left + crops[1]].astype(float)
        layer = ndimage.zoom(middle, (factor, factor, 1), order=1)[:height, :width]
        total[: layer.shape[0], : layer.shape[1]] += layer
    return total / (len(factors) + 1)


@needs_reference
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_zoom_blur_is_the_references(severity: int) -> None:
    """Both routes within one grey level, odd and long images too."""
    for size in [(96, 128), (33, 32), (61, 47), (32, 150), (101, 103)]:
        image = photo(*size)
        expected = corrupt(image, "zoom_blur", severity, None)
        assert agreement(defined("zoom_blur", image, severity), expected)[1] <= 1
        assert agreement(fast("zoom_blur", image, severity), expected)[1] <= 1


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_any_size_is_scipys_mean(severity: int) -> None:
    """Also below the 32 pixels that the package asks for; a layer's factors are np.arange's with its odd ends."""
    assert len(layers(50, severity, 8)[0]) == len(FACTORS[severity - 1]) - 1
    for size in [(1, 1), (1, 40), (40, 1), (2, 3), (7, 19), (50, 31)]:
        image = photo(*size)
        exact = mean_of_zooms(image, FACTORS[severity - 1])
        result = defined("zoom_blur", image, severity)
        assert np.abs(result + 0.5 - exact).max() < 1


def test_last_pixels_that_scipy_leaves_black_are_black() -> None:
    """Rounding puts the last row of some layers outside the crop: on white it shows, here as there."""
    found = 0
    for size in range(33, 80):
        white = np.full((size, size, 3), 255, np.uint8)
        exact = mean_of_zooms(white, FACTORS[2])
        assert np.abs(defined("zoom_blur", white, 3) - exact).max() <= 1
        found += exact[-1, 0, 0] < 250
    assert found


@pytest.mark.parametrize("severity", [1.5, 2.5, 4.2])
def test_between_severities_end_and_step_are_interpolated(severity: float) -> None:
    """At 2.5: from 1 in steps of 0.015 below 1.185."""
    low, share = int(severity), severity % 1
    ends, steps = (1.11, 1.16, 1.21, 1.26, 1.31), (0.01, 0.01, 0.02, 0.02, 0.03)
    end = ends[low - 1] + (ends[low] - ends[low - 1]) * share
    step = steps[low - 1] + (steps[low] - steps[low - 1]) * share
    image = photo(48, 37)
    exact = mean_of_zooms(image, np.arange(1, end, step))
    assert np.abs(defined("zoom_blur", image, severity) + 0.5 - exact).max() < 1


@pytest.mark.parametrize("strength", [1, 2.5, 3.3, 5])
def test_kernel_is_the_definition(strength: float) -> None:
    """Bit for bit: both compute in whole numbers."""
    for size in [(1, 1), (1, 30), (31, 2), (60, 71)]:
        image = photo(*size)
        assert np.array_equal(defined("zoom_blur", image, strength), fast("zoom_blur", image, strength))
