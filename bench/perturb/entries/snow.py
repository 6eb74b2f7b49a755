"""Snow: magnified, smeared noise added to a whitened image."""

import math
from typing import TYPE_CHECKING, NamedTuple

from bench.perturb import Perturbation
from bench.perturb.operations.rounding import to_uint8
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream


class Fall(NamedTuple):
    """One severity's constants.

    mean, deviation: of the noise; zoom: of the flakes; least: fainter flakes are dropped; radius, sigma: of the
    motion blur, pixels; share: of the image as it was, the rest is the whitened one.
    """

    mean: float
    deviation: float
    zoom: float
    least: float
    radius: float
    sigma: float
    share: float


_CONSTANTS = (
    (0.1, 0.3, 3.0, 0.5, 10.0, 4.0, 0.8),
    (0.2, 0.3, 2.0, 0.5, 12.0, 4.0, 0.7),
    (0.55, 0.3, 4.0, 0.9, 12.0, 8.0, 0.7),
    (0.55, 0.3, 4.5, 0.85, 12.0, 8.0, 0.65),
    (0.55, 0.3, 2.5, 0.85, 12.0, 12.0, 0.55),
)
_WHITE, _GREY = 127.5, (0.299, 0.587, 0.114)


class Magnified(NamedTuple):
    """Magnification along one axis, for each pixel of the layer: two places in the noise, the second's weight.

    A weight of NaN: beyond the noise by a rounding error; scipy's zoom sees black there.
    """

    first: list[int]
    second: list[int]
    weight: list[float]


def add_snow(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return s x + (1 - s) max(x, 1.5 grey + 127.5), plus the flakes, plus the flakes turned by 180°, truncated.

    Flakes: a normal field's centre, magnified, those below a threshold dropped, smeared at an angle between
    -135° and -45°, rounded to whole levels. Field and angle are the same at all severities; between two, all constants
    lie on the straight line, and the blur's radius is rounded to whole pixels (halves up).
    """
    import torch

    from bench.perturb.operations.motion_line import motion_blurred

    fall = Fall(*between(_CONSTANTS, strength))
    height, width = images.shape[-2:]
    rows, columns = magnified(height, fall.zoom), magnified(width, fall.zoom)
    noise = stream.normal((height, width))[:, rows.first[0] : rows.second[-1] + 1]
    layer = _between(noise.double().mul_(fall.deviation).add_(fall.mean), 1, _shifted(rows))
    layer = _between(layer, 2, columns)
    del noise  # a batch's float64 planes are large
    layer = layer.masked_fill_(~(layer >= fall.least), 0).clamp_(0, 1).float()
    flakes = motion_blurred(layer[:, None], math.floor(fall.radius + 0.5), fall.sigma, angles(stream))
    flakes = flakes[..., :height, :width].mul(255).round_()
    flakes = flakes + flakes.flip(2, 3)
    values = images.float()
    white = torch.maximum(values, _grey(values).mul_(1.5).add_(_WHITE)).mul_(1 - fall.share)
    return to_uint8(values.mul_(fall.share).add_(white).add_(flakes), "truncate")


def _grey(values: "Tensor") -> "Tensor":
    red, green, blue = (values[:, i, None] * weight for i, weight in enumerate(_GREY))
    return red.add_(green).add_(blue)


def angles(stream: "Stream") -> list[float]:
    """Return each image's direction of fall, degrees."""
    return [-135 + 90 * value for value in stream.uniform((1,), lane=1)[:, 0].tolist()]


def magnified(size: int, zoom: float) -> Magnified:
    """Return how the middle `size` / `zoom` values along an axis are magnified to `size` or a little more.

    As scipy.ndimage.zoom(order=1) does it: the first value and the last stay at the ends.
    """
    taken = math.ceil(size / zoom)
    start = (size - taken) // 2
    made = round(taken * zoom)
    step = (taken - 1) / (made - 1) if made > 1 else 1.0
    places = [i * step for i in range(made)]
    first = [min(int(place), taken - 1) for place in places]
    weight = [place - int(place) if place <= taken - 1 else math.nan for place in places]
    return Magnified([start + i for i in first], [start + min(i + 1, taken - 1) for i in first], weight)


def _shifted(axis: Magnified) -> Magnified:
    """Return the axis for noise that starts at the first value in use."""
    start = axis.first[0]
    return axis._replace(first=[i - start for i in axis.first], second=[i - start for i in axis.second])


def _between(values: "Tensor", dimension: int, axis: Magnified) -> "Tensor":
    """Interpolate float64 `values` [N, H, W] along one dimension."""
    import torch

    first, second = (torch.tensor(places, device=values.device) for places in axis[:2])
    weight = torch.tensor(axis.weight, dtype=torch.float64).to(values.device)
    weight = weight[:, None] if dimension == 1 else weight
    low, high = values.index_select(dimension, first), values.index_select(dimension, second)
    return low.mul_(1 - weight).add_(high.mul_(weight))


def add_snow_fast(
    image: "NDArray[np.uint8]", strength: float, parameters: Parameters, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do what `add_snow` does to one image on a CPU."""
    import cv2
    import numpy as np

    from bench.perturb.kernels import snow
    from bench.perturb.kernels.motion import shifted_sum
    from bench.perturb.operations.motion_line import motion_path

    fall = Fall(*between(_CONSTANTS, strength))
    height, width = image.shape[:2]
    axes = *magnified(height, fall.zoom), *magnified(width, fall.zoom)
    noise = stream.normal((height, width))[0].numpy()
    layer = snow.magnified(noise, (fall.mean, fall.deviation, fall.least), *map(np.array, axes))
    path = motion_path(math.floor(fall.radius + 0.5), fall.sigma, angles(stream)[0], *layer.shape)
    return snow.add_flakes(image, shifted_sum(layer, path, cv2.BORDER_REPLICATE), fall.share)


ENTRY = Perturbation(
    version=1,
    title="Snow",
    family="weather",
    source=SOURCE,
    parameters=Parameters,
    apply=add_snow,
    kernel=add_snow_fast,
    rises=False,
    **SEVERITY,
)
