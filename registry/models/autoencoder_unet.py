"""AE-3 of the first report: an autoencoder in the shape of a U-Net, and a segmenter on its frozen encoder."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from registry.networks.autoencoder_entry import (
    RECONSTRUCTION,
    SEGMENTATION,
    AutoencoderParameters,
    autoencoder_entry,
)

if TYPE_CHECKING:
    from torch import nn


class UNetAutoencoderParameters(AutoencoderParameters):
    """width: channels of the first block; size: side of the square input in pixels, a multiple of 32.

    skips: the segmenter's decoder also gets the encoder's features of its own size: the report's description
    names none, its discussion credits them with the result. pretrain_skips: the same of the autoencoder, which the
    description lists without and the discussion calls one "which uses skip connections". full: the features in
    front of each pooling, as in a U-Net, so that the image can be copied; pooled: those behind it, none of the
    image's own size. The encoder, which alone is handed over, is the same network in each case.
    """

    # The report leaves the channels open; 32 is chosen, where its second autoencoder begins.
    width: Annotated[int, Field(ge=1)] = 32
    size: Annotated[int, Field(ge=32, multiple_of=32)] = 224
    skips: bool = True
    pretrain_skips: Literal["none", "pooled", "full"] = "none"

    def first_stage(self) -> dict[str, Any]:
        """See `AutoencoderParameters.first_stage`."""
        joined = {} if self.pretrain_skips == "none" else {"pretrain_skips": self.pretrain_skips}
        return super().first_stage() | joined


def _autoencoder(p: UNetAutoencoderParameters) -> "nn.Module":
    from registry.networks.autoencoder_networks import unet_autoencoder

    return unet_autoencoder(p.width, p.pretrain_skips)


def _network(p: UNetAutoencoderParameters, classes: int) -> "nn.Module":
    from registry.networks.autoencoder_networks import unet_segmenter

    return unet_segmenter(p.width, classes, p.activation, skips=p.skips, frozen=p.frozen)


ENTRY = autoencoder_entry(
    parameters=UNetAutoencoderParameters,
    autoencoder=_autoencoder,
    network=_network,
    reconstruction=RECONSTRUCTION.model_copy(update={"epochs": 50}),
    segmentation=SEGMENTATION,
    mode="stretch",
    summary="U-Net-shaped autoencoder (AE-3), then a segmenter on its frozen encoder: five blocks with pooling",
    source="the Edinburgh coursework's first report, section 4.2.3",
    later=("pretrain_skips",),
)
