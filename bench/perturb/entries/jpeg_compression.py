"""JPEG compression as published: Pillow's at five qualities."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.jpeg_codec import through_codec, through_jpeg
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

_QUALITIES = (25.0, 18.0, 15.0, 10.0, 7.0)


def quality_of(severity: float) -> int:
    """Return the quality of a severity from 1 to 5; between two whole ones, on the line and rounded, halves up."""
    return int(between(_QUALITIES, severity) + 0.5)


def compress(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return `images` [N, 3, H, W] as a JPEG file with 4:2:0 colours would give them back, bit for bit as libjpeg."""
    return through_jpeg(images, quality_of(strength), "4:2:0")


def compress_one(
    image: "NDArray[np.uint8]", strength: float, parameters: Parameters, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Return one image [H, W, 3] as `compress` defines it, written and read by OpenCV."""
    return through_codec(image, quality_of(strength), "4:2:0")


ENTRY = Perturbation(
    version=1,
    title="JPEG compression",
    family="digital",
    source=SOURCE,
    parameters=Parameters,
    apply=compress,
    kernel=compress_one,
    **SEVERITY,
)
