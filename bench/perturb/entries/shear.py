"""Shear: rows (or columns) slide along each other about the centre; the mask slides with them."""

from math import radians, tan
from typing import TYPE_CHECKING, Literal

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.affine import Homography, Moved, move

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


class Shear(Moved):
    """Parameters of shear; `axis` is what slides: rows ("horizontal") or columns, to a side drawn for each image."""

    axis: Literal["horizontal", "vertical"] = "horizontal"


def shear(images: "Tensor", strength: float, parameters: Shear, stream: "Stream") -> Effect:
    """Return `images` in which lines across the axis lean by `strength` degrees."""
    slope = tan(radians(strength))
    draws = stream.uniform((1,)).flatten().tolist()
    return move(images, [_leaning(slope if draw < 0.5 else -slope, parameters.axis) for draw in draws], parameters)


def _leaning(slope: float, axis: str) -> Homography:
    if axis == "horizontal":
        return (1.0, slope, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    return (1.0, 0.0, 0.0), (slope, 1.0, 0.0), (0.0, 0.0, 1.0)


ENTRY = Perturbation(
    version=1,
    title="Shear",
    family="geometric",
    unit="degrees",
    source="about the centre, bilinear",
    identity=0,
    strengths=(0, 5, 10, 15, 20, 30, 40),
    parameters=Shear,
    apply=shear,
    minimum=0,
    maximum=75,
    moves=True,
)
