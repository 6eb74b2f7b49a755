"""Defocus with a radius of one's own: a lens's disk of confusion."""

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from bench.perturb import Perturbation
from bench.perturb.operations.disk import covered, disk_sums
from bench.perturb.operations.planes import plane_by_plane
from bench.perturb.operations.rounding import to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream


class Defocus(Parameters):
    """Parameters of defocus; `unit="percent"`: the strength is the radius in percent of the image's short side."""

    unit: Literal["px", "percent"] = "px"


def defocus(images: "Tensor", strength: float, parameters: Defocus, stream: "Stream") -> "Tensor":
    """Return `images` filtered with a disk of this radius, mirrored beyond the edge and rounded.

    Each pixel of the kernel weighs as much as the disk covers of it, so that the radius may have fractions; up to
    half a pixel nothing changes.
    """
    weights = _weights(_radius(strength, parameters, *images.shape[-2:]))
    share = 1 / int(weights.sum())
    return plane_by_plane(images, lambda planes, _: to_uint8(disk_sums(planes, weights).mul_(share), "nearest"))


def defocus_one(
    image: "NDArray[np.uint8]", strength: float, parameters: Defocus, stream: "Stream"
) -> "NDArray[np.uint8]":
    """The same on one image [H, W, 3], on a CPU."""
    from bench.perturb.kernels.disk import disk_filtered

    weights = _weights(_radius(strength, parameters, *image.shape[:2]))
    return disk_filtered(image, weights, 1 / int(weights.sum()), nearest=True)


def _radius(strength: float, parameters: Defocus, height: int, width: int) -> float:
    return strength if parameters.unit == "px" else strength / 100 * min(height, width)


@lru_cache(maxsize=64)
def _weights(radius: float) -> "NDArray[np.int64]":
    return covered(radius)


ENTRY = Perturbation(
    version=1,
    title="Defocus",
    family="blur",
    unit="radius, pixels or percent of the short side",
    source="geometric optics: the uniform disk of confusion of a round aperture",
    identity=0,
    strengths=(0, 1, 2, 3, 4, 6, 8, 10),
    parameters=Defocus,
    apply=defocus,
    kernel=defocus_one,
    minimum=0,
    maximum=50,
)
