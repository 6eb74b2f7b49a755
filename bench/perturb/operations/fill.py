"""What stands where nothing of the image is to be seen: behind an occluder, or beyond a moved image's edge."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from bench.perturb.entry import Effect

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream

Fill = Literal["black", "mean", "noise"]
_NOISE_LANE = 1
"""Lane 0 is for what an entry draws itself: places, directions, shapes."""


def filled(images: "Tensor", where: "Tensor", fill: Fill, stream: "Stream") -> "Tensor":
    """Return `images` [N, 3, H, W] with other values in the pixels `where` (bool [N, H, W]).

    "black" is 0; "mean" is each channel's mean over the whole image, to the nearest level, halves up;
    "noise" is an independent value for each pixel and channel, all of 0..255 equally likely.
    """
    import torch

    hidden = where[:, None]
    if fill == "black":
        return images.masked_fill(hidden, 0)
    if fill == "noise":
        words = stream.words((3, *images.shape[-2:]), _NOISE_LANE)
        return torch.where(hidden, words.bitwise_and_(0xFF).to(torch.uint8), images)
    return torch.where(hidden, mean_colour(images), images)


def mean_colour(images: "Tensor") -> "Tensor":
    """Return each image's mean colour, uint8 [N, 3, 1, 1]; in integers, so that every device agrees."""
    import torch

    pixels = images.shape[-2] * images.shape[-1]
    total = images.sum(dtype=torch.int64, dim=(2, 3), keepdim=True)
    return ((2 * total + pixels) // (2 * pixels)).to(torch.uint8)


def hide(images: "Tensor", boxes: Sequence[tuple[slice, slice]], fill: Fill, stream: "Stream") -> Effect:
    """Return `images` with one box (rows, columns) of each hidden."""
    import torch

    covered = torch.zeros((len(images), *images.shape[-2:]), dtype=torch.bool, device=images.device)
    for hidden, box in zip(covered, boxes, strict=True):
        hidden[box] = True
    return Effect(filled(images, covered, fill, stream), covered=covered)
