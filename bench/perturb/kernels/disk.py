"""Filters with a disk on a CPU: the whole numbers of `operations/disk.py`."""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from bench.host.jit import compiled
from bench.perturb.operations.disk import boxes, fits

if TYPE_CHECKING:
    from numpy.typing import NDArray


def disk_filtered(
    image: "NDArray[np.uint8]", weights: "NDArray[np.int64]", share: float, *, nearest: bool
) -> "NDArray[np.uint8]":
    """Return uint8 [H, W, 3]: `share` (float32) times what `operations.disk.disk_sums` gives for one image, clipped.

    nearest: rounded, halves to the even level; else truncated.
    """
    radius = len(weights) // 2
    wide: Any = cv2.copyMakeBorder(image, radius, radius, radius, radius, cv2.BORDER_REFLECT_101)
    dtype = np.int32 if fits(weights) else np.int64
    sums = np.zeros((len(wide), 3 * (wide.shape[1] + 1)), dtype)
    out = np.empty(image.shape, np.uint8)
    rows = np.array(boxes(weights), dtype)
    _add_boxes(wide.reshape(len(wide), -1), sums, rows, radius, np.float32(share), nearest, out.reshape(len(out), -1))
    return out


@compiled
def _add_boxes(
    wide: "NDArray[np.uint8]",
    sums: "NDArray[Any]",
    boxes: "NDArray[Any]",
    radius: int,
    share: np.float32,
    nearest: bool,
    out: "NDArray[np.uint8]",
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
        at, i = -1, 0
        while i < len(boxes):
            down, reach, weight = boxes[i]
            if down != at:
                at = down
                _add_lines(sums[y + radius + down], sums[y + radius - down], down == 0, line)
            right, left = line[3 * (radius + reach + 1) :], line[3 * (radius - reach) :]
            if i + 1 < len(boxes) and boxes[i + 1, 0] == down:  # two boxes for each way through memory
                wider, heavier = boxes[i + 1, 1], boxes[i + 1, 2]
                end, begin = line[3 * (radius + wider + 1) :], line[3 * (radius - wider) :]
                for j in range(size):
                    total[j] += weight * (right[j] - left[j]) + heavier * (end[j] - begin[j])
                i += 2
            else:
                for j in range(size):
                    total[j] += weight * (right[j] - left[j])
                i += 1
        _as_levels(total, share, nearest, out[y])


@compiled
def _add_lines(below: "NDArray[Any]", above: "NDArray[Any]", same: bool, line: "NDArray[Any]") -> None:
    if same:
        line[:] = below
    else:
        for j in range(len(line)):
            line[j] = below[j] + above[j]


@compiled
def _as_levels(total: "NDArray[Any]", share: np.float32, nearest: bool, out: "NDArray[np.uint8]") -> None:
    for j in range(len(out)):
        value = np.float32(total[j]) * share
        value = np.rint(value) if nearest else value
        out[j] = np.uint8(np.int32(min(value, np.float32(255))))
