"""A smaller image, enlarged again: what a coarser sensor or a distant object leaves."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.rounding import to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream


class ResolutionDrop(Parameters):
    """resolution_drop has no parameters."""


def drop(images: "Tensor", strength: float, parameters: ResolutionDrop, stream: "Stream") -> "Tensor":
    """Return `images` reduced by the factor `strength` and enlarged to their size, rounded once at the end.

    Down: each pixel of the small image (sides / factor, rounded, at least 1) is the mean over the area it covers,
    pixels at its border counting by the part they have in it. Up: bilinear between the pixels' centres.
    """
    values = images.float()
    for axis in (-2, -1):
        values = _area_means(values, axis, _reduced(images.shape[axis], strength))
    for axis in (-2, -1):
        values = _interpolated(values, axis, images.shape[axis])
    return to_uint8(values, "nearest")


def _reduced(size: int, factor: float) -> int:
    return max(1, round(size / factor))


def _area_means(values: "Tensor", axis: int, count: int) -> "Tensor":
    """Return `values` with `count` means along an axis."""
    import torch

    size = values.shape[axis]
    if size == count:
        return values
    shape = [-1, 1] if axis == -2 else [-1]
    edges = torch.arange(count + 1, dtype=torch.float64) * (size / count)
    low, high = edges[:-1], edges[1:]
    first = low.long()
    total: Tensor | None = None
    for t in range(int((high.ceil() - first).max())):
        pixel = (first + t).clamp_(max=size - 1)
        share = (torch.minimum(high, first + t + 1.0) - torch.maximum(low, first + t + 0.0)).clamp_(min=0) * (
            count / size
        )
        part = values.index_select(axis, pixel.to(values.device)) * share.float().view(shape).to(values.device)
        total = part if total is None else total.add_(part)
    assert total is not None
    return total


def _interpolated(values: "Tensor", axis: int, size: int) -> "Tensor":
    """Return `values` with `size` pixels along an axis, on straight lines between the centres."""
    import torch

    count = values.shape[axis]
    if size == count:
        return values
    position = (torch.arange(size, dtype=torch.float64) + 0.5) * (count / size) - 0.5
    position.clamp_(0, count - 1)
    low = position.long()
    high = (low + 1).clamp_(max=count - 1)
    share = (position - low).float().view([-1, 1] if axis == -2 else [-1]).to(values.device)
    first = values.index_select(axis, low.to(values.device))
    step = values.index_select(axis, high.to(values.device)).sub_(first)
    return first.add_(step.mul_(share))


def drop_one(
    image: "NDArray[np.uint8]", strength: float, parameters: ResolutionDrop, stream: "Stream"
) -> "NDArray[np.uint8]":
    """The same on one image [H, W, 3], on a CPU."""
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    size = _reduced(width, strength), _reduced(height, strength)
    small = cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.rint(large, out=large).clip(0, 255).astype(np.uint8)


ENTRY = Perturbation(
    version=1,
    title="Resolution drop",
    family="digital",
    unit="factor of both sides",
    source="area mean down (OpenCV INTER_AREA), bilinear up (INTER_LINEAR)",
    identity=1,
    strengths=(1, 1.5, 2, 3, 4, 6, 8),
    parameters=ResolutionDrop,
    apply=drop,
    kernel=drop_one,
    minimum=1,
    maximum=1000,
)
