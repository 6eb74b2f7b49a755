"""Boundary IoU and boundary F against restatements with SciPy and scikit-image, and against drawings by hand."""

from math import ceil, hypot

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from tests.bench.metrics.made_up_masks import BINARY, blobs, measured, scores, seen, values


def published_edge(mask, share):
    """Restate `mask_to_boundary` of the authors: pad by one pixel of nothing, erode d times by 3 x 3 ones, subtract."""
    height, width = mask.shape
    times = max(1, round(share * hypot(height, width)))
    padded = np.pad(mask, 1)
    eroded = binary_erosion(padded, np.ones((3, 3)), iterations=times)
    return mask & ~eroded[1:-1, 1:-1]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.02, 0.005, 0.3])
def test_boundary_iou_is_the_published_one(seed, share):
    """Every class, with ignored pixels in neither mask."""
    truth, prediction = blobs(seed, ignored=0.4 if seed % 2 else 0)
    found = measured("boundary_iou", [seen(truth, prediction, 3)], width=f"{100 * share}%")[0].reshape(3, 2)
    counted = truth != 255
    for label in range(3):
        one, two = (published_edge((mask == label) & counted, share) for mask in (truth, prediction))
        assert found[label].tolist() == [(one & two).sum(), (one | two).sum()]


def test_boundary_iou_by_hand():
    """Two squares of 8 x 8 in 10 x 10, one pixel apart, d = 1: edges of 28 pixels that cross in two.

    The truth's edge is in rows and columns 1 and 8, the prediction's in 2 and 9, which is the image's last: (2, 8) and
    (8, 2) are in both.
    """
    truth, prediction = np.zeros((10, 10), int), np.zeros((10, 10), int)
    truth[1:9, 1:9], prediction[2:10, 2:10] = 1, 1
    terms = measured("boundary_iou", [seen(truth, prediction)])[0].reshape(2, 2)
    assert terms[1].tolist() == [2, 54]


def test_a_width_in_pixels_is_taken_as_it_is():
    """The edge of a full image: two frames of 10 x 10 have 36 + 28 pixels."""
    full = np.ones((10, 10), int)
    assert measured("boundary_iou", [seen(full, full)], width=2)[0].tolist() == [0, 0, 64, 64]


def disc_dilated(mask, radius):
    from skimage.morphology import dilation, disk

    return dilation(mask, disk(radius))


def davis_contour(mask):
    """Restate `seg2bmap` of DAVIS at its own size: a pixel unlike its right, lower or lower right neighbour."""
    right, lower, both = (np.zeros_like(mask) for _ in range(3))
    right[:, :-1], lower[:-1], both[:-1, :-1] = mask[:, 1:], mask[1:], mask[1:, 1:]
    found = (mask ^ right) | (mask ^ lower) | (mask ^ both)
    found[-1] = mask[-1] ^ right[-1]
    found[:, -1] = mask[:, -1] ^ lower[:, -1]
    found[-1, -1] = False
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.008, 0.05])
def test_boundary_f_is_that_of_davis(seed, share):
    """Precision and recall by dilating the contours with a disc."""
    truth, prediction = blobs(seed, ignored=0.5 if seed % 2 else 0)
    found = values("boundary_f", [seen(truth, prediction, 3)], names="abc", tolerance=f"{100 * share}%")
    counted, radius = truth != 255, ceil(share * hypot(*truth.shape))
    for label, name in enumerate("abc"):
        one, two = (davis_contour((mask == label) & counted) for mask in (truth, prediction))
        precision = (two & disc_dilated(one, radius)).sum() / two.sum()
        recall = (one & disc_dilated(two, radius)).sum() / one.sum()
        expected = 2 * precision * recall / (precision + recall)
        assert found["boundary_f", name] == pytest.approx(expected, rel=1e-12)


def test_boundary_f_without_a_contour():
    """In neither mask: left out. In one alone: 0. The image's edge is no contour."""
    full, empty, half = np.ones((8, 8), int), np.zeros((8, 8), int), np.ones((8, 8), int)
    half[:4] = 0
    both = scores("boundary_f", [seen(full, full)])["boundary_f", "object"]
    assert np.isnan(both.value)
    assert both.n == 0
    assert values("boundary_f", [seen(half, full)])["boundary_f", "object"] == 0
    assert values("boundary_f", [seen(half, empty)])["boundary_f", "object"] == 0
    assert values("boundary_f", [seen(half, half)])["boundary_f", "object"] == 1


def test_object_or_not_has_one_class():
    """Of a binary set both classes of objects are one mask: a border between them is none."""
    truth = np.zeros((20, 20), int)
    truth[4:16, 4:10], truth[4:16, 10:16] = 1, 2
    swapped = np.where(truth > 0, 3 - truth, 0)
    assert measured("boundary_iou", [seen(truth, swapped, 3, BINARY)])[0].tolist() == [44, 44]
    assert values("boundary_iou", [seen(truth, swapped, 3)], names="abc")["boundary_iou", "b"] == 0
