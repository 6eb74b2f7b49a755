"""Elastic transform: the published pixels, and the mask moves with them."""

from typing import TYPE_CHECKING

from bench.perturb import Effect, Perturbation
from bench.perturb.operations.elastic import VERSION, elastic
from bench.perturb.severity import SEVERITY, SOURCE
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def transform(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> Effect:
    """Return `images` displaced as by `operations.elastic.elastic`, with the pixel each one came from."""
    return elastic(images, strength, stream)


ENTRY = Perturbation(
    version=VERSION,
    title="Elastic transform",
    family="digital",
    source=SOURCE,
    parameters=Parameters,
    apply=transform,
    moves=True,
    **SEVERITY,
)
