"""Noise whose distribution is known for each grey level, drawn by inversion of an integer table.

A random word of 32 bits is compared with the cumulative probabilities, scaled to 2^32: no logarithm, no
loop of unknown length, the same pixels on every device. One word gives a greater value wherever its
distribution is shifted upwards, so the noise at one strength is the same pattern as at the next.
"""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

_CHUNK = 1 << 22  # values looked up at a time: the wide integers stay small beside the images
_GUIDE_BITS = 10
GUIDE_SHIFT = 32 - _GUIDE_BITS
"""By how many bits a word is shifted to find its bucket in a guide."""


class Inversion(NamedTuple):
    """What `draw` and `draw_kernel` look up; made by `inversion`.

    bounds: int64 [256 (K + 1)], ascending: for each grey level, level 2^32 plus 0 and its K thresholds.
    values: uint8 [256 (K + 1) + 1], the result at each position among the bounds.
    last, guide, outputs: arguments of the CPU kernel, see there.
    """

    bounds: "Tensor"
    values: "Tensor"
    last: "NDArray[np.uint32]"
    guide: "NDArray[np.uint8]"
    outputs: "NDArray[np.uint8]"


def inversion(below: "Tensor", outputs: "Tensor") -> Inversion:
    """Return the table of a distribution over `outputs`, uint8 [K + 1] with K at most 255.

    below: float64 [256, K], for each grey level the probability of outputs 0 to k, ascending in k.
    """
    import numpy as np
    import torch

    thresholds = below.clamp(0, 1).mul(2.0**32).round().to(torch.int64).cummax(1).values
    start = torch.arange(256, dtype=torch.int64)[:, None] << 32
    bounds = torch.cat([start, start + thresholds], dim=1).flatten()
    values = torch.cat([outputs[:1], outputs.repeat(256)])
    # 2^32 does not fit in 32 bits, one less does; a threshold of 0 wraps around, and the guide is past it.
    last = np.full((256, thresholds.shape[1] + 1), 2**32 - 1, np.uint32)
    last[:, :-1] = (thresholds - 1).numpy().astype(np.uint32)
    firsts = torch.arange(1 << _GUIDE_BITS, dtype=torch.int64) << (32 - _GUIDE_BITS)
    guide = torch.searchsorted(thresholds, firsts.repeat(256, 1), right=True)
    return Inversion(bounds, values, last, guide.numpy().astype(np.uint8), outputs.numpy())


def draw(images: "Tensor", table: Inversion, stream: "Stream") -> "Tensor":
    """Return for each value of `images` [N, 3, H, W] a random one from its grey level's distribution."""
    import torch

    bounds, values = table.bounds.to(images.device), table.values.to(images.device)
    words = stream.words((3, *images.shape[-2:])).flatten()
    levels = images.flatten()
    out = torch.empty_like(levels)
    for start in range(0, len(words), _CHUNK):
        part = slice(start, start + _CHUNK)
        keys = words[part].to(torch.int64).bitwise_and_(0xFFFFFFFF)
        keys.add_(levels[part].to(torch.int64).bitwise_left_shift_(32))
        out[part] = values.index_select(0, torch.searchsorted(bounds, keys, right=True, out_int32=True))
    return out.view(images.shape)


def draw_kernel(image: "NDArray[np.uint8]", table: Inversion, stream: "Stream") -> "NDArray[np.uint8]":
    """Do the same to one image, uint8 [H, W, 3]: bit for bit."""
    from bench.perturb.kernels.noise import invert
    from bench.perturb.operations.planes import interleaved, separate

    planes = separate(image)
    invert(planes.reshape(-1), stream.key_words(), table.last, table.guide, table.outputs, GUIDE_SHIFT)
    return interleaved(planes)
