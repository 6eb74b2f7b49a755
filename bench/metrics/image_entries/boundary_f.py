"""Boundary F: how much of each contour lies near the other one."""

from math import ceil, hypot
from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.extents import Extent, in_pixels
from bench.metrics.image_entry import Given, ImageMetric
from bench.metrics.image_scores import class_scores
from bench.metrics.outlines import box_of, within
from bench.metrics.ratio import ratio
from registry.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.metrics.scores import Floats
    from bench.metrics.views import Bytes, SeenImage


class BoundaryFParameters(Parameters):
    """How near is near.

    tolerance: in pixels, or as a share of the image's diagonal, rounded up.
    """

    tolerance: Extent = "0.8%"


def contour(mask: "Bytes") -> "NDArray[np.bool_]":
    """Return the pixels whose right, lower or lower right neighbour is another; the image's edge is no contour."""
    found = np.zeros(mask.shape, bool)
    found[:, :-1] |= mask[:, :-1] != mask[:, 1:]
    found[:-1] |= mask[:-1] != mask[1:]
    found[:-1, :-1] |= mask[:-1, :-1] != mask[1:, 1:]
    return found


def measure(image: "SeenImage", parameters: BoundaryFParameters) -> "Floats":
    """Return contour pixels of prediction and ground truth, and those of each near the other, of each class, flat."""
    found = np.zeros((len(image.labels), 4))
    near = ceil(in_pixels(parameters.tolerance, hypot(*image.size)))
    for place, label in enumerate(image.labels):
        if label in image.present:
            contours = [contour(mask) for mask in image.masks(label)]
            box = box_of(contours[0] | contours[1])
            truth, prediction = (one[box] for one in contours)
            matched = within(truth, near)[prediction], within(prediction, near)[truth]
            found[place] = len(matched[0]), matched[0].sum(), len(matched[1]), matched[1].sum()
    return found.ravel()


def _score(sums: "Floats") -> "Floats":
    """Return 2 P R / (P + R); 0 where only one mask has a contour, NaN where none has."""
    predicted, right, true, found = (sums[..., i] for i in range(4))
    precision, recall = np.nan_to_num(ratio(right, predicted)), np.nan_to_num(ratio(found, true))
    score: Floats = np.where(precision + recall > 0, ratio(2 * precision * recall, precision + recall), 0.0)
    return np.where(predicted + true > 0, score, np.nan)


ENTRY = ImageMetric(
    title="Boundary F",
    source="Csurka, Larlus, Perronnin 2013, What is a good evaluation measure for semantic segmentation?, BMVC; "
    "contours and tolerance as in Perazzi et al. 2016, DAVIS, CVPR",
    reads="masks",
    gives=(Given("boundary_f", "Boundary F"),),
    parameters=BoundaryFParameters,
    terms=lambda classes: 4 * classes,
    measure=measure,
    scores=class_scores("boundary_f", 4, _score),
)
