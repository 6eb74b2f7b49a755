"""Vertical flip: top and bottom change sides, in the mask too."""

from typing import TYPE_CHECKING

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.flip import FLIP, flipped
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def flip(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> Effect:
    """Return `images` with top and bottom changed; `strength` is 1."""
    return flipped(images, -2) if strength else Effect(images.clone())


ENTRY = Perturbation(title="Vertical flip", parameters=Parameters, apply=flip, **FLIP)
