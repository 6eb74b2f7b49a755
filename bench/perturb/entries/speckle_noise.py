"""Speckle of the published corruptions: normal noise in proportion to each value."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.normal_noise import add_normal, add_normal_kernel
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Standard deviation as a share of the value, severities 1 to 5.
_DEVIATION = (0.15, 0.2, 0.35, 0.45, 0.6)


def add_speckle(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return x + x n, n normal with the severity's standard deviation, clipped and truncated."""
    return add_normal(images, between(_DEVIATION, strength), stream, relative=True)


def add_speckle_kernel(
    image: "NDArray[np.uint8]", strength: float, parameters: Parameters, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do the same to one image, bit for bit."""
    return add_normal_kernel(image, between(_DEVIATION, strength), stream, relative=True)


ENTRY = Perturbation(
    version=1,
    title="Speckle noise",
    family="noise",
    source=SOURCE,
    parameters=Parameters,
    apply=add_speckle,
    kernel=add_speckle_kernel,
    **SEVERITY,
)
