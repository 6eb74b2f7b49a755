"""From 32 random bits to a normal number, by a table: the same float on every device.

Logarithms and cosines differ in their last bit between a CPU and a GPU, and a last bit can move a pixel
by one level. Here each step is an integer operation or a single IEEE addition or multiplication.
"""

from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

# 256 segments per octave of the probability: linear between the knots is within 1e-6 of the quantile.
_SEGMENT_BITS = 8
_REST_BITS = 23 - _SEGMENT_BITS
_BIAS = 127  # of the exponent of an IEEE single
_FIRST = (_BIAS - 1) << _SEGMENT_BITS  # the segment that starts at 0.5, the least value that is looked up
_LAST = (_BIAS + 31) << _SEGMENT_BITS  # the segment that starts at 2^31, the greatest


def _start(segment: int) -> float:
    """Return the number whose exponent and leading mantissa bits are `segment`."""
    octave, rest = divmod(segment, 1 << _SEGMENT_BITS)
    return float(2.0 ** (octave - _BIAS) * (1 + rest / (1 << _SEGMENT_BITS)))


@cache
def normal_table(device: str) -> "tuple[Tensor, Tensor, int, int]":
    """Return the quantile at each segment's start and its slope per unit of the mantissa's rest (float32).

    Then the number of bits in that rest, and the number of the first segment.
    """
    import torch

    quantile = NormalDist().inv_cdf
    knots = [quantile(min(_start(segment) / 2**32, 0.5)) for segment in range(_FIRST, _LAST + 2)]
    exact = torch.tensor(knots, dtype=torch.float64)
    slopes = exact.diff() / (1 << _REST_BITS)
    return exact[:-1].float().to(device), slopes.float().to(device), _REST_BITS, _FIRST


def normal_from_words(words: "Tensor") -> "Tensor":
    """Return N(0, 1) numbers, float32, one for each of `words` (int32 with all 32 bits random).

    The highest bit is the sign, the other 31 are a number m, and (m + 1/2) / 2^32 is the probability in
    (0, 1/2] whose quantile is returned; |z| is at most 6.34.
    """
    import torch

    starts, slopes, _, _ = normal_table(str(words.device))
    magnitude = (words & 0x7FFFFFFF).to(torch.float32).add_(0.5)
    bits = magnitude.view(torch.int32)
    segment = (bits >> _REST_BITS).sub_(_FIRST)
    rest = bits.bitwise_and_((1 << _REST_BITS) - 1).to(torch.float32)
    # Two calls, not addcmul: a fused multiply-add rounds once and not every device has it.
    values = slopes.index_select(0, segment).mul_(rest).add_(starts.index_select(0, segment))
    return values.view(torch.int32).bitwise_xor_(words & -(2**31)).view(torch.float32)
