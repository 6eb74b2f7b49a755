"""What the two flips share."""

from typing import TYPE_CHECKING, Any

from bench.perturb.entry import Effect

if TYPE_CHECKING:
    from torch import Tensor

FLIP: dict[str, Any] = {
    "version": 1,
    "family": "geometric",
    "unit": "0: as it is, 1: flipped",
    "source": "exact",
    "identity": 0,
    "strengths": (0, 1),
    "minimum": 0,
    "maximum": 1,
    "integer": True,
    "moves": True,
}


def flipped(images: "Tensor", axis: int) -> Effect:
    """Return `images` mirrored along `axis` (-1: left and right change sides, -2: top and bottom)."""
    import torch

    count, _, height, width = images.shape
    source = torch.arange(height * width, device=images.device).view(height, width).flip(axis)
    return Effect(images.flip(axis), source=source.expand(count, height, width))
