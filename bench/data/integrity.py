"""Masks that hold only what they may: a class or "ignore", before and after every transform."""

from typing import TYPE_CHECKING

import numpy as np

from registry.errors import BenchError, first_of
from registry.labels import IGNORE

if TYPE_CHECKING:
    from numpy.typing import NDArray


def label_counts(mask: "NDArray[np.uint8]") -> "NDArray[np.int64]":
    """Return how often each of the values 0..255 occurs in a uint8 mask: int64 [256]."""
    return np.bincount(mask.ravel(), minlength=256).astype(np.int64, copy=False)


def object_box(mask: "NDArray[np.uint8]") -> tuple[int, int, int, int] | None:
    """Return first row, first column, last row and last column of the labels that are neither 0 nor 255; None: none.

    >>> object_box(np.array([[0, 0, 255], [0, 2, 0]], np.uint8))
    (1, 1, 1, 1)
    """
    shown = (mask != 0) & (mask != IGNORE)
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    return (int(rows[0]), int(columns[0]), int(rows[-1]), int(columns[-1])) if len(rows) else None


def check_labels(mask: "NDArray[np.uint8]", classes: int, where: str) -> None:
    """Raise unless every label of `mask` [H, W] is in 0..classes-1 or 255.

    Raises:
        BenchError: a label is not a class; the message begins with `where` and lists the labels.
        TypeError: the mask is not a two-dimensional uint8 array (a transform changed its type).
    """
    if mask.dtype != np.uint8 or mask.ndim != 2:
        raise TypeError(f"{where}: a mask is uint8 [H, W], not {mask.dtype} {list(mask.shape)}")
    unknown = (mask >= classes) & (mask != IGNORE)
    if unknown.any():
        shown = first_of(np.unique(mask[unknown]).tolist(), 5)
        raise BenchError(
            f"{where}: unknown label {shown} in the mask; allowed are 0 to {classes - 1}, and 255 to ignore"
        )


def check_size(image: "NDArray[np.uint8]", mask: "NDArray[np.uint8]", where: str) -> None:
    """Raise unless the mask covers its image.

    Raises:
        BenchError: height or width differ; the message begins with `where` and gives both sizes.
    """
    if image.shape[:2] != mask.shape[:2]:
        (height, width), (rows, columns) = image.shape[:2], mask.shape[:2]
        raise BenchError(
            f"{where}: the mask is {columns}x{rows} but the image is {width}x{height}; "
            "give the mask of this image at its full size"
        )
