"""What is kept of the confidence of pixels: histograms that can be added up over images."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CALIBRATION = "calibration"
"""The further metric that keeps them."""
BINS = 15
"""Of equal width from 0 to 1: those of the calibration errors."""
RANKS = 128
"""Bins by which pixels are ranked: 16 of equal width up to 0.5, then 8 of equal width in each halving of 1 - q."""


class ConfidenceTerms(NamedTuple):
    """Histograms of images or of their sums, of float64 [..., K] taken apart.

    by_bin: [..., BINS, 3], pixels by their confidence: their number, sum of confidences, those labelled correctly.
    by_rank: [..., RANKS, 2], pixels by their rank: their number, those labelled wrongly.
    gaps: [..., C, BINS], of each of C scored classes by its probability: its sum less the pixels of the class.
    squares: [...], the squared error of all probabilities.
    """

    by_bin: "Floats"
    by_rank: "Floats"
    gaps: "Floats"
    squares: "Floats"

    @classmethod
    def of(cls, flat: "Floats") -> "ConfidenceTerms":
        """Take apart numbers [..., K] in this order."""
        ranks, gaps, first = 3 * BINS, 3 * BINS + 2 * RANKS, flat.shape[:-1]
        return cls(
            flat[..., :ranks].reshape(*first, BINS, 3),
            flat[..., ranks:gaps].reshape(*first, RANKS, 2),
            flat[..., gaps:-1].reshape(*first, -1, BINS),
            flat[..., -1],
        )


def size(classes: int) -> int:
    """Return K for so many scored classes."""
    return 3 * BINS + 2 * RANKS + classes * BINS + 1
