"""Images read at other places than the pixels': what every perturbation that moves pixels uses."""

from typing import TYPE_CHECKING, Literal

from bench.perturb.entry import Effect
from bench.perturb.operations.rounding import Rounding
from bench.perturb.operations.subpixels import BITS, FAR

if TYPE_CHECKING:
    from torch import Tensor

Outside = Literal["reflect", "black"]

# Output pixels worked on at a time, so that the intermediates stay small beside the result.
CHUNK = 1 << 20


def sampled(images: "Tensor", y: "Tensor", x: "Tensor", outside: Outside, rounding: Rounding = "nearest") -> Effect:
    """Return the images read at (y, x), bilinearly, and the nearest pixel each place was read from.

    images: uint8 [N, 3, H, W]; y, x: float32 [N, H, W] on the same device, in pixels of the image with the
    centre of the first pixel at (0, 0); no NaN, infinity is merely far away. They are rounded to 1/2048 pixel
    and the rest is integer arithmetic, so every device and batch gives the same values, and whole numbers
    give the pixels as they are. "nearest" rounds halves up, "truncate" drops the fraction.
    outside: "reflect" mirrors the image about its edges again and again (cba|abc|cba); "black": everything
    around it is 0, and `source` is -1 where the nearest pixel would lie outside.
    """
    if images.device.type == "cpu":
        return _sampled_by_kernel(images, y, x, outside, rounding)
    return sampled_by_definition(images, y, x, outside, rounding)


def sampled_by_definition(images: "Tensor", y: "Tensor", x: "Tensor", outside: Outside, rounding: Rounding) -> Effect:
    """Do the same on any device."""
    import torch

    (count, _, height, width), pixels = images.shape, images.flatten(2)
    result = torch.empty_like(pixels, memory_format=torch.contiguous_format)
    source = torch.empty((count, pixels.shape[2]), dtype=torch.int64, device=images.device)
    down, right = y.reshape(count, -1), x.reshape(count, -1)
    step = max(1, CHUNK // count)
    for start in range(0, pixels.shape[2], step):
        part = slice(start, start + step)
        rows, columns = _parts(down[:, part]), _parts(right[:, part])
        result[:, :, part] = _read(pixels, rows, columns, (height, width), outside, rounding)
        row, inside = _index((rows + (1 << (BITS - 1))) >> BITS, height, outside)
        column, inside_too = _index((columns + (1 << (BITS - 1))) >> BITS, width, outside)
        source[:, part] = (row.long() * width + column).masked_fill_(~(inside & inside_too), -1)
    return Effect(result.view(count, 3, height, width), source=source.view(count, height, width))


def _parts(coordinate: "Tensor") -> "Tensor":
    """Return coordinates in whole parts of a pixel, int32."""
    import torch

    return (coordinate.clamp(-FAR, FAR) * (1 << BITS)).round_().to(torch.int32)


def _index(position: "Tensor", size: int, outside: Outside) -> "tuple[Tensor, Tensor]":
    """Return which of an axis' pixels lies at an int32 `position`, and whether there is one."""
    import torch

    if outside == "black":
        index = position.clamp(0, size - 1)
        return index, index == position
    position = position % (2 * size)
    return torch.minimum(position, 2 * size - 1 - position), torch.ones_like(position, dtype=torch.bool)


def _read(
    pixels: "Tensor", rows: "Tensor", columns: "Tensor", size: tuple[int, int], outside: Outside, rounding: Rounding
) -> "Tensor":
    """Return int32 [N, 3, P], the values of `pixels` [N, 3, H * W] at `rows` and `columns` [N, P]."""
    import torch

    def corner(down: int, right: int) -> "Tensor":
        row, inside = _index((rows >> BITS) + down, size[0], outside)
        column, inside_too = _index((columns >> BITS) + right, size[1], outside)
        index = (row.long() * size[1] + column)[:, None].expand(-1, 3, -1)
        return pixels.gather(2, index).to(torch.int32).mul_((inside & inside_too)[:, None])

    def line(down: int) -> "Tensor":
        left = corner(down, 0)
        return (corner(down, 1).sub_(left)).mul_(to_right).add_(left.mul_(1 << BITS))

    whole = (1 << BITS) - 1
    to_right, downwards = (columns & whole)[:, None], (rows & whole)[:, None]
    upper = line(0)
    sums = line(1).sub_(upper).mul_(downwards).add_(upper.mul_(1 << BITS))
    return sums.add_(1 << (2 * BITS - 1) if rounding == "nearest" else 0) >> (2 * BITS)


def _sampled_by_kernel(images: "Tensor", y: "Tensor", x: "Tensor", outside: Outside, rounding: Rounding) -> Effect:
    import numpy as np
    import torch

    from bench.perturb.kernels.sampling import sample

    channels_last = images.permute(0, 2, 3, 1).contiguous()
    result, source = torch.empty_like(channels_last), torch.empty(y.shape, dtype=torch.int64)
    half = np.int32(1 << (2 * BITS - 1) if rounding == "nearest" else 0)
    for i in range(len(images)):
        down, right = y[i].contiguous().numpy(), x[i].contiguous().numpy()
        pixels = channels_last[i].view(-1).numpy()
        sample(pixels, down, right, result[i].numpy(), source[i].numpy(), outside == "reflect", half)
    return Effect(result.permute(0, 3, 1, 2), source=source)
