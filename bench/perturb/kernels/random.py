"""Philox words and normal numbers on a CPU: the bits of `_philox.py` and `_normal.py`, several times faster."""

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LANES = 64
"""Counters worked on side by side: enough to fill vector registers, few enough to stay in them."""


_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
_HALF = np.uint64(32)


@compiled
def philox_words(out: "NDArray[np.uint32]", lane: int, key: "NDArray[np.uint32]", begin: int) -> None:
    """Fill `out` [blocks, 4] with the words of the blocks from `begin` on; `key` holds the stream's four words."""
    c0, c1 = np.empty(_LANES, np.uint32), np.empty(_LANES, np.uint32)
    c2, c3 = np.empty(_LANES, np.uint32), np.empty(_LANES, np.uint32)
    for start in range(0, len(out), _LANES):
        for j in range(_LANES):
            c0[j], c1[j], c2[j], c3[j] = begin + start + j, lane, key[2], key[3]
        k0, k1 = key[0], key[1]
        for _ in range(5):  # ten rounds, two for each way through memory
            k2, k3 = np.uint32(k0 + _WEYL_0), np.uint32(k1 + _WEYL_1)
            for j in range(_LANES):
                a, b, c, d = _round(c0[j], c1[j], c2[j], c3[j], k0, k1)
                c0[j], c1[j], c2[j], c3[j] = _round(a, b, c, d, k2, k3)
            k0, k1 = np.uint32(k2 + _WEYL_0), np.uint32(k3 + _WEYL_1)
        for j in range(min(_LANES, len(out) - start)):
            out[start + j, 0], out[start + j, 1] = c0[j], c1[j]
            out[start + j, 2], out[start + j, 3] = c2[j], c3[j]


@compiled
def _round(a: Any, b: Any, c: Any, d: Any, k0: Any, k1: Any) -> Any:
    """Return the four words, uint32, after one round with the round's keys."""
    p0, p1 = np.uint64(a) * _MULTIPLIER_0, np.uint64(c) * _MULTIPLIER_1
    return np.uint32(p1 >> _HALF) ^ b ^ k0, np.uint32(p1), np.uint32(p0 >> _HALF) ^ d ^ k1, np.uint32(p0)


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
