"""Bilinear reading of one image on a CPU: the values of `operations/sampling.py`, many times faster."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled
from bench.perturb.operations.subpixels import BITS, FAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FAR, _PARTS = np.float32(FAR), np.float32(1 << BITS)
_BITS, _TWICE = np.int32(BITS), np.int32(2 * BITS)
_WHOLE, _MIDDLE = np.int32((1 << BITS) - 1), np.int32(1 << (BITS - 1))


@compiled
def _parts(coordinates: "NDArray[np.float32]", out: "NDArray[np.int32]") -> None:
    """Fill `out` with coordinates in whole parts of a pixel."""
    for j in range(len(out)):
        out[j] = np.int32(np.rint(min(max(coordinates[j], -_FAR), _FAR) * _PARTS))


@compiled
def _index(position: int, size: int, reflect: bool) -> int:
    """Return which of an axis' pixels lies at `position`, -1 where none does."""
    if 0 <= position < size:
        return position
    if not reflect:
        return -1
    position = position % (2 * size)
    return min(position, 2 * size - 1 - position)


@compiled
def _at(pixels: "NDArray[np.uint8]", row: int, column: int, c: int, width: int) -> np.int32:
    if row < 0 or column < 0:
        return np.int32(0)
    return np.int32(pixels[3 * (row * width + column) + c])


@compiled
def _between(a: np.int32, b: np.int32, d: np.int32, e: np.int32, down: np.int32, across: np.int32) -> np.int32:
    """Return the value between two upper (a, b) and two lower ones, times 2^(2 BITS)."""
    upper = (a << _BITS) + (b - a) * across
    lower = (d << _BITS) + (e - d) * across
    return np.int32((upper << _BITS) + (lower - upper) * down)


@compiled
def sample(
    pixels: "NDArray[np.uint8]",
    y: "NDArray[np.float32]",
    x: "NDArray[np.float32]",
    result: "NDArray[np.uint8]",
    source: "NDArray[np.int64]",
    reflect: bool,
    half: np.int32,
) -> None:
    """Fill `result` [H, W, 3] and `source` [H, W] from `pixels` [H * W * 3] at `y`, `x` [H, W].

    half: what is added before the fraction is dropped.
    """
    height, width = y.shape
    rows, columns = np.empty(width, np.int32), np.empty(width, np.int32)
    for i in range(height):
        _parts(y[i], rows)
        _parts(x[i], columns)
        for j in range(width):
            top, left = rows[j] >> _BITS, columns[j] >> _BITS
            down, across = np.int32(rows[j] & _WHOLE), np.int32(columns[j] & _WHOLE)
            row, column = (rows[j] + _MIDDLE) >> _BITS, (columns[j] + _MIDDLE) >> _BITS
            if 0 <= top < height - 1 and 0 <= left < width - 1:
                at = np.uint64(3 * (top * width + left))
                below = at + np.uint64(3 * width)
                for k in range(3):
                    c = np.uint64(k)
                    a, b = np.int32(pixels[at + c]), np.int32(pixels[at + c + np.uint64(3)])
                    d, e = np.int32(pixels[below + c]), np.int32(pixels[below + c + np.uint64(3)])
                    result[i, j, k] = (_between(a, b, d, e, down, across) + half) >> _TWICE
                source[i, j] = row * width + column
            else:
                upper, lower = _index(top, height, reflect), _index(top + 1, height, reflect)
                before, after = _index(left, width, reflect), _index(left + 1, width, reflect)
                for k in range(3):
                    a, b = _at(pixels, upper, before, k, width), _at(pixels, upper, after, k, width)
                    d, e = _at(pixels, lower, before, k, width), _at(pixels, lower, after, k, width)
                    result[i, j, k] = (_between(a, b, d, e, down, across) + half) >> _TWICE
                row, column = _index(row, height, reflect), _index(column, width, reflect)
                source[i, j] = row * width + column if row >= 0 and column >= 0 else -1
