"""AE-1 of the first report: a small convolutional autoencoder, and a segmenter on its frozen encoder."""

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


class SimpleAutoencoderParameters(AutoencoderParameters):
    """width: channels of the first stage; size: side of the square input in pixels, a multiple of 4."""

    # The report leaves the channels open; 32 is chosen, where its second autoencoder begins.
    width: Annotated[int, Field(ge=1)] = 32
    size: Annotated[int, Field(ge=4, multiple_of=4)] = 224


def _autoencoder(p: SimpleAutoencoderParameters) -> "nn.Module":
    from registry.networks.autoencoder_parts import simple_decoder, simple_encoder
    from registry.networks.encoder_decoder import EncoderDecoder

    return EncoderDecoder(simple_encoder(p.width), simple_decoder(p.width, 3), "sigmoid")


def _build(p: SimpleAutoencoderParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.autoencoder_parts import simple_decoder, simple_encoder
    from registry.networks.encoder_decoder import EncoderDecoder

    decoder = simple_decoder(p.width, len(classes))
    network = EncoderDecoder(simple_encoder(p.width), decoder, p.activation, frozen=p.frozen)
    return segmenter(network, _geometry(p), p.activation)


def _geometry(p: SimpleAutoencoderParameters) -> Geometry:
    return Geometry(p.size, p.size, "stretch")


ENTRY = ModelEntry(
    version=1,
    summary="simple autoencoder (AE-1), then a segmenter on its frozen encoder: two convolutions with pooling",
    source="the Edinburgh coursework's first report, section 4.2.1",
    licence="Apache-2.0",
    parameters=SimpleAutoencoderParameters,
    build=_build,
    recipe=lambda _: SEGMENTATION,
    geometry=_geometry,
    pretext=lambda _: pretext(1, _autoencoder, RECONSTRUCTION),
    pretraining=lambda _: PRETRAINING,
)
