"""Glass blur as published: blur, exchange pixels with near ones at random, blur again."""

from typing import TYPE_CHECKING, Literal

from bench.perturb import Perturbation
from bench.perturb.operations.gaussian import gaussian_filtered
from bench.perturb.operations.planes import parts, plane_by_plane
from bench.perturb.operations.rounding import to_uint8
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Standard deviation of both blurs in pixels, reach of the exchanges in pixels, how often all pixels exchange.
_TABLE = ((0.7, 1.0, 2.0), (0.9, 2.0, 1.0), (1.0, 2.0, 3.0), (1.1, 3.0, 2.0), (1.5, 4.0, 2.0))


class GlassBlur(Parameters):
    """Parameters of glass_blur.

    The published code means to swap two pixels, but copies one over the other: `exchange="published"`.
    "swap" swaps them; it runs pixel after pixel on a CPU, wherever the image is.
    """

    exchange: Literal["published", "swap"] = "published"


def blur(images: "Tensor", strength: float, parameters: GlassBlur, stream: "Stream") -> "Tensor":
    """Return `images` seen through frosted glass.

    Each iteration goes through the pixels (but for `reach` at the edges) from the bottom right to the top left,
    and each takes the colour, maybe already a new one, of the pixel at a random offset of -reach to reach - 1 in
    both directions. The upper 16 bits of the pixel's random word (lane i in iteration i) are its offset to the
    right, the lower 16 its offset down: `(bits * 2 reach >> 16) - reach`, so that a pixel is drawn in the same
    direction at every severity. Between two severities reach and iterations are rounded (halves up).
    """
    sigma, reach, iterations = _constants(strength)
    (height, width), swap = images.shape[-2:], parameters.exchange == "swap"
    flat = plane_by_plane(images, lambda planes, _: _blurred_exactly(planes, sigma)).flatten(2)
    for i in range(iterations):
        words = stream.words((height, width), lane=i)
        for some in parts(words):
            sources = swapped(words[some], reach) if swap else resolved(words[some], reach)
            flat[some] = flat[some].gather(2, sources.flatten(1)[:, None].expand_as(flat[some]))
    return plane_by_plane(
        flat.view(images.shape),
        lambda planes, _: to_uint8(gaussian_filtered(planes.float(), sigma, sigma), "truncate"),
    )


def _blurred_exactly(planes: "Tensor", sigma: float) -> "Tensor":
    """Return the published first blur bit for bit: a level cut off here and another at the end would make two."""
    import torch

    shares = torch.arange(256, dtype=torch.float64).div_(255).to(planes.device)  # a GPU's quotients may differ
    return to_uint8(gaussian_filtered(shares[planes.int()], sigma, sigma).mul_(255), "truncate")


def resolved(words: "Tensor", reach: int) -> "Tensor":
    """Return the index [N, H, W] of the pixel whose old colour each pixel has after one iteration.

    A pixel whose source comes later in the image has that one's new colour, that is, its source's. Following
    these pointers two steps, four steps, eight steps at once soon reaches a pixel's old colour for all of them.
    """
    import torch

    height, width = words.shape[1:]
    size = height * width
    own = torch.arange(size, dtype=torch.int32, device=words.device).view(height, width)
    pointer = own.repeat(len(words), 1, 1)
    pointer += size  # from `size` on: the old colour of pixel - size
    if min(height, width) > 2 * reach:
        inner = slice(reach + 1, height - reach + 1), slice(reach + 1, width - reach + 1)
        part = words[:, *inner]
        ahead = (((part & 0xFFFF) * (2 * reach) >> 16) - reach) * width
        ahead += (((part >> 16) & 0xFFFF) * (2 * reach) >> 16) - reach
        pointer[:, *inner] = own[inner] + ahead.add_((ahead <= 0).int() * size)
    flat = pointer.flatten(1)
    while bool((unknown := flat < size).any()):
        flat = torch.where(unknown, flat.gather(1, (flat % size).long()), flat)
    return flat.sub_(size).view_as(words).long()


def swapped(words: "Tensor", reach: int) -> "Tensor":
    """Return the index [N, H, W] of the pixel that lies at each place after one iteration of swaps."""
    import torch

    from bench.perturb.kernels.glass import exchange

    height, width = words.shape[1:]
    sources = torch.arange(height * width).view(1, height, width).repeat(len(words), 1, 1)
    for one, drawn in zip(sources.numpy(), words.cpu().numpy(), strict=True):
        exchange(one, drawn, reach, True)
    return sources.to(words.device)


def blur_one(
    image: "NDArray[np.uint8]", strength: float, parameters: GlassBlur, stream: "Stream"
) -> "NDArray[np.uint8]":
    """The same on one image [H, W, 3], on a CPU."""
    import cv2
    import numpy as np

    from bench.perturb.kernels.gaussian import gaussian_filtered
    from bench.perturb.kernels.glass import exchange

    sigma, reach, iterations = _constants(strength)
    exact = gaussian_filtered(image / 255.0, sigma, sigma)
    exact *= 255
    blurred = exact.astype(np.uint8)
    pixels = cv2.cvtColor(blurred, cv2.COLOR_RGB2RGBA)  # four bytes, so that a pixel moves as one number
    for i in range(iterations):
        words = stream.words(image.shape[:2], lane=i)[0].numpy()
        exchange(pixels.view(np.uint32)[..., 0], words, reach, parameters.exchange == "swap")
    moved = cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB).astype(np.float32)
    return gaussian_filtered(moved, sigma, sigma).astype(np.uint8)


def _constants(strength: float) -> tuple[float, int, int]:
    sigma, reach, iterations = between(_TABLE, strength)
    return sigma, int(reach + 0.5), int(iterations + 0.5)


ENTRY = Perturbation(
    version=1,
    title="Glass blur",
    family="blur",
    source=SOURCE,
    parameters=GlassBlur,
    apply=blur,
    kernel=blur_one,
    rises=False,
    **SEVERITY,
)
