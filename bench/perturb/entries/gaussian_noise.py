"""Gaussian noise of the published corruptions: normal noise added to each value."""

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

# Standard deviation as a share of white, severities 1 to 5.
_DEVIATION = (0.08, 0.12, 0.18, 0.26, 0.38)


def add_noise(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` plus a normal pattern scaled to the severity's standard deviation, clipped and truncated."""
    return add_normal(images, 255 * between(_DEVIATION, strength), stream, relative=False)


def add_noise_kernel(
    image: "NDArray[np.uint8]", strength: float, parameters: Parameters, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do the same to one image, bit for bit."""
    return add_normal_kernel(image, 255 * between(_DEVIATION, strength), stream, relative=False)


ENTRY = Perturbation(
    version=1,
    title="Gaussian noise",
    family="noise",
    source=SOURCE,
    parameters=Parameters,
    apply=add_noise,
    kernel=add_noise_kernel,
    **SEVERITY,
)
