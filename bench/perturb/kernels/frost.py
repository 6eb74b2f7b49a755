"""A weighted sum of two images on a CPU."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


def mixed(image: "NDArray[np.uint8]", other: "NDArray[np.uint8]", first: float, second: float) -> "NDArray[np.uint8]":
    """Return first * image + second * other, clipped and truncated; uint8 of one shape, `other` may be a crop."""
    return _mixed(image.reshape(-1), np.ascontiguousarray(other).reshape(-1), first, second).reshape(image.shape)


@compiled
def _mixed(image: "NDArray[np.uint8]", other: "NDArray[np.uint8]", first: float, second: float) -> "NDArray[np.uint8]":
    out = np.empty_like(image)
    for i in range(len(image)):  # one flat loop, which fills vector registers
        out[i] = np.uint8(min(image[i] * first + other[i] * second, 255.0))
    return out
