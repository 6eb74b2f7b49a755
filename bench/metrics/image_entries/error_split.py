"""Error split: what lies outside the intersection, as errors at boundaries, of extent, and of whole segments."""

from math import hypot
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.metrics.extents import WholeExtent, in_pixels
from bench.metrics.image_entry import CellTerms, Given, ImageMetric
from bench.metrics.image_scores import of_classes
from bench.metrics.outlines import box_of, within
from bench.metrics.ratio import ratio
from registry.parameters import Parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bench.metrics.quantities import Quantity
    from bench.metrics.scores import Floats
    from bench.metrics.views import SeenImage

    Mask = NDArray[np.bool_]

KINDS = ("boundary_error", "extent_error", "segment_error")


class ErrorSplitParameters(Parameters):
    """How broad a boundary is.

    width: in pixels, or as a share of the image's diagonal, rounded.
    """

    width: WholeExtent = "1%"


class _Edge(NamedTuple):
    """All that lies within a width of both TP and TN, and what touches each of them."""

    near_both: "Mask"
    at_right: "Mask"
    at_absent: "Mask"
    width: float

    @classmethod
    def between(cls, right: "Mask", absent: "Mask", width: int) -> "_Edge":
        """Make it of TP and TN; distances are rounded to whole pixels."""
        reach = width + 0.5
        near_both = within(right, reach) & within(absent, reach)
        return cls(near_both, _neighbours(right), _neighbours(absent), reach)

    def errors(self, wrong: "Mask") -> "Mask":
        """Return the boundary errors among `wrong`, which is all FP or all FN.

        They are within the width of a wrong pixel that is near both; and the segment that they form touches both.
        """
        core = wrong & self.near_both
        if not core.any():
            return core
        return _segments_with(wrong & within(core, self.width), self.at_right, self.at_absent)


def _number(mask: "Mask") -> int:
    return int(np.count_nonzero(mask))


def _neighbours(mask: "Mask") -> "Mask":
    """Return a mask and its 8-neighbours."""
    import cv2

    found: Mask = cv2.dilate(mask.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return found


def _segments_with(mask: "Mask", *marks: "Mask") -> "Mask":
    """Return those 8-connected segments of a mask that meet each of `marks`."""
    import cv2

    number, segments = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    kept = np.arange(number) > 0
    for mark in marks:
        met = np.zeros(number, bool)
        met[segments[mask & mark]] = True
        kept &= met
    found: Mask = kept[segments]
    return found


def split(ground_truth: "Mask", prediction: "Mask", counted: "Mask", width: int) -> tuple[int, int, int, int]:
    """Return the pixels of TP, boundary, extent and segment errors of one class.

    Pixels that do not count are in no ground truth, but stay in the prediction: they shape the segments, and no error
    lies in them.
    """
    right, absent = ground_truth & prediction, ~(ground_truth | prediction)
    if (right | absent).all():
        return _number(right), 0, 0, 0
    box = box_of(~(right | absent), margin=width + 1)  # what lies further away decides nothing of a boundary
    edge = _Edge.between(right[box], absent[box], width)
    boundary, extent, errors = 0, 0, 0
    for own, other in ((prediction, ground_truth), (ground_truth, prediction)):
        wrong = own & ~other
        at_edge = np.zeros_like(wrong)
        at_edge[box] = edge.errors(wrong[box])
        rest = wrong & counted & ~at_edge
        boundary += _number(at_edge & counted)
        extent += _number(rest & _segments_with(own, right)) if rest.any() else 0
        errors += _number(wrong & counted)
    return _number(right), boundary, extent, errors - boundary - extent


def measure(image: "SeenImage", parameters: ErrorSplitParameters) -> "Floats":
    """Return pixels of TP, boundary, extent and segment errors of each class, flat."""
    found = np.zeros((len(image.labels), 4))
    width = round(in_pixels(parameters.width, hypot(*image.size)))
    for place, label in enumerate(image.labels):
        if label in image.present:
            found[place] = split(image.ground_truth == label, image.prediction == label, image.counted, width)
    return found.ravel()


def _share(kind: int) -> "Callable[[Floats], Floats]":
    return lambda sums: ratio(sums[..., 1 + kind], sums.sum(-1))


def scores(cell: CellTerms) -> "list[Quantity]":
    """Return each kind of error over the union, of each class and their mean: with the IoU they add up to 1."""
    assert cell.terms is not None
    terms = cell.terms.reshape(len(cell.terms), len(cell.names), 4)
    return [one for kind, name in enumerate(KINDS) for one in of_classes(name, cell, terms, _share(kind))]


ENTRY = ImageMetric(
    title="Error split",
    source="Bernhard et al. 2024, What's Outside the Intersection? Fine-Grained Error Analysis for Semantic "
    "Segmentation Beyond IoU, WACV; evaluator.py of its authors",
    reads="masks",
    gives=(
        Given("boundary_error", "Boundary error / union", higher_is_better=False),
        Given("extent_error", "Extent error / union", higher_is_better=False),
        Given("segment_error", "Segment error / union", higher_is_better=False),
    ),
    parameters=ErrorSplitParameters,
    terms=lambda classes: 4 * classes,
    measure=measure,
    scores=scores,
)
