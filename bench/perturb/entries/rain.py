"""Rain: bright streaks, as many as drops of that rain are near the camera."""

import math
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from bench.perturb import Perturbation
from bench.perturb.operations.rounding import to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Drops of more than a millimetre between these distances are drawn (metres); nearer ones as if at the nearest.
_NEAREST, _FARTHEST = 0.5, 2.0
# Their mean diameter at 10 mm/h, metres, and the speed at which drops of that size fall, metres per second:
# 9.65 - 10.3 exp(-0.6 D / mm), Atlas, Srivastava & Sekhon 1973.
_DIAMETER, _SPEED = 0.0014, 5.2
# Sides in pixels below which drops do not shrink further: a strip one pixel high would hold millions.
_LEAST_SIDE = 32
FULL = 1 << 16
"""What the layer holds where a streak covers all of a pixel."""
_ELEMENTS = 1 << 12  # pixels of streaks worked on at a time; more, where the batch has more values than that


class Rain(Parameters):
    """Parameters of rain.

    angle: degrees from the vertical, positive to the right; brightness: of the drops, which refract the sky,
    grey level; opacity: of a streak where it covers a whole pixel; exposure: seconds, gives the streaks' length.
    """

    angle: float = Field(default=10.0, ge=-60, le=60)
    brightness: float = Field(default=225.0, ge=0, le=255)
    opacity: float = Field(default=0.7, gt=0, le=1)
    exposure: float = Field(default=1 / 60, gt=0, le=0.1)


class Scene(NamedTuple):
    """The streaks of an image; lengths in pixels at a distance of one metre.

    rows: the streaks' extent downwards; columns: their width along a row; slope: columns to the right per row.
    """

    drops: int
    rows: float
    columns: float
    slope: float
    opacity: float


def scene(height: int, width: int, rate: float, parameters: Rain) -> Scene:
    """Return how many streaks a rain of `rate` mm/h draws on an image of this size, and how they look.

    The number of drops above D0 = 1 mm per cubic metre is that of Marshall & Palmer 1948, N0 / L exp(-L D0) with
    N0 = 8000 / (m³ mm) and L = 4.1 rate^-0.21 / mm. The focal length is the image's short side, so that the
    streaks' size scales with it, and the volume is the part of the field of view up to the farthest distance.
    """
    side = max(min(height, width), _LEAST_SIDE)
    steepness = 4.1 * rate**-0.21 if rate > 0 else math.inf
    density = 8000 / steepness * math.exp(-steepness)
    volume = _FARTHEST**3 / 3 * height * width / side**2
    angle = math.radians(parameters.angle)
    return Scene(
        math.floor(density * volume + 0.5),
        _SPEED * parameters.exposure * math.cos(angle) * side,
        _DIAMETER / math.cos(angle) * side,
        math.tan(angle),
        parameters.opacity,
    )


def add_rain(images: "Tensor", strength: float, parameters: Rain, stream: "Stream") -> "Tensor":
    """Return (1 - a) x + a b: a what streaks cover of a pixel times their opacity (at most 1), b their brightness.

    Harder rain adds streaks to those of lighter rain. Drops are uniform in the field of view's volume; a streak
    that leaves the image goes on at the opposite edge, which keeps the density the same everywhere.
    """
    import torch

    height, width = images.shape[-2:]
    rain = scene(height, width, strength, parameters)
    layer = torch.zeros((len(images), height * width), dtype=torch.int32, device=images.device)
    drops = stream.uniform((rain.drops, 5))
    tall, wide = (math.ceil(size / _NEAREST) + 2 for size in (rain.rows, rain.columns))
    step = max(1, max(_ELEMENTS, images.numel() // 8) // (len(images) * tall * wide))
    for start in range(0, rain.drops, step):
        _draw(layer, drops[:, start : start + step], rain, height, width)
    share = layer.view(-1, 1, height, width).clamp(max=FULL).float().mul_(1 / FULL)
    return to_uint8((images * (1 - share)).add_(share * parameters.brightness), "nearest")


def _draw(layer: "Tensor", drops: "Tensor", rain: Scene, height: int, width: int) -> None:
    """Add streaks to `layer`, int32 [N, H * W]: whole numbers, whose sum does not depend on the order.

    drops: uniform [N, K, 5], where a streak starts (down, right), and three of which the greatest is its distance
    as a share of the farthest (distributed as it should be in a pyramid: the volume grows with its cube).
    """
    import torch

    nearness = drops[..., 2:].amax(2).mul_(_FARTHEST).clamp_(min=_NEAREST).reciprocal_()[..., None]
    top, left = drops[..., 0, None] * height, drops[..., 1, None] * width
    bottom, half = top + nearness * rain.rows, nearness * (rain.columns / 2)
    y = top.floor() + torch.arange(math.ceil(rain.rows / _NEAREST) + 2, device=layer.device)
    down = torch.minimum(y + 1, bottom).sub_(torch.maximum(y, top)).clamp_(min=0)
    centre = (y + 0.5).sub_(top).mul_(rain.slope).add_(left)
    first, last = (centre - half)[..., None], (centre + half)[..., None]
    x = first.floor() + torch.arange(math.ceil(rain.columns / _NEAREST) + 2, device=layer.device)
    across = torch.minimum(x + 1, last).sub_(torch.maximum(x, first)).clamp_(min=0)
    amount = across.mul_(down[..., None]).mul_(rain.opacity * FULL).round_().int()
    place = (y.long() % height * width)[..., None] + x.long() % width
    layer.scatter_add_(1, place.flatten(1), amount.flatten(1))


def add_rain_fast(
    image: "NDArray[np.uint8]", strength: float, parameters: Rain, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do what `add_rain` does to one image on a CPU."""
    from bench.perturb.kernels.rain import lit, streaks

    height, width = image.shape[:2]
    rain = scene(height, width, strength, parameters)
    drops = stream.uniform((rain.drops, 5))[0].numpy()
    looks = (rain.rows, rain.columns / 2, rain.slope, rain.opacity * FULL)
    layer = streaks(drops, height, width, looks, (_NEAREST, _FARTHEST))
    return lit(image, layer, FULL, parameters.brightness)


ENTRY = Perturbation(
    version=1,
    title="Rain",
    family="weather",
    unit="rainfall, mm per hour",
    source="drop sizes of Marshall & Palmer 1948; streaks after Garg & Nayar 2007",
    identity=0,
    strengths=(0, 2.5, 5, 10, 20, 50, 100),
    parameters=Rain,
    apply=add_rain,
    kernel=add_rain_fast,
    minimum=0,
    maximum=500,
)
