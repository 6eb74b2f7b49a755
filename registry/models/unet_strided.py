"""The U-Net of the second report (UNet-B): six stages, strided convolutions, instance norm, spatial dropout."""

from typing import Annotated

from pydantic import Field

from registry.parameters import Parameters
from registry.recipe import Augmentation, Recipe
from registry.segmenter import Geometry, ModelEntry, Segmenter

AUGMENTATION = Augmentation(profiles=("mild", "aggressive", "mild"), copies=(0, 5, 2))

# The report trains in mixed precision with float16. bfloat16 is chosen here: it needs no scaling of the loss
# and runs on a CPU too.
RECIPE = Recipe(
    epochs=200,
    batch_size=32,
    optimizer="sgd",
    learning_rate=0.005,
    momentum=0.99,
    weight_decay=1e-4,
    schedule="poly",
    poly_power=0.9,
    loss="dice_cross_entropy",
    class_weights="inverse_frequency",
    monitor="foreground_dice",
    early_stopping=15,
    min_delta=0.001,
    precision="bf16",
    augmentation=AUGMENTATION,
)


class StridedUNetParameters(Parameters):
    """width: channels of the first stage; size: side of the square input in pixels, a multiple of 32."""

    width: Annotated[int, Field(ge=1)] = 32
    size: Annotated[int, Field(ge=64, multiple_of=32)] = 512


def _build(p: StridedUNetParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.adapter import TorchSegmenter
    from registry.networks.unet_strided_network import strided_unet

    return TorchSegmenter(strided_unet(p.width, len(classes)), _geometry(p))


def _geometry(p: StridedUNetParameters) -> Geometry:
    return Geometry(p.size, p.size, "letterbox")


ENTRY = ModelEntry(
    version=1,
    summary="U-Net from scratch (UNet-B): six stages, strided convolutions, instance norm, spatial dropout, skips",
    source="Isensee et al. 2021, doi:10.1038/s41592-020-01008-z (nnU-Net's plain U-Net), with spatial dropout",
    licence="Apache-2.0",
    parameters=StridedUNetParameters,
    build=_build,
    recipe=lambda _: RECIPE,
    geometry=_geometry,
)
