"""SSIM of two images on a CPU: one pass over the rows, four filtered planes."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def luma_row(image: "NDArray[np.uint8]", row: int, out: "NDArray[np.float32]") -> None:
    """Write the BT.601 luma of a row of an image [H, W, 3], minus 128 so that squares keep their digits."""
    for x in range(image.shape[1]):
        red, green, blue = image[row, x, 0], image[row, x, 1], image[row, x, 2]
        luma = np.float32(0.299) * np.float32(red) + np.float32(0.587) * np.float32(green)
        out[x] = luma + np.float32(0.114) * np.float32(blue) - np.float32(128)


@compiled
def _products(a: "NDArray[np.float32]", b: "NDArray[np.float32]", out: "NDArray[np.float32]") -> None:
    """Fill `out` [4, W] with a, b, a² + b² and ab."""
    for x in range(len(a)):
        out[0, x], out[1, x] = a[x], b[x]
        out[2, x], out[3, x] = a[x] * a[x] + b[x] * b[x], a[x] * b[x]


@compiled
def _filtered(rows: "NDArray[np.float32]", taps: "NDArray[np.float32]", first: int, out: "NDArray[np.float32]") -> None:
    """Write the weighted sum of the ring's rows [len(taps), 4, W] that start at `first`, then filter along W.

    out [4, W - len(taps) + 1].
    """
    count, width = len(taps), rows.shape[2]
    column = np.empty(width, np.float32)
    for plane in range(4):
        column[:] = 0
        for k in range(count):
            row, tap = rows[(first + k) % count, plane], taps[k]
            for x in range(width):
                column[x] += tap * row[x]
        line = out[plane]
        line[:] = 0
        for k in range(count):
            tap = taps[k]
            for x in range(len(line)):
                line[x] += tap * column[x + k]


@compiled
def _row_sum(means: "NDArray[np.float32]", c1: np.float32, c2: np.float32) -> float:
    total = 0.0
    shift = np.float32(128)
    for x in range(means.shape[1]):
        a, b, ab = means[0, x], means[1, x], means[0, x] * means[1, x]
        squares = a * a + b * b
        variance, covariance = means[2, x] - squares, means[3, x] - ab
        a, b = a + shift, b + shift
        luminance = (np.float32(2) * a * b + c1) / (a * a + b * b + c1)
        total += luminance * (np.float32(2) * covariance + c2) / (variance + c2)
    return float(total)


@compiled
def ssim_mean(
    clean: "NDArray[np.uint8]", other: "NDArray[np.uint8]", taps: "NDArray[np.float32]", c1: float, c2: float
) -> float:
    """Return the mean SSIM over the positions where the whole window lies in the image.

    clean, other: [H, W, 3] with both sides at least len(taps).
    """
    height, width, count = clean.shape[0], clean.shape[1], len(taps)
    rows = np.empty((count, 4, width), np.float32)
    a, b = np.empty(width, np.float32), np.empty(width, np.float32)
    means = np.empty((4, width - count + 1), np.float32)
    total = 0.0
    for row in range(height):
        luma_row(clean, row, a)
        luma_row(other, row, b)
        _products(a, b, rows[row % count])
        if row >= count - 1:
            _filtered(rows, taps, (row + 1) % count, means)
            total += _row_sum(means, np.float32(c1), np.float32(c2))
    return float(total / ((height - count + 1) * (width - count + 1)))


@compiled
def squared_error(clean: "NDArray[np.uint8]", other: "NDArray[np.uint8]") -> int:
    """Return the sum of squared differences of two images' values, given as flat arrays."""
    total = np.int64(0)
    for start in range(0, len(clean), 32768):  # 32768 * 255² is within 32 bits, where sums are fast
        part = np.uint32(0)
        for i in range(start, min(start + 32768, len(clean))):
            difference = np.int32(clean[i]) - np.int32(other[i])
            part += np.uint32(difference * difference)
        total += np.int64(part)
    return int(total)
