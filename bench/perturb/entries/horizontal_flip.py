"""Horizontal flip: left and right change sides, in the mask too."""

from typing import TYPE_CHECKING

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.flip import FLIP, flipped
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def flip(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> Effect:
    """Return `images` with left and right changed; `strength` is 1."""
    return flipped(images, -1) if strength else Effect(images.clone())


ENTRY = Perturbation(title="Horizontal flip", parameters=Parameters, apply=flip, **FLIP)
