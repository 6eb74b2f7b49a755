"""AE-3 of the first report: an autoencoder in the shape of a U-Net, and a segmenter on its frozen encoder."""

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


class UNetAutoencoderParameters(AutoencoderParameters):
    """width: channels of the first block; size: side of the square input in pixels, a multiple of 32.

    skips: the segmenter's decoder also gets the encoder's features of its own size: the report's description
    names none, its discussion credits them with the result. The autoencoder has none: given the features of the
    picture's own size it would have nothing to encode, and the report's reconstructions are blurred.
    """

    # The report leaves the channels open; 32 is chosen, where its second autoencoder begins.
    width: Annotated[int, Field(ge=1)] = 32
    size: Annotated[int, Field(ge=32, multiple_of=32)] = 224
    skips: bool = True


def _autoencoder(p: UNetAutoencoderParameters) -> "nn.Module":
    from registry.networks.autoencoder_parts import unet_decoder, unet_encoder
    from registry.networks.encoder_decoder import EncoderDecoder

    return EncoderDecoder(unet_encoder(p.width), unet_decoder(p.width, 3), "sigmoid")


def _build(p: UNetAutoencoderParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.autoencoder_parts import unet_encoder, unet_segmentation_decoder
    from registry.networks.encoder_decoder import EncoderDecoder

    decoder = unet_segmentation_decoder(p.width, len(classes), skips=p.skips)
    network = EncoderDecoder(unet_encoder(p.width), decoder, p.activation, frozen=p.frozen)
    return segmenter(network, _geometry(p), p.activation)


def _geometry(p: UNetAutoencoderParameters) -> Geometry:
    return Geometry(p.size, p.size, "stretch")


ENTRY = ModelEntry(
    version=1,
    summary="U-Net-shaped autoencoder (AE-3), then a segmenter on its frozen encoder: five blocks with pooling",
    source="the Edinburgh coursework's first report, section 4.2.3",
    licence="Apache-2.0",
    parameters=UNetAutoencoderParameters,
    build=_build,
    recipe=lambda _: SEGMENTATION,
    geometry=_geometry,
    pretext=lambda _: pretext(1, _autoencoder, RECONSTRUCTION.model_copy(update={"epochs": 50})),
    pretraining=lambda _: PRETRAINING,
)
