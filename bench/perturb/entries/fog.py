"""Fog: a plasma fractal laid over the image."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.rounding import to_uint8
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Thickness (greatest brightness added, before the image's brightest value is restored), and the factor by
# which the fractal's amplitude falls from one level to the next.
_CONSTANTS = ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4))


def add_fog(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return (x + c p) m / (m + c), truncated: p the fractal in 0..1, c the thickness, m the image's maximum.

    The fractal covers a square whose side is the next power of two, of which the image is the upper left corner;
    both constants lie on the straight line between two severities, and all severities share the random numbers.
    """
    import torch

    from bench.perturb.streams import Stream

    thickness, decay = between(_CONSTANTS, strength)
    height, width = images.shape[-2:]
    size = _map_size(height, width)
    out = torch.empty_like(images)
    # A long thin image has a map many times its own size: fewer images at once keep the memory down.
    step = max(1, len(images) * 4 * height * width // size**2)
    for start in range(0, len(images), step):
        part = images[start : start + step]
        brightest = part.amax((1, 2, 3), keepdim=True).double() / 255
        gain = brightest / (brightest + thickness)
        fog = _plasma(Stream(stream.keys[start : start + step], stream.device), size, decay)
        fog = fog[:, None, :height, :width].mul((255 * thickness * gain).float())
        out[start : start + step] = to_uint8(part.float().mul_(gain.float()).add_(fog), "truncate")
    return out


def _map_size(height: int, width: int) -> int:
    """Return the side of the fractal's square, a power of two; never less than 4, as three channels count as a side."""
    return 1 << (max(height, width, 3) - 1).bit_length()


def _plasma(stream: "Stream", size: int, decay: float) -> "Tensor":
    """Return a plasma fractal of each image, [N, size, size] in 0..1, by the diamond-square algorithm on a torus.

    Level k = 0, 1, … doubles a grid of 2^k points a side: the centres are the mean of four corners plus noise, then
    the middles of the edges that of two corners and two centres plus noise, uniform in ± decay^-2k. (The published
    code multiplies the amplitude into itself, hence the square; its factor 100 goes when the map is normalised.)
    """
    import torch

    grid = torch.zeros((len(stream.keys), 1, 1), device=stream.device)
    for level in range(size.bit_length() - 1):
        points = 1 << level
        noise = stream.uniform((3, points, points), lane=level).mul_(2).sub_(1).mul_(decay ** (-2 * level))
        below = grid + grid.roll(-1, 1)
        beside = grid + grid.roll(-1, 2)
        finer = grid.new_empty((len(grid), points, 2, points, 2))
        centres = (below + below.roll(-1, 2)).mul_(0.25).add_(noise[:, 0])
        finer[:, :, 0, :, 0] = grid
        finer[:, :, 1, :, 1] = centres
        finer[:, :, 0, :, 1] = beside.add_(centres + centres.roll(1, 1)).mul_(0.25).add_(noise[:, 1])
        finer[:, :, 1, :, 0] = below.add_(centres + centres.roll(1, 2)).mul_(0.25).add_(noise[:, 2])
        grid = finer.view(len(grid), 2 * points, 2 * points)
    grid = grid - grid.amin((1, 2), keepdim=True)
    return grid / grid.amax((1, 2), keepdim=True)


def add_fog_fast(
    image: "NDArray[np.uint8]", strength: float, parameters: Parameters, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do what `add_fog` does to one image on a CPU."""
    import numpy as np

    from bench.perturb.kernels.fog import blend, grow, limits
    from bench.perturb.operations.planes import interleaved, separate

    thickness, decay = between(_CONSTANTS, strength)
    grid = np.zeros((1, 1), np.float32)
    for level in range(_map_size(*image.shape[:2]).bit_length() - 1):
        noise = stream.words((3, *grid.shape), lane=level)[0].numpy()
        grid = grow(grid, noise, decay ** (-2 * level))
    lowest, highest = limits(grid)
    brightest = int(image.max()) / 255
    gain = brightest / (brightest + thickness)
    planes = separate(image)
    blend(planes, grid, lowest, highest, gain, 255 * thickness * gain)
    return interleaved(planes)


ENTRY = Perturbation(
    version=1,
    title="Fog",
    family="weather",
    source=SOURCE,
    parameters=Parameters,
    apply=add_fog,
    kernel=add_fog_fast,
    rises=False,
    **SEVERITY,
)
