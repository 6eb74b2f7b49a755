"""The planes of images: filters that treat every channel alike, some planes at a time; one image as planes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

_PARTS = 8
_AT_ONCE = 1 << 19
"""Values worked on at a time however few that is: fewer would keep a GPU waiting."""


def plane_by_plane(images: "Tensor", filtered: "Callable[[Tensor, slice], Tensor]") -> "Tensor":
    """Return `images` uint8 [N, C, H, W], filtered some of its planes at a time: the intermediates stay small.

    filtered: takes uint8 [P, 1, H, W] and which of the N * C planes they are, and returns the same shape and dtype.
    """
    planes = images.flatten(0, 1)[:, None]
    result = images.new_empty(planes.shape)
    for part in parts(planes):
        result[part] = filtered(planes[part], part)
    return result.view(images.shape)


def parts(values: "Tensor") -> list[slice]:
    """Return the parts in which to work on [N, ...]: eighths, or more at once where that is still little."""
    count = len(values)
    step = max(1, _AT_ONCE // values[0].numel(), -(-count // _PARTS))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def separate(image: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Return the channels of one image [H, W, 3] as planes [3, H, W], in memory of their own."""
    import cv2
    import numpy as np

    planes = np.empty((3, *image.shape[:2]), np.uint8)
    cv2.split(image, list(planes))
    return planes


def interleaved(planes: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Return the image [H, W, 3] of three planes [3, H, W]."""
    import cv2
    import numpy as np

    return np.asarray(cv2.merge(list(planes)), np.uint8)
