"""AE-2 of the first report: an autoencoder with strided convolutions, and a segmenter that trains its encoder on."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from registry.networks.autoencoder_entry import (
    PRETRAINING,
    RECONSTRUCTION,
    SEGMENTATION,
    AutoencoderParameters,
    pretext,
    segmenter,
)
from registry.segmenter import Geometry, ModelEntry, Segmenter

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
    from registry.networks.autoencoder_parts import strided_decoder, strided_encoder
    from registry.networks.encoder_decoder import EncoderDecoder

    return EncoderDecoder(strided_encoder(p.width), strided_decoder(p.width, 3, skips=False), "sigmoid")


def _build(p: StridedAutoencoderParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.autoencoder_parts import strided_decoder, strided_encoder
    from registry.networks.encoder_decoder import EncoderDecoder

    decoder = strided_decoder(p.width, len(classes), skips=p.skips)
    network = EncoderDecoder(strided_encoder(p.width), decoder, p.activation, frozen=p.frozen)
    return segmenter(network, _geometry(p), p.activation)


def _geometry(p: StridedAutoencoderParameters) -> Geometry:
    return Geometry(p.size, p.size, "stretch")


ENTRY = ModelEntry(
    version=1,
    summary="improved autoencoder (AE-2), then a segmenter from its encoder: three strided convolutions, batch norm",
    source="the Edinburgh coursework's first report, section 4.2.2",
    licence="Apache-2.0",
    parameters=StridedAutoencoderParameters,
    build=_build,
    recipe=lambda _: SEGMENTATION.model_copy(update={"learning_rate": 1e-4}),
    geometry=_geometry,
    pretext=lambda _: pretext(1, _autoencoder, RECONSTRUCTION),
    pretraining=lambda _: PRETRAINING,
)
