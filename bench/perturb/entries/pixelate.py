"""Pixelation as published: Pillow's box filter down, its nearest neighbour up."""

from typing import TYPE_CHECKING, Any

from bench.perturb import Perturbation
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

_SHARE = (0.6, 0.5, 0.4, 0.3, 0.25)  # of the image's sides

# Pillow keeps weights as multiples of 2^-22 and rounds to whole grey levels after each axis.
_BITS = 22


class Pixelate(Parameters):
    """pixelate has no parameters."""


def pixelate(images: "Tensor", strength: float, parameters: Pixelate, stream: "Stream") -> "Tensor":
    """Return `images` reduced to a share of their sides (rounded down, at least one pixel) and enlarged again.

    Bit for bit what Pillow's `resize` gives with BOX and then NEAREST. (Newer versions of Pillow reduce images more
    than twice as high as wide along their columns first, and then differ by one grey level in places.)
    """
    import torch

    height, width = images.shape[-2:]
    rows, columns = _reduced(height, strength), _reduced(width, strength)
    small = _box_means(_box_means(images, -1, columns), -2, rows)
    down, right = (torch.from_numpy(nearest(*sizes)).to(images.device) for sizes in ((height, rows), (width, columns)))
    return small.index_select(-2, down).index_select(-1, right)


def _box_means(images: "Tensor", axis: int, count: int) -> "Tensor":
    import torch

    starts, lengths, weights = (torch.from_numpy(part).to(images.device) for part in boxes(images.shape[axis], count))
    shape = [-1, 1] if axis == -2 else [-1]
    total = images.index_select(axis, starts).int()
    for t in range(1, int(lengths.max())):
        inside = (t < lengths).int().view(shape)
        total += images.index_select(axis, starts + t * (t < lengths)) * inside
    return total.mul_(weights.view(shape)).add_(1 << (_BITS - 1)).bitwise_right_shift_(_BITS).to(torch.uint8)


def boxes(size: int, count: int) -> "tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]":
    """Return (first pixel, number of pixels, weight in units of 2^-22) of each of `count` boxes along an axis.

    As Pillow's Resample.c has it for BOX: a pixel counts in full where its centre lies in the box, else not at all.
    """
    import numpy as np

    scale = size / count
    centre = (np.arange(count) + 0.5) * scale
    low = np.trunc(centre - 0.5 * scale + 0.5).clip(min=0)
    high = np.trunc(centre + 0.5 * scale + 0.5).clip(max=size)
    # A last pixel whose centre lies on the box's end is in it or not as rounding has it: Pillow asks for (-1/2, 1/2].
    high -= (high - 1 - centre + 0.5) * (1 / scale) > 0.5
    weight = np.trunc(0.5 + 1 / (high - low) * (1 << _BITS))
    return low.astype(np.int64), (high - low).astype(np.int64), weight.astype(np.int32)


def nearest(size: int, count: int) -> "NDArray[np.int64]":
    """Return which of `count` boxes each of `size` pixels shows; Pillow adds up the positions step by step."""
    import numpy as np

    steps = np.full(size, count / size)
    steps[0] *= 0.5
    return np.add.accumulate(steps).astype(np.int64)


def _reduced(size: int, strength: float) -> int:
    return max(1, int(size * between(_SHARE, strength)))


def pixelate_one(
    image: "NDArray[np.uint8]", strength: float, parameters: Pixelate, stream: "Stream"
) -> "NDArray[np.uint8]":
    """The same on one image [H, W, 3], on a CPU; turned over, so that its columns are rows, which are fast."""
    import cv2

    from bench.perturb.kernels.pixelate import box_means

    turn: Any = cv2.transpose
    height, width = image.shape[:2]
    rows, columns = _reduced(height, strength), _reduced(width, strength)
    turned = box_means(turn(image).reshape(width, -1), *boxes(width, columns)).reshape(columns, height, 3)
    small = box_means(turn(turned).reshape(height, -1), *boxes(height, rows)).reshape(rows, columns, 3)
    wide = turn(small)[nearest(width, columns)]
    result: NDArray[np.uint8] = turn(wide)[nearest(height, rows)]
    return result


ENTRY = Perturbation(
    version=1,
    title="Pixelation",
    family="digital",
    source=SOURCE,
    parameters=Pixelate,
    apply=pixelate,
    kernel=pixelate_one,
    **SEVERITY,
)
