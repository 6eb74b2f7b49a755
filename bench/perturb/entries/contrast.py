"""Contrast of the published corruptions: each value drawn towards its channel's mean."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.lut import look_up, look_up_kernel
from bench.perturb.operations.rounding import to_uint8
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Factor on the distance from the mean, severities 1 to 5.
_FACTOR = (0.4, 0.3, 0.2, 0.1, 0.05)


def _table(sums: "Tensor", pixels: int, severity: float) -> "Tensor":
    """Return uint8 [..., 256], what becomes of each grey level in a channel with this sum (int64 or float64)."""
    import torch

    mean = (sums.to(torch.float64) / pixels)[..., None]
    levels = torch.arange(256, dtype=torch.float64, device=sums.device)
    return to_uint8((levels - mean).mul_(between(_FACTOR, severity)).add_(mean), "truncate")


def compress(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return (x - mean) c + mean for each channel's own mean, truncated."""
    import torch

    height, width = images.shape[-2:]
    return look_up(images, _table(images.sum(dtype=torch.int64, dim=(2, 3)), height * width, strength))


def compress_kernel(
    image: "NDArray[np.uint8]", strength: float, parameters: Parameters, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do the same to one image, bit for bit."""
    import cv2
    import torch

    height, width, _ = image.shape
    sums = torch.tensor(cv2.sumElems(image)[:3], dtype=torch.float64)  # whole numbers below 2^53: exact
    return look_up_kernel(image, _table(sums, height * width, strength))


ENTRY = Perturbation(
    version=1,
    title="Contrast",
    family="digital",
    source=SOURCE,
    parameters=Parameters,
    apply=compress,
    kernel=compress_kernel,
    **SEVERITY,
)
