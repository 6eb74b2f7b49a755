"""The blurs that weigh neighbours: Gaussian, disk and line, published and own, against SciPy and the reference."""

import math

import numpy as np
import pytest
import torch
from parity import KEY, agreement, defined, fast, needs_reference, photo
from scipy import ndimage

from bench.perturb import perturb, stream_of
from bench.perturb.kernels import disk as disk_kernel
from bench.perturb.kernels import gaussian as gaussian_kernel
from bench.perturb.operations.disk import covered, disk_sums, fits
from bench.perturb.operations.gaussian import gaussian_filtered
from bench.perturb.operations.motion_line import line_path, motion_blurred
from bench.perturb.operations.reference_package import corrupt, package
from registry.errors import BenchError

SIZES = [(96, 128), (33, 32), (61, 47), (32, 150)]
SMALL = [(1, 1), (1, 9), (9, 1), (2, 3), (12, 31)]
RNG = np.random.default_rng(5)


class Angle:
    """Random numbers for the reference: the first uniform number of our stream."""

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * float(stream_of([KEY]).uniform((1,))[0, 0])


def as_batch(values: np.ndarray) -> torch.Tensor:
    """[H, W] as [1, 1, H, W]."""
    return torch.from_numpy(values)[None, None]


def correlated(image: np.ndarray, kernel: np.ndarray, mode: str) -> np.ndarray:
    """SciPy's correlation of each channel in float64."""
    values = image.astype(float)
    return np.stack([ndimage.correlate(values[..., c], kernel, mode=mode) for c in range(3)], axis=-1)


@needs_reference
@pytest.mark.parametrize("name", ["gaussian_blur", "defocus_blur", "motion_blur"])
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_published_blurs_are_the_references(name: str, severity: int) -> None:
    """Both routes give imagecorruptions' pixels within one grey level."""
    for size in SIZES:
        image = photo(*size)
        expected = corrupt(image, name, severity, Angle())
        assert agreement(defined(name, image, severity), expected)[1] <= 1
        assert agreement(fast(name, image, severity), expected)[1] <= 1


@pytest.mark.parametrize("name", ["gaussian_blur", "defocus_blur", "motion_blur", "defocus", "motion"])
@pytest.mark.parametrize("strength", [1, 2.4, 3.5, 5])
def test_kernels_are_the_definition_bit_for_bit(name: str, strength: float) -> None:
    """The same sums in the same order, or in whole numbers, also where the kernel exceeds the image."""
    for size in [*SMALL, (45, 70)]:
        image = photo(*size)
        assert np.array_equal(defined(name, image, strength), fast(name, image, strength))


@pytest.mark.parametrize("mode", ["nearest", "reflect"])
@pytest.mark.parametrize(
    "sigmas", [(1.0, 2.0, 4.0), (6.0, 0.3, 4.0), (0.4, 5.0, 3.0), (0.9, 0.7, 4.0), (0.0, 2.0, 4.0)]
)
def test_gaussian_filter_is_scipys(mode: str, sigmas: tuple[float, float, float]) -> None:
    """Bit for bit, any mode, truncation and deviation per axis; the CPU kernel gives the same bits, float32 too."""
    down, right, truncate = sigmas
    for size in SMALL:
        values = RNG.normal(size=size)
        expected = ndimage.gaussian_filter(values, (down, right), mode=mode, truncate=truncate)
        result = gaussian_filtered(as_batch(values), down, right, mode, truncate)[0, 0].numpy()
        assert np.array_equal(result, expected)
        for dtype in (np.float32, np.float64):
            cast = values.astype(dtype)
            ours = gaussian_filtered(as_batch(cast), down, right, mode, truncate)[0, 0].numpy()
            assert np.array_equal(ours, gaussian_kernel.gaussian_filtered(cast, down, right, mode, truncate))


def test_gaussian_blur_between_severities() -> None:
    """At 4.5 the deviation is 5, half way between 4 and 6."""
    image = photo(40, 50)
    exact = ndimage.gaussian_filter(image.astype(float), (5, 5, 0), mode="nearest")
    assert agreement(defined("gaussian_blur", image, 4.5), exact.astype(np.uint8))[1] <= 1


@needs_reference
@pytest.mark.parametrize("size", [(40, 57), (33, 20), (9, 41), (1, 1)])
def test_motion_trail_is_the_references(size: tuple[int, int]) -> None:
    """Each image of a batch at its own angle, all quarters, also where the trail leaves the image."""
    angles = [-135.0, -90.0, -60.2, -45.0, -10.3, 0.0, 12.7, 45.0]
    values = RNG.normal(size=(len(angles), 1, *size))
    result = motion_blurred(torch.from_numpy(values), 20, 15.0, angles)
    for i, angle in enumerate(angles):
        expected = package().corruptions._motion_blur(values[i, 0], 20, 15.0, angle)
        assert np.abs(result[i, 0].numpy() - expected).max() < 1e-12


def test_motion_blurs_of_a_batch_have_their_own_angles() -> None:
    """Two keys, two angles; each image is what it is alone."""
    images = np.stack([photo(40, 50), photo(40, 50)])
    both = perturb(images, "motion_blur", 3, image_hash=["00", "01"])
    assert (both[0] != both[1]).mean() > 0.1
    for i, image_hash in enumerate(["00", "01"]):
        assert np.array_equal(both[i], perturb(images[i], "motion_blur", 3, image_hash=image_hash))


def supersampled(radius: float, grid: int = 100) -> np.ndarray:
    """The share of each pixel's `grid`² points that lie in a disk."""
    reach = math.ceil(radius)
    axis = (np.arange((2 * reach + 1) * grid) + 0.5) / grid - reach - 0.5
    inside = axis[:, None] ** 2 + axis**2 <= radius**2
    return inside.reshape(2 * reach + 1, grid, 2 * reach + 1, grid).mean(axis=(1, 3))


@pytest.mark.parametrize("radius", [0.3, 0.75, 1.0, 2.5, 7.2])
def test_defocus_is_a_disk_however_it_lies_on_the_pixels(radius: float) -> None:
    """Against SciPy with a kernel counted point by point."""
    kernel = supersampled(radius)
    image = photo(40, 55)
    exact = np.rint(correlated(image, kernel / kernel.sum(), "mirror"))
    result = defined("defocus", image, radius)
    difference = np.abs(result - exact)
    assert difference.max() <= 1
    assert difference.mean() < 0.05


def test_disk_has_its_area_and_large_ones_still_fit_32_bits() -> None:
    """πr² in units of the coarsest step that the sums allow; symmetric about both axes and both diagonals."""
    for radius, unit in [(3.0, 4096), (10.0, 4096), (50.0, 512)]:
        weights = covered(radius)
        assert weights.sum() == pytest.approx(math.pi * radius**2 * unit, rel=1e-3)
        assert weights.sum() * 255 < 2**31
        for turned in (weights.T, weights[::-1], weights[:, ::-1]):
            assert np.array_equal(weights, turned)


def test_weights_too_great_for_32_bits_use_64() -> None:
    """Both routes give the sums of a heavy square over the mirrored image; the kernel as levels."""
    image, heavy = photo(12, 20), np.full((101, 101), 1000, np.int64)
    assert not fits(heavy)
    sums = disk_sums(torch.from_numpy(image).permute(2, 0, 1)[None], heavy)[0].permute(1, 2, 0).numpy()
    share = 1 / int(heavy.sum())
    levels = disk_kernel.disk_filtered(image, heavy, share, nearest=True)
    assert np.array_equal(levels, np.rint(sums * np.float32(share)))
    assert np.abs(sums / (correlated_box(image, 50) * 1000) - 1).max() < 1e-6


def correlated_box(image: np.ndarray, reach: int) -> np.ndarray:
    """The sum over a square around each pixel of the image mirrored again and again."""
    wide = np.pad(image.astype(np.int64), ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(wide, (2 * reach + 1, 2 * reach + 1), axis=(0, 1))
    return windows.sum(axis=(-2, -1))


def as_kernel(path: list[tuple[int, int, float]]) -> np.ndarray:
    reach = max(max(abs(dy), abs(dx)) for dy, dx, _ in path)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    for dy, dx, weight in path:
        kernel[reach - dy, reach - dx] += weight  # shifted down: the value comes from above
    return kernel


def test_line_of_whole_length_along_a_row() -> None:
    """Of 4 pixels' movement three pixels get a quarter each, the two at the ends an eighth."""
    kernel = as_kernel(line_path(4.0, 0.0))
    assert kernel[2] == pytest.approx([1 / 8, 1 / 4, 1 / 4, 1 / 4, 1 / 8], abs=1e-3)
    assert np.delete(kernel, 2, axis=0).sum() == pytest.approx(0, abs=1e-9)
    assert np.allclose(as_kernel(line_path(4.0, 90.0)), kernel.T)


@pytest.mark.parametrize("angle", [20.0, 45.0, 120.0, -70.0])
def test_line_has_its_length_and_angle(angle: float) -> None:
    """Centred, weights of 1, length²/12 of variance along it; counter-clockwise as one sees it."""
    path = line_path(20.0, angle)
    weights = np.array([weight for _, _, weight in path])
    points = np.array([(dx, -dy) for dy, dx, _ in path])
    assert weights.sum() == pytest.approx(1)
    assert weights @ points == pytest.approx([0, 0], abs=1e-9)
    values, vectors = np.linalg.eigh(points.T @ (weights[:, None] * points))
    assert values[1] == pytest.approx(20**2 / 12, rel=0.02)
    assert values[0] < 0.3  # what sharing moments between pixels adds
    found = math.degrees(math.atan2(vectors[1, 1], vectors[0, 1]))
    assert (found - angle + 90) % 180 - 90 == pytest.approx(0, abs=1)


@pytest.mark.parametrize("angle", [0.0, 33.0, 90.0])
def test_motion_is_the_lines_correlation(angle: float) -> None:
    """Against SciPy, mirrored at the edge."""
    image = photo(40, 55)
    exact = np.rint(correlated(image, as_kernel(line_path(9.5, angle)), "mirror"))
    assert np.abs(defined("motion", image, 9.5, angle=angle) - exact).max() <= 1
    assert np.abs(fast("motion", image, 9.5, angle=angle) - exact).max() <= 1


@pytest.mark.parametrize("name", ["defocus", "motion"])
def test_percent_means_of_the_short_side(name: str) -> None:
    """10 % of 40 pixels are 4 pixels; nothing much happens next to strength 0."""
    image = photo(40, 90)
    assert np.array_equal(perturb(image, name, 10, parameters={"unit": "percent"}), perturb(image, name, 4))
    assert agreement(perturb(image, name, 0.01), image)[1] <= 2


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("defocus", {"unit": "m"}), ("motion", {"angle": 400}), ("gaussian_blur", {"sigma": 2}), ("motion", {"unit": 1})],
)
def test_faulty_parameters_are_refused(name: str, parameters: dict[str, object]) -> None:
    """Unknown units and keys and angles beyond a turn are named."""
    with pytest.raises(BenchError, match=next(iter(parameters))):
        perturb(photo(8, 8), name, 1, parameters=parameters)
