"""The Gaussian filter of SciPy and scikit-image."""

from typing import TYPE_CHECKING, Literal

from bench.perturb.operations.borders import mirrored

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Mode = Literal["nearest", "reflect"]


def gaussian_filtered(
    values: "Tensor", sigma_y: float, sigma_x: float, mode: Mode = "nearest", truncate: float = 4.0
) -> "Tensor":
    """Return float `values` [N, C, H, W] filtered with a Gaussian of these standard deviations in pixels.

    As `scipy.ndimage.gaussian_filter` (which `skimage.filters.gaussian` calls), in float64 bit for bit: down first,
    then across, each with the sampled Gaussian out to `truncate` standard deviations. Beyond the image lie its edge
    pixels ("nearest", aaa|abc) or its mirror image ("reflect", cba|abc). A deviation of 0 leaves that axis as it is.
    """
    return _along(_along(values, -2, sigma_y, mode, truncate), -1, sigma_x, mode, truncate)


def gaussian_taps(sigma: float, truncate: float) -> list[float]:
    """Return the weights at distance 0, 1, ... pixels; all of them, both sides counted, sum to 1."""
    import numpy as np

    radius = int(truncate * sigma + 0.5)
    if not radius:
        return [1.0]
    weights = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    half: list[float] = (weights / weights.sum())[radius:].tolist()
    return half


def _along(values: "Tensor", axis: int, sigma: float, mode: Mode, truncate: float) -> "Tensor":
    """Filter one axis: sums of pairs, the farthest first as in SciPy; every device rounds them the same way."""
    taps, size = gaussian_taps(sigma, truncate), values.shape[axis]
    radius = len(taps) - 1
    wide = values.index_select(axis, _positions(size, radius, mode, values.device))
    total = wide.narrow(axis, radius, size) * taps[0]
    for i in range(radius, 0, -1):
        pair = wide.narrow(axis, radius - i, size) + wide.narrow(axis, radius + i, size)
        total += pair.mul_(taps[i])
    return total


def _positions(size: int, radius: int, mode: Mode, device: "torch.device") -> "Tensor":
    import torch

    if mode == "reflect":
        return mirrored(size, radius, "reflect", device)
    return torch.arange(-radius, size + radius, device=device).clamp_(0, size - 1)
