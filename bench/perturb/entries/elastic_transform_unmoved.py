"""Elastic transform as published: the mask stays, so even a perfect model loses score at the objects' edges."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.elastic import VERSION, elastic
from bench.perturb.severity import SEVERITY, SOURCE
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


def transform(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` displaced as by `operations.elastic.elastic`."""
    return elastic(images, strength, stream).images


ENTRY = Perturbation(
    version=VERSION,
    title="Elastic transform (published form, mask not moved)",
    family="digital",
    source=SOURCE,
    parameters=Parameters,
    apply=transform,
    draws_as="elastic_transform",
    **SEVERITY,
)
