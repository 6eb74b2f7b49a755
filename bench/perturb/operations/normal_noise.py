"""What gaussian_noise and speckle_noise share: normal noise that is added, as it is or times the value."""

from typing import TYPE_CHECKING

from bench.perturb.operations.rounding import to_uint8

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream


def add_normal(images: "Tensor", scale: float, stream: "Stream", *, relative: bool) -> "Tensor":
    """Return `images` plus `scale` times an N(0, 1) field (`relative`: times the value as well), truncated."""
    noise = stream.normal((3, *images.shape[-2:])).mul_(scale)
    if relative:
        noise.mul_(images)
    return to_uint8(noise.add_(images), "truncate")


def add_normal_kernel(
    image: "NDArray[np.uint8]", scale: float, stream: "Stream", *, relative: bool
) -> "NDArray[np.uint8]":
    """Do the same to one image, uint8 [H, W, 3]: bit for bit."""
    import cv2
    import numpy as np

    from bench.perturb.kernels.noise import add_normal as fused

    field = stream.normal((3, *image.shape[:2]))[0].flatten(1).numpy()
    planes = [plane.reshape(-1) for plane in cv2.split(image)]
    for plane, noise in zip(planes, field, strict=True):
        fused(plane, noise, np.float32(scale), relative, plane)
    return np.asarray(cv2.merge([plane.reshape(image.shape[:2]) for plane in planes]), np.uint8)
