"""How far an image is from its clean original: RMSE, PSNR, SSIM; what a strength measures."""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MEASURES = ("rmse", "psnr", "ssim")
_PEAK = 255
# Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment", IEEE Trans. Image Processing 2004, section III.B:
# an 11x11 Gaussian window of standard deviation 1.5, K1 = 0.01, K2 = 0.03.
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * _PEAK) ** 2, (0.03 * _PEAK) ** 2


class Similarity(NamedTuple):
    """One image against its clean original.

    rmse: root mean square difference over all values of all channels, grey levels 0..255.
    psnr: 20 log10(255 / rmse), decibels; NaN where no value differs.
    ssim: mean structural similarity of the BT.601 luma, at most 1; windows that leave the image do not count.
    """

    rmse: float
    psnr: float
    ssim: float


@cache
def _taps(size: int) -> "NDArray[np.float32]":
    import numpy as np

    offsets = np.arange(size) - (size - 1) / 2
    weights = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    taps: NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    return taps


def similarity(clean: "NDArray[np.uint8]", other: "NDArray[np.uint8]") -> Similarity:
    """Compare two images, uint8 [H, W, 3] of one shape.

    An image with a side of fewer than 11 pixels is compared with the largest odd window that fits. SSIM is
    computed in float32, within 5e-5 of float64.
    """
    import numpy as np

    from bench.perturb.kernels.ssim import squared_error, ssim_mean

    clean, other = np.ascontiguousarray(clean), np.ascontiguousarray(other)
    mean_square = squared_error(clean.reshape(-1), other.reshape(-1)) / clean.size
    if mean_square == 0:
        return Similarity(0.0, math.nan, 1.0)
    side = min(_WINDOW, *clean.shape[:2])
    ssim = ssim_mean(clean, other, _taps(side - 1 + side % 2), _C1, _C2)
    return Similarity(math.sqrt(mean_square), 10 * math.log10(_PEAK**2 / mean_square), ssim)


def summary(values: Iterable[Similarity]) -> dict[str, dict[str, Any]]:
    """Return n, mean, sd, min and max of each measure over the images where it is defined, as plain data."""
    columns = list(zip(*values, strict=True)) or [()] * len(MEASURES)
    pairs = zip(MEASURES, columns, strict=True)
    return {name: _spread([v for v in column if not math.isnan(v)]) for name, column in pairs}


def _spread(values: Sequence[float]) -> dict[str, Any]:
    if not values:
        return {"n": 0, "mean": None, "sd": None, "min": None, "max": None}
    return {
        "n": len(values),
        "mean": fmean(values),
        "sd": stdev(values) if len(values) > 1 else 0.0,
        "min": min(values),
        "max": max(values),
    }


def falls(means: Sequence[float]) -> list[int]:
    """Return the places of the levels that measure less than the one before: where a sweep is not monotone.

    >>> falls([3.0, 2.5, 4.0])
    [1]
    """
    return [i for i in range(1, len(means)) if means[i] < means[i - 1]]
