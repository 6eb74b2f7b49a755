"""From grey levels with fractions back to 0..255."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

Rounding = Literal["nearest", "truncate"]


def to_uint8(values: "Tensor", rounding: Rounding) -> "Tensor":
    """Return `values` (floats, overwritten) clipped to 0..255 as uint8.

    "nearest" rounds halves to the even level, as NumPy and IEEE do; "truncate" drops the fraction, as
    ``astype(uint8)`` does, and so darkens by half a level on average.
    """
    import torch

    if rounding == "nearest":
        values.round_()
    return values.clamp_(0, 255).to(torch.uint8)
