"""Promptable segmentation from a frozen feature map and a heat map of clicks (Prompt-A of the first report)."""

from typing import Annotated, Literal

from pydantic import Field

from registry.backbones import (
    backbone_identity,
    backbone_licence,
    backbone_needs,
    backbone_pretraining,
    build_backbone,
    check_backbone,
    normalisation,
)
from registry.models.clip_features import RECIPE, ClipFeaturesParameters, geometry
from registry.segmenter import ModelEntry, Segmenter


class ClipPromptParameters(ClipFeaturesParameters):
    """See `ClipFeaturesParameters`.

    sigma: standard deviation of a click's Gaussian (peak 1) in pixels of an input of 224; at other sizes it
    grows with the size. target: what a click stands for in training: all classes, or those pixels alone that are
    of the clicked pixel's class (the others background). clicks: where they are drawn in training, on any class of
    the image or on its objects alone, never on the background.
    """

    sigma: Annotated[float, Field(gt=0)] = 10.0
    target: Literal["full_mask", "prompted_class"] = "full_mask"
    clicks: Literal["any_class", "objects"] = "any_class"


def _build(p: ClipPromptParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.clip_network import PromptNetwork
    from registry.networks.heat_segmenter import HeatSegmenter

    backbone = build_backbone(p, p.size, initialise)
    network = PromptNetwork(backbone, backbone.channels, len(classes))
    mean, std = normalisation(p)
    return HeatSegmenter(
        network,
        geometry(p),
        classes,
        sigma=p.sigma * p.size / 224,
        target=p.target,
        objects=p.clicks == "objects",
        mean=mean,
        std=std,
    )


ENTRY = ModelEntry(
    version=1,
    summary="clip_features with a heat map of clicks beside the feature map (Prompt-A); also takes the name of a class",
    source="Radford et al. 2021, arXiv:2103.00020 (CLIP), with a decoder of its own",
    licence="Apache-2.0",
    parameters=ClipPromptParameters,
    build=_build,
    recipe=lambda _: RECIPE,
    geometry=geometry,
    later=("clicks",),
    prompts=("zero_heatmap", "image_center", "gt_centroid", "gt_random_pixel"),
    identity=backbone_identity,
    pretraining=backbone_pretraining,
    weights_licence=backbone_licence,
    needs=backbone_needs,
    check=lambda p: check_backbone(p, p.size),
)
