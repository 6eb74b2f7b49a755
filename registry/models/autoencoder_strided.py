"""AE-2 of the first report: an autoencoder with strided convolutions, and a segmenter that trains its encoder on."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from registry.networks.autoencoder_entry import (
    RECONSTRUCTION,
    SEGMENTATION,
    AutoencoderParameters,
    autoencoder_entry,
)

if TYPE_CHECKING:
    from torch import nn


class StridedAutoencoderParameters(AutoencoderParameters):
    """width: channels of the first block; size: side of the square input in pixels, a multiple of 8.

    skips: the segmenter's decoder also gets the encoder's early features; the report has them "in some cases".
    """

    frozen: bool = False
    width: Annotated[int, Field(ge=1)] = 32
    size: Annotated[int, Field(ge=16, multiple_of=8)] = 224
    skips: bool = False


def _autoencoder(p: StridedAutoencoderParameters) -> "nn.Module":
    from registry.networks.autoencoder_networks import strided_autoencoder

    return strided_autoencoder(p.width)


def _network(p: StridedAutoencoderParameters, classes: int) -> "nn.Module":
    from registry.networks.autoencoder_networks import strided_segmenter

    return strided_segmenter(p.width, classes, p.activation, skips=p.skips, frozen=p.frozen)


ENTRY = autoencoder_entry(
    parameters=StridedAutoencoderParameters,
    autoencoder=_autoencoder,
    network=_network,
    reconstruction=RECONSTRUCTION,
    segmentation=SEGMENTATION.model_copy(update={"learning_rate": 1e-4}),
    mode="stretch",
    summary="improved autoencoder (AE-2), then a segmenter from its encoder: three strided convolutions, batch norm",
    source="the Edinburgh coursework's first report, section 4.2.2",
)
