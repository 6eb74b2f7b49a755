"""Images turned, shifted, scaled, sheared or tilted: by a homography that maps each pixel to where it comes from.

Pixel centres are at whole coordinates, x to the right and y down, and everything happens about the image's
centre, ((width - 1) / 2, (height - 1) / 2). The image fills -0.5 to size - 0.5 along each axis.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from bench.perturb.entry import Effect
from bench.perturb.operations.fill import mean_colour
from bench.perturb.operations.sampling import sampled
from registry.parameters import Parameters

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MatrixRow = tuple[float, float, float]
Homography = tuple[MatrixRow, MatrixRow, MatrixRow]
"""Acts on (x, y, 1), measured from the centre; the last row of an affine one is (0, 0, 1)."""
_HORIZON = 1e-3
"""Depth at and beyond the horizon (1: as far as the centre), where nothing is seen but no quotient may fail."""
_BAND = 1 << 16
"""Pixels worked on at a time, so that the intermediates stay in a processor's cache."""


class Moved(Parameters):
    """Parameters of all that moves pixels; `fill`: what is seen where no pixel comes from, black or the mean colour."""

    fill: Literal["black", "mean"] = "black"


def move(images: "Tensor", homographies: Sequence[Homography], parameters: Moved) -> Effect:
    """Return `images` in which each pixel is read where its image's homography puts it in the clean one.

    Bilinear between pixel centres, to the nearest level. In the outer half pixel the edge pixel goes on, so that
    what counts as image in the mask shows nothing but the image.
    """
    import torch

    y, x = coordinates(homographies, images.shape[-2], images.shape[-1], images.device)
    result = sampled(images, y, x, "black", "nearest")
    if parameters.fill == "black" or result.source is None:
        return result
    return result._replace(images=torch.where(result.source[:, None] < 0, mean_colour(images), result.images))


def coordinates(
    homographies: Sequence[Homography], height: int, width: int, device: "torch.device | str" = "cpu"
) -> "tuple[Tensor, Tensor]":
    """Return y and x, float32 [N, H, W]: where in the clean image each pixel comes from.

    What comes from the outer half pixel is moved onto the edge pixel's centre, what comes from beyond is at
    -height or -width. Products are taken along one axis at a time, in float64, and only sums and quotients on the
    whole grid: they round the same way on every device.
    """
    import torch

    matrices = torch.tensor(homographies, dtype=torch.float64)
    matrices[:, 0] += (width - 1) / 2 * matrices[:, 2]
    matrices[:, 1] += (height - 1) / 2 * matrices[:, 2]
    across, down, depth = (_terms(matrices[:, i], height, width, device) for i in range(3))
    tilted = bool((matrices[:, 2, :2] != 0).any())
    y, x = torch.empty((2, len(homographies), height, width), device=device)
    step = max(1, _BAND // (len(homographies) * width))
    for start in range(0, height, step):
        band = slice(start, start + step)
        near = (depth[0][:, band] + depth[1]).clamp_(min=_HORIZON) if tilted else None
        for out, (column, row), size in ((y, down, height), (x, across, width)):
            coordinate = column[:, band] + row
            if near is not None:
                coordinate.div_(near)
            inside = torch.clamp(coordinate, 0, size - 1, out=out[:, band])
            inside.masked_fill_(coordinate.sub_(inside).abs_() >= 0.5, -size)
    return y, x


def _terms(factors: "Tensor", height: int, width: int, device: "torch.device | str") -> "tuple[Tensor, Tensor]":
    """Return what y adds, [N, H, 1], and what x and the constant add, [N, 1, W], to factors [N, 3] · (x, y, 1)."""
    import torch

    along_y, along_x = (torch.arange(n, dtype=torch.float64) - (n - 1) / 2 for n in (height, width))
    row = along_x * factors[:, :1] + factors[:, 2:]
    column = along_y * factors[:, 1:2]
    return column.float().to(device)[:, :, None], row.float().to(device)[:, None]
