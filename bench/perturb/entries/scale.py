"""Scaling about the image's centre: farther away (below 1) or closer (above 1); the mask scales with it."""

from typing import TYPE_CHECKING

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.affine import Moved, move

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def scale(images: "Tensor", strength: float, parameters: Moved, stream: "Stream") -> Effect:
    """Return `images` at `strength` times their size, in frames of the size they had.

    Below 1 the image stands in the middle of its frame, above 1 its middle fills the frame. Bilinear without
    a low-pass: below 0.5 single pixels are skipped.
    """
    step = 1 / strength
    homography = (step, 0.0, 0.0), (0.0, step, 0.0), (0.0, 0.0, 1.0)
    return move(images, [homography] * len(images), parameters)


ENTRY = Perturbation(
    version=1,
    title="Scaling",
    family="geometric",
    unit="factor",
    source="about the centre, bilinear",
    identity=1,
    strengths=(1, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5),
    parameters=Moved,
    apply=scale,
    minimum=0.1,
    maximum=10,
    moves=True,
)
