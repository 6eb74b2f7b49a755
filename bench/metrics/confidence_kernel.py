"""Histograms of the confidence of one image's pixels, in one pass."""

from math import frexp
from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled
from bench.metrics.confidence import BINS, RANKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Shares = NDArray[np.float32]
    Floats = NDArray[np.float64]

_BELOW, _STEPS = 16, 8


@compiled
def rank_of(confidence: float) -> int:
    """Return the bin of a confidence among `RANKS`; the last one begins at 1 - 9/8 2^-15.

    >>> rank_of(0.0), rank_of(0.49), rank_of(0.5), rank_of(0.75), rank_of(1.0)
    (0, 15, 16, 24, 127)
    """
    if confidence < 0.5:
        return max(0, int(confidence * 2 * _BELOW))
    rest = 1.0 - confidence
    if rest <= 0.0:
        return RANKS - 1
    part, exponent = frexp(rest)  # rest = part 2^exponent, part from 0.5 (included) to 1
    halving, place = (1 - exponent, 2.0) if part == 0.5 else (-exponent, 2 * part)
    return min(RANKS - 1, max(_BELOW, _BELOW + (halving - 1) * _STEPS + int((2.0 - place) * _STEPS)))


@compiled
def _bin_of(share: float) -> int:
    return min(BINS - 1, max(0, int(share * BINS)))


@compiled
def confidences(
    truth: "Bytes", labels: "Bytes", shares: "Shares", ignored: int
) -> "tuple[Floats, Floats, Floats, float]":
    """Return what calibration needs of one image.

    truth, labels: uint8 [P]; shares: float32 [C, P]. Pixels whose truth is `ignored` are left out.

    The confidence of a pixel is the probability of its label. Returned are the parts of `ConfidenceTerms`: by_bin,
    by_rank, gaps of all C classes, squares.
    """
    classes, pixels = shares.shape
    by_bin, by_rank = np.zeros((BINS, 3)), np.zeros((RANKS, 2))
    gaps, squares = np.zeros((classes, BINS)), 0.0
    for i in range(pixels):
        if truth[i] == ignored:
            continue
        confidence = float(shares[labels[i], i])
        right = truth[i] == labels[i]
        found = by_bin[_bin_of(confidence)]
        found[0] += 1.0
        found[1] += confidence
        found[2] += 1.0 if right else 0.0
        ranked = by_rank[rank_of(confidence)]
        ranked[0] += 1.0
        ranked[1] += 0.0 if right else 1.0
    for c in range(classes):
        for i in range(pixels):
            if truth[i] == ignored:
                continue
            share = float(shares[c, i])
            error = share - (1.0 if truth[i] == c else 0.0)
            gaps[c, _bin_of(share)] += error
            squares += error * error
    return by_bin, by_rank, gaps, squares
