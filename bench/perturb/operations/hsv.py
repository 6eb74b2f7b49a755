"""The hexcone model HSV of A. R. Smith, "Color gamut transform pairs", SIGGRAPH 1978, as skimage has it.

V is a pixel's greatest channel, S is (V - least channel) / V. At a given hue a channel x lies at a fixed
share (V - x) / (V - least) of the way from V down to V (1 - S): a new V and S need no hue and no way back.
"""

from typing import TYPE_CHECKING, NamedTuple

from bench.perturb.operations.rounding import to_uint8

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


class ValueSaturation(NamedTuple):
    """New V and S for every pixel, as tables; made by `value_saturation`.

    top: float32 [256], the new V in grey levels for each old one.
    gain: float32 [65536], for each V 256 + (V - least): how far below the new V a channel comes to lie for
    every grey level it lay below the old one. For a grey pixel: how far green and blue come to lie.
    """

    top: "Tensor"
    gain: "Tensor"


def value_saturation(value: "Callable[[Tensor], Tensor]", saturation: "Callable[[Tensor], Tensor]") -> ValueSaturation:
    """Return the tables of new V and S, each a function of the old one in 0..1, clipped to 0..1."""
    import torch

    levels = torch.arange(256, dtype=torch.float64)
    top = value(levels / 255).clamp(0, 1) * 255
    spread = levels[None]
    old = (spread / levels.clamp(min=1)[:, None]).clamp(max=1)
    gain = top[:, None] * saturation(old).clamp(0, 1) / spread.clamp(min=1)
    return ValueSaturation(top.float(), gain.flatten().float())


def with_value_saturation(images: "Tensor", tables: ValueSaturation) -> "Tensor":
    """Return `images`, uint8 [N, 3, H, W], with the new V and S, truncated. Grey has hue 0: it may turn red."""
    import torch

    top, gain = (table.to(images.device) for table in tables)
    high = images.amax(1, keepdim=True)
    spread = high - images.amin(1, keepdim=True)
    below = high - images
    below[:, 1:] += spread == 0
    index = high.to(torch.int32).mul_(256).add_(spread)
    values = below * gain.index_select(0, index.flatten()).view_as(high)
    return to_uint8(top.index_select(0, high.flatten().int()).view_as(high) - values, "truncate")


def with_value_saturation_kernel(image: "NDArray[np.uint8]", tables: ValueSaturation) -> "NDArray[np.uint8]":
    """Do the same to one image, uint8 [H, W, 3]: bit for bit."""
    import numpy as np

    from bench.perturb.kernels.hsv import value_saturation as fused

    out = np.empty_like(image)
    fused(image.reshape(-1, 3), tables.top.numpy(), tables.gain.numpy(), out.reshape(-1, 3))
    return out


def with_hue(images: "Tensor", degrees: float) -> "Tensor":
    """Return `images`, uint8 [N, 3, H, W], with the hue turned by `degrees`, rounded to the nearest level."""
    import torch

    red, green, blue = images.to(torch.float32).unbind(1)
    high, low = (values.to(torch.float32) for values in (images.amax(1), images.amin(1)))
    spread = high - low
    whole = spread.clamp(min=1)  # grey has no hue, and needs none
    # In sixths of a turn from red, and every step one IEEE operation: the same on every device.
    hue = torch.where(green == high, (blue - red) / whole + 2, (red - green) / whole + 4)
    hue = torch.where(red == high, (green - blue) / whole, hue).add_((degrees / 60) % 6)
    hue -= (hue >= 6).to(torch.float32).mul_(6)
    hue += (hue < 0).to(torch.float32).mul_(6)
    shares = ((hue - 3).abs_() - 1, 2 - (hue - 2).abs_(), 2 - (hue - 4).abs_())
    planes = [share.clamp_(0, 1).mul_(spread).add_(low) for share in shares]
    return torch.stack([to_uint8(plane, "nearest") for plane in planes], dim=1)


def with_hue_kernel(image: "NDArray[np.uint8]", degrees: float) -> "NDArray[np.uint8]":
    """Do the same to one image, uint8 [H, W, 3]: bit for bit."""
    import numpy as np

    from bench.perturb.kernels.hsv import turn_hue

    out = np.empty_like(image)
    turn_hue(image.reshape(-1, 3), np.float32((degrees / 60) % 6), out.reshape(-1, 3))
    return out
