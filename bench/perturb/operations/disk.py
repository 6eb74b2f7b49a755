"""Filters with a disk: whole-numbered weights, summed as rows of equal weight with prefix sums.

A row of a symmetric kernel is a sum of boxes [-reach, reach], one wherever its weight changes. A box over an image
takes one difference of prefix sums however wide it is, and in whole numbers every order of sums gives the same.
"""

from typing import TYPE_CHECKING

from bench.perturb.operations.borders import extended

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

_LIMIT = 2**31 - 1


def disk_sums(images: "Tensor", weights: "NDArray[np.int64]") -> "Tensor":
    """Return float32 [N, C, H, W], the sums of `images` weighted with the kernel, mirrored beyond the edges (dcb|abcd).

    weights: whole numbers [2 r + 1, 2 r + 1], the same left and right and above and below the centre.
    """
    import torch
    from torch.nn.functional import pad

    height, width = images.shape[-2:]
    radius, dtype = len(weights) // 2, torch.int32 if fits(weights) else torch.int64
    sums = pad(extended(images, radius, "reflect101"), (1, 0)).cumsum(-1, dtype=dtype)
    total = torch.zeros(images.shape, dtype=dtype, device=images.device)
    rows, at = sums, -1
    for down, reach, weight in boxes(weights):
        if down != at:
            rows, at = sums.narrow(-2, radius + down, height), down
            if down:
                rows = rows + sums.narrow(-2, radius - down, height)
        box = rows.narrow(-1, radius + reach + 1, width) - rows.narrow(-1, radius - reach, width)
        total += box.mul_(weight)
    return total.float()


def boxes(weights: "NDArray[np.int64]") -> list[tuple[int, int, int]]:
    """Return (rows down, reach, weight) of the boxes in the lower half of a kernel; row 0 is its middle."""
    radius = len(weights) // 2
    quarter = weights[radius:, radius:].tolist()
    found = []
    for down, row in enumerate(quarter):
        for reach, (here, next_one) in enumerate(zip(row, [*row[1:], 0], strict=True)):
            if here != next_one:
                found.append((down, reach, here - next_one))
    return found


def fits(weights: "NDArray[np.int64]") -> bool:
    """Return whether the sums of grey levels with these weights fit into 32 bits."""
    return int(weights.sum()) * 255 <= _LIMIT


def covered(radius: float) -> "NDArray[np.int64]":
    """Return how much of each pixel a disk around the centre of the middle one covers, as whole numbers.

    The unit is a power of 2, 2^-12 or as fine as 32-bit sums allow. Exact along one axis, 32 lines a pixel along the
    other, and the mean of both ways round.
    """
    import numpy as np

    if radius <= 0.5:
        return np.ones((1, 1), np.int64)
    reach = int(np.ceil(radius - 0.5))
    lines = (np.arange((2 * reach + 1) * 32) + 0.5) / 32 - reach - 0.5
    half = np.sqrt(np.maximum(radius**2 - lines**2, 0))
    pixels = np.arange(-reach, reach + 1)[:, None]
    high, low = np.minimum(half, pixels + 0.5), np.maximum(-half, pixels - 0.5)
    share = np.maximum(high - low, 0).reshape(2 * reach + 1, 2 * reach + 1, 32).mean(-1)
    share = (share + share.T) / 2
    bits = max(4, min(12, int(np.log2(_LIMIT / (255 * share.sum() + 1))) - 1))
    whole: NDArray[np.int64] = np.rint(share * 2**bits).astype(np.int64)
    return whole
