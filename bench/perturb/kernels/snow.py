"""Flakes of snow, and an image under them, on a CPU."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def magnified(
    noise: "NDArray[np.float32]",
    constants: tuple[float, float, float],
    row_first: "NDArray[np.int64]",
    row_second: "NDArray[np.int64]",
    row_weight: "NDArray[np.float64]",
    column_first: "NDArray[np.int64]",
    column_second: "NDArray[np.int64]",
    column_weight: "NDArray[np.float64]",
) -> "NDArray[np.float32]":
    """Return the flakes 0..1 before they are smeared, of a normal field `noise` [H, W].

    constants: mean and standard deviation of the field, and the least flake that is kept; then each row's two rows
    of the field and the second's weight, and the same for columns.
    """
    mean, deviation, least = constants
    layer = np.empty((len(row_first), len(column_first)), np.float32)
    line = np.empty(noise.shape[1], np.float64)
    for i in range(len(layer)):
        above, below, weight = noise[row_first[i]], noise[row_second[i]], row_weight[i]
        for j in range(column_first[0], column_second[-1] + 1):
            line[j] = (above[j] * deviation + mean) * (1 - weight) + (below[j] * deviation + mean) * weight
        for j in range(len(column_first)):
            share = column_weight[j]
            value = line[column_first[j]] * (1 - share) + line[column_second[j]] * share
            layer[i, j] = np.float32(min(value, 1.0)) if value >= least else np.float32(0)
    return layer


@compiled
def add_flakes(image: "NDArray[np.uint8]", smeared: "NDArray[np.float32]", share: float) -> "NDArray[np.uint8]":
    """Return the whitened `image` under its flakes and the same turned by 180°, truncated.

    smeared: 0..1, at least as large as the image.
    """
    out = np.empty_like(image)
    height, width = image.shape[:2]
    first, second = np.float32(share), np.float32(1 - share)
    red, green, blue = np.float32(0.299), np.float32(0.587), np.float32(0.114)
    snow, white = np.empty((width, 3), np.float32), np.empty((width, 3), np.float32)
    snows, whites = snow.reshape(-1), white.reshape(-1)
    for i in range(height):
        there, turned = smeared[i], smeared[height - 1 - i]
        for j in range(width):
            snow[j] = np.rint(there[j] * np.float32(255)) + np.rint(turned[width - 1 - j] * np.float32(255))
            grey = (
                np.float32(image[i, j, 0]) * red
                + np.float32(image[i, j, 1]) * green
                + np.float32(image[i, j, 2]) * blue
            )
            white[j] = grey * np.float32(1.5) + np.float32(127.5)
        values, target = image[i].reshape(-1), out[i].reshape(-1)
        for j in range(len(snows)):  # one flat loop, which fills vector registers
            value = np.float32(values[j])
            value = value * first + max(value, whites[j]) * second + snows[j]
            target[j] = np.uint8(min(value, np.float32(255)))
    return out
