"""Sensor noise: Poisson shot noise of the light and normal noise of the read-out."""

from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import Field

from bench.perturb import Perturbation
from bench.perturb.operations.inversion import Inversion, draw, draw_kernel, inversion
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Electrons at white up to which the counts are summed one by one; above, their sum is taken as normal.
_MANY = 10_000.0


class SensorNoise(Parameters):
    """Parameters of sensor_noise; `read_noise` is the read-out's standard deviation in electrons."""

    read_noise: float = Field(default=2.0, ge=0, le=1000)


@lru_cache(maxsize=32)
def _table(strength: float, read_noise: float) -> Inversion:
    """Return each grey level's distribution over the grey levels that are read out, rounded to the nearest."""
    import torch

    white = (100 / max(strength, 1e-6)) ** 2  # so that the square of the least float is a number
    levels = torch.arange(256, dtype=torch.float64)
    rate = levels[:, None] / 255 * white
    bounds = (levels[:-1] + 0.5) / 255 * white  # electrons at which one grey level gives way to the next
    if white > _MANY:
        below = torch.special.ndtr((bounds - rate) / (rate + read_noise**2).clamp(min=1e-9).sqrt())
    else:
        count = torch.arange(int(white + 10 * white**0.5 + 40), dtype=torch.float64)
        probability = torch.exp(torch.xlogy(count, rate) - rate - torch.lgamma(count + 1))
        below = probability @ torch.special.ndtr((bounds - count[:, None]) / max(read_noise, 1e-9))
    return inversion(below, levels.to(torch.uint8))


def expose(images: "Tensor", strength: float, parameters: SensorNoise, stream: "Stream") -> "Tensor":
    """Return `images` as a sensor reads them whose shot noise at white is `strength` percent of white.

    White is E = (100 / strength)^2 electrons. A value x in 0..1 is read as (Poisson(E x) + N(0, r^2)) / E
    with r = `read_noise`, so its variance is x / E + (r / E)^2, the affine model of raw data (Foi et al.
    2008); the result is clipped and rounded to the nearest grey level. Grey values are taken as
    proportional to the light, as a raw image's are. Each value is drawn from the exact distribution of
    the sum; with more than 10,000 electrons (below 1 percent) from the normal one of the same variance,
    where no grey level's cumulative probability is off by more than 0.006.
    """
    return draw(images, _table(strength, parameters.read_noise), stream)


def expose_kernel(
    image: "NDArray[np.uint8]", strength: float, parameters: SensorNoise, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do the same to one image, bit for bit."""
    return draw_kernel(image, _table(strength, parameters.read_noise), stream)


ENTRY = Perturbation(
    version=1,
    title="Sensor noise",
    family="noise",
    unit="shot noise at white, percent of white",
    source="Poisson-Gaussian model of A. Foi et al., IEEE Transactions on Image Processing 17(10), 2008",
    identity=0,
    strengths=(0, 1, 2, 4, 6, 8, 12, 16, 20),
    parameters=SensorNoise,
    apply=expose,
    kernel=expose_kernel,
    minimum=0,
    maximum=100,
)
