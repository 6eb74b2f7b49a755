"""WebP: the loss of a lossy WebP file of a given quality."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from registry.errors import BenchError
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

LONGEST = 16_368
"""The longest side coded at once, whole blocks of 16: the format ends at 16,383 pixels."""


def compress(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` [N, 3, H, W] as a lossy WebP file of quality `strength` gives them back, by Pillow's libwebp.

    Longer sides than the format allows are coded in pieces.

    Raises:
        BenchError: this Pillow was built without WebP.
    """
    import torch

    result = torch.empty_like(images)
    for top in range(0, images.shape[2], LONGEST):
        for left in range(0, images.shape[3], LONGEST):
            piece = (slice(top, top + LONGEST), slice(left, left + LONGEST))
            for image, out in zip(images, result, strict=True):
                pixels = image[:, *piece].permute(1, 2, 0).contiguous().numpy()
                out[:, *piece] = torch.from_numpy(_through_webp(pixels, int(strength))).permute(2, 0, 1)
    return result


def _through_webp(image: "NDArray[np.uint8]", quality: int) -> "NDArray[np.uint8]":
    import io

    import numpy as np
    from PIL import Image, features

    if not features.check("webp"):
        raise BenchError("webp needs a Pillow with WebP; this one was built without it (pip install --upgrade pillow)")
    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", quality=quality)
    with Image.open(file) as opened:
        return np.array(opened.convert("RGB"))


def library(parameters: Parameters) -> Mapping[str, str]:
    """Return the version of libwebp, on which the pixels depend ("none" where Pillow lacks it)."""
    from PIL import features

    return {"libwebp": features.version("webp") or "none"}


ENTRY = Perturbation(
    version=1,
    title="WebP",
    family="digital",
    unit="quality",
    source="libwebp (lossy, RFC 9649), through Pillow",
    identity=None,
    strengths=(95, 90, 80, 70, 60, 50, 40, 30, 20, 10),
    parameters=Parameters,
    apply=compress,
    minimum=0,
    maximum=100,
    integer=True,
    rises=False,  # the encoder chooses anew at every quality; on some noisy images a lower one is nearer
    device="cpu",
    resources=library,
)
