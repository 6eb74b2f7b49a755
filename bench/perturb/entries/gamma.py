"""Gamma: each value to a power."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.lut import look_up
from bench.perturb.operations.rounding import to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def _table(exponent: float) -> "Tensor":
    import torch

    levels = torch.arange(256, dtype=torch.float64)
    return to_uint8((levels / 255).pow_(exponent).mul_(255), "nearest")[None]


def bend(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return x^`strength` for x in 0..1: above 1 darker, below 1 lighter; black and white stay."""
    return look_up(images, _table(strength)[None])


ENTRY = Perturbation(
    version=1,
    title="Gamma",
    family="colour",
    unit="exponent",
    source="power law of C. Poynton, Digital Video and HD, 2nd edition 2012",
    identity=1,
    strengths=(1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0),
    parameters=Parameters,
    apply=bend,
    minimum=0.1,
    maximum=10,
)
