"""Brightness lowered: subtract from each value, clip at 0."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def darken(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` minus `strength`, clipped to 0..255."""
    # Clipping first keeps the difference within uint8.
    return images.clamp(min=int(strength)).sub_(int(strength))


ENTRY = Perturbation(
    version=1,
    title="Brightness decrease",
    family="digital",
    unit="grey levels",
    source="Edinburgh Computer Vision Mini-Project 2025, item f",
    identity=0,
    strengths=(0, 5, 10, 15, 20, 25, 30, 35, 40, 45),
    parameters=Parameters,
    apply=darken,
    minimum=0,
    maximum=255,
    integer=True,
)
