"""Noise on one image: fields stand as planes, as the stream gives them, the image as rows of RGB."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def add_normal(
    image: "NDArray[np.uint8]",
    field: "NDArray[np.float32]",
    scale: np.float32,
    relative: bool,
    out: "NDArray[np.uint8]",
) -> None:
    """Write `image` [P, 3] plus `scale` times `field` [3, P] (`relative`: times the value as well), truncated."""
    for c in range(3):
        plane = field[c]
        for i in range(len(image)):
            value = np.float32(image[i, c])
            noise = plane[i] * scale
            if relative:
                noise = noise * value
            out[i, c] = np.uint8(min(max(noise + value, np.float32(0)), np.float32(255)))


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
    image: "NDArray[np.uint8]", words: "NDArray[np.int32]", hits: int, salted: int, bits: int, out: "NDArray[np.uint8]"
) -> None:
    """Write `image` [P, 3] with 255 or 0 where a word of `words` [3 or 1, P] falls below `hits` (its upper bits).

    Its `bits` lower bits decide which of the two: 255 below `salted`.
    """
    lower = np.int32((1 << bits) - 1)
    for c in range(3):
        plane = words[c % len(words)]
        for i in range(len(image)):
            word = plane[i]
            # Masks of ones or zeros: a branch that nobody can foresee costs more than both its sides.
            white = ((word & lower) - np.int32(salted)) >> 31
            hit = (((word >> bits) & np.int32(0x7FFFFFFF >> (bits - 1))) - np.int32(hits)) >> 31
            out[i, c] = np.uint8((white & hit & 255) | (image[i, c] & ~hit))
