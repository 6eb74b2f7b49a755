"""Stored mask values to labels: by value or by colour, refusing what is in neither table."""

from typing import TYPE_CHECKING

import numpy as np

from bench.data.integrity import label_counts
from registry.errors import BenchError, first_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

Colour = tuple[int, int, int]

SHOWN = 8  # labels or colours in a message
BLOCK = 1 << 14  # pixels that are compared with all colours at a time


def relabel(
    values: "NDArray[np.uint8]",
    labels: "Mapping[int, int]",
    where: str,
    advice: "Callable[[list[int]], str]" = lambda _: "",
) -> "NDArray[np.uint8]":
    """Return `values` [H, W] with each stored value replaced by its label; `advice`: what to do about unknown values.

    Raises:
        BenchError: a value that `labels` does not know, or colours where values are expected.
    """
    if values.ndim != 2:
        raise BenchError(f"{where}: the mask has colours where one value a pixel is expected")
    unknown = [int(value) for value in np.flatnonzero(label_counts(values)) if int(value) not in labels]
    if unknown:
        words = f"unknown label {first_of(unknown, SHOWN)} in the mask; allowed are {first_of(list(labels), SHOWN)}"
        raise BenchError(f"{where}: {words}{advice(unknown)}")
    table = np.zeros(256, np.uint8)
    for value, label in labels.items():
        table[value] = label
    return table[values]


def from_colours(
    colours: "NDArray[np.uint8]",
    labels: "Mapping[Colour, int]",
    where: str,
    tolerance: int = 0,
    advice: "Callable[[Colour], str]" = lambda _: "",
) -> "NDArray[np.uint8]":
    """Return the labels [H, W] of a colour-coded mask [H, W, 3]; `advice`: what to do about an unknown colour.

    A colour that is not in `labels` takes the label of the nearest one, if that is no farther than `tolerance`: the
    Euclidean distance in RGB; of two that are equally near the one that is listed first.

    Raises:
        BenchError: a colour that `labels` does not know.
    """
    red, green, blue = np.moveaxis(colours, -1, 0)
    mask = np.zeros(red.shape, np.uint8)
    known = np.zeros(red.shape, bool)
    for colour, label in labels.items():
        here = (red == colour[0]) & (green == colour[1]) & (blue == colour[2])
        mask[here] = label
        known |= here
    if tolerance and not known.all():
        mask[~known], known[~known] = _nearest(colours[~known], labels, tolerance)
    if not known.all():
        row, column = np.argwhere(~known)[0]
        found = (int(red[row, column]), int(green[row, column]), int(blue[row, column]))
        farther = f" or within {tolerance} of them" if tolerance else ""
        raise BenchError(
            f"{where}: unknown colour {found} in the mask at x={column}, y={row}; "
            f"allowed are {first_of(list(labels), SHOWN)}{farther}{advice(found)}"
        )
    return mask


def _nearest(
    pixels: "NDArray[np.uint8]", labels: "Mapping[Colour, int]", tolerance: int
) -> "tuple[NDArray[np.uint8], NDArray[np.bool_]]":
    """Return the label of the nearest colour for each of `pixels` [n, 3], and whether it is near enough."""
    listed, values = np.array(list(labels), np.int32), np.array(list(labels.values()), np.uint8)
    found, near = np.empty(len(pixels), np.uint8), np.empty(len(pixels), bool)
    for start in range(0, len(pixels), BLOCK):
        block = slice(start, start + BLOCK)
        squares = ((pixels[block, None].astype(np.int32) - listed) ** 2).sum(2)
        found[block], near[block] = values[squares.argmin(1)], squares.min(1) <= tolerance**2
    return found, near
