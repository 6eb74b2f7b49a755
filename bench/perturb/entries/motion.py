"""Motion blur with a length and an angle of one's own: an even movement while the shutter is open."""

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from bench.perturb import Perturbation
from bench.perturb.operations.motion_line import MotionPath, line_path, shifted_sum
from bench.perturb.operations.planes import plane_by_plane
from bench.perturb.operations.rounding import to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream


class Motion(Parameters):
    """Parameters of motion.

    `angle`: degrees counter-clockwise from the row to the right, the same for every image.
    `unit="percent"`: the strength is the length in percent of the image's short side.
    """

    angle: float = Field(default=0.0, ge=-360, le=360)
    unit: Literal["px", "percent"] = "px"


def move(images: "Tensor", strength: float, parameters: Motion, stream: "Stream") -> "Tensor":
    """Return the mean of `images` over a straight movement of this length, mirrored beyond the edge and rounded."""
    path = _path(_length(strength, parameters, *images.shape[-2:]), parameters.angle)
    return plane_by_plane(images, lambda planes, _: to_uint8(shifted_sum(planes.float(), path), "nearest"))


def move_one(image: "NDArray[np.uint8]", strength: float, parameters: Motion, stream: "Stream") -> "NDArray[np.uint8]":
    """The same on one image [H, W, 3], on a CPU."""
    import cv2
    import numpy as np

    from bench.perturb.kernels.motion import shifted_sum

    path = _path(_length(strength, parameters, *image.shape[:2]), parameters.angle)
    total = shifted_sum(image.astype(np.float32), path, cv2.BORDER_REFLECT_101)
    result: NDArray[np.uint8] = np.minimum(np.rint(total, out=total), 255, out=total).astype(np.uint8)
    return result


def _length(strength: float, parameters: Motion, height: int, width: int) -> float:
    return strength if parameters.unit == "px" else strength / 100 * min(height, width)


@lru_cache(maxsize=64)
def _path(length: float, angle: float) -> MotionPath:
    return line_path(length, angle)


ENTRY = Perturbation(
    version=1,
    title="Motion",
    family="blur",
    unit="length, pixels or percent of the short side",
    source="even linear motion during the exposure: the uniform line kernel",
    identity=0,
    strengths=(0, 2, 4, 7, 10, 15, 20, 30),
    parameters=Motion,
    apply=move,
    kernel=move_one,
    minimum=0,
    maximum=200,
)
