"""Motion blur along a line: sums of shifted copies."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.perturb.operations.borders import extended

if TYPE_CHECKING:
    from torch import Tensor

# (shift down, shift right, weight) of each copy.
MotionPath = list[tuple[int, int, float]]


def motion_blurred(values: "Tensor", radius: int, sigma: float, angles: Sequence[float]) -> "Tensor":
    """Return float `values` [N, C, H, W] smeared along a line, each image at its own angle in degrees.

    As `_motion_blur` of imagecorruptions 1.1.2: copies shifted by 0, 1, ..., 2 `radius` pixels, rounded to whole
    ones, weighted by the half Gaussian exp(-i² / 2 `sigma`²), beyond the image its edge pixels. The sum ends
    where a shift reaches the image's size, and is not made up for: small images get darker.
    """
    import torch

    height, width = values.shape[-2:]
    paths = [motion_path(radius, sigma, angle, height, width) for angle in angles]
    taps = max(len(path) for path in paths)
    padded = torch.tensor([[*path, *[(0, 0, 0.0)] * (taps - len(path))] for path in paths], dtype=torch.float64)
    down, right = padded[..., :2].long().to(values.device).unbind(-1)
    weights = padded[..., 2].to(values.dtype).to(values.device)
    rows, columns = (torch.arange(size, device=values.device) for size in (height, width))
    flat, total = values.flatten(2), torch.zeros_like(values)
    for i in range(taps):
        row = (rows - down[:, i, None]).clamp_(0, height - 1)
        column = (columns - right[:, i, None]).clamp_(0, width - 1)
        index = (row[:, :, None] * width + column[:, None, :]).flatten(1)[:, None]
        shifted = flat.gather(2, index.expand_as(flat)).view_as(values)
        # Two steps, not a fused one: they round the same way on every device.
        total += shifted.mul_(weights[:, i, None, None, None])
    return total


def motion_path(radius: int, sigma: float, angle: float, height: int, width: int) -> MotionPath:
    """Return the published path in an image of this size; its weights sum to 1, or less where it is cut short."""
    count = 2 * radius + 1
    weights = [math.exp(-(i**2) / (2 * sigma**2)) for i in range(count)]
    total = sum(weights)
    down, right = count * math.sin(math.radians(angle)), count * math.cos(math.radians(angle))
    length = math.hypot(down, right)
    path = []
    for i, weight in enumerate(weights):
        dy, dx = -math.ceil(i * down / length - 0.5), -math.ceil(i * right / length - 0.5)
        if abs(dy) >= height or abs(dx) >= width:
            break
        path.append((dy, dx, weight / total))
    return path


def shifted_sum(values: "Tensor", path: MotionPath) -> "Tensor":
    """Return the sum of copies of float `values` [N, C, H, W] along one path, mirrored beyond the edge (dcb|abcd)."""
    import torch

    margin = max(max(abs(dy), abs(dx)) for dy, dx, _ in path)
    (height, width), wide = values.shape[-2:], extended(values, margin, "reflect101")
    total = torch.zeros_like(values)
    for dy, dx, weight in path:
        total += wide.narrow(-2, margin - dy, height).narrow(-1, margin - dx, width) * weight
    return total


def line_path(length: float, angle: float) -> MotionPath:
    """Return the path of an even movement by `length` pixels, half of it before and half after the image's own place.

    angle: degrees counter-clockwise from the row to the right; opposite angles are the same path. Each of 16 or more
    moments a pixel is shared between the four whole pixels around it (bilinear); the weights sum to 1.
    """
    import numpy as np

    moments = max(1, math.ceil(16 * length))
    along = ((np.arange(moments) + 0.5) / moments - 0.5) * length
    weights: dict[tuple[int, int], float] = {}
    y, x = -along * math.sin(math.radians(angle)), along * math.cos(math.radians(angle))
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    for down in (0, 1):
        for right in (0, 1):
            share = (1 - abs(y - top - down)) * (1 - abs(x - left - right)) / moments
            for dy, dx, part in zip((top + down).tolist(), (left + right).tolist(), share.tolist(), strict=True):
                weights[dy, dx] = weights.get((dy, dx), 0.0) + part
    return [(dy, dx, weight) for (dy, dx), weight in sorted(weights.items()) if weight > 1e-9]
