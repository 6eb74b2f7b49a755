"""Boundary IoU: the overlap of the inner edges of two masks."""

from math import hypot
from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.extents import WholeExtent, in_pixels
from bench.metrics.image_entry import Given, ImageMetric
from bench.metrics.image_scores import class_scores, share
from registry.parameters import Parameters

if TYPE_CHECKING:
    from bench.metrics.scores import Floats
    from bench.metrics.views import Bytes, SeenImage


class BoundaryIoUParameters(Parameters):
    """How broad an edge is.

    width: in pixels, or as a share of the image's diagonal, rounded, at least 1; 0.5% for images as large as those of
        Cityscapes.
    """

    width: WholeExtent = "2%"


def inner_edge(mask: "Bytes", width: int) -> "Bytes":
    """Return what `width` erosions by 3 x 3 ones take from a mask; outside of the image there is nothing of it."""
    import cv2

    side = 2 * width + 1  # so many erosions are one by a square of this side
    eroded = cv2.erode(mask, np.ones((side, side), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.subtract(mask, eroded, dtype=np.uint8)


def measure(image: "SeenImage", parameters: BoundaryIoUParameters) -> "Floats":
    """Return pixels of intersection and union of the edges of each class, flat."""
    found = np.zeros((len(image.labels), 2))
    width = max(1, round(in_pixels(parameters.width, hypot(*image.size))))
    for place, label in enumerate(image.labels):
        if label in image.present:
            truth, prediction = (inner_edge(mask, width) for mask in image.masks(label))
            found[place] = np.count_nonzero(truth & prediction), np.count_nonzero(truth | prediction)
    return found.ravel()


ENTRY = ImageMetric(
    title="Boundary IoU",
    source="Cheng, Girshick, Dollár, Berg, Kirillov 2021, Boundary IoU, CVPR; boundary_utils.py of its authors",
    reads="masks",
    gives=(Given("boundary_iou", "Boundary IoU"),),
    parameters=BoundaryIoUParameters,
    terms=lambda classes: 2 * classes,
    measure=measure,
    scores=class_scores("boundary_iou", 2, share),
)
