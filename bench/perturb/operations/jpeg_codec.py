"""The loss of baseline JPEG without its bit stream: what jpeg and jpeg_compression share.

The arithmetic is that of libjpeg 6b and libjpeg-turbo at their defaults (accurate integer DCT, triangle up-sampling),
step for step: the values are theirs, on any device, without a codec. Everything is whole numbers. The DCT's sums are
taken in float64, which holds them exactly (below 2^53), because integer matrix products do not exist on a GPU.
"""

from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

Subsampling = Literal["4:2:0", "4:4:4"]

# ITU-T T.81, tables K.1 and K.2.
LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMINANCE = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)

# libjpeg's one-dimensional DCT times 2^13, the left half of each row (the right one mirrors it, with the sign of
# the frequency's parity). Its butterflies (Loeffler, Ligtenberg, Moschytz 1989) round only at the end, so they are
# this matrix: √2 cos((2j + 1) kπ / 16), and 1 at k = 0, from constants of 13 bits.
_DCT = (
    (8192, 8192, 8192, 8192),
    (11363, 9633, 6437, 2260),
    (10703, 4433, -4433, -10703),
    (9633, -2259, -11362, -6436),
    (8192, -8192, -8192, 8192),
    (6437, -11362, 2261, 9633),
    (4433, -10704, 10704, -4433),
    (2260, -6436, 9633, -11363),
)

# Blocks of 8x8 worked on at a time, so that their float64 copies stay small beside the image.
CHUNK = 1 << 15

_LONGEST = 65_500
"""The longest side that libjpeg codes."""


def through_jpeg(images: "Tensor", quality: int, subsampling: Subsampling) -> "Tensor":
    """Return uint8 [N, 3, H, W] as a JPEG file of `quality` 1 to 100 would give them back."""
    import torch

    # A quarter of a batch at a time: the planes in int32 would be seven times its float32 size.
    step = -(-len(images) // 4)
    parts = (images[i : i + step] for i in range(0, len(images), step))
    return torch.cat([_through(part, quality, subsampling) for part in parts])


def _through(images: "Tensor", quality: int, subsampling: Subsampling) -> "Tensor":
    import torch

    luma, *chroma = _ycc(images)
    luma = _coded(luma, quality, LUMINANCE)
    if subsampling == "4:2:0":
        size = images.shape[-2:]
        chroma = [_doubled(_coded(_halved(plane), quality, CHROMINANCE), *size) for plane in chroma]
    else:
        chroma = [_coded(plane, quality, CHROMINANCE) for plane in chroma]
    return torch.stack(_rgb(luma, *chroma), 1)


def through_codec(image: "NDArray[np.uint8]", quality: int, subsampling: Subsampling) -> "NDArray[np.uint8]":
    """Return uint8 [H, W, 3] written as JPEG and read again by OpenCV: the same values, faster on a CPU."""
    import cv2
    import numpy as np
    import torch

    if max(image.shape) > _LONGEST:
        batch = torch.from_numpy(image).permute(2, 0, 1)[None]
        return through_jpeg(batch, quality, subsampling)[0].permute(1, 2, 0).contiguous().numpy()
    factor = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if subsampling == "4:2:0" else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    _, file = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    decoded = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def quantiser(base: tuple[int, ...], quality: int) -> list[int]:
    """Return a table's 64 divisors at `quality`, as libjpeg scales them for baseline files."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return [min(max((value * percent + 50) // 100, 1), 255) for value in base]


def _ycc(images: "Tensor") -> "tuple[Tensor, Tensor, Tensor]":
    """Return Y, Cb, Cr, int32 [N, H, W], of RGB images; the factors are times 2^16."""
    import torch

    red, green, blue = images.to(torch.int32).unbind(1)
    centre = (128 << 16) + 32767
    luma = (19595 * red).add_(green, alpha=38470).add_(blue, alpha=7471).add_(32768) >> 16
    bluish = (32768 * blue).sub_(red, alpha=11059).sub_(green, alpha=21709).add_(centre) >> 16
    reddish = (32768 * red).sub_(green, alpha=27439).sub_(blue, alpha=5329).add_(centre) >> 16
    return luma, bluish, reddish


def _rgb(luma: "Tensor", bluish: "Tensor", reddish: "Tensor") -> "list[Tensor]":
    """Return red, green and blue, uint8 [N, H, W]."""
    import torch

    bluish, reddish = bluish - 128, reddish - 128
    red = ((91881 * reddish).add_(32768) >> 16).add_(luma)
    green = ((-22554 * bluish).sub_(reddish, alpha=46802).add_(32768) >> 16).add_(luma)
    blue = ((116130 * bluish).add_(32768) >> 16).add_(luma)
    return [plane.clamp_(0, 255).to(torch.uint8) for plane in (red, green, blue)]


def _halved(plane: "Tensor") -> "Tensor":
    """Return the means of 2x2 values, [N, ⌈H/2⌉, 8 ⌈W/16⌉]; halves go up and down by turns along a row.

    To fill whole blocks libjpeg repeats the image's last column, but its last row of means.
    """
    import torch

    plane = _padded(plane, 2, 16)
    rows = plane[:, ::2] + plane[:, 1::2]
    sums = rows[..., ::2] + rows[..., 1::2]
    bias = torch.arange(sums.shape[-1], dtype=sums.dtype, device=sums.device) % 2 + 1
    return sums.add_(bias) >> 2


def _doubled(plane: "Tensor", height: int, width: int) -> "Tensor":
    """Return [N, height, width] with 3/4 of the nearest and 1/4 of the next value along each axis."""
    plane = plane[..., : -(-width // 2)]
    if plane.shape[-1] <= 2:  # libjpeg repeats the values of so narrow images
        return plane.repeat_interleave(2, 1).repeat_interleave(2, 2)[:, :height, :width]
    tall = _stretched(plane, 1)
    wide = _stretched(tall, 2)
    wide[..., ::2].add_(8)
    wide[..., 1::2].add_(7)
    return (wide >> 4)[:, :height, :width]


def _stretched(values: "Tensor", axis: int) -> "Tensor":
    """Return, for each value along an axis, 3 x it plus the one before, then 3 x it plus the one after."""
    import torch

    last = values.shape[axis] - 1
    before = torch.cat((values.narrow(axis, 0, 1), values.narrow(axis, 0, last)), axis)
    after = torch.cat((values.narrow(axis, 1, last), values.narrow(axis, last, 1)), axis)
    return torch.stack((before.add_(values, alpha=3), after.add_(values, alpha=3)), axis + 1).flatten(axis, axis + 1)


def _padded(plane: "Tensor", rows: int, columns: int) -> "Tensor":
    """Return [N, H, W] with the last row and column repeated until the sides are multiples of `rows` and `columns`."""
    import torch

    for axis, multiple in ((1, rows), (2, columns)):
        size = plane.shape[axis]
        if extra := -size % multiple:
            edge = plane.narrow(axis, size - 1, 1)
            plane = torch.cat((plane, *[edge] * extra), axis)
    return plane


def _coded(plane: "Tensor", quality: int, base: tuple[int, ...]) -> "Tensor":
    """Return int32 [N, H, W] after DCT, quantisation and back."""
    import torch

    height, width = plane.shape[-2:]
    padded = _padded(plane, 8, 8)
    blocks = padded.view(len(plane), padded.shape[1] // 8, 8, -1, 8).transpose(2, 3)
    flat = blocks.reshape(-1, 8, 8)
    table = torch.tensor(quantiser(base, quality), dtype=torch.float64, device=plane.device).view(8, 8)
    for start in range(0, len(flat), CHUNK):
        part = flat[start : start + CHUNK]
        part.copy_(_quantised(part, table))
    return flat.view(blocks.shape).transpose(2, 3).reshape(padded.shape)[:, :height, :width]


def _quantised(blocks: "Tensor", table: "Tensor") -> "Tensor":
    """Return blocks [B, 8, 8] of values 0 to 255 with their coefficients rounded to multiples of `table` [8, 8]."""
    forward = dct_matrix(blocks.device)
    values = blocks.double().sub_(128)
    values = _shifted(values @ forward.T, 11)  # rows, then columns, as libjpeg
    values = _shifted(forward @ values, 15)  # 8 x the coefficients
    sign = values.sign()
    values = values.abs_().add_(4 * table).div_(8 * table).floor_().mul_(sign).mul_(table)
    values = _shifted(forward.T @ values, 11)  # columns, then rows
    return _shifted(values @ forward, 18).add_(128).clamp_(0, 255)


def _shifted(values: "Tensor", bits: int) -> "Tensor":
    """Return whole numbers divided by 2^bits, halves up."""
    return values.add_(1 << (bits - 1)).mul_(2.0**-bits).floor_()


@cache
def dct_matrix(device: "torch.device") -> "Tensor":
    """Return libjpeg's DCT as a matrix times 2^13, float64 [8, 8], rows by frequency; its transpose is the inverse."""
    import torch

    left = torch.tensor(_DCT, dtype=torch.float64, device=device)
    parity = torch.tensor([1.0, -1.0] * 4, dtype=torch.float64, device=device)
    return torch.cat((left, left.flip(1) * parity[:, None]), 1)
