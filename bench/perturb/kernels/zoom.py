"""The layers of zoom_blur on a CPU: the integers of its definition, three channels in one number."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A pixel is three fields of 21 bits in one int64: a grey level of 8 bits times a weight of 13 fits, and so does one
# of 12 bits (4 of them a fraction) times a weight of 9, or a sum of hundreds of them.
_FIELD = 21
_ONES = 1 | 1 << _FIELD | 1 << 2 * _FIELD
_ROUND, _KEEP = 256 * _ONES, 0xFFF * _ONES


@compiled
def zoomed_mean(
    image: "NDArray[np.uint8]",
    rows: "NDArray[np.uint32]",
    row_weights: "NDArray[np.int64]",
    columns: "NDArray[np.uint32]",
    column_weights: "NDArray[np.int64]",
) -> "NDArray[np.uint8]":
    """Return the mean of `image` [H, W, 3], twice, and its layers.

    rows, columns: [layers, 2, H or W], the two pixels each pixel of a layer lies between, and their weights (of
    2^13 and 2^9).
    """
    height, width, _ = image.shape
    packed, out = _packed(image), np.empty_like(image)
    line, total = np.empty(width, np.int64), np.empty(width, np.int64)
    for y in range(height):
        total[:] = packed[y] << 5
        for f in range(len(rows)):
            a, b = packed[rows[f, 0, y]], packed[rows[f, 1, y]]
            v, w = row_weights[f, 0, y], row_weights[f, 1, y]
            for x in range(width):
                line[x] = ((a[x] * v + b[x] * w + _ROUND) >> 9) & _KEEP
            first, second, near, far = columns[f, 0], columns[f, 1], column_weights[f, 0], column_weights[f, 1]
            for x in range(width):
                total[x] += ((line[first[x]] * near[x] + line[second[x]] * far[x] + _ROUND) >> 9) & _KEEP
        _unpack_mean(total, len(rows) + 2, out[y])
    return out


@compiled
def _packed(image: "NDArray[np.uint8]") -> "NDArray[np.int64]":
    packed = np.empty(image.shape[:2], np.int64)
    for y in range(len(image)):
        row = image[y]
        for x in range(len(row)):
            packed[y, x] = np.int64(row[x, 0]) | np.int64(row[x, 1]) << _FIELD | np.int64(row[x, 2]) << 2 * _FIELD
    return packed


@compiled
def _unpack_mean(total: "NDArray[np.int64]", count: int, out: "NDArray[np.uint8]") -> None:
    """Divide the fields of `total` by 16 `count`, rounding down; half a unit keeps float32 off the whole numbers."""
    share = np.float32(1 / (16 * count))
    for x in range(len(total)):
        for c in range(3):
            field = np.int32((total[x] >> c * _FIELD) & 0x1FFFFF)
            out[x, c] = np.uint8((np.float32(field) + np.float32(0.5)) * share)
