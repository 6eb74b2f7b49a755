"""The strided U-Net with CLIP's embedding of the image at its bottleneck (CLIP-B of the second report)."""

from typing import Annotated, Literal

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
from registry.models.unet_strided import RECIPE
from registry.segmenter import Geometry, ModelEntry, Segmenter


class ClipFusionParameters(BackboneParameters):
    """See `BackboneParameters`.

    fusion: what joins the bottleneck: one vector for the image, as the report has it (without effect, since the
    normalisation behind it removes what is constant), or the backbone's feature map. width: channels of the
    U-Net's first stage; size: side of its square input in pixels, a multiple of 32. backbone_size: side of the
    backbone's copy of that input, one that the backbone takes.
    """

    backbone: str = "open_clip:ViT-B-16-quickgelu"
    fusion: Literal["global", "patch_tokens"] = "global"
    width: Annotated[int, Field(ge=1)] = 32
    size: Annotated[int, Field(ge=64, multiple_of=32)] = 512
    backbone_size: Annotated[int, Field(ge=32)] = 224


def _build(p: ClipFusionParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.adapter import IMAGENET_MEAN, IMAGENET_STD, TorchSegmenter
    from registry.networks.clip_fusion_network import FusionNetwork
    from registry.networks.unet_strided_network import stage_channels, strided_unet_decoder, strided_unet_encoder

    backbone = build_backbone(p, p.backbone_size, initialise, pooled=p.fusion == "global")
    mean, std = normalisation(p)
    factor = [own / theirs for own, theirs in zip(IMAGENET_STD, std, strict=True)]
    summand = [(own - theirs) / s for own, theirs, s in zip(IMAGENET_MEAN, mean, std, strict=True)]
    unet = strided_unet_encoder(p.width), strided_unet_decoder(p.width, len(classes))
    network = FusionNetwork(
        unet, stage_channels(p.width)[-1], backbone, backbone.channels, p.backbone_size, (factor, summand)
    )
    return TorchSegmenter(network, _geometry(p))


def _geometry(p: ClipFusionParameters) -> Geometry:
    return Geometry(p.size, p.size, "letterbox")


ENTRY = ModelEntry(
    version=1,
    summary="strided U-Net with the embedding (or the feature map) of a frozen CLIP at its bottleneck (CLIP-B)",
    source="Radford et al. 2021, arXiv:2103.00020 (CLIP); Isensee et al. 2021, doi:10.1038/s41592-020-01008-z",
    licence="Apache-2.0",
    parameters=ClipFusionParameters,
    build=_build,
    recipe=lambda _: RECIPE.model_copy(update={"batch_size": 16}),
    geometry=_geometry,
    identity=backbone_identity,
    pretraining=backbone_pretraining,
    weights_licence=backbone_licence,
    needs=backbone_needs,
    check=lambda p: check_backbone(p, p.backbone_size),
)
