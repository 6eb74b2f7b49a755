"""Random erasing: one rectangle of a stated area, of random shape and at a random place."""

from math import exp, floor, log, sqrt
from typing import TYPE_CHECKING, Literal

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.fill import Fill, hide
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream

_WIDEST = 0.3  # height over width, r1 of the paper; its inverse is the narrowest


class RandomErasing(Parameters):
    """Parameters of random_erasing.

    `aspect="random"` draws height over width log-uniformly from 0.3 to 1 / 0.3, `"square"` keeps it at 1: an
    occluding square that grows with the image. `fill`: noise (the paper's), black, or the image's mean colour.
    """

    aspect: Literal["random", "square"] = "random"
    fill: Fill = "noise"


def erase(images: "Tensor", strength: float, parameters: RandomErasing, stream: "Stream") -> Effect:
    """Return `images` with a rectangle of `strength` percent of their area hidden, each at its own place.

    Zhong et al. draw again until the rectangle fits; here it is made flatter or narrower until it does, and keeps
    its area. All places where it fits are equally likely, and a larger rectangle contains all smaller ones.
    """
    height, width = images.shape[-2:]
    boxes = []
    for shape, down, right in stream.uniform((3,)).tolist():
        aspect = exp((2 * shape - 1) * -log(_WIDEST)) if parameters.aspect == "random" else 1.0
        rows, columns = _edges(height, width, strength / 100, aspect)
        boxes.append((_placed(height, rows, down), _placed(width, columns, right)))
    return hide(images, boxes, parameters.fill, stream)


def _edges(height: int, width: int, share: float, aspect: float) -> tuple[int, int]:
    """Return the rectangle's height and width in whole pixels, each rounded on its own so that both only grow."""
    area = share * height * width
    tall = min(height, max(sqrt(area * aspect), area / width))
    wide = min(width, max(sqrt(area / aspect), area / height))
    return floor(tall + 0.5), floor(wide + 0.5)


def _placed(size: int, edge: int, at: float) -> slice:
    start = int(at * (size - edge + 1))
    return slice(start, start + edge)


ENTRY = Perturbation(
    version=1,
    title="Random erasing",
    family="occlusion",
    unit="percent of the image's area",
    source="Zhong et al., Random Erasing Data Augmentation, AAAI 2020",
    identity=0,
    strengths=(0, 2, 5, 10, 20, 30, 40),
    parameters=RandomErasing,
    apply=erase,
    minimum=0,
    maximum=100,
    covers=True,
)
