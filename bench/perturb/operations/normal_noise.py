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
    import numpy as np

    from bench.perturb.kernels.noise import add_normal as fused
    from bench.perturb.operations.normal import normal_table
    from bench.perturb.operations.planes import interleaved, separate

    starts, slopes, rest_bits, first = normal_table("cpu")
    planes = separate(image)
    table = (starts.numpy(), slopes.numpy(), rest_bits, first)
    fused(planes.reshape(-1), stream.key_words(), table, np.float32(scale), relative)
    return interleaved(planes)
