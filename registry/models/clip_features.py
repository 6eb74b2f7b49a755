"""Segmentation from the frozen feature map of CLIP (CLIP-A of the first report), or of any other backbone."""

from typing import Annotated

from pydantic import Field

from registry.backbones import (
    BackboneParameters,
    backbone_identity,
    backbone_licence,
    backbone_needs,
    backbone_pretraining,
    build_backbone,
    check_backbone,
    normalisation,
)
from registry.recipe import Recipe
from registry.segmenter import Geometry, ModelEntry, Segmenter


class ClipFeaturesParameters(BackboneParameters):
    """See `BackboneParameters`; size: side of the square input in pixels, one that the backbone takes."""

    size: Annotated[int, Field(ge=32)] = 224


def _build(p: ClipFeaturesParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.adapter import TorchSegmenter
    from registry.networks.clip_network import FeatureNetwork

    backbone = build_backbone(p, p.size, initialise)
    mean, std = normalisation(p)
    return TorchSegmenter(FeatureNetwork(backbone, backbone.channels, len(classes)), geometry(p), mean=mean, std=std)


def geometry(p: ClipFeaturesParameters) -> Geometry:
    """Return the square that images are stretched to."""
    return Geometry(p.size, p.size, "stretch")


# 100 epochs, Adam at 1e-4, halved on a plateau of 5 epochs: the defaults of a recipe.
RECIPE = Recipe(class_weights=(0.1, 1.0))

ENTRY = ModelEntry(
    version=1,
    summary="frozen feature map of CLIP or another backbone, with a small decoder (CLIP-A)",
    source="Radford et al. 2021, arXiv:2103.00020 (CLIP), with a decoder of its own",
    licence="Apache-2.0",
    parameters=ClipFeaturesParameters,
    build=_build,
    recipe=lambda _: RECIPE,
    geometry=geometry,
    identity=backbone_identity,
    pretraining=backbone_pretraining,
    weights_licence=backbone_licence,
    needs=backbone_needs,
    check=lambda p: check_backbone(p, p.size),
)
