"""U-Net from scratch, with the recipe of the Edinburgh report (Adam 1e-4, plateau, weighted cross-entropy)."""

from typing import Annotated, Literal

from pydantic import Field

from registry.parameters import Parameters
from registry.recipe import Recipe
from registry.segmenter import Geometry, ModelEntry, Segmenter


class UNetParameters(Parameters):
    """width: channels of the first stage; size: side of the square input in pixels, a multiple of 16.

    bottleneck: two 3x3 convolutions and a bilinear enlargement, or one and a 2x2 up-convolution.
    """

    width: Annotated[int, Field(ge=1)] = 64
    norm: Literal["batch", "instance", "none"] = "batch"
    activation: Literal["relu", "leaky_relu"] = "relu"
    size: Annotated[int, Field(ge=32, multiple_of=16)] = 224
    bottleneck: Literal["two_convolutions", "up_convolution"] = "two_convolutions"


def _build(p: UNetParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.adapter import TorchSegmenter
    from registry.networks.unet_network import UNet

    up_convolution = p.bottleneck == "up_convolution"
    network = UNet(len(classes), p.width, p.norm, p.activation, up_convolution=up_convolution)
    return TorchSegmenter(network, _geometry(p))


def _geometry(p: UNetParameters) -> Geometry:
    return Geometry(p.size, p.size, "stretch")


def _recipe(_: UNetParameters) -> Recipe:
    return Recipe(class_weights=(0.1, 1.0))


ENTRY = ModelEntry(
    version=1,
    summary="U-Net from scratch (UNet-A): five stages, two 3x3 convolutions each, bilinear upsampling, skips",
    source="Ronneberger et al. 2015, arXiv:1505.04597",
    licence="Apache-2.0",
    parameters=UNetParameters,
    build=_build,
    recipe=_recipe,
    geometry=_geometry,
    later=("bottleneck",),
)
