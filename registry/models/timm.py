"""Any backbone of timm with a small decoder of segbench."""

from importlib.metadata import version
from typing import Annotated, Self

from pydantic import Field, model_validator

from registry.parameters import Parameters
from registry.recipe import Recipe
from registry.segmenter import Geometry, ModelEntry, Needed, Segmenter
from registry.weights import PACKAGED, describe_weights, weights_file, weights_identity, weights_needed

PACKAGED_BACKBONE = "tf_efficientnet_lite0"


class TimmParameters(Parameters):
    """backbone: timm's name, perhaps with a tag; encoder_weights: none, hub, package or the path of a state dict.

    frozen: the backbone stays as it is and only the decoder is trained. size: side of the square input in pixels.
    `package` holds ImageNet weights for the backbone tf_efficientnet_lite0 alone.
    """

    backbone: str = "resnet18"
    encoder_weights: str = "none"
    frozen: bool = False
    size: Annotated[int, Field(ge=32)] = 224

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.frozen and self.encoder_weights == "none":
            raise ValueError("frozen: true keeps random weights random; give encoder_weights: hub, package or a path")
        if self.encoder_weights == "package" and self.backbone != PACKAGED_BACKBONE:
            raise ValueError(
                f"encoder_weights: package holds weights for {PACKAGED_BACKBONE} only, not for '{self.backbone}'; "
                "give none, hub or a path"
            )
        return self


def _build(p: TimmParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.adapter import TorchSegmenter
    from registry.networks.timm_network import TimmNetwork, build_backbone, normalisation

    backbone = build_backbone(p.backbone, p.encoder_weights if initialise else "none", p.size)
    mean, std = normalisation(p.backbone)
    return TorchSegmenter(TimmNetwork(backbone, len(classes), frozen=p.frozen), _geometry(p), mean=mean, std=std)


def _geometry(p: TimmParameters) -> Geometry:
    return Geometry(p.size, p.size, "stretch")


def _recipe(_: TimmParameters) -> Recipe:
    return Recipe(
        epochs=12,
        optimizer="adamw",
        learning_rate=5e-4,
        weight_decay=1e-2,
        schedule="one_cycle",
        batch_size=8,
    )


def _needs(p: TimmParameters) -> list[Needed]:
    from registry.hub import timm_needed

    return weights_needed(p.encoder_weights, lambda: [timm_needed(p.backbone, "encoder_weights")])


def _check(p: TimmParameters) -> None:
    from registry.networks.timm_network import check_backbone

    check_backbone(p.backbone, p.size)
    weights_file(p.encoder_weights)


def _licence(p: TimmParameters) -> str:
    if p.encoder_weights == "hub":
        from registry.hub import timm_licence

        return timm_licence(p.backbone)
    return {"none": "", "package": "Apache-2.0"}.get(p.encoder_weights, "that of the file")


ENTRY = ModelEntry(
    version=1,
    summary="any backbone of timm; its feature maps are projected, summed and smoothed",
    source="timm (R. Wightman), github.com/huggingface/pytorch-image-models; decoder: segbench",
    licence="Apache-2.0",
    parameters=TimmParameters,
    build=_build,
    recipe=_recipe,
    geometry=_geometry,
    identity=lambda p: {"timm": version("timm").split(".")[0], **weights_identity(p.encoder_weights)},
    pretraining=lambda p: describe_weights(p.encoder_weights, p.backbone, PACKAGED),
    weights_licence=_licence,
    needs=_needs,
    check=_check,
)
