"""Salt and pepper: a share of the values becomes white or black."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from bench.perturb import Perturbation
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb._stream import Stream

# The 32 random bits of a value: the upper 20 decide whether it is hit, the lower 12 what it becomes.
_HIT_BITS, _SALT_BITS = 20, 12


class SaltAndPepper(Parameters):
    """Parameters of salt_and_pepper; `salt` is the share of the hit values that becomes white."""

    channels: Literal["independent", "shared"] = "independent"
    salt: float = Field(default=0.5, ge=0, le=1)


def scatter(images: "Tensor", strength: float, parameters: SaltAndPepper, stream: "Stream") -> "Tensor":
    """Return `images` with the share `strength` of their values set to 0 or 255.

    As ``skimage.util.random_noise(mode="s&p", amount=strength)`` does it, each channel is hit on its
    own (`channels="shared"` hits whole pixels). What is hit at one strength is hit, in the same colour,
    at every greater one. Shares are exact to 2^-20 (hits) and 2^-12 (salt).
    """
    import torch

    planes = 3 if parameters.channels == "independent" else 1
    words = stream.words((planes, *images.shape[-2:]))
    hit = ((words >> _SALT_BITS) & (2**_HIT_BITS - 1)) < round(strength * 2**_HIT_BITS)
    salted = (words & (2**_SALT_BITS - 1)) < round(parameters.salt * 2**_SALT_BITS)
    return torch.where(hit, salted.to(torch.uint8).mul_(255), images)


ENTRY = Perturbation(
    version=1,
    title="Salt and pepper",
    family="noise",
    unit="share of the values hit",
    source="Edinburgh Computer Vision Mini-Project 2025, item h",
    identity=0,
    strengths=(0.00, 0.02, 0.04, 0.06, 0.08, 0.10, 0.12, 0.14, 0.16, 0.18),
    parameters=SaltAndPepper,
    apply=scatter,
    minimum=0,
    maximum=1,
)
