"""Philox4x32-10, the counter-based generator of Salmon et al., as array arithmetic.

J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC'11. Only integer operations are used, so every device gives the same bits.
"""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

Words = TypeVar("Words", "NDArray[np.int64]", "Tensor")

# Multipliers and Weyl constants of section 3.3 and of the authors' library Random123 (philox.h).
_MULTIPLIER_0, _MULTIPLIER_1 = 0xD2511F53, 0xCD9E8D57
_WEYL_0, _WEYL_1 = 0x9E3779B9, 0xBB67AE85
_ROUNDS = 10
WORD = 0xFFFFFFFF


def philox4x32(counter: tuple[Words, Words, Words, Words], key: tuple[int, int]) -> list[Words]:
    """Return the four 32-bit words that belong to each counter.

    `counter` holds four int64 arrays or tensors of one shape and `key` two ints, all in 0..2^32 - 1; the
    result holds four of the same kind and shape, of which only the **low 32 bits** count.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        # The product of two 32-bit words fills 64 bits; int64 wraps to the same bits. Its high word is
        # the shift, its low word the product itself: c1 and c3 keep the high bits as ballast, because
        # only c0 and c2 are multiplied again and have to be clean.
        p0, p1 = c0 * _MULTIPLIER_0, c2 * _MULTIPLIER_1
        c0, c2 = p1 >> 32, p0 >> 32
        c0 ^= c1
        c0 ^= k0
        c0 &= WORD
        c2 ^= c3
        c2 ^= k1
        c2 &= WORD
        c1, c3 = p1, p0
        k0, k1 = (k0 + _WEYL_0) & WORD, (k1 + _WEYL_1) & WORD
    return [c0, c1, c2, c3]
