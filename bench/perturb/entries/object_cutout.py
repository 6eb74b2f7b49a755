"""Cutout of the object: a share of the box around the foreground is hidden."""

from math import floor, sqrt
from typing import TYPE_CHECKING

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.fill import Fill, hide
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream

_BACKGROUND, _VOID = 0, 255


class ObjectCutout(Parameters):
    """Parameters of object_cutout; `fill` is what the rectangle shows: black, the image's mean colour, or noise."""

    fill: Fill = "black"


def cut_out(
    images: "Tensor", strength: float, parameters: ObjectCutout, stream: "Stream", *, masks: "Tensor"
) -> Effect:
    """Return `images` with `strength` percent of the object's box hidden, around the box's centre.

    masks: uint8 [N, H, W]. The object is every label but 0 (background) and 255 (no class), and its box the
    least rectangle around all of it; what is hidden has the box's aspect. An image without an object stays as it is.
    """
    scale = sqrt(strength / 100)
    object_ = (masks != _BACKGROUND) & (masks != _VOID)
    rows, columns = object_.any(dim=2).cpu(), object_.any(dim=1).cpu()
    boxes = [(_middle(r, scale), _middle(c, scale)) for r, c in zip(rows, columns, strict=True)]
    return hide(images, boxes, parameters.fill, stream)


def _middle(occupied: "Tensor", scale: float) -> slice:
    """Return the middle `scale` of the extent of what is `occupied` (bool [size])."""
    places = occupied.nonzero().flatten()
    if len(places) == 0:
        return slice(0, 0)
    first, size = int(places[0]), int(places[-1] - places[0]) + 1
    edge = floor(scale * size + 0.5)
    start = first + (size - edge) // 2
    return slice(start, start + edge)


ENTRY = Perturbation(
    version=1,
    title="Cutout of the object's box",
    family="occlusion",
    unit="percent of the box's area",
    source="after DeVries & Taylor, arXiv:1708.04552; placed by the mask",
    identity=0,
    strengths=(0, 5, 10, 20, 30, 40, 50),
    parameters=ObjectCutout,
    apply=cut_out,
    minimum=0,
    maximum=100,
    covers=True,
    needs_mask=True,
)
