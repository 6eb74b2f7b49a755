"""The outlines of two masks, piece by piece, with the distance of each piece to the other outline.

As in DeepMind's surface-distance (Nikolov et al. 2021): an outline runs through the corners of pixels. At each corner
the four pixels around it, those outside of the image taken as empty, tell whether the outline passes and how long it is
there: 1/2 sqrt(2) where it cuts off one pixel of the four, 1 where it passes straight, sqrt(2) where two pixels meet at
their corner. So the edge of the image is a part of the outline of a mask that reaches it.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

_CORNER = np.sqrt(0.5)
_LENGTHS = np.array([
    0, _CORNER, _CORNER, 1, _CORNER, 1, 2 * _CORNER, _CORNER,
    _CORNER, 2 * _CORNER, 1, _CORNER, 1, _CORNER, _CORNER, 0,
])  # fmt: skip
"""By the sum of 1 (lower right), 2 (lower left), 4 (upper right) and 8 (upper left) over the pixels of the mask."""


class Outline(NamedTuple):
    """An outline in pieces, float64 [P] each: lengths, distances to the other outline (inf without one), pixels."""

    lengths: "Floats"
    distances: "Floats"


class OutlinePair(NamedTuple):
    """The outlines of ground truth and prediction."""

    ground_truth: Outline
    prediction: Outline


def outline_pair(ground_truth: "Bytes", prediction: "Bytes") -> OutlinePair:
    """Return the outlines of two masks, uint8 [H, W] of 0 and 1; of an empty mask there is no piece."""
    box = box_of(ground_truth | prediction)  # nothing of an outline lies beyond it
    one, two = (_lengths(mask[box]) for mask in (ground_truth, prediction))
    return OutlinePair(_outline(one, two), _outline(two, one))


def box_of(mask: "Bytes | Mask", margin: int = 0) -> tuple[slice, slice]:
    """Return the rows and columns from the first to the last pixel of a mask, and `margin` more on all sides."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0), slice(0)
    around = [slice(max(0, one[0] - margin), one[-1] + 1 + margin) for one in (rows, columns)]
    return around[0], around[1]


def _lengths(mask: "Bytes") -> "Floats":
    """Return the outline's length at each corner, float64 [H + 1, W + 1]."""
    padded = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)
    padded[1:-1, 1:-1] = mask
    code = 8 * padded[:-1, :-1] + 4 * padded[:-1, 1:] + 2 * padded[1:, :-1] + padded[1:, 1:]
    found: Floats = _LENGTHS[code]
    return found


def _outline(own: "Floats", other: "Floats") -> Outline:
    there = own > 0
    squares = np.rint(_distances(other > 0)[there].astype(np.float64) ** 2)  # whole numbers, exact up to 2,000 pixels
    return Outline(own[there], np.sqrt(squares))


def within(marked: "Mask", distance: float) -> "Mask":
    """Return the places whose Euclidean distance to a marked one is at most `distance`, bool of the same shape."""
    # Squares of distances are whole numbers: halfway between two of them rounding decides nothing.
    found: Mask = _distances(marked) < np.float32(np.sqrt(np.floor(distance**2) + 0.5))
    return found


def _distances(marked: "Mask") -> "NDArray[np.float32]":
    """Return each place's Euclidean distance to the nearest marked one; inf without one."""
    import cv2

    if not marked.any():
        return np.full(marked.shape, np.inf, np.float32)
    found = cv2.distanceTransform((~marked).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(found, np.float32)
