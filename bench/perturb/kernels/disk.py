"""Filters with a disk on a CPU: the whole numbers of `operations/disk.py`."""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from bench.host.jit import compiled
from bench.perturb.operations.disk import boxes, fits

if TYPE_CHECKING:
    from numpy.typing import NDArray


def disk_sums(image: "NDArray[np.uint8]", weights: "NDArray[np.int64]") -> "NDArray[np.float32]":
    """Return float32 [H, W, 3]: what `operations.disk.disk_sums` gives for one image."""
    radius = len(weights) // 2
    wide: Any = cv2.copyMakeBorder(image, radius, radius, radius, radius, cv2.BORDER_REFLECT_101)
    dtype = np.int32 if fits(weights) else np.int64
    out = np.empty(image.shape, np.float32)
    sums = np.zeros((len(wide), 3 * (wide.shape[1] + 1)), dtype)
    _add_boxes(wide.reshape(len(wide), -1), sums, np.array(boxes(weights), dtype), radius, out.reshape(len(out), -1))
    return out


@compiled
def _add_boxes(
    wide: "NDArray[np.uint8]", sums: "NDArray[Any]", boxes: "NDArray[Any]", radius: int, out: "NDArray[np.float32]"
) -> None:
    """Fill `out` [H, 3 W]; `sums` [H + 2 radius, 3 (W + 2 radius + 1)] is zero and becomes the prefix sums."""
    for y in range(len(wide)):
        row, source = sums[y], wide[y]
        for j in range(len(source)):
            row[j + 3] = row[j] + source[j]
    height, size = out.shape
    line, total = np.empty(sums.shape[1], sums.dtype), np.empty(size, sums.dtype)
    for y in range(height):
        total[:] = 0
        at = -1
        for i in range(len(boxes)):
            down, reach, weight = boxes[i]
            if down != at:
                at = down
                a, b = sums[y + radius + down], sums[y + radius - down]
                if down == 0:
                    line[:] = a
                else:
                    for j in range(len(line)):
                        line[j] = a[j] + b[j]
            right, left = line[3 * (radius + reach + 1) :], line[3 * (radius - reach) :]
            for j in range(size):
                total[j] += weight * (right[j] - left[j])
        for j in range(size):
            out[y, j] = total[j]
