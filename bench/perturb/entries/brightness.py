"""Brightness of the published corruptions: the value V of HSV raised."""

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

# What is added to V in 0..1, severities 1 to 5.
_ADDED = (0.1, 0.2, 0.3, 0.4, 0.5)


@lru_cache(maxsize=32)
def _tables(severity: float) -> ValueSaturation:
    added = between(_ADDED, severity)
    return value_saturation(lambda value: value + added, lambda saturation: saturation)


def raise_value(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` with V + c in the place of V, hue and saturation as they were, truncated."""
    return with_value_saturation(images, _tables(strength))


def raise_value_kernel(
    image: "NDArray[np.uint8]", strength: float, parameters: Parameters, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do the same to one image, bit for bit."""
    return with_value_saturation_kernel(image, _tables(strength))


ENTRY = Perturbation(
    version=1,
    title="Brightness",
    family="weather",  # where the published benchmark counts it
    source=SOURCE,
    parameters=Parameters,
    apply=raise_value,
    kernel=raise_value_kernel,
    **SEVERITY,
)
