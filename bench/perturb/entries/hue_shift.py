"""Hue shift: every colour turned by the same angle around the colour circle."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.hsv import with_hue, with_hue_kernel
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream


def turn(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` with the hue of HSV further by `strength` degrees (120: red becomes green)."""
    return with_hue(images, strength)


def turn_kernel(
    image: "NDArray[np.uint8]", strength: float, parameters: Parameters, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do the same to one image, bit for bit."""
    return with_hue_kernel(image, strength)


ENTRY = Perturbation(
    version=1,
    title="Hue shift",
    family="colour",
    unit="degrees",
    source="HSV of A. R. Smith, Color gamut transform pairs, SIGGRAPH 1978",
    identity=0,
    strengths=(0, 10, 20, 30, 45, 60, 90, 120, 180),
    parameters=Parameters,
    apply=turn,
    kernel=turn_kernel,
    minimum=-180,
    maximum=180,
)
