"""Zoom blur as published: the mean of the image and enlargements of its middle."""

import math
from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.planes import plane_by_plane
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Where the factors end (not included) and their step; they start at 1.
_TABLE = ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03))

# Weights of rows are multiples of 2^-13, of columns 2^-9; a layer keeps 4 bits below the grey levels.
_ROW_BITS, _COLUMN_BITS, _FRACTION_BITS = 13, 9, 4


class ZoomBlur(Parameters):
    """zoom_blur has no parameters."""


def blur(images: "Tensor", strength: float, parameters: ZoomBlur, stream: "Stream") -> "Tensor":
    """Return the mean of `images` and of one enlargement for each factor 1, 1 + step, ... below the end.

    An enlargement is `scipy.ndimage.zoom` (order 1: linear, the corner pixels stay in the corners) of the middle of
    the image, cut to the image's size at the top left. In whole numbers, so that every device computes the same:
    weights as stated above, layers rounded to 1/16 grey level. Between two severities the end and the step of the
    factors lie on the straight line.
    """
    import torch

    height, width = images.shape[-2:]
    rows, columns = (
        [torch.from_numpy(part).to(images.device) for part in layers(size, strength, bits)]
        for size, bits in ((height, _ROW_BITS), (width, _COLUMN_BITS))
    )
    return plane_by_plane(images, lambda planes, _: _mean(planes, rows, columns))


def _mean(images: "Tensor", rows: "list[Tensor]", columns: "list[Tensor]") -> "Tensor":
    """Return the mean of `images`, twice, and the layers with these pixels and weights."""
    import torch

    total = images.to(torch.int32).mul_(2 << _FRACTION_BITS)  # the image itself, and the factor 1
    kept = 8 + _FRACTION_BITS
    for (top, bottom), (above, below), (left, right), (near, far) in zip(*rows, *columns, strict=True):
        layer = images.index_select(-2, top) * above[:, None]
        layer += images.index_select(-2, bottom) * below[:, None]
        _round_off(layer, 8 + _ROW_BITS - kept)
        layer, other = layer.index_select(-1, left) * near, layer.index_select(-1, right) * far
        layer += other
        total += _round_off(layer, _COLUMN_BITS)
    count = len(rows[0]) + 2
    return total.div_(count << _FRACTION_BITS, rounding_mode="floor").to(torch.uint8)


def _round_off(values: "Tensor", bits: int) -> "Tensor":
    return values.add_(1 << (bits - 1)).bitwise_right_shift_(bits)


def layers(size: int, strength: float, bits: int) -> "tuple[NDArray[np.int64], NDArray[np.int32]]":
    """Return for each factor but 1 the two pixels, and their weights in 2^-bits, that make up each pixel of a layer.

    Both are [layers, 2, size]. Where SciPy's arithmetic puts the last pixel a hair outside, it is black in SciPy and
    here.
    """
    import numpy as np

    end, step = between(_TABLE, strength)
    factors = np.arange(1, end, step)[1:]
    pixels, weights = np.zeros((len(factors), 2, size), np.int64), np.zeros((len(factors), 2, size), np.int32)
    for i, factor in enumerate(factors.tolist()):
        crop = math.ceil(size / factor)
        enlarged = round(crop * factor)
        scale = (crop - 1) / (enlarged - 1) if enlarged > 1 else 1.0
        position = np.arange(min(enlarged, size)) * scale
        low = np.minimum(position.astype(np.int64), crop - 1)
        far = np.rint((position - low) * (1 << bits)).astype(np.int32)
        inside = position <= crop - 1
        there = slice(len(position))
        pixels[i, 0, there], pixels[i, 1, there] = low, np.minimum(low + 1, crop - 1)
        pixels[i] += (size - crop) // 2
        weights[i, 0, there], weights[i, 1, there] = ((1 << bits) - far) * inside, far * inside
    return pixels, weights


def blur_one(
    image: "NDArray[np.uint8]", strength: float, parameters: ZoomBlur, stream: "Stream"
) -> "NDArray[np.uint8]":
    """The same on one image [H, W, 3], on a CPU."""
    import numpy as np

    from bench.perturb.kernels.zoom import zoomed_mean

    height, width = image.shape[:2]
    rows, row_weights = layers(height, strength, _ROW_BITS)
    columns, column_weights = layers(width, strength, _COLUMN_BITS)
    # Indices without a sign compile to faster code.
    return zoomed_mean(
        image,
        rows.astype(np.uint32),
        row_weights.astype(np.int64),
        columns.astype(np.uint32),
        column_weights.astype(np.int64),
    )


ENTRY = Perturbation(
    version=1,
    title="Zoom blur",
    family="blur",
    source=SOURCE,
    parameters=ZoomBlur,
    apply=blur,
    kernel=blur_one,
    rises=False,  # severity 3 has coarser steps than 2
    **SEVERITY,
)
