"""Noise on the planes of one image, in pieces that stay in the cache: draw, transform, add."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled
from bench.perturb.kernels.random import normals_in_place, philox_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = 4096
"""Values worked on at a time: their random words fill half of a core's first cache."""


@compiled
def add_normal(
    values: "NDArray[np.uint8]",
    key: "NDArray[np.uint32]",
    table: "tuple[NDArray[np.float32], NDArray[np.float32], int, int]",
    scale: np.float32,
    relative: bool,
) -> None:
    """Add `scale` times a normal field to `values` [3 P] (`relative`: times the value as well), truncated, in place.

    table: of `operations.normal.normal_table`.
    """
    words = np.empty(_PIECE, np.uint32)
    blocks, bits, field = words.reshape(-1, 4), words.view(np.int32), words.view(np.float32)
    black, white = np.float32(0), np.float32(255)
    for start in range(0, len(values), _PIECE):
        part = values[start : start + _PIECE]
        philox_words(blocks, 0, key, start // 4)
        normals_in_place(bits, table[0], table[1], table[2], table[3])
        for i in range(len(part)):
            field[i] *= scale
        if relative:
            for i in range(len(part)):
                field[i] *= np.float32(part[i])
        for i in range(len(part)):
            part[i] = np.uint8(np.int32(min(max(field[i] + np.float32(part[i]), black), white)))


@compiled
def invert(
    values: "NDArray[np.uint8]",
    key: "NDArray[np.uint32]",
    last: "NDArray[np.uint32]",
    guide: "NDArray[np.uint8]",
    outputs: "NDArray[np.uint8]",
    shift: int,
) -> None:
    """Replace each of `values` [3 P] by that of `outputs` whose number is how many thresholds its word reaches.

    last: [256, K + 1], the greatest word below each threshold, ascending; the last column is 2^32 - 1.
    guide: [256, buckets], how many thresholds the least word of a bucket (``word >> shift``) reaches.
    """
    words = np.empty(_PIECE, np.uint32)
    blocks = words.reshape(-1, 4)
    for start in range(0, len(values), _PIECE):
        philox_words(blocks, 0, key, start // 4)
        invert_words(values[start : start + _PIECE], words, last, guide, outputs, shift)


@compiled
def invert_words(
    values: "NDArray[np.uint8]",
    words: "NDArray[np.uint32]",
    last: "NDArray[np.uint32]",
    guide: "NDArray[np.uint8]",
    outputs: "NDArray[np.uint8]",
    shift: int,
) -> None:
    """Do what `invert` does with `words`, at least as many as `values`."""
    for i in range(len(values)):
        level, word = values[i], words[i]
        k = np.int64(guide[level, word >> np.uint32(shift)])
        while word > last[level, k]:
            k += 1
        values[i] = outputs[k]


@compiled
def scatter(
    values: "NDArray[np.uint8]", key: "NDArray[np.uint32]", begin: int, hits: int, salted: int, bits: int
) -> None:
    """Set `values` [P] to 255 or 0 where a random word falls below `hits` (its upper bits), in place.

    Its `bits` lower bits decide which of the two: 255 below `salted`. begin: the first value's place in the field.
    """
    words = np.empty(_PIECE + 4, np.uint32)
    blocks, drawn = words.reshape(-1, 4), words.view(np.int32)
    lower, upper = np.int32((1 << bits) - 1), np.int32(0x7FFFFFFF >> (bits - 1))
    most, share, shift, last = np.int32(hits), np.int32(salted), np.int32(bits), np.int32(31)
    for start in range(0, len(values), _PIECE):
        part = values[start : start + _PIECE]
        philox_words(blocks, 0, key, (begin + start) // 4)
        own = drawn[(begin + start) % 4 :]
        for i in range(len(part)):
            # Masks of ones or zeros: a branch that nobody can foresee costs more than both its sides.
            white = ((own[i] & lower) - share) >> last
            hit = (((own[i] >> shift) & upper) - most) >> last
            part[i] = np.uint8((white & hit & np.int32(255)) | (np.int32(part[i]) & ~hit))
