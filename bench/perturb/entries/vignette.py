"""Vignette: the image darkens from the centre to the corners."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.rounding import to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def _squares(height: int, width: int, percent: float) -> "tuple[Tensor, Tensor]":
    """Return float32 [H] and [W] whose sum is 1 / cos^2 of the angle at which each pixel sees the lens."""
    import torch

    steepest = (1 - percent / 100) ** -0.5 - 1  # tan^2 at the corners
    rows, columns = (torch.arange(1 - size, size, 2, dtype=torch.float64).square_() for size in (height, width))
    corner = max(1, (height - 1) ** 2 + (width - 1) ** 2)
    return (1 + rows * (steepest / corner)).float(), (columns * (steepest / corner)).float()


def shade(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` times cos^4(a), rounded; tan(a) grows with the distance from the image's centre.

    The natural fall-off of a simple lens, whose angle is chosen so that the corner pixels lose `strength`
    percent of their grey value: cos^4(a) = 1 / (1 + q r^2)^2 with r = 1 at the corners and
    q = (1 - strength / 100)^(-1/2) - 1.
    """
    height, width = images.shape[-2:]
    rows, columns = (part.to(images.device) for part in _squares(height, width, strength))
    squared = rows[:, None] + columns
    return to_uint8(images * (1 / (squared * squared)), "nearest")


ENTRY = Perturbation(
    version=1,
    title="Vignette",
    family="colour",
    unit="darkening at the corners, percent",
    source="cos^4 law of illumination (M. Reiss, Journal of the Optical Society of America 35(4), 1945)",
    identity=0,
    strengths=(0, 10, 20, 30, 40, 50, 60, 75, 90),
    parameters=Parameters,
    apply=shade,
    minimum=0,
    maximum=99,
)
