"""Grey-scale: the colour fades, the luma stays."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.rounding import to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def fade(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return (1 - s) x + s Y, Y = 0.299 R + 0.587 G + 0.114 B, rounded to the nearest grey level."""
    import torch

    red, green, blue = (images[:, i, None].to(torch.float32) for i in range(3))
    luma = red.mul_(0.299).add_(green.mul_(0.587)).add_(blue.mul_(0.114)).mul_(strength)
    return to_uint8(images.to(torch.float32).mul_(1 - strength).add_(luma), "nearest")


ENTRY = Perturbation(
    version=1,
    title="Grey-scale",
    family="colour",
    unit="share of the colour removed",
    source="luma of ITU-R BT.601",
    identity=0,
    strengths=(0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1),
    parameters=Parameters,
    apply=fade,
    minimum=0,
    maximum=1,
)
