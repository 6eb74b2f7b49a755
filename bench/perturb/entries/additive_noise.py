"""Gaussian pixel noise: add N(0, s) to each value, round, clip."""

from typing import TYPE_CHECKING, Literal

from bench.perturb import Perturbation
from bench.perturb.operations.rounding import Rounding, to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


class AdditiveNoise(Parameters):
    """Parameters of additive_noise."""

    rounding: Rounding = "nearest"
    channels: Literal["independent", "shared"] = "independent"


def add_noise(images: "Tensor", strength: float, parameters: AdditiveNoise, stream: "Stream") -> "Tensor":
    """Return `images` plus `strength` times a fixed N(0, 1) pattern of their own."""
    planes = 3 if parameters.channels == "independent" else 1
    noise = stream.normal((planes, *images.shape[-2:])).expand(-1, 3, -1, -1)
    # A product and a sum, not one fused call: they round the same way on every device.
    return to_uint8((noise * strength).add_(images), parameters.rounding)


ENTRY = Perturbation(
    version=1,
    title="Gaussian pixel noise",
    family="noise",
    unit="standard deviation, grey levels",
    source="Edinburgh Computer Vision Mini-Project 2025, item a",
    identity=0,
    strengths=(0, 2, 4, 6, 8, 10, 12, 14, 16, 18),
    parameters=AdditiveNoise,
    apply=add_noise,
    minimum=0,
    maximum=255,
)
