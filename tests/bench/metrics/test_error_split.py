"""The error split against a slow restatement of its definition, and against a drawing by hand."""

import numpy as np
import pytest
from scipy.ndimage import label as label_segments

from tests.bench.metrics.made_up_masks import blobs, measured, seen, values

EIGHT = np.ones((3, 3), int)


def near(mask, width):
    """Return the pixels with a pixel of `mask` within `width` (rounded), by looking at every pair."""
    found = np.zeros(mask.shape, bool)
    rows, columns = np.indices(mask.shape)
    for y, x in np.argwhere(mask):
        found |= np.round(np.hypot(rows - y, columns - x)) <= width
    return found


def touching(mask):
    found = np.zeros(mask.shape, bool)
    for y, x in np.argwhere(mask):
        found[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = True
    return found


def restated(truth, prediction, counted, width):
    """Return TP, boundary, extent and segment errors by the words of the paper and its code, pixel by pixel."""
    tp, tn = truth & prediction, ~truth & ~prediction
    totals = np.array([tp.sum(), 0, 0, 0])
    for own, other in ((prediction, truth), (truth, prediction)):
        wrong = own & ~other
        edge = wrong & near(wrong & near(tp, width) & near(tn, width), width)
        segments, number = label_segments(edge, EIGHT)
        for i in range(1, number + 1):
            one = segments == i
            if not (touching(tp) & one).any() or not (touching(tn) & one).any():
                edge &= ~one
        segments, number = label_segments(own, EIGHT)
        for i in range(1, number + 1):
            one = segments == i
            rest = (one & wrong & ~edge & counted).sum()
            totals[2 if (one & tp).any() else 3] += rest
        totals[1] += (edge & counted).sum()
    return totals.tolist()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("width", [1, 2, 4])
def test_it_is_what_the_definition_says(seed, width):
    """On areas that overlap in part, with pixels that do not count."""
    truth, prediction = blobs(seed, shape=(36, 44), ignored=0.5 if seed % 2 else 0)
    found = measured("error_split", [seen(truth, prediction, 3)], width=width)[0].reshape(3, 4)
    for label in range(3):
        assert found[label].tolist() == restated(truth == label, prediction == label, truth != 255, width)


def test_a_drawing_by_hand():
    """A square of 20 found one pixel too broad on its right, and a square of 9 elsewhere; then with an arm as well.

    The column of 20 pixels is a boundary error. Of the arm, 20 pixels long and 2 broad, what is within 2 + 2 pixels of the
    square can be one, too; the rest belongs to a segment that hits, so it is an error of extent.
    """
    truth, prediction = np.zeros((60, 60), bool), np.zeros((60, 60), bool)
    truth[10:30, 10:30] = True
    prediction[10:30, 10:31] = True
    prediction[45:54, 45:54] = True
    found = measured("error_split", [seen(truth, prediction)], width=2)[0].reshape(2, 4)[1]
    assert found.tolist() == [400, 20, 0, 81]
    prediction[19:21, 31:51] = True
    total, edge, extent, segment = measured("error_split", [seen(truth, prediction)], width=2)[0].reshape(2, 4)[1]
    assert (total, edge + extent, segment) == (400, 60, 81)
    assert extent >= 2 * (20 - 2 * 2)
    missed = measured("error_split", [seen(prediction, truth)], width=2)[0].reshape(2, 4)[1]
    assert missed.tolist() == [total, edge, extent, segment]


def test_with_the_iou_the_kinds_add_up_to_one():
    """Each is a share of the union: of every class, over all images."""
    images = [seen(*blobs(seed, ignored=0.5), 3) for seed in range(4)]
    found = values("error_split", images, names="abc")
    for label, name in enumerate("abc"):
        both = sum(((i.ground_truth == label) & (i.prediction == label)).sum() for i in images)
        union = sum((((i.ground_truth == label) | (i.prediction == label)) & i.counted).sum() for i in images)
        kinds = sum(found[f"{kind}_error", name] for kind in ("boundary", "extent", "segment"))
        assert kinds + both / union == pytest.approx(1, rel=1e-12)


def test_a_class_without_a_hit_has_segment_errors_alone():
    """Nothing to be at the boundary of."""
    truth, prediction = np.zeros((20, 20), int), np.zeros((20, 20), int)
    truth[2:6, 2:6], prediction[10:14, 10:14] = 1, 1
    assert measured("error_split", [seen(truth, prediction)])[0].reshape(2, 4)[1].tolist() == [0, 0, 0, 32]
