"""AE-1 of the first report: a small convolutional autoencoder, and a segmenter on its frozen encoder."""

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


class SimpleAutoencoderParameters(AutoencoderParameters):
    """width: channels of the first stage; size: side of the square input in pixels, a multiple of 4."""

    # The report leaves the channels open; 32 is chosen, where its second autoencoder begins.
    width: Annotated[int, Field(ge=1)] = 32
    size: Annotated[int, Field(ge=4, multiple_of=4)] = 224


def _autoencoder(p: SimpleAutoencoderParameters) -> "nn.Module":
    from registry.networks.autoencoder_networks import simple_autoencoder

    return simple_autoencoder(p.width)


def _network(p: SimpleAutoencoderParameters, classes: int) -> "nn.Module":
    from registry.networks.autoencoder_networks import simple_segmenter

    return simple_segmenter(p.width, classes, p.activation, frozen=p.frozen)


ENTRY = autoencoder_entry(
    parameters=SimpleAutoencoderParameters,
    autoencoder=_autoencoder,
    network=_network,
    reconstruction=RECONSTRUCTION,
    segmentation=SEGMENTATION,
    mode="stretch",
    summary="simple autoencoder (AE-1), then a segmenter on its frozen encoder: two convolutions with pooling",
    source="the Edinburgh coursework's first report, section 4.2.1",
)
