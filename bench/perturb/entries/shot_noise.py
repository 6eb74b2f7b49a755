"""Shot noise of the published corruptions: each value is a Poisson count of few photons."""

from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.inversion import Inversion, draw, draw_kernel, inversion
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Photons at white, severities 1 to 5.
_PHOTONS = (60.0, 25.0, 12.0, 5.0, 3.0)


@lru_cache(maxsize=32)
def _table(photons: float) -> Inversion:
    """Return the distribution of each grey level's count, every count from `photons` on being white."""
    import torch

    counts = torch.arange(ceil(photons) + 1, dtype=torch.float64)
    rate = torch.arange(256, dtype=torch.float64)[:, None] / 255 * photons
    at_most = torch.special.gammaincc(counts[:-1] + 1, rate)  # Poisson's P(count <= k)
    return inversion(at_most, (counts / photons * 255).clamp(max=255).to(torch.uint8))


def shoot(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return Poisson(c x) / c for x in 0..1 and c photons at white, clipped and truncated to grey levels."""
    return draw(images, _table(between(_PHOTONS, strength)), stream)


def shoot_kernel(
    image: "NDArray[np.uint8]", strength: float, parameters: Parameters, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do the same to one image, bit for bit."""
    return draw_kernel(image, _table(between(_PHOTONS, strength)), stream)


ENTRY = Perturbation(
    version=1,
    title="Shot noise",
    family="noise",
    source=SOURCE,
    parameters=Parameters,
    apply=shoot,
    kernel=shoot_kernel,
    **SEVERITY,
)
