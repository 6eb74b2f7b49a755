"""The confusion matrix of one image on a CPU, counted in one pass by one thread."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EIGHT, _FOUR = np.uint64(8), np.uint64(4)
_BYTE, _ONE = np.uint64(255), np.uint64(1)
_ONES = np.uint64(0x0101010101010101)


@compiled
def _largest(labels: "NDArray[np.uint8]", more: np.uint8) -> np.uint8:
    """Return the largest value of `labels` plus `more`, both as uint8, so that 255 and 1 are 0."""
    found = np.uint8(0)
    for i in range(len(labels)):
        found = max(found, np.uint8(labels[i] + more))
    return found


@compiled
def pairs(ground_truth: "NDArray[np.uint8]", prediction: "NDArray[np.uint8]", classes: int) -> "NDArray[np.int64]":
    """Return int64 [C + 1, C]: pixels by ground truth (row; the last one is 255) and prediction (column).

    uint8 [P] each, contiguous. Where a label is out of range there are no rows.
    """
    if _largest(ground_truth, np.uint8(1)) > classes or _largest(prediction, np.uint8(0)) >= classes:
        return np.zeros((0, classes), np.int64)
    columns = np.uint64(classes)
    size = (columns + _ONE) * columns
    # Neighbours are counted in tables of their own: adding to one place again and again waits for each addition.
    tables = np.zeros(_FOUR * size, np.int64)
    words = len(prediction) // 8
    truths, labels = ground_truth[: 8 * words].view(np.uint64), prediction[: 8 * words].view(np.uint64)
    for w in range(words):
        t, p = truths[w], labels[w]
        first = ((t + _ONE) & _BYTE) * columns + (p & _BYTE)  # 255 becomes row 0, class i row i + 1
        if t == (t & _BYTE) * _ONES and p == (p & _BYTE) * _ONES:  # masks are made of areas: mostly all eight are alike
            tables[first] += 8
            continue
        for k in range(8):
            table = (np.uint64(k) & np.uint64(3)) * size
            tables[table + ((t + _ONE) & _BYTE) * columns + (p & _BYTE)] += 1
            t, p = t >> _EIGHT, p >> _EIGHT
    for i in range(8 * words, len(prediction)):
        tables[np.uint64(np.uint8(ground_truth[i] + np.uint8(1))) * columns + np.uint64(prediction[i])] += 1
    total = tables.reshape(4, classes + 1, classes).sum(0)
    matrix = np.empty((classes + 1, classes), np.int64)
    matrix[:classes], matrix[classes] = total[1:], total[0]
    return matrix
