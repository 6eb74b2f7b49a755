"""AE-B of the second report: an autoencoder in the shape of its U-Net, with skips, and that U-Net on its encoder."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from registry.models.unet_strided import AUGMENTATION, RECIPE
from registry.networks.autoencoder_entry import AutoencoderParameters, autoencoder_entry
from registry.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

# Epochs, patience, batch size and augmentation are those of the report's U-Net; bfloat16 as there.
_RECONSTRUCTION = Recipe(
    epochs=200,
    batch_size=32,
    learning_rate=1e-3,
    weight_decay=1e-5,
    schedule="cosine",
    loss="mse_ssim_perceptual",
    monitor="loss",
    early_stopping=15,
    precision="bf16",
    augmentation=AUGMENTATION,
)


class SkipAutoencoderParameters(AutoencoderParameters):
    """width: channels of the first stage; size: side of the square input in pixels, a multiple of 32."""

    width: Annotated[int, Field(ge=1)] = 32
    size: Annotated[int, Field(ge=64, multiple_of=32)] = 512


def _autoencoder(p: SkipAutoencoderParameters) -> "nn.Module":
    from registry.networks.autoencoder_networks import skip_autoencoder

    return skip_autoencoder(p.width)


def _network(p: SkipAutoencoderParameters, classes: int) -> "nn.Module":
    from registry.networks.unet_strided_network import strided_unet

    return strided_unet(p.width, classes, p.activation, frozen=p.frozen)


ENTRY = autoencoder_entry(
    parameters=SkipAutoencoderParameters,
    autoencoder=_autoencoder,
    network=_network,
    reconstruction=_RECONSTRUCTION,
    segmentation=RECIPE,
    mode="letterbox",
    summary="autoencoder with skips (AE-B), then the strided U-Net on its frozen encoder",
    source="the Edinburgh coursework's second report",
)
