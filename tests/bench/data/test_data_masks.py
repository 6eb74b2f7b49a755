"""Stored mask values become labels, and anything that is not a label is named."""

import hashlib

import numpy as np
import pytest

from bench.data.integrity import check_labels, check_size
from bench.data.mask_coding import from_colours, relabel
from bench.host.hashing import pixel_hash
from registry.errors import BenchError

RNG = np.random.default_rng(1)


def test_values_are_replaced_one_by_one():
    """The result is that of a look-up per pixel."""
    table = {0: 2, 7: 0, 9: 255}
    values = RNG.choice(np.array(list(table), np.uint8), (6, 5))
    assert relabel(values, table, "m").tolist() == [[table[int(v)] for v in row] for row in values]


def test_an_unknown_value_is_named_with_its_file():
    """The message names which file, which value, and what is allowed."""
    with pytest.raises(BenchError, match=r"m\.png: unknown label 4 in the mask; allowed are 1, 2, 3"):
        relabel(np.array([[1, 4]], np.uint8), {1: 1, 2: 0, 3: 255}, "m.png")


def test_colours_are_replaced_one_by_one():
    """The result is that of a look-up per pixel."""
    table = {(0, 0, 0): 0, (128, 0, 0): 1, (0, 128, 0): 2, (255, 255, 255): 255}
    colours = RNG.choice(np.array(list(table), np.uint8), (6, 5))
    expected = [[table[tuple(map(int, colour))] for colour in row] for row in colours]
    assert from_colours(colours, table, "m").tolist() == expected


def test_an_unknown_colour_is_named_with_its_place():
    """A smoothed or compressed mask shows a colour between two classes; the first one is named."""
    colours = np.zeros((3, 4, 3), np.uint8)
    colours[1, 2] = (64, 0, 0)
    with pytest.raises(BenchError, match=r"m\.png: unknown colour \(64, 0, 0\) in the mask at x=2, y=1"):
        from_colours(colours, {(0, 0, 0): 0}, "m.png")


@pytest.mark.parametrize("tolerance", [1, 40, 120, 441])
def test_within_the_tolerance_the_nearest_colour_counts(tolerance):
    """SciPy's distances decide; what is farther from all colours is refused."""
    from scipy.spatial.distance import cdist

    table = {(0, 0, 0): 0, (128, 0, 0): 1, (0, 128, 0): 2, (255, 255, 255): 255}
    colours = RNG.integers(0, 256, (150, 150, 3), dtype=np.uint8)  # more than a block
    distances = cdist(colours.reshape(-1, 3).astype(float), np.array(list(table), float))
    nearest = np.array(list(table.values()))[distances.argmin(1)].reshape(150, 150)
    near = (distances.min(1) <= tolerance).reshape(150, 150)
    known = np.where(near[..., None], colours, 0).astype(np.uint8)
    assert np.array_equal(from_colours(known, table, "m", tolerance), np.where(near, nearest, 0))
    if not near.all():
        row, column = np.argwhere(~near)[0]
        with pytest.raises(BenchError, match=f"at x={column}, y={row}; allowed are .* or within {tolerance} of them"):
            from_colours(colours, table, "m", tolerance)


def test_of_two_equally_near_colours_the_first_counts():
    """As documented; 64 lies in the middle."""
    colours = np.array([[[64, 0, 0]]], np.uint8)
    assert from_colours(colours, {(128, 0, 0): 1, (0, 0, 0): 0}, "m", 64).tolist() == [[1]]
    assert from_colours(colours, {(0, 0, 0): 0, (128, 0, 0): 1}, "m", 64).tolist() == [[0]]


def test_classes_and_ignore_pass_the_check():
    """0 to C-1 and 255 are all a mask may hold."""
    check_labels(np.array([[0, 1, 2, 255]], np.uint8), 3, "after flip")


@pytest.mark.parametrize("label", [3, 128, 254])
def test_a_label_that_is_no_class_fails_the_check(label):
    """Interpolation between labels is caught: the message names the place and the label."""
    with pytest.raises(BenchError, match=f"after rotate: unknown label {label} in the mask; allowed are 0 to 2"):
        check_labels(np.array([[0, label, 255]], np.uint8), 3, "after rotate")


@pytest.mark.parametrize("mask", [np.zeros((2, 2)), np.zeros((2, 2, 1), np.uint8)])
def test_a_mask_of_another_type_is_a_programming_fault(mask):
    """A transform that returns floats or a third axis keeps its traceback."""
    with pytest.raises(TypeError, match=r"a mask is uint8 \[H, W\]"):
        check_labels(mask, 3, "after resize")


def test_a_mask_of_another_size_gives_both_sizes():
    """Width comes first, as in a file manager."""
    with pytest.raises(BenchError, match=r"m: the mask is 4x3 but the image is 4x5; give"):
        check_size(np.zeros((5, 4, 3), np.uint8), np.zeros((3, 4), np.uint8), "m")


def test_the_pixel_hash_is_blake2b_of_shape_and_bytes():
    """Anybody can compute it: 16 bytes of BLAKE2b over "HxWxC:" and the values in row-major order."""
    image = RNG.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    values = bytes(int(v) for row in image for pixel in row for v in pixel)
    assert pixel_hash(image) == hashlib.blake2b(b"4x5x3:" + values, digest_size=16).hexdigest()


def test_the_pixel_hash_ignores_memory_layout():
    """A view with other strides is the same image."""
    image = RNG.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    assert pixel_hash(image[:, ::-1].copy()) == pixel_hash(image[:, ::-1])
    assert pixel_hash(np.asfortranarray(image)) == pixel_hash(image)


def test_the_pixel_hash_distinguishes_shapes():
    """Equal bytes of another shape are another image."""
    image = np.zeros((2, 6, 3), np.uint8)
    assert pixel_hash(image) != pixel_hash(image.reshape(6, 2, 3))


def test_the_pixel_hash_takes_bytes_only():
    """A float image would hash its representation, so it is refused."""
    with pytest.raises(TypeError, match="uint8"):
        pixel_hash(np.zeros((2, 2, 3)))
