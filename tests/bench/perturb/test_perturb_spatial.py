"""Blur, occlusion and salt and pepper against SciPy, OpenCV, scikit-image and counting."""

import math
from itertools import pairwise

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage.util import random_noise

from bench.perturb import perturb
from bench.perturb.entries.binomial_blur import BinomialBlur
from bench.perturb.entries.occlusion import Occlusion
from bench.perturb.entries.salt_and_pepper import SaltAndPepper

MASK = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16  # the assignment sheet's, item b
NOISE = np.random.default_rng(7).integers(0, 256, (41, 53, 3), dtype=np.uint8)
SCIPY_MODES = {"reflect101": "mirror", "reflect": "reflect", "zero": "constant"}
WHITE = np.full((110, 130, 3), 255, dtype=np.uint8)
GREY = np.full((300, 400, 3), 128, dtype=np.uint8)


def convolved(image: np.ndarray, passes: int, mode: str) -> np.ndarray:
    """SciPy's convolution with the sheet's mask, repeated in float64."""
    values = image.astype(float)
    for _ in range(passes):
        values = np.stack([ndimage.convolve(values[..., c], MASK, mode=mode) for c in range(3)], axis=-1)
    return values


@pytest.mark.parametrize(("border", "mode"), [("reflect101", "mirror"), ("reflect", "reflect"), ("zero", "constant")])
@pytest.mark.parametrize("passes", [1, 2, 5, 9, 40])
def test_blur_is_the_repeated_mask(border: str, mode: str, passes: int) -> None:
    """The blur equals SciPy's repeated convolution, but for halves that float32 cannot distinguish."""
    exact = convolved(NOISE, passes, mode)
    result = perturb(NOISE, "binomial_blur", passes, parameters=BinomialBlur(border=border))
    differs = np.rint(exact) != result
    assert np.abs(exact - result).max() < 0.5 + 1e-3
    assert differs.mean() < 1e-3
    assert np.abs(exact[differs] % 1 - 0.5).max(initial=0) < 1e-3


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 2), (3, 40)])
def test_blur_mirrors_small_images_again_and_again(size: tuple[int, int]) -> None:
    """Also where the mask's reach exceeds the image, the border is SciPy's."""
    image = NOISE[: size[0], : size[1]]
    for border, mode in (("reflect101", "mirror"), ("reflect", "reflect")):
        result = perturb(image, "binomial_blur", 9, parameters=BinomialBlur(border=border))
        assert np.abs(convolved(image, 9, mode) - result).max() < 0.5 + 1e-3


def test_blur_of_a_point_is_a_product_of_binomials() -> None:
    """Three passes spread a white pixel as C(6, i) C(6, j) / 4096."""
    point = np.zeros((15, 15, 3), dtype=np.uint8)
    point[7, 7] = 255
    row = np.array([math.comb(6, i) for i in range(7)])
    expected = np.zeros((15, 15))
    expected[4:11, 4:11] = np.rint(255 * np.outer(row, row) / 4096)
    assert np.array_equal(expected, perturb(point, "binomial_blur", 3)[..., 0])


def test_blur_agrees_with_opencv() -> None:
    """cv2.GaussianBlur((3, 3), 0) has the same mask; its rounding per pass costs two levels at most."""
    by_opencv = NOISE
    for _ in range(9):
        by_opencv = cv2.GaussianBlur(by_opencv, (3, 3), 0)
    difference = np.abs(by_opencv.astype(int) - perturb(NOISE, "binomial_blur", 9))
    assert difference.max() <= 2


@pytest.mark.parametrize("border", ["reflect101", "zero"])
def test_blur_can_round_after_each_pass(border: str) -> None:
    """With uint8 in between, each pass is SciPy's mask on the rounded result of the one before."""
    expected = NOISE
    for _ in range(5):
        expected = np.rint(convolved(expected, 1, SCIPY_MODES[border])).astype(np.uint8)
    parameters = BinomialBlur(accumulate="uint8", border=border)
    assert np.array_equal(expected, perturb(NOISE, "binomial_blur", 5, parameters=parameters))


def square(result: np.ndarray) -> tuple[int, int, int, int]:
    """First and last row and column of the black pixels, which have to fill that box."""
    black = (result == 0).all(-1)
    assert ((result == 255).all(-1) | black).all()
    rows, columns = np.flatnonzero(black.any(1)), np.flatnonzero(black.any(0))
    box = (rows[0], rows[-1], columns[0], columns[-1])
    assert black[box[0] : box[1] + 1, box[2] : box[3] + 1].all()
    return tuple(int(v) for v in box)


def test_occlusion_is_one_square_inside() -> None:
    """For 60 seeds the black pixels are a square of the stated edge, wholly in the image."""
    for seed in range(60):
        top, bottom, left, right = square(perturb(WHITE, "occlusion", 45, seed=seed))
        assert (bottom - top + 1, right - left + 1) == (45, 45)


def test_occlusion_keeps_its_centre_over_strengths() -> None:
    """Odd edges have the same centre pixel, and each square contains all smaller ones."""
    for seed in range(25):
        boxes = [square(perturb(WHITE, "occlusion", s, seed=seed)) for s in (5, 10, 15, 20, 25, 30, 35, 40, 45)]
        assert len({(top + bottom, left + right) for top, bottom, left, right in boxes[::2]}) == 1
        for small, large in pairwise(boxes):
            assert large[0] <= small[0] and small[1] <= large[1]
            assert large[2] <= small[2] and small[3] <= large[3]


def test_occlusion_reaches_every_place_evenly() -> None:
    """Over 2000 seeds the largest square's corner takes all its places, each quarter equally often."""
    image = WHITE[:60, :70]
    corners = np.array([square(perturb(image, "occlusion", 45, seed=s))[::2] for s in range(2000)])
    assert (corners.min(0).tolist(), corners.max(0).tolist()) == ([0, 0], [60 - 45, 70 - 45])
    upper_left = ((corners[:, 0] < 8) & (corners[:, 1] < 13)).mean()
    assert upper_left == pytest.approx(1 / 4, abs=5 * math.sqrt(3 / 16 / 2000))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (30, 200), (200, 30), (44, 44)])
def test_occlusion_is_clipped_to_a_small_image(height: int, width: int) -> None:
    """Where the image is smaller than the square, the edge is the image's shorter side."""
    image = np.full((height, width, 3), 255, dtype=np.uint8)
    for seed in range(20):
        top, bottom, left, right = square(perturb(image, "occlusion", 45, seed=seed))
        assert (bottom - top + 1, right - left + 1) == (min(height, width),) * 2


def test_occlusion_larger_than_its_room_moves_inwards() -> None:
    """A square beyond `room` is still whole, and around the same centre where it fits."""
    shapes = {square(perturb(WHITE, "occlusion", 101, seed=s)) for s in range(30)}
    assert {(b - t + 1, r - le + 1) for t, b, le, r in shapes} == {(101, 101)}
    wide = Occlusion(room=101)
    for seed in range(30):
        small = square(perturb(WHITE, "occlusion", 5, seed=seed, parameters=wide))
        large = square(perturb(WHITE, "occlusion", 101, seed=seed, parameters=wide))
        assert (small[0] + small[1], small[2] + small[3]) == (large[0] + large[1], large[2] + large[3])


def test_occlusion_anywhere_may_be_cut_by_the_edge() -> None:
    """The centre lies on any pixel, so that some squares lose a part; none is larger than stated."""
    areas = []
    for seed in range(100):
        result = perturb(WHITE, "occlusion", 45, seed=seed, parameters=Occlusion(placement="anywhere"))
        areas.append(int((result == 0).all(-1).sum()))
    assert max(areas) == 45 * 45
    assert 22 * 22 <= min(areas) < 45 * 45


@pytest.mark.parametrize("amount", [0.02, 0.1, 0.18, 1.0])
def test_salt_and_pepper_has_the_statistics_of_skimage(amount: float) -> None:
    """Hit share per channel, salt share and pixels hit at all agree with scikit-image's function."""
    ours = perturb(GREY, "salt_and_pepper", amount)
    theirs = np.rint(random_noise(GREY, mode="s&p", amount=amount, rng=0) * 255).astype(np.uint8)
    n = GREY.shape[0] * GREY.shape[1]
    for result in (ours, theirs):
        hit = result != 128
        assert set(np.unique(result[hit])) == {0, 255}
        spread = 5 * math.sqrt(amount * (1 - amount) / n)
        assert hit.mean(axis=(0, 1)) == pytest.approx([amount] * 3, abs=spread + 1e-6)
        assert (result[hit] == 255).mean() == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(hit.sum()))
        any_channel = 1 - (1 - amount) ** 3  # independent channels
        assert hit.any(-1).mean() == pytest.approx(any_channel, abs=2 * spread + 1e-6)


def test_salt_and_pepper_is_nested() -> None:
    """What is hit at one strength is hit, in the same colour, at every greater one."""
    levels = [perturb(NOISE, "salt_and_pepper", a) for a in (0.02, 0.04, 0.1, 0.18, 0.5, 1)]
    for less, more in pairwise(levels):
        changed = less != NOISE
        assert np.array_equal(less[changed], more[changed])


def test_salt_and_pepper_can_hit_whole_pixels() -> None:
    """With shared channels a hit pixel is black or white, and the share counts pixels."""
    result = perturb(GREY, "salt_and_pepper", 0.1, parameters=SaltAndPepper(channels="shared"))
    assert (result == result[..., :1]).all()
    assert (result[..., 0] != 128).mean() == pytest.approx(0.1, abs=5 * math.sqrt(0.09 / 120_000))


@pytest.mark.parametrize("salt", [0.0, 0.3, 1.0])
def test_salt_share_is_a_parameter(salt: float) -> None:
    """The share of white among the hit values is the parameter's."""
    result = perturb(GREY, "salt_and_pepper", 0.18, parameters=SaltAndPepper(salt=salt))
    hit = result[result != 128]
    assert (hit == 255).mean() == pytest.approx(salt, abs=5 * 0.5 / math.sqrt(len(hit)) if salt % 1 else 0)
