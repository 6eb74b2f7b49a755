"""Colour cast: the light's colour temperature shifts and the white balance does not follow."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.lut import look_up
from bench.perturb.operations.rounding import to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream

_DAYLIGHT = 1e6 / 6504  # mired of the white that the camera is set to, sRGB's D65
# Linear sRGB from XYZ, IEC 61966-2-1.
_SRGB = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))


def black_body(kelvin: float) -> tuple[float, float]:
    """Return the CIE 1931 chromaticity (x, y) of a black body of 1000 to 15,000 K.

    Krystek's rational approximation in CIE 1960 (u, v) (Color Research & Application 10(1), 1985).
    """
    t = kelvin
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
    return 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)


def _white(mired: float) -> list[float]:
    """Return linear sRGB of a black body with luminance 1."""
    x, y = black_body(1e6 / mired)
    return [row[0] * x / y + row[1] + row[2] * (1 - x - y) / y for row in _SRGB]


def gains(shift: float) -> list[float]:
    """Return the factors on linear red, green and blue under a light `shift` mired warmer than daylight."""
    return [new / old for new, old in zip(_white(_DAYLIGHT + shift), _white(_DAYLIGHT), strict=True)]


def _table(shift: float) -> "Tensor":
    """Return uint8 [3, 256]: decode sRGB, multiply, encode, round."""
    import torch

    level = torch.arange(256, dtype=torch.float64) / 255
    linear = torch.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    scaled = torch.tensor(gains(shift), dtype=torch.float64)[:, None] * linear
    encoded = torch.where(scaled <= 0.0031308, scaled * 12.92, 1.055 * scaled ** (1 / 2.4) - 0.055)
    return to_uint8(encoded.mul_(255), "nearest")


def cast(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` under a light `strength` mired (10^6 / kelvin) warmer than daylight; below 0 cooler.

    Linear red, green and blue are each multiplied by the ratio of the black body's value at the new
    temperature to its value at 6504 K, at the same luminance (von Kries in sRGB), and clipped.
    """
    return look_up(images, _table(strength)[None])


ENTRY = Perturbation(
    version=1,
    title="Colour cast",
    family="colour",
    unit="shift of the colour temperature, mired",
    source="black-body locus of M. Krystek, Color Research & Application 10(1), 1985; sRGB of IEC 61966-2-1",
    identity=0,
    strengths=(0, 25, 50, 75, 100, 150, 200, 250, 300),
    parameters=Parameters,
    apply=cast,
    minimum=-80,
    maximum=300,
)
