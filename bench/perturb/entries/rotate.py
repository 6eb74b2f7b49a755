"""Rotation about the image's centre; the mask turns with it."""

from math import cos, radians, sin
from typing import TYPE_CHECKING, Literal

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.affine import Homography, Moved, move

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


class Rotate(Moved):
    """Parameters of rotate; `direction` "random" turns each image one way or the other, at all strengths the same."""

    direction: Literal["random", "clockwise", "counterclockwise"] = "random"


def rotate(images: "Tensor", strength: float, parameters: Rotate, stream: "Stream") -> Effect:
    """Return `images` turned by `strength` degrees; by 90 a square image is `numpy.rot90` of itself."""
    draws = stream.uniform((1,)).flatten().tolist()
    left = [draw < 0.5 if parameters.direction == "random" else parameters.direction != "clockwise" for draw in draws]
    return move(images, [_turned(strength if way else -strength) for way in left], parameters)


def _turned(degrees: float) -> Homography:
    """Return where the pixels of an image turned counterclockwise come from."""
    # Quarter turns exactly: cos(90°) is 6e-17 in floating point, which would blur nothing but move ties.
    cosine, sine = (round(f(radians(degrees)), 15) for f in (cos, sin))
    return (cosine, -sine, 0.0), (sine, cosine, 0.0), (0.0, 0.0, 1.0)


ENTRY = Perturbation(
    version=1,
    title="Rotation",
    family="geometric",
    unit="degrees",
    source="about the centre, bilinear",
    identity=0,
    strengths=(0, 5, 10, 15, 20, 30, 45),
    parameters=Rotate,
    apply=rotate,
    minimum=0,
    maximum=180,
    moves=True,
)
