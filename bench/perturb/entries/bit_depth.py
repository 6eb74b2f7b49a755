"""Bit depth: fewer grey levels in each channel."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.lut import look_up
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def _table(bits: int) -> "Tensor":
    import torch

    steps = 2**bits - 1
    nearest = (torch.arange(256) * steps * 2 + 255) // (2 * 255)
    table: Tensor = ((nearest * 255 * 2 + steps) // (2 * steps)).to(torch.uint8)
    return table[None]


def quantise(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return each value's nearest among the 2^`strength` levels spread evenly from black to white.

    These levels are rounded to whole grey levels. Dropping the lower bits instead would darken the image.
    """
    return look_up(images, _table(int(strength))[None])


ENTRY = Perturbation(
    version=1,
    title="Bit depth",
    family="digital",
    unit="bits per channel",
    source="uniform quantisation, nearest of 2^b levels",
    identity=8,
    strengths=(8, 7, 6, 5, 4, 3, 2, 1),
    parameters=Parameters,
    apply=quantise,
    minimum=1,
    maximum=8,
    integer=True,
)
