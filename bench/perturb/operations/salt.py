"""What salt_and_pepper and impulse_noise share: a share of the values becomes white or black."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# The 32 random bits of a value: the upper 20 decide whether it is hit, the lower 12 what it becomes.
_HIT_BITS, _SALT_BITS = 20, 12


class SaltAndPepper(Parameters):
    """Parameters of both; `salt` is the share of the hit values that becomes white."""

    channels: Literal["independent", "shared"] = "independent"
    salt: float = Field(default=0.5, ge=0, le=1)


def scatter(images: "Tensor", share: float, parameters: SaltAndPepper, stream: "Stream") -> "Tensor":
    """Return `images` with the share `share` of their values set to 0 or 255.

    As ``skimage.util.random_noise(mode="s&p", amount=share)`` does it, each channel is hit on its own
    (`channels="shared"` hits whole pixels). What is hit at one share is hit, in the same colour, at every
    greater one. Shares are exact to 2^-20 (hits) and 2^-12 (salt).
    """
    import torch

    words = stream.words((3 if parameters.channels == "independent" else 1, *images.shape[-2:]))
    hit = ((words >> _SALT_BITS) & (2**_HIT_BITS - 1)) < round(share * 2**_HIT_BITS)
    salted = (words & (2**_SALT_BITS - 1)) < round(parameters.salt * 2**_SALT_BITS)
    return torch.where(hit, salted.to(torch.uint8).mul_(255), images)


def scatter_kernel(
    image: "NDArray[np.uint8]", share: float, parameters: SaltAndPepper, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do the same to one image, uint8 [H, W, 3]: bit for bit."""
    from bench.perturb.kernels.noise import scatter as fused
    from bench.perturb.operations.planes import interleaved, separate

    hits, salted = round(share * 2**_HIT_BITS), round(parameters.salt * 2**_SALT_BITS)
    planes = separate(image)
    size = planes[0].size
    for i, plane in enumerate(planes):
        begin = i * size if parameters.channels == "independent" else 0
        fused(plane.reshape(-1), stream.key_words(), begin, hits, salted, _SALT_BITS)
    return interleaved(planes)
