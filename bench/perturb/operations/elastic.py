"""The published elastic transform: what elastic_transform and elastic_transform_unmoved share."""

from typing import TYPE_CHECKING

from bench.perturb.entry import Effect
from bench.perturb.operations.gaussian import gaussian_filtered
from bench.perturb.operations.sampling import sampled
from bench.perturb.severity import between

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream

VERSION = 1
"""Of both entries: they give the same pixels, and a stream's key holds the version."""

_ALPHA = (12.5, 16.25, 21.25, 25.0, 30.0)
_SHIFT, _SMOOTH, _TRUNCATE = 0.005, 0.01, 3.0


def elastic(images: "Tensor", severity: float, stream: "Stream") -> Effect:
    """Return images [N, 3, H, W] read at each pixel's place plus a smooth random displacement, and where from.

    Both displacements are uniform noise within 0.5 % of the height, through a Gaussian of 1 % of each side out to
    three standard deviations (mirrored at the edges), times 12.5 to 30. Lane 0 of the stream is the one to the right,
    lane 1 the one down. Values between pixels are bilinear and lose their fraction; beyond the edge lies the mirror
    image, so every pixel comes from somewhere.
    """
    import torch

    height, width = images.shape[-2:]
    reach = between(_ALPHA, severity) * _SHIFT * height
    right, down = (smoothed(stream.uniform((height, width), lane)).mul_(2).sub_(1).mul_(reach) for lane in (0, 1))
    right += torch.arange(width, device=images.device)
    down += torch.arange(height, device=images.device)[:, None]
    return sampled(images, down, right, "reflect", "truncate")


def smoothed(noise: "Tensor") -> "Tensor":
    """Return [N, H, W] after the Gaussian; on a CPU by its kernel, which gives the same bits."""
    import torch

    height, width = noise.shape[-2:]
    sigma = _SMOOTH * height, _SMOOTH * width
    if noise.device.type != "cpu":
        return gaussian_filtered(noise[:, None], *sigma, "reflect", _TRUNCATE)[:, 0]
    from bench.perturb.kernels.gaussian import gaussian_filtered as filtered

    return torch.stack([torch.from_numpy(filtered(one.numpy(), *sigma, "reflect", _TRUNCATE)) for one in noise])
