"""Surface Dice and HD95 against DeepMind's surface-distance and MONAI, and by hand."""

import warnings

import numpy as np
import pytest

from bench.metrics.outlines import outline_pair, within
from tests.bench.metrics.made_up_masks import blobs, measured, scores, seen, values


def surface_distances(truth, prediction):
    """Return what the reference package computes; it calls functions that NumPy and SciPy renamed."""
    package = pytest.importorskip("surface_distance")
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setattr(np, "Inf", np.inf, raising=False)
        try:
            return package, package.compute_surface_distances(truth, prediction, (1.0, 1.0))
        except AttributeError as error:
            pytest.skip(f"surface-distance does not run with this NumPy or SciPy: {error}")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("tolerance", [1, 1.5, 3])
def test_surface_dice_is_that_of_surface_distance(seed, tolerance):
    """Lengths weighted, masks at the image's edge included."""
    truth, prediction = blobs(seed, ignored=0.4 if seed % 2 else 0)
    found = values("surface_dice", [seen(truth, prediction, 3)], names="abc", tolerance=tolerance)
    counted = truth != 255
    for label, name in enumerate("abc"):
        package, distances = surface_distances((truth == label), (prediction == label) & counted)
        expected = package.compute_surface_dice_at_tolerance(distances, tolerance)
        assert found["surface_dice", name] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_hd95_is_that_of_surface_distance(seed):
    """The larger directed percentile, weighted by length; exactly, since distances are roots of whole numbers."""
    truth, prediction = blobs(seed, ignored=0.4 if seed % 2 else 0)
    found = measured("hd95", [seen(truth, prediction, 3)])[0]
    counted = truth != 255
    for label in range(3):
        package, distances = surface_distances((truth == label), (prediction == label) & counted)
        assert found[label] == pytest.approx(package.compute_robust_hausdorff(distances, 95), rel=1e-9)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(3))
def test_surface_dice_is_that_of_monai(seed):
    """MONAI's own code with sub-pixel lengths; away from the image's edge, where it sees no outline."""
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("monai.metrics")
    truth, prediction = blobs(seed)
    one, two = (np.pad(mask == 1, 5) for mask in (truth, prediction))
    given = [torch.from_numpy(np.stack([~mask, mask])[None].astype(np.float32)) for mask in (two, one)]
    expected = metrics.compute_surface_dice(*given, class_thresholds=[2.0], spacing=(1.0, 1.0), use_subvoxels=True)
    found = values("surface_dice", [seen(one, two)], tolerance=2)
    assert found["surface_dice", "object"] == pytest.approx(expected.item(), rel=1e-6)


def square(size, top, left, side):
    mask = np.zeros((size, size), int)
    mask[top : top + side, left : left + side] = 1
    return mask


def test_a_shifted_square_by_hand():
    """A square of 10, shifted right by 3: the outline is 4 sides of 9 straight corners, and 4 of half the root of 2.

    At distance 0 lie the corners that both outlines have: those of the upper and the lower side from 11 to 18.
    """
    truth, prediction = square(30, 8, 8, 10), square(30, 8, 11, 10)
    pair = outline_pair(truth.astype(np.uint8), prediction.astype(np.uint8))
    length = 36 + 4 * np.sqrt(0.5)
    assert [one.lengths.sum() for one in pair] == pytest.approx([length, length])
    assert [one.distances.max() for one in pair] == [3, 3]
    # Columns of corners: truth 8 … 18, prediction 11 … 21. Upper side of the truth: shared from 11 to 17 with the other's
    # corner at 11, so 7 straight pieces and its own last corner at 18; the same below.
    shared = 2 * (7 + np.sqrt(0.5))
    at_zero = sum(one.lengths[one.distances == 0].sum() for one in pair)
    assert at_zero == pytest.approx(2 * shared)
    assert measured("hd95", [seen(truth, prediction)])[0][1] == 3


def test_the_image_edge_is_an_outline():
    """A mask that fills the image has a perimeter."""
    full = np.ones((6, 9), np.uint8)
    pair = outline_pair(full, full)
    assert pair.ground_truth.lengths.sum() == pytest.approx(2 * (5 + 8) + 4 * np.sqrt(0.5))
    assert pair.ground_truth.distances.max() == 0


def test_a_share_is_of_the_short_side():
    """1 % of 300 are 3 pixels: a shift of 3 is within, one of 4 is not wholly."""
    truth = np.zeros((300, 400), int)
    truth[50:200, 50:300] = 1
    three, four = np.roll(truth, 3, axis=1), np.roll(truth, 4, axis=1)
    assert values("surface_dice", [seen(truth, three)])["surface_dice", "object"] == 1
    assert values("surface_dice", [seen(truth, four)])["surface_dice", "object"] < 1


def test_an_empty_mask_is_infinitely_far():
    """One mask empty: inf, and counted. Both empty: left out. The median is over all images where it is defined."""
    one, empty = square(20, 5, 5, 6), np.zeros((20, 20), int)
    images = [
        seen(one, empty),
        seen(empty, one),
        seen(one, one),
        seen(one, one),
        seen(one, np.roll(one, 2, 0)),
        seen(empty, empty),
    ]
    found = scores("hd95", images)
    assert measured("hd95", images)[:, 1].tolist()[:5] == [np.inf, np.inf, 0, 0, 2]
    assert (found["hd95", "object"].value, found["hd95", "object"].n) == (2, 5)
    assert (found["hd95_infinite", "object"].value, found["hd95_infinite", "object"].n) == (2, 5)
    assert found["hd95_infinite", "all"].value == 2
    assert values("surface_dice", images[:1])["surface_dice", "object"] == 0
    assert values("hd95", images[:2])["hd95", "object"] == np.inf


def test_distances_are_compared_exactly():
    """(3, 4) is 5 away, (1, 5) is the root of 26: farther than 5."""
    marked = np.zeros((12, 12), bool)
    marked[2, 2] = True
    near = within(marked, 5)
    assert near[5, 6]
    assert not near[3, 7]
    assert not within(np.zeros((3, 3), bool), 100).any()
