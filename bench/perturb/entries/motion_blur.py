"""Motion blur as published: a one-sided Gaussian trail at a random angle."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.motion_line import motion_blurred, motion_path
from bench.perturb.operations.planes import plane_by_plane
from bench.perturb.operations.rounding import to_uint8
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Radius in pixels (the trail has 2 radius + 1) and standard deviation of its weights in pixels.
_TABLE = ((10.0, 3.0), (15.0, 5.0), (15.0, 8.0), (15.0, 12.0), (20.0, 15.0))


class MotionBlur(Parameters):
    """motion_blur has no parameters."""


def blur(images: "Tensor", strength: float, parameters: MotionBlur, stream: "Stream") -> "Tensor":
    """Return `images` smeared along a line whose angle is uniform in -45 to 45 degrees, the same at every severity.

    Between two severities the radius is rounded to whole pixels (halves up). Images smaller than the trail get
    darker, as they do in the published code.
    """
    constants = _constants(strength)
    angles = [angle for angle in _angles(stream) for _ in range(images.shape[1])]

    def smeared(planes: "Tensor", which: slice) -> "Tensor":
        return to_uint8(motion_blurred(planes.float(), *constants, angles[which]), "truncate")

    return plane_by_plane(images, smeared)


def blur_one(
    image: "NDArray[np.uint8]", strength: float, parameters: MotionBlur, stream: "Stream"
) -> "NDArray[np.uint8]":
    """The same on one image [H, W, 3], on a CPU."""
    import cv2
    import numpy as np

    from bench.perturb.kernels.motion import shifted_sum

    path = motion_path(*_constants(strength), _angles(stream)[0], *image.shape[:2])
    return shifted_sum(image.astype(np.float32), path, cv2.BORDER_REPLICATE).astype(np.uint8)


def _constants(strength: float) -> tuple[int, float]:
    radius, sigma = between(_TABLE, strength)
    return int(radius + 0.5), sigma


def _angles(stream: "Stream") -> list[float]:
    return [-45 + 90 * share for share in stream.uniform((1,))[:, 0].tolist()]


ENTRY = Perturbation(
    version=1,
    title="Motion blur",
    family="blur",
    source=SOURCE,
    parameters=MotionBlur,
    apply=blur,
    kernel=blur_one,
    **SEVERITY,
)
