"""Brightness raised: add to each value, clip at 255."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def brighten(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` plus `strength`, clipped to 0..255."""
    # Clipping first keeps the sum within uint8.
    return images.clamp(max=255 - int(strength)).add_(int(strength))


ENTRY = Perturbation(
    version=1,
    title="Brightness increase",
    family="digital",
    unit="grey levels",
    source="Edinburgh Computer Vision Mini-Project 2025, item e",
    identity=0,
    strengths=(0, 5, 10, 15, 20, 25, 30, 35, 40, 45),
    parameters=Parameters,
    apply=brighten,
    minimum=0,
    maximum=255,
    integer=True,
)
