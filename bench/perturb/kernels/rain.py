"""Streaks of rain on a CPU: the arithmetic of `rain.py` in single precision, in the same order."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def streaks(
    drops: "NDArray[np.float32]",
    height: int,
    width: int,
    looks: tuple[float, float, float, float],
    distances: tuple[float, float],
) -> "NDArray[np.int32]":
    """Return the layer [H, W] of streaks.

    drops: uniform [K, 5]; looks: rows and half the columns at one metre, columns per row, amount in a covered pixel;
    distances: the nearest and the farthest.
    """
    layer = np.zeros((height, width), np.int32)
    rows, half_columns, slope = np.float32(looks[0]), np.float32(looks[1]), np.float32(looks[2])
    full, one = np.float32(looks[3]), np.float32(1)
    nearest, farthest = np.float32(distances[0]), np.float32(distances[1])
    for k in range(len(drops)):
        nearness = one / max(max(drops[k, 2], drops[k, 3], drops[k, 4]) * farthest, nearest)
        top, left = drops[k, 0] * np.float32(height), drops[k, 1] * np.float32(width)
        bottom, half = top + nearness * rows, nearness * half_columns
        for y in range(int(top), int(bottom) + 1):
            upper = np.float32(y)
            down = min(upper + one, bottom) - max(upper, top)
            if down <= 0:
                continue
            centre = ((upper + np.float32(0.5)) - top) * slope + left
            first, last = centre - half, centre + half
            line = layer[y % height]
            for x in range(int(np.floor(first)), int(np.floor(last)) + 1):
                lower = np.float32(x)
                across = min(lower + one, last) - max(lower, first)
                if across > 0:
                    line[x % width] += np.int32(np.rint((across * down) * full))
    return layer


@compiled
def lit(image: "NDArray[np.uint8]", layer: "NDArray[np.int32]", full: int, brightness: float) -> "NDArray[np.uint8]":
    """Return `image` blended towards `brightness` by `layer` [H, W], `full` being all of the way."""
    out = image.copy()
    light, unit = np.float32(brightness), np.float32(1 / full)
    height, width = layer.shape
    for i in range(height):
        for j in range(width):
            if layer[i, j] == 0:
                continue
            share = np.float32(min(layer[i, j], full)) * unit
            left, added = np.float32(1) - share, share * light
            for channel in range(3):
                out[i, j, channel] = np.uint8(np.rint(np.float32(image[i, j, channel]) * left + added))
    return out
