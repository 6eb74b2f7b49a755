"""Pillow's reduction to boxes on a CPU."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def box_means(
    values: "NDArray[np.uint8]", first: "NDArray[np.int64]", count: "NDArray[np.int64]", share: "NDArray[np.int32]"
) -> "NDArray[np.uint8]":
    """Return the mean of rows `first` to `first + count - 1` of `values` [R, L] for each box; `share`: 2^22 / count."""
    size = values.shape[1]
    out = np.empty((len(first), size), np.uint8)
    total = np.empty(size, np.int32)
    half = np.int32(1 << 21)
    for i in range(len(first)):
        a, weight, to = values[first[i]], share[i], out[i]
        if count[i] == 2:
            b = values[first[i] + 1]
            for j in range(size):
                to[j] = np.int32(np.int32(np.int32(a[j]) + np.int32(b[j])) * weight + half) >> 22
            continue
        for j in range(size):
            total[j] = a[j]
        for t in range(1, count[i]):
            b = values[first[i] + t]
            for j in range(size):
                total[j] += np.int32(b[j])
        for j in range(size):
            to[j] = np.int32(total[j] * weight + half) >> 22
    return out
