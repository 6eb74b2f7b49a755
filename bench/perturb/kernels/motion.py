"""Sums of shifted copies on a CPU: the arithmetic of `operations/motion_line.py`, in the same order."""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from bench.host.jit import compiled
from bench.perturb.operations.motion_line import MotionPath

if TYPE_CHECKING:
    from numpy.typing import NDArray


def shifted_sum(values: "NDArray[Any]", path: MotionPath, border: int) -> "NDArray[Any]":
    """Return the sum of copies of float `values` [H, W] or [H, W, C], each shifted and weighted.

    border: OpenCV's constant for what lies beyond the image.
    """
    down, across = [0, *(dy for dy, _, _ in path)], [0, *(dx for _, dx, _ in path)]
    top, bottom, left, right = max(down), -min(down), max(across), -min(across)
    wide: Any = cv2.copyMakeBorder(values, top, bottom, left, right, border)
    channels = values[0, 0].size
    starts = np.array([(top - dy, (left - dx) * channels) for dy, dx, _ in path])
    weights = np.array([weight for _, _, weight in path], values.dtype)
    out = np.zeros_like(values)
    _sum_rows(wide.reshape(len(wide), -1), starts, weights, out.reshape(len(out), -1))
    return out


@compiled
def _sum_rows(wide: "NDArray[Any]", starts: "NDArray[np.int64]", weights: "NDArray[Any]", out: "NDArray[Any]") -> None:
    """Add to each row of `out` the weighted parts of `wide` that start at `starts` (row, column)."""
    size, count = out.shape[1], len(starts)
    for y in range(len(out)):
        row = out[y]
        for t in range(0, count - 3, 4):  # four at a time: the sum stays in registers
            a = wide[y + starts[t, 0], starts[t, 1] : starts[t, 1] + size]
            b = wide[y + starts[t + 1, 0], starts[t + 1, 1] : starts[t + 1, 1] + size]
            c = wide[y + starts[t + 2, 0], starts[t + 2, 1] : starts[t + 2, 1] + size]
            d = wide[y + starts[t + 3, 0], starts[t + 3, 1] : starts[t + 3, 1] + size]
            w, x, u, v = weights[t], weights[t + 1], weights[t + 2], weights[t + 3]
            for j in range(size):
                row[j] = row[j] + w * a[j] + x * b[j] + u * c[j] + v * d[j]
        for t in range(count - count % 4, count):
            a, w = wide[y + starts[t, 0], starts[t, 1] : starts[t, 1] + size], weights[t]
            for j in range(size):
                row[j] += w * a[j]
