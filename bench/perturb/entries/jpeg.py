"""JPEG: the loss of a JPEG file of a given quality."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.jpeg_codec import Subsampling, through_codec, through_jpeg
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream


class Jpeg(Parameters):
    """Parameters of jpeg; `subsampling` "4:2:0" keeps one colour for each 2x2 pixels, "4:4:4" all of them."""

    subsampling: Subsampling = "4:2:0"


def compress(images: "Tensor", strength: float, parameters: Jpeg, stream: "Stream") -> "Tensor":
    """Return `images` [N, 3, H, W] as a JPEG file of quality `strength` would give them back.

    Bit for bit what libjpeg-turbo makes of them at its defaults (so Pillow too). Even quality 100 loses
    something: colours are rounded and, with 4:2:0, shared.
    """
    return through_jpeg(images, int(strength), parameters.subsampling)


def compress_one(
    image: "NDArray[np.uint8]", strength: float, parameters: Jpeg, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Return one image [H, W, 3] as `compress` defines it, written and read by OpenCV."""
    return through_codec(image, int(strength), parameters.subsampling)


ENTRY = Perturbation(
    version=1,
    title="JPEG",
    family="digital",
    unit="quality",
    source="ITU-T T.81 (baseline), arithmetic of libjpeg 6b and libjpeg-turbo",
    identity=None,
    strengths=(95, 90, 80, 70, 60, 50, 40, 30, 20, 10),
    parameters=Jpeg,
    apply=compress,
    minimum=1,
    maximum=100,
    integer=True,
    kernel=compress_one,
)
