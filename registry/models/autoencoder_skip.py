"""AE-B of the second report: an autoencoder in the shape of its U-Net, with skips, and that U-Net on its encoder."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from registry.models.unet_strided import AUGMENTATION, RECIPE
from registry.networks.autoencoder_entry import PRETRAINING, AutoencoderParameters, pretext, segmenter
from registry.recipe import Recipe
from registry.segmenter import Geometry, ModelEntry, Segmenter

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
    from registry.networks.encoder_decoder import EncoderDecoder
    from registry.networks.unet_strided_network import strided_decoder, strided_encoder

    return EncoderDecoder(strided_encoder(p.width), strided_decoder(p.width, 3, kernel=3), "sigmoid")


def _build(p: SkipAutoencoderParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.unet_strided_network import strided_unet

    network = strided_unet(p.width, len(classes), p.activation, frozen=p.frozen)
    return segmenter(network, _geometry(p), p.activation)


def _geometry(p: SkipAutoencoderParameters) -> Geometry:
    return Geometry(p.size, p.size, "letterbox")


ENTRY = ModelEntry(
    version=1,
    summary="autoencoder with skips (AE-B), then the strided U-Net on its frozen encoder",
    source="the Edinburgh coursework's second report",
    licence="Apache-2.0",
    parameters=SkipAutoencoderParameters,
    build=_build,
    recipe=lambda _: RECIPE,
    geometry=_geometry,
    pretext=lambda _: pretext(1, _autoencoder, _RECONSTRUCTION),
    pretraining=lambda _: PRETRAINING,
)
