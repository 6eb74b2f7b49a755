"""Gaussian blur as published."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.gaussian import gaussian_filtered
from bench.perturb.operations.planes import plane_by_plane
from bench.perturb.operations.rounding import to_uint8
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

_SIGMA = (1.0, 2.0, 3.0, 4.0, 6.0)  # pixels


class GaussianBlur(Parameters):
    """gaussian_blur has no parameters."""


def blur(images: "Tensor", strength: float, parameters: GaussianBlur, stream: "Stream") -> "Tensor":
    """Return `images` filtered with a Gaussian out to 4 standard deviations, edge pixels repeated beyond the edge."""
    sigma = between(_SIGMA, strength)
    return plane_by_plane(
        images, lambda planes, _: to_uint8(gaussian_filtered(planes.float(), sigma, sigma), "truncate")
    )


def blur_one(
    image: "NDArray[np.uint8]", strength: float, parameters: GaussianBlur, stream: "Stream"
) -> "NDArray[np.uint8]":
    """The same on one image [H, W, 3], on a CPU."""
    import numpy as np

    from bench.perturb.kernels.gaussian import gaussian_filtered

    sigma = between(_SIGMA, strength)
    return gaussian_filtered(image.astype(np.float32), sigma, sigma).astype(np.uint8)


ENTRY = Perturbation(
    version=1,
    title="Gaussian blur",
    family="blur",
    source=SOURCE,
    parameters=GaussianBlur,
    apply=blur,
    kernel=blur_one,
    **SEVERITY,
)
