"""Occlusion: one square at a random place."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.fill import Fill, hide
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


class Occlusion(Parameters):
    """Parameters of occlusion; `fill` is what the square shows: black, the image's mean colour, or noise.

    `placement="inside"` keeps the whole square in the image; `"anywhere"` draws the centre from all
    pixels and lets the edge cut the square. Inside, the centre is drawn from the pixels around which a
    square of edge length `room` fits: up to `room` all strengths share it exactly, and a larger square
    near the edge is moved inwards. Set it to the largest strength of the suite.
    """

    placement: Literal["inside", "anywhere"] = "inside"
    room: int = Field(default=45, ge=1)
    fill: Fill = "black"


def occlude(images: "Tensor", strength: float, parameters: Occlusion, stream: "Stream") -> Effect:
    """Return `images` with a square of edge length `strength` (the image's, if that is less)."""
    height, width = images.shape[-2:]
    inside = parameters.placement == "inside"
    edge = min(int(strength), height, width) if inside else int(strength)
    room = parameters.room if inside else None
    places = stream.uniform((2,)).tolist()
    boxes = [(_span(height, edge, down, room), _span(width, edge, right, room)) for down, right in places]
    return hide(images, boxes, parameters.fill, stream)


def _span(size: int, edge: int, at: float, room: int | None) -> slice:
    """Return the square's extent along an axis of `size` pixels; `at` in [0, 1) places its centre."""
    fits = 1 if room is None else min(room, size)
    centre = fits // 2 + int(at * (size - fits + 1))
    start = centre - edge // 2
    if room is not None:
        start = min(max(start, 0), size - edge)
    return slice(max(start, 0), max(start + edge, 0))


ENTRY = Perturbation(
    version=1,
    title="Occlusion",
    family="occlusion",
    unit="edge length of the square, pixels",
    source="Edinburgh Computer Vision Mini-Project 2025, item g",
    identity=0,
    strengths=(0, 5, 10, 15, 20, 25, 30, 35, 40, 45),
    parameters=Occlusion,
    apply=occlude,
    minimum=0,
    maximum=100_000,
    integer=True,
    covers=True,
)
