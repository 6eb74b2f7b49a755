"""Confusion matrices of many images added up, so that they can still be read under every border policy."""

from typing import TYPE_CHECKING

from bench.metrics.counts import MATRIX_CLASSES, Counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.metrics.counts import Border, Integers


def pooled(matrices: "Integers", foreground: "Sequence[int] | Integers") -> "Integers":
    """Return int64 [2 C, C], the sum of `confusion` matrices [N, C + 1, C] of N images.

    Row c < C: pixels of class c in the ground truth, by prediction. Row C + c: the border pixels of the images whose
    foreground class (of `foreground` [N]) is c.
    """
    import numpy as np

    classes = matrices.shape[2]
    total = np.zeros((2 * classes, classes), dtype=np.int64)
    total[:classes] = matrices[:, :-1].sum(0)
    np.add.at(total[classes:], np.asarray(foreground, dtype=np.int64), matrices[:, -1])
    return total


def pooled_counts(counts: Counts) -> "Integers | None":
    """Return `pooled` of stored counts; None where these hold no matrices (above `MATRIX_CLASSES` classes)."""
    return pooled(counts.values, counts.foreground) if counts.classes <= MATRIX_CLASSES else None


def sparse(total: "Integers") -> list[list[int]]:
    """Return what is not 0 of a matrix as (row, column, value), for JSON."""
    return [[int(row), int(column), int(total[row, column])] for row, column in zip(*total.nonzero(), strict=True)]


def dense(entries: "Sequence[Sequence[int]]", classes: int) -> "Integers":
    """Return int64 [2 C, C] from what `sparse` gave."""
    import numpy as np

    total = np.zeros((2 * classes, classes), dtype=np.int64)
    for row, column, value in entries:
        total[row, column] = value
    return total


def under_border(total: "Integers", border: "Border") -> "Integers":
    """Return int64 [C, C], pixels by class in the ground truth (row) and prediction (column), under a border policy.

    The policies are those of `Counts.under`: a border without an object is left out where it belongs to objects.
    """
    classes = total.shape[1]
    matrix, edge = total[:classes].copy(), total[classes:]
    if border == "background":
        matrix[0] += edge.sum(0)
    elif border == "foreground":
        matrix[1:] += edge[1:]
    return matrix
