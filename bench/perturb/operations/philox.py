"""Philox4x32-10, the counter-based generator of Salmon et al., as tensor arithmetic.

J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC'11. Only integer operations are used, so every device gives the same bits.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

# Multipliers and Weyl constants of section 3.3 and of the authors' library Random123 (philox.h).
_MULTIPLIER_0, _MULTIPLIER_1 = 0xD2511F53, 0xCD9E8D57
_WEYL_0, _WEYL_1 = 0x9E3779B9, 0xBB67AE85
_ROUNDS = 10
WORD = 0xFFFFFFFF


def philox4x32(c0: "Tensor", c1: "Tensor", c2: "Tensor", c3: "Tensor", k0: "Tensor", k1: "Tensor") -> "list[Tensor]":
    """Return the four 32-bit words that belong to each counter (c0, c1, c2, c3) under the key (k0, k1).

    All six are int64 tensors with values in 0..2^32 - 1 whose shapes broadcast; the result holds four of
    the broadcast shape, of which only the **low 32 bits** count.
    """
    for _ in range(_ROUNDS):
        # The product of two 32-bit words fills 64 bits; int64 wraps to the same bits. Its high word is
        # the shift, its low word the product itself: c1 and c3 keep the high bits as ballast, because
        # only c0 and c2 are multiplied again and have to be clean.
        p0, p1 = c0 * _MULTIPLIER_0, c2 * _MULTIPLIER_1
        c0, c2 = ((p1 >> 32) ^ c1 ^ k0) & WORD, ((p0 >> 32) ^ c3 ^ k1) & WORD
        c1, c3 = p1, p0
        k0, k1 = (k0 + _WEYL_0) & WORD, (k1 + _WEYL_1) & WORD
    return [c0, c1, c2, c3]


def philox_blocks(keys: "Tensor", start: int, count: int, lane: int) -> "Tensor":
    """Return int32 [N, count, 4]: the words of blocks start, start + 1, … of N streams.

    keys: int64 [N, 4], each row a stream's four words: two of the key, two of the counter's upper half.
    """
    import torch

    block = torch.arange(start, start + count, device=keys.device)[None]
    k0, k1, c2, c3 = (keys[:, i, None] for i in range(4))
    words = philox4x32(block, torch.full_like(block, lane), c2, c3, k0, k1)
    return torch.stack([word.to(torch.int32) for word in words], dim=-1)  # int64 to int32 keeps the low 32 bits


@cache
def fused_blocks() -> Any:
    """Return `philox_blocks` compiled into one GPU kernel: eager, its 130 steps each go through memory."""
    import torch

    return torch.compile(philox_blocks, dynamic=True)
