"""Liquid on the lens, by OpenCV on a CPU."""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from bench.host.jit import compiled
from bench.perturb.kernels.gaussian import gaussian_filtered

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BRIGHTEN = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])  # light from the lower right


def water_layer(field: "NDArray[np.float32]", liquid: tuple[float, ...], opacity: float) -> "NDArray[np.float32]":
    """Return drops with bright rims, 0 to `opacity`, [H, W], from a normal `field`.

    liquid: the noise's mean and standard deviation, the Gaussian's, and the least that stays. The steps are those
    of the published code, each with its rounding. No drop at all (there, a division of 0 by 0) is a layer of zeros.
    """
    level = _levels(_liquid(field, liquid), liquid[3])
    distance: Any = cv2.distanceTransform(255 - cv2.Canny(level, 50, 150), cv2.DIST_L2, 5)
    distance = cv2.threshold(distance, 20, 20, cv2.THRESH_TRUNC)[1]
    distance = cv2.equalizeHist(cv2.blur(distance, (3, 3)).astype(np.uint8))
    distance = cv2.filter2D(distance, cv2.CV_8U, _BRIGHTEN)
    layer: NDArray[np.float32] = level * cv2.blur(distance, (3, 3)).astype(np.float32)
    most = layer.max()
    if most > 0:
        layer /= most
    layer *= opacity
    return layer


def mud_layer(
    field: "NDArray[np.float32]", liquid: tuple[float, ...], sigma: float, least: float
) -> "NDArray[np.float32]":
    """Return splashes, 0 or `least` to 1, [H, W]: where the liquid is thick enough, smoothed, without the thin rim."""
    thick = (_liquid(field, liquid) > liquid[3]).astype(np.float64)
    layer: NDArray[np.float32] = gaussian_filtered(thick, sigma, sigma).astype(np.float32)
    layer[layer < np.float32(least)] = 0
    return layer


def _liquid(field: "NDArray[np.float32]", liquid: tuple[float, ...]) -> "NDArray[np.float64]":
    """Return the smoothed noise; in float64, as a pixel that falls on the threshold's other side changes its drop."""
    mean, deviation, sigma = liquid[:3]
    smooth: NDArray[np.float64] = gaussian_filtered(field * np.float64(deviation) + mean, sigma, sigma)
    return smooth


@compiled
def _levels(drops: "NDArray[np.float64]", least: float) -> "NDArray[np.uint8]":
    """Return 255 times `drops` [H, W], truncated; 0 for less than `least`."""
    out = np.empty(drops.shape, np.uint8)
    for i in range(len(drops)):
        for j in range(drops.shape[1]):
            out[i, j] = np.uint8(drops[i, j] * 255) if drops[i, j] >= least else np.uint8(0)
    return out
