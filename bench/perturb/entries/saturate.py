"""Saturation of the published corruptions: S of HSV lowered (severities 1, 2) or raised (3 to 5)."""

from functools import lru_cache
from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.hsv import (
    ValueSaturation,
    value_saturation,
    with_value_saturation,
    with_value_saturation_kernel,
)
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Factor on S and what is added to it, severities 1 to 5.
_LINE = ((0.3, 0.0), (0.1, 0.0), (2.0, 0.0), (5.0, 0.1), (20.0, 0.2))


@lru_cache(maxsize=32)
def _tables(severity: float) -> ValueSaturation:
    factor, added = between(_LINE, severity)
    return value_saturation(lambda value: value, lambda saturation: saturation * factor + added)


def saturate(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` with a S + b in the place of S, hue and value as they were, truncated.

    Where b is above 0 (severities above 3) grey pixels turn red, the colour of hue 0, as published.
    """
    return with_value_saturation(images, _tables(strength))


def saturate_kernel(
    image: "NDArray[np.uint8]", strength: float, parameters: Parameters, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do the same to one image, bit for bit."""
    return with_value_saturation_kernel(image, _tables(strength))


ENTRY = Perturbation(
    version=1,
    title="Saturation",
    family="digital",
    source=SOURCE,
    parameters=Parameters,
    apply=saturate,
    kernel=saturate_kernel,
    rises=False,
    **SEVERITY,
)
