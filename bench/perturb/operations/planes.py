"""Filters that treat every channel of every image alike: some planes at a time."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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
