"""A frozen pre-trained backbone as a parameter of a model: its keys, and its words for a report. Imports no torch."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from pydantic import field_validator

from registry.errors import BenchError, suggestion
from registry.parameters import Parameters
from registry.segmenter import Needed
from registry.weights import (
    PACKAGED,
    describe_weights,
    weights_file,
    weights_identity,
    weights_licence,
    weights_needed,
)

if TYPE_CHECKING:
    from registry.backbones.frozen_network import Backbone
    from registry.backbones.library import Library

PACKAGED_BACKBONE = "timm:tf_efficientnet_lite0"
DISTRIBUTIONS = {"open_clip": "open_clip_torch", "timm": "timm"}


class BackboneParameters(Parameters):
    """The keys of a model about its frozen backbone; a model's own parameters add to them.

    backbone: open_clip:NAME or timm:NAME, by that library's own name; timm's can have a tag (NAME.TAG).
    encoder_weights: none (random), hub, package (ImageNet, for timm:tf_efficientnet_lite0 alone) or the path of a
        state dict. The hub's are checked for the activation they were made with; a file does not state it, so that a
        CLIP whose file wants QuickGELU has to be named open_clip:NAME-quickgelu.
    tag: which of open_clip's weights; "": openai's, or the first that there are.
    norm: the mean and standard deviation the backbone was trained with, or ImageNet's.
    """

    backbone: str = "open_clip:ViT-B-32-quickgelu"
    encoder_weights: str = "hub"
    tag: str = ""
    norm: Literal["backbone", "imagenet"] = "backbone"

    @field_validator("backbone")
    @classmethod
    def _of_a_library(cls, backbone: str) -> str:
        library, _, name = backbone.partition(":")
        if library not in DISTRIBUTIONS:
            raise ValueError(
                f"give open_clip:NAME or timm:NAME, not '{backbone}'; {suggestion(library, DISTRIBUTIONS)}"
            )
        if not name:
            raise ValueError(f"give a name of {library}'s behind the colon, for instance {cls().backbone}")
        return backbone


def build_backbone(p: BackboneParameters, size: int, initialise: bool, *, pooled: bool = False) -> "Backbone":
    """Return the frozen backbone for images float [N, 3, size, size], normalised by `normalisation`.

    initialise: get the weights that `p` names; else they are random, for a checkpoint to follow.
    pooled: one vector for the image, [N, C, 1, 1], instead of the feature map [N, C, h, w]. CLIP's is its
    embedding in the space it shares with text, another backbone's the vector that its classifier would get.

    Raises:
        BenchError: no such backbone, not at this size, or its weights cannot be had.
    """
    from registry.backbones.frozen_network import Backbone

    library = _chosen(p)
    library.check(size)
    network = library.network(size, hub=initialise and p.encoder_weights == "hub")
    if initialise and (path := weights_file(p.encoder_weights)):
        library.load(network, path, by_position=p.encoder_weights == "package")
    return Backbone(network, library.pooled if pooled else library.feature_map, size, p.backbone)


def normalisation(p: BackboneParameters) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation (RGB scaled to 0..1) by which the backbone's images are normalised."""
    from registry.adapter import IMAGENET_MEAN, IMAGENET_STD

    return (IMAGENET_MEAN, IMAGENET_STD) if p.norm == "imagenet" else _chosen(p).normalisation()


def check_backbone(p: BackboneParameters, size: int) -> None:
    """Raise BenchError for a backbone, a size or weights that cannot be; fetches nothing and allocates nothing."""
    import torch

    if p.encoder_weights == "package" and p.backbone != PACKAGED_BACKBONE:
        raise BenchError(
            f"encoder_weights: package holds weights for {PACKAGED_BACKBONE} only, not for '{p.backbone}'; "
            "give none, hub or a path"
        )
    weights_file(p.encoder_weights)
    with torch.device("meta"):
        build_backbone(p, size, initialise=False)
    if p.encoder_weights == "hub":
        _chosen(p).needed()


def backbone_identity(p: BackboneParameters) -> dict[str, str]:
    """Return what decides the backbone's numbers besides the parameters: the library's major version, a file."""
    distribution = DISTRIBUTIONS[p.backbone.partition(":")[0]]
    try:
        library = version(distribution)
    except PackageNotFoundError:
        library = "missing"
    return {distribution: library.split(".")[0], **weights_identity(p.encoder_weights)}


def backbone_pretraining(p: BackboneParameters) -> str:
    """Return words for the report's column "pre-training"."""
    tag = _chosen(p).tag
    words = describe_weights(p.encoder_weights, f"{p.backbone} ({tag})" if tag else p.backbone, PACKAGED)
    return "none; the backbone is random and frozen" if p.encoder_weights == "none" else f"{words}; frozen"


def backbone_licence(p: BackboneParameters) -> str:
    """Return words for the report: under which licence the weights are."""
    return weights_licence(p.encoder_weights, lambda: _chosen(p).licence())


def backbone_needs(p: BackboneParameters) -> list[Needed]:
    """Return the file of weights that must come from elsewhere, for `bench fetch`."""
    return weights_needed(p.encoder_weights, lambda: [_chosen(p).needed()])


def _chosen(p: BackboneParameters) -> "Library":
    library, _, name = p.backbone.partition(":")
    if find_spec(library) is None:
        raise BenchError(f"backbone: {p.backbone} needs the package: pip install {DISTRIBUTIONS[library]}")
    if library == "timm":
        from registry.backbones.timm_library import Timm

        return Timm(name, p.tag)
    from registry.backbones.open_clip_library import OpenClip

    return OpenClip(name, p.tag)
