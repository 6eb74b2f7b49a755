"""Defocus blur as published: a disk."""

from functools import lru_cache
from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.disk import disk_sums
from bench.perturb.operations.planes import plane_by_plane
from bench.perturb.operations.rounding import to_uint8
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Radius in pixels and standard deviation in pixels of the Gaussian that softens the disk's rim.
_TABLE = ((3.0, 0.1), (4.0, 0.5), (6.0, 0.5), (8.0, 0.5), (10.0, 0.5))

_BITS = 22  # weights are multiples of 2^-22


class DefocusBlur(Parameters):
    """defocus_blur has no parameters."""


def blur(images: "Tensor", strength: float, parameters: DefocusBlur, stream: "Stream") -> "Tensor":
    """Return `images` filtered with a softened disk, mirrored beyond the edge.

    Between two severities the radius is rounded to whole pixels (halves up).
    """
    weights = _weights(strength)
    return plane_by_plane(images, lambda planes, _: to_uint8(disk_sums(planes, weights).mul_(2.0**-_BITS), "truncate"))


def blur_one(
    image: "NDArray[np.uint8]", strength: float, parameters: DefocusBlur, stream: "Stream"
) -> "NDArray[np.uint8]":
    """The same on one image [H, W, 3], on a CPU."""
    from bench.perturb.kernels.disk import disk_filtered

    return disk_filtered(image, _weights(strength), 2.0**-_BITS, nearest=False)


@lru_cache(maxsize=64)
def _weights(strength: float) -> "NDArray[np.int64]":
    """Return the published kernel in units of 2^-22.

    The Gaussian has 3 taps up to radius 8 and 5 above, and sees the kernel mirrored beyond its edge. At radius 8 and
    10, where the disk touches that edge, the weights sum to a little more than 1, and the image gets brighter.
    """
    import numpy as np

    exact, sigma = between(_TABLE, strength)
    radius = int(exact + 0.5)
    reach, taps = (8, 1) if radius <= 8 else (radius, 2)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = (x**2 + y**2 <= radius**2).astype(np.float64)
    kernel /= kernel.sum()
    tap = np.exp(-0.5 * (np.arange(-taps, taps + 1) / sigma) ** 2)
    tap /= tap.sum()
    for _ in range(2):  # along each axis
        wide = np.pad(kernel, ((taps, taps), (0, 0)), mode="reflect")
        kernel = sum(weight * wide[i : i + len(kernel)] for i, weight in enumerate(tap)).T
    whole: NDArray[np.int64] = np.rint(kernel * 2**_BITS).astype(np.int64)
    used = np.flatnonzero(whole.any(0))
    return whole[used[0] : used[-1] + 1, used[0] : used[-1] + 1]


ENTRY = Perturbation(
    version=1,
    title="Defocus blur",
    family="blur",
    source=SOURCE,
    parameters=DefocusBlur,
    apply=blur,
    kernel=blur_one,
    **SEVERITY,
)
