"""Movements against slicing, NumPy, SciPy, scikit-image and OpenCV; the mask goes where the image goes."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from parity import photo
from scipy import ndimage
from skimage.transform import AffineTransform, warp

from bench.perturb import PERTURBATIONS, perturb, stream_of
from bench.perturb.entries.perspective import backwards
from bench.perturb.entries.rotate import Rotate
from bench.perturb.entries.shear import Shear
from bench.perturb.entries.translate import Translate
from bench.perturb.operations.affine import Moved, coordinates

RESAMPLED = ("rotate", "scale", "shear", "perspective")
FILLED = (*RESAMPLED, "translate")
MOVING = (*FILLED, "horizontal_flip", "vertical_flip")
PHOTO = photo(61, 84)
LABELS = np.arange(61 * 84, dtype=np.int64).reshape(61, 84) % 251


def moved(name: str, strength: float, image=PHOTO, masks=None, seed: int = 0, **parameters):
    """The image, the mask and where the image is, after one movement."""
    masks = np.zeros(image.shape[:2], np.uint8) if masks is None else masks
    return perturb(image, name, strength, masks=masks, seed=seed, parameters=parameters)


@pytest.mark.parametrize(("name", "axis"), [("horizontal_flip", 1), ("vertical_flip", 0)])
def test_flips_are_numpys(name: str, axis: int) -> None:
    """Image and mask are mirrored exactly, and every pixel stays valid."""
    masks = LABELS.astype(np.uint8)
    result = moved(name, 1, masks=masks)
    assert np.array_equal(result.image, np.flip(PHOTO, axis))
    assert np.array_equal(result.mask, np.flip(masks, axis))
    assert result.valid.all()


@pytest.mark.parametrize("size", [1, 2, 33, 64])
@pytest.mark.parametrize("direction", ["clockwise", "counterclockwise"])
def test_quarter_turns_are_rot90(size: int, direction: str) -> None:
    """Turned by 90 degrees a square image is rot90 of itself, by 180 any image is twice that, bit for bit."""
    image, masks = photo(64, 64)[:size, :size], (np.arange(size * size) % 200).astype(np.uint8).reshape(size, size)
    turns = 1 if direction == "counterclockwise" else -1
    result = moved("rotate", 90, image, masks, direction=direction)
    assert np.array_equal(result.image, np.rot90(image, turns))
    assert np.array_equal(result.mask, np.rot90(masks, turns))
    assert result.valid.all()
    assert np.array_equal(moved("rotate", 180, direction=direction).image, np.rot90(PHOTO, 2))


@pytest.mark.parametrize(
    ("direction", "to", "of"),
    [
        ("right", np.s_[:, 21:], np.s_[:, :-21]),
        ("left", np.s_[:, :-21], np.s_[:, 21:]),
        ("down", np.s_[15:], np.s_[:-15]),
        ("up", np.s_[:-15], np.s_[15:]),
    ],
)
def test_translation_is_slicing(direction: str, to, of) -> None:
    """A quarter of 84 columns is 21, of 61 rows 15 (rounded): shifted exactly, the rest black and without a class."""
    masks = (LABELS % 7).astype(np.uint8)
    image, mask, valid = np.zeros_like(PHOTO), np.full_like(masks, 255), np.zeros(masks.shape, bool)
    image[to], mask[to], valid[to] = PHOTO[of], masks[of], True
    result = moved("translate", 25, masks=masks, direction=direction)
    assert np.array_equal(result.image, image)
    assert np.array_equal(result.mask, mask)
    assert np.array_equal(result.valid, valid)


def test_translation_goes_all_ways() -> None:
    """Over 60 seeds the shifts lie on the ellipse of 20 percent of each side, in all four quarters."""
    masks, shifts = np.zeros((60, 80), np.uint8), []
    masks[30, 40] = 1
    for seed in range(60):
        mask = moved("translate", 20, photo(60, 80), masks, seed).mask
        shifts.append(np.argwhere(mask == 1)[0] - (30, 40))
    down, right = np.array(shifts).T
    assert np.hypot(down / 12, right / 16) == pytest.approx(np.ones(60), abs=0.06)
    assert {(d > 0, r > 0) for d, r in shifts} == {(False, False), (False, True), (True, False), (True, True)}


def matrix(name: str, strength: float) -> np.ndarray:
    """Where a pixel (x, y, 1) from the centre comes from, written down anew with skimage's own conventions."""
    angle = np.deg2rad(strength)
    if name == "rotate":  # y points down, so a positive angle turns clockwise to the eye
        return np.linalg.inv(AffineTransform(rotation=angle).params)
    if name == "scale":
        return np.diag([1 / strength, 1 / strength, 1])
    return np.array([[1, np.tan(angle), 0], [0, 1, 0], [0, 0, 1.0]])


@pytest.mark.parametrize(
    ("name", "strength", "parameters"),
    [
        ("rotate", 7, {"direction": "clockwise"}),
        ("rotate", 45, {"direction": "clockwise"}),
        ("scale", 0.63, {}),
        ("scale", 1.9, {}),
        ("shear", 20, {}),
    ],
)
@pytest.mark.parametrize("library", ["scipy", "skimage"])
def test_affine_movements_are_those_of_the_libraries(name, strength, parameters, library) -> None:
    """Order 1 in float64 about the centre, one grey level apart at most, for every pixel that is valid."""
    result = moved(name, strength, **parameters)
    h, w = PHOTO.shape[:2]
    to_centre = np.array([[1, 0, -(w - 1) / 2], [0, 1, -(h - 1) / 2], [0, 0, 1]])
    best = 255.0
    for sign in (1, -1) if name == "shear" else (1,):  # the side is drawn
        inner = matrix(name, sign * strength if name == "shear" else strength)
        full = np.linalg.inv(to_centre) @ inner @ to_centre
        if library == "skimage":
            expected = warp(PHOTO, full, order=1, mode="edge", preserve_range=True)
        else:
            swapped = full[np.ix_([1, 0, 2], [1, 0, 2])]  # SciPy counts (row, column)
            planes = PHOTO.transpose(2, 0, 1).astype(float)
            expected = np.stack([ndimage.affine_transform(p, swapped, order=1, mode="nearest") for p in planes], -1)
        best = min(best, np.abs(expected - result.image)[result.valid].max())
    assert best < 1
    assert (result.image[~result.valid] == 0).all()
    assert 0.3 < result.valid.mean() <= 1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("strength", [3, 30])
def test_perspective_is_opencvs_homography_of_the_corners(seed: int, strength: float) -> None:
    """The closed form is what cv2.getPerspectiveTransform finds for corners moved each its own way."""
    h, w = 61, 84
    turns = np.random.default_rng(seed).uniform(0, 2 * np.pi, 4)
    own = np.array([(-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)])
    corners = own + strength / 100 * h * np.stack([np.cos(turns), np.sin(turns)], 1)
    expected = cv2.getPerspectiveTransform(corners.astype(np.float32), own.astype(np.float32))
    found = np.array(backwards([tuple(c) for c in corners], h, w))
    assert found == pytest.approx(expected / expected[2, 2], rel=1e-4, abs=1e-5)


def test_perspective_warps_as_scipy_does() -> None:
    """Read at its own homography by SciPy in float64, the image is within one grey level."""
    corners = [(-40.0, -25.0), (45.0, -33.0), (38.0, 28.0), (-47.0, 35.0)]
    homography = backwards(corners, 61, 84)
    y, x = np.mgrid[:61, :84]
    points = np.array(homography) @ np.stack([(x - 41.5).ravel(), (y - 30).ravel(), np.ones(x.size)])
    expected_x, expected_y = (points[:2] / points[2]).reshape(2, 61, 84) + np.array([41.5, 30])[:, None, None]
    inside = (np.abs(expected_x - 41.5) < 42) & (np.abs(expected_y - 30) < 30.5)
    found_y, found_x = (value[0].numpy() for value in coordinates([homography], 61, 84))
    assert np.abs(found_y - np.clip(expected_y, 0, 60))[inside].max() < 1e-4
    assert np.abs(found_x - np.clip(expected_x, 0, 83))[inside].max() < 1e-4
    outside = (found_y < 0) | (found_x < 0)
    assert np.array_equal(outside, ~inside)


@pytest.mark.parametrize("strength", [2, 15, 30])
def test_perspective_moves_each_corner_by_the_strength(strength: float) -> None:
    """What is valid is the quadrangle of the four corners, each moved by the stated share of the short side."""
    rows, columns = np.mgrid[:90, :120]
    corners = np.array([(-0.5, -0.5), (119.5, -0.5), (119.5, 89.5), (-0.5, 89.5)])
    for key in (bytes([i]) * 16 for i in range(8)):
        angles = 2 * np.pi * stream_of([key]).uniform((4,))[0].double().numpy()
        quadrangle = corners + strength / 100 * 90 * np.stack([np.cos(angles), np.sin(angles)], 1)
        inside, margin = np.ones((90, 120), bool), np.full((90, 120), np.inf)
        for (x0, y0), (x1, y1) in zip(quadrangle, np.roll(quadrangle, -1, 0), strict=True):
            side = ((x1 - x0) * (rows - y0) - (y1 - y0) * (columns - x0)) / np.hypot(x1 - x0, y1 - y0)
            inside, margin = inside & (side > 0), np.minimum(margin, np.abs(side))
        batch = torch.zeros((1, 3, 90, 120), dtype=torch.uint8)
        found = PERTURBATIONS["perspective"].apply(batch, strength, Moved(), stream_of([key])).source[0].numpy() >= 0
        clear = margin > 0.01
        assert np.array_equal(found[clear], inside[clear])


def test_nothing_is_seen_beyond_the_horizon() -> None:
    """A homography whose horizon crosses the image shows its front half once and nothing else."""
    tilted = ((0.2, 0.0, 0.0), (0.0, 0.2, 0.0), (0.0, 0.05, 1.0))  # depth 0 at y = -20 from the centre
    y, x = (value[0].numpy() for value in coordinates([tilted], 61, 84))
    assert np.isfinite(y).all() and np.isfinite(x).all()
    seen = (y >= 0) & (x >= 0)
    assert not seen[:11].any()
    assert seen[30].all()


@pytest.mark.parametrize("name", MOVING)
def test_the_mask_goes_where_the_image_goes(name: str) -> None:
    """An image of flat regions coloured by their label: away from edges the colour is that of the moved label."""
    rows, columns = np.mgrid[:90, :120]
    labels = (rows // 30 * 4 + columns // 30).astype(np.uint8)
    colours = np.random.default_rng(0).integers(20, 256, (12, 3)).astype(np.uint8)
    for strength in PERTURBATIONS[name].strengths[1:]:
        result = moved(name, strength, colours[labels], labels, seed=3)
        assert np.array_equal(result.mask == 255, ~result.valid)
        flat = ndimage.maximum_filter(result.mask, 3) == ndimage.minimum_filter(result.mask, 3)
        assert (flat & result.valid).mean() > 0.1
        shown = result.image[flat & result.valid]
        assert np.array_equal(shown, colours[result.mask[flat & result.valid]])
        assert (result.image[~result.valid] == 0).all()


@pytest.mark.parametrize("name", MOVING)
def test_labels_are_the_nearest_ones(name: str) -> None:
    """Everywhere, the label is that of a pixel which takes part in the colour, with at least a quarter of it."""
    labels = (np.indices((40, 50)).sum(0) % 2).astype(np.uint8)
    image = np.repeat(labels[..., None] * 255, 3, axis=2)
    for strength in PERTURBATIONS[name].strengths[1:]:
        result = moved(name, strength, image, labels, seed=1)
        share = np.where(result.mask == 1, result.image[..., 0], 255 - result.image[..., 0].astype(int)) / 255
        assert share[result.valid].min() >= 0.25 - 0.01


@pytest.mark.parametrize("name", FILLED)
def test_uncovered_pixels_are_black_or_the_mean(name: str) -> None:
    """The fill changes the uncovered pixels alone."""
    strength = PERTURBATIONS[name].strengths[-1]
    black, mean = (moved(name, strength, fill=fill) for fill in ("black", "mean"))
    assert 0 < (~black.valid).mean() < 0.9
    assert (black.image[~black.valid] == 0).all()
    assert (mean.image[~mean.valid] == np.floor(PHOTO.mean((0, 1)) + 0.5)).all()
    assert np.array_equal(black.image[black.valid], mean.image[mean.valid])
    assert np.array_equal(black.mask, mean.mask)


@pytest.mark.parametrize("name", RESAMPLED)
def test_the_identity_is_approached_without_a_jump(name: str) -> None:
    """A hundred-thousandth away from the identity changes nothing."""
    entry = PERTURBATIONS[name]
    near = entry.identity + 1e-5 * (1 if entry.strengths[-1] > entry.identity else -1)
    result = moved(name, near)
    assert np.array_equal(result.image, PHOTO)
    assert result.valid.all()


@pytest.mark.parametrize("name", FILLED)
def test_stronger_means_farther_the_same_way(name: str) -> None:
    """Pixels move on along one path: a greater strength displaces each more, and in the same direction."""
    masks = np.zeros((101, 141), np.uint8)
    masks[20, 30] = 1
    for seed in range(4):
        places = []
        for strength in PERTURBATIONS[name].strengths:
            found = np.argwhere(moved(name, strength, photo(101, 141), masks, seed).mask == 1)
            if len(found):
                places.append(found.mean(0))
        steps = np.diff(places, axis=0)
        assert len(steps) >= 2
        assert all((one * other).sum() >= -0.01 for one, other in pairwise(steps))


def test_directions_are_drawn_evenly() -> None:
    """Over 200 seeds about half of the images turn each way."""
    image, masks = np.zeros((9, 9, 3), np.uint8), np.zeros((9, 9), np.uint8)
    masks[0, 4] = 1
    left = [moved("rotate", 90, image, masks, seed).mask[4, 0] == 1 for seed in range(200)]
    assert 65 <= sum(left) <= 135
    sheared = [moved("shear", 45, image, masks, seed).mask[0, 0] == 1 for seed in range(200)]
    assert 65 <= sum(sheared) <= 135


def test_shear_slides_rows_or_columns() -> None:
    """At 45 degrees each row is shifted by its distance from the middle; the other axis is the transposed image."""
    image = photo(41, 41)
    masks = (np.indices((41, 41))[1]).astype(np.uint8)
    mask = moved("shear", 45, image, masks).mask
    sign = 1 if mask[21, 20] > 20 else -1
    for row in range(41):
        shifted = np.arange(41) + sign * (row - 20)
        assert mask[row].tolist() == [s if 0 <= s < 41 else 255 for s in shifted]
    key = {"image_hash": "00", "seed": 0}
    rows = perturb(image, "shear", 30, **key)
    columns = perturb(image.transpose(1, 0, 2), "shear", 30, parameters=Shear(axis="vertical"), **key)
    assert np.array_equal(rows, columns.transpose(1, 0, 2))


def test_scale_halves_and_doubles() -> None:
    """Halved, each pixel is the mean of four; doubled, the middle fills the frame."""
    image = photo(64, 96)
    half = perturb(image, "scale", 0.5)
    sums = image.reshape(32, 2, 48, 2, 3).astype(int).sum((1, 3))
    assert np.abs(half[16:48, 24:72] - sums / 4).max() <= 0.5
    assert not half[:16].any() and not half[48:].any() and not half[:, :24].any() and not half[:, 72:].any()
    double = moved("scale", 2, image)
    assert double.valid.all()
    expected = cv2.resize(image[15:49, 23:73], (100, 68), interpolation=cv2.INTER_LINEAR)[2:-2, 2:-2]
    assert np.abs(double.image.astype(int) - expected).max() <= 1


def test_parameters_are_checked() -> None:
    """Unknown directions, axes and fills are refused."""
    for kind, bad in ((Rotate, {"direction": "up"}), (Translate, {"direction": "north"}), (Shear, {"axis": "x"})):
        with pytest.raises(ValueError, match="Input should be"):
            kind(**bad)
    with pytest.raises(ValueError, match="Input should be"):
        Moved(fill="reflect")


@pytest.mark.parametrize("name", MOVING)
def test_a_batch_has_its_own_directions(name: str) -> None:
    """In the definition each image of a batch moves by its own key's numbers, as it does alone."""
    entry = PERTURBATIONS[name]
    keys = [bytes([i]) * 16 for i in range(4)]
    batch = torch.from_numpy(np.stack([photo(33, 47, seed) for seed in range(4)])).permute(0, 3, 1, 2)
    parameters = entry.parameters(fill="mean") if name in FILLED else entry.parameters()
    together = entry.apply(batch, entry.strengths[-1], parameters, stream_of(keys))
    for i, key in enumerate(keys):
        alone = entry.apply(batch[i : i + 1], entry.strengths[-1], parameters, stream_of([key]))
        assert torch.equal(together.images[i], alone.images[0])
        assert torch.equal(together.source[i], alone.source[0])
