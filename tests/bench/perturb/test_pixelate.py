"""Pixelation against Pillow bit for bit, and the resolution drop against plain matrices."""

import numpy as np
import pytest
from parity import agreement, defined, fast, needs_reference, photo
from PIL import Image

from bench.perturb.entries.pixelate import boxes, nearest
from bench.perturb.operations.reference_package import corrupt

SHARES = [0.6, 0.5, 0.4, 0.3, 0.25]
NOISE = np.random.default_rng(3).integers(0, 256, (150, 160, 3), dtype=np.uint8)
SIZES = [(4, 4), (5, 7), (33, 32), (61, 47), (96, 131), (30, 160), (149, 150)]


def by_pillow(image: np.ndarray, share: float) -> np.ndarray:
    height, width = image.shape[:2]
    small = Image.fromarray(image).resize((int(width * share), int(height * share)), Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.NEAREST))


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_pixelate_is_pillows_bit_for_bit(severity: int) -> None:
    """Both routes, any size that keeps a pixel."""
    for height, width in SIZES:
        image = NOISE[:height, :width]
        expected = by_pillow(image, SHARES[severity - 1])
        assert np.array_equal(defined("pixelate", image, severity), expected)
        assert np.array_equal(fast("pixelate", image, severity), expected)


@needs_reference
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_pixelate_is_the_references(severity: int) -> None:
    """The package gives the same bits."""
    image = photo(70, 93)
    assert np.array_equal(defined("pixelate", image, severity), corrupt(image, "pixelate", severity, None))


@pytest.mark.parametrize("severity", [1, 3, 5])
def test_tall_images_differ_by_a_level_at_most(severity: int) -> None:
    """Pillow from version 13 reduces those columns first; ours stay with rows first."""
    image = NOISE[:, :40]
    assert agreement(fast("pixelate", image, severity), by_pillow(image, SHARES[severity - 1]))[1] <= 1


@pytest.mark.parametrize("count", [1, 2, 7, 33, 99, 100, 101, 1023, 4097, 8192])
def test_boxes_and_positions_are_pillows_for_every_share(count: int) -> None:
    """On a ramp of one row, long ones included, where rounding decides which pixels a box counts."""
    ramp = np.random.default_rng(count).integers(0, 256, (1, count, 3), dtype=np.uint8)
    for share in np.linspace(0.25, 0.6, 12):
        small = max(1, int(count * share))
        expected = np.asarray(Image.fromarray(ramp).resize((small, 1), Image.Resampling.BOX))[0]
        first, number, weight = boxes(count, small)
        sums = np.array([ramp[0, f : f + n].astype(int).sum(0) for f, n in zip(first, number, strict=True)])
        assert np.array_equal((sums * weight[:, None] + 2**21) >> 22, expected)
        steps = Image.fromarray((np.arange(small) % 256).astype(np.uint8)[None])
        shown = np.asarray(steps.resize((count, 1), Image.Resampling.NEAREST))[0]
        assert np.array_equal(nearest(count, small) % 256, shown)


@pytest.mark.parametrize("strength", [1, 2.3, 4.5, 5])
def test_small_images_keep_a_pixel_and_routes_agree(strength: float) -> None:
    """A single pixel stays; one row or column is one row or column."""
    for size in [(1, 1), (1, 9), (3, 2), (40, 71)]:
        image = photo(*size)
        assert np.array_equal(defined("pixelate", image, strength), fast("pixelate", image, strength))
    assert np.array_equal(defined("pixelate", NOISE[:1, :1], strength), NOISE[:1, :1])


def overlap(size: int, count: int) -> np.ndarray:
    """[count, size]: the share of each pixel in each mean."""
    matrix = np.zeros((count, size))
    for i in range(count):
        for j in range(size):
            low, high = max(i * size / count, j), min((i + 1) * size / count, j + 1)
            matrix[i, j] = max(0, high - low) * count / size
    return matrix


def lines(count: int, size: int) -> np.ndarray:
    """[size, count]: NumPy's interpolation between the centres."""
    centres, at = (np.arange(count) + 0.5) / count, (np.arange(size) + 0.5) / size
    return np.stack([np.interp(at, centres, unit) for unit in np.eye(count)], axis=1)


@pytest.mark.parametrize("factor", [1.3, 2, 2.5, 7, 100])
def test_resolution_drop_is_area_means_and_straight_lines(factor: float) -> None:
    """Two matrices an axis, whatever divides; a large factor leaves the mean."""
    for height, width in [(48, 60), (31, 47), (1, 20)]:
        image = photo(height, width)
        rows, columns = (max(1, round(size / factor)) for size in (height, width))
        down, right = lines(rows, height) @ overlap(height, rows), lines(columns, width) @ overlap(width, columns)
        exact = np.einsum("yi,xj,ijc->yxc", down, right, image.astype(float))
        assert np.abs(defined("resolution_drop", image, factor) - exact).max() < 0.5 + 1e-3
        share, greatest = agreement(fast("resolution_drop", image, factor), np.rint(exact).astype(np.uint8))
        assert share == 1, greatest


def test_resolution_drop_of_a_hair_changes_nothing() -> None:
    """A factor that rounds to the same size is the identity."""
    assert np.array_equal(defined("resolution_drop", NOISE, 1.001), NOISE)
    assert np.array_equal(fast("resolution_drop", NOISE, 1.001), NOISE)
