"""The confusion matrix of one image on a CPU, counted in one pass by one thread."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TABLES = 4
"""Neighbours are counted in tables of their own: adding to one place again and again waits for each addition."""


@compiled
def pairs(ground_truth: "NDArray[np.uint8]", prediction: "NDArray[np.uint8]", classes: int) -> "NDArray[np.int64]":
    """Return int64 [C + 1, C]: pixels by ground truth (row 0: 255, row 1 + i: class i) and prediction (column).

    uint8 [P] each, contiguous. Every label must be in range: nothing is checked here.
    """
    tables = np.zeros((_TABLES, (classes + 1) * classes), np.int64)
    whole = len(prediction) - len(prediction) % _TABLES
    for start in range(0, whole, _TABLES):
        for k in range(_TABLES):
            i = start + k
            # As uint8 the border's 255 becomes 0.
            tables[k, np.int64(np.uint8(ground_truth[i] + np.uint8(1))) * classes + prediction[i]] += 1
    for i in range(whole, len(prediction)):
        tables[0, np.int64(np.uint8(ground_truth[i] + np.uint8(1))) * classes + prediction[i]] += 1
    return tables.sum(0).reshape(classes + 1, classes)
