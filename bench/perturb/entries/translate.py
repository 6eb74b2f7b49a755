"""Translation: the image is shifted, by whole pixels; the mask is shifted with it."""

from math import cos, floor, pi, sin
from typing import TYPE_CHECKING, Literal

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.affine import Homography, Moved, move

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream

Direction = Literal["random", "left", "right", "up", "down"]
_QUARTERS = {"right": 0, "down": 1, "left": 2, "up": 3}  # of a turn from the x axis; y points down


class Translate(Moved):
    """Parameters of translate; `direction` "random" draws each image's from all angles, the same at all strengths."""

    direction: Direction = "random"


def translate(images: "Tensor", strength: float, parameters: Translate, stream: "Stream") -> Effect:
    """Return `images` shifted by `strength` percent of their width (along x) and height (along y).

    In a slanted direction the two are multiplied by its cosine and sine. Each is rounded to whole pixels, so
    that nothing is blurred and each label stays as sharp as it was.
    """
    height, width = images.shape[-2:]
    turns = stream.uniform((1,)).flatten().tolist()
    if parameters.direction != "random":
        turns = [_QUARTERS[parameters.direction] / 4] * len(images)
    return move(images, [_shifted(turn, strength / 100, height, width) for turn in turns], parameters)


def _shifted(turn: float, share: float, height: int, width: int) -> Homography:
    right = floor(share * width * cos(2 * pi * turn) + 0.5)
    down = floor(share * height * sin(2 * pi * turn) + 0.5)
    return (1.0, 0.0, -right), (0.0, 1.0, -down), (0.0, 0.0, 1.0)


ENTRY = Perturbation(
    version=1,
    title="Translation",
    family="geometric",
    unit="percent of the side",
    source="whole pixels",
    identity=0,
    strengths=(0, 2, 5, 10, 15, 20, 30),
    parameters=Translate,
    apply=translate,
    minimum=0,
    maximum=100,
    moves=True,
)
