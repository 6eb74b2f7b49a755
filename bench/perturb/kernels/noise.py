"""Noise on one image, plane by plane as the stream gives its fields: flat loops, which fill vector registers."""

from typing import TYPE_CHECKING

import numpy as np

from bench.perturb.kernels.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def add_normal(
    plane: "NDArray[np.uint8]",
    field: "NDArray[np.float32]",
    scale: np.float32,
    relative: bool,
    out: "NDArray[np.uint8]",
) -> None:
    """Write `plane` [P] plus `scale` times `field` [P] (`relative`: times the value as well), truncated."""
    black, white = np.float32(0), np.float32(255)
    if relative:
        for i in range(len(plane)):
            value = np.float32(plane[i])
            out[i] = np.uint8(np.int32(min(max(field[i] * scale * value + value, black), white)))
    else:
        for i in range(len(plane)):
            out[i] = np.uint8(np.int32(min(max(field[i] * scale + np.float32(plane[i]), black), white)))


@compiled
def invert(
    image: "NDArray[np.uint8]",
    words: "NDArray[np.uint32]",
    last: "NDArray[np.uint32]",
    guide: "NDArray[np.uint8]",
    outputs: "NDArray[np.uint8]",
    shift: int,
    out: "NDArray[np.uint8]",
) -> None:
    """Write `outputs` of the number of thresholds that each of `words` [3, P] reaches on its value's row.

    last: [256, K + 1], the greatest word below each threshold, ascending; the last column is 2^32 - 1.
    guide: [256, buckets], how many thresholds the least word of a bucket (``word >> shift``) reaches.
    """
    for c in range(3):
        plane = words[c]
        for i in range(len(image)):
            level, word = image[i, c], plane[i]
            k = np.int64(guide[level, word >> np.uint32(shift)])
            while word > last[level, k]:
                k += 1
            out[i, c] = outputs[k]


@compiled
def scatter(
    plane: "NDArray[np.uint8]", words: "NDArray[np.int32]", hits: int, salted: int, bits: int, out: "NDArray[np.uint8]"
) -> None:
    """Write `plane` [P] with 255 or 0 where a word of `words` [P] falls below `hits` (its upper bits).

    Its `bits` lower bits decide which of the two: 255 below `salted`.
    """
    lower, upper = np.int32((1 << bits) - 1), np.int32(0x7FFFFFFF >> (bits - 1))
    most, share, shift, last = np.int32(hits), np.int32(salted), np.int32(bits), np.int32(31)
    for i in range(len(plane)):
        word = words[i]
        # Masks of ones or zeros: a branch that nobody can foresee costs more than both its sides.
        white = ((word & lower) - share) >> last
        hit = (((word >> shift) & upper) - most) >> last
        out[i] = np.uint8((white & hit & np.int32(255)) | (np.int32(plane[i]) & ~hit))
