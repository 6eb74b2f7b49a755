"""Perspective: the image's corners move, each its own way; the mask is tilted with it."""

from collections.abc import Sequence
from math import cos, pi, sin
from typing import TYPE_CHECKING

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.affine import Homography, Moved, move

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream

Point = tuple[float, float]
_CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))  # clockwise from the upper left, in half sides from the centre


def tilt(images: "Tensor", strength: float, parameters: Moved, stream: "Stream") -> Effect:
    """Return `images` whose four corners have moved by `strength` percent of the short side.

    Each corner goes its own way, drawn from all angles and the same at all strengths; corners are those of the
    corner pixels, not their centres. Up to 30 percent the four always span a convex quadrangle.
    """
    height, width = images.shape[-2:]
    distance = strength / 100 * min(height, width)
    homographies = []
    for turns in stream.uniform((4,)).tolist():
        moves = [(distance * cos(2 * pi * turn), distance * sin(2 * pi * turn)) for turn in turns]
        corners = [
            (width / 2 * right + x, height / 2 * down + y)
            for (right, down), (x, y) in zip(_CORNERS, moves, strict=True)
        ]
        homographies.append(backwards(corners, height, width))
    return move(images, homographies, parameters)


def backwards(corners: Sequence[Point], height: int, width: int) -> Homography:
    """Return the homography that takes the convex quadrangle `corners` to the image's own, (±width/2, ±height/2).

    Heckbert's square to quadrangle in closed form ("Fundamentals of texture mapping and image warping", 1989,
    section 2.2.3), inverted by its adjugate: no linear solver whose last bit depends on the machine.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    bend_x, bend_y = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    area = (x1 - x2) * (y3 - y2) - (x3 - x2) * (y1 - y2)
    g = (bend_x * (y3 - y2) - (x3 - x2) * bend_y) / area
    h = ((x1 - x2) * bend_y - bend_x * (y1 - y2)) / area
    a, b, c = x1 - x0 + g * x1, x3 - x0 + h * x3, x0
    d, e, f = y1 - y0 + g * y1, y3 - y0 + h * y3, y0
    # The adjugate's rows give u, v of the unit square and the depth; positive depth is in front of the horizon.
    u = (e - f * h, c * h - b, b * f - c * e)
    v = (f * g - d, a - c * g, c * d - a * f)
    depth = (d * h - e * g, b * g - a * h, a * e - b * d)
    scale = depth[2]
    across = tuple(width * (p - q / 2) / scale for p, q in zip(u, depth, strict=True))
    down = tuple(height * (p - q / 2) / scale for p, q in zip(v, depth, strict=True))
    return across, down, tuple(q / scale for q in depth)  # type: ignore[return-value]


ENTRY = Perturbation(
    version=1,
    title="Perspective",
    family="geometric",
    unit="percent of the short side by which the corners move",
    source="homography of the moved corners, bilinear",
    identity=0,
    strengths=(0, 2, 5, 10, 15, 20, 25),
    parameters=Moved,
    apply=tilt,
    minimum=0,
    maximum=30,
    moves=True,
)
