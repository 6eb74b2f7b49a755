"""Philox words and normal numbers on a CPU: the bits of `_philox.py` and `_normal.py`, several times faster."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LANES = 64
"""Counters worked on side by side: enough to fill vector registers, few enough to stay in them."""


@compiled
def philox_words(out: "NDArray[np.uint32]", lane: int, key: "NDArray[np.uint32]") -> None:
    """Fill `out` [blocks, 4] with the words of blocks 0, 1, … of a stream's `lane`; `key` holds its four words."""
    c0, c1 = np.empty(_LANES, np.uint32), np.empty(_LANES, np.uint32)
    c2, c3 = np.empty(_LANES, np.uint32), np.empty(_LANES, np.uint32)
    for start in range(0, len(out), _LANES):
        for j in range(_LANES):
            c0[j], c1[j], c2[j], c3[j] = start + j, lane, key[2], key[3]
        k0, k1 = key[0], key[1]
        for _ in range(10):
            for j in range(_LANES):
                p0 = np.uint64(c0[j]) * np.uint64(0xD2511F53)
                p1 = np.uint64(c2[j]) * np.uint64(0xCD9E8D57)
                c0[j] = np.uint32(p1 >> np.uint64(32)) ^ c1[j] ^ k0
                c2[j] = np.uint32(p0 >> np.uint64(32)) ^ c3[j] ^ k1
                c1[j], c3[j] = np.uint32(p1), np.uint32(p0)
            k0 = np.uint32(k0 + np.uint32(0x9E3779B9))
            k1 = np.uint32(k1 + np.uint32(0xBB67AE85))
        for j in range(min(_LANES, len(out) - start)):
            out[start + j, 0], out[start + j, 1] = c0[j], c1[j]
            out[start + j, 2], out[start + j, 3] = c2[j], c3[j]


@compiled
def normals_in_place(
    words: "NDArray[np.int32]",
    starts: "NDArray[np.float32]",
    slopes: "NDArray[np.float32]",
    rest_bits: int,
    first: int,
) -> None:
    """Replace random `words` by the bits of N(0, 1) floats, as `normal_from_words` defines them."""
    size = 4096
    magnitude = np.empty(size, np.float32)
    bits = magnitude.view(np.int32)
    mask = np.int32((1 << rest_bits) - 1)
    for start in range(0, len(words), size):
        part = words[start : start + size]
        for j in range(len(part)):
            magnitude[j] = np.float32(part[j] & np.int32(0x7FFFFFFF)) + np.float32(0.5)
        for j in range(len(part)):
            segment = (bits[j] >> rest_bits) - first
            magnitude[j] = np.float32(bits[j] & mask) * slopes[segment] + starts[segment]
        for j in range(len(part)):
            part[j] = bits[j] ^ (part[j] & np.int32(-2147483648))
