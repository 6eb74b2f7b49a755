"""The segmentation networks of torchvision with a new last layer."""

from importlib.metadata import version
from typing import Annotated, Literal

from pydantic import Field

from registry.networks.given_files import content_hash, users_file
from registry.parameters import Parameters
from registry.recipe import Recipe
from registry.regular_files import users_path
from registry.segmenter import Geometry, ModelEntry, Needed, Segmenter
from registry.weights import weights_needed

WORDS = {
    "none": "none",
    "backbone": "ImageNet (backbone only), torchvision's weights",
    "hub": "COCO with the labels of Pascal VOC, torchvision's weights",
}


class TorchvisionParameters(Parameters):
    """arch: torchvision's name. weights, all but the last layer's, which is always new:

    none; backbone: torchvision's ImageNet weights of the backbone; hub: torchvision's weights of the whole network,
    trained on COCO; or the path of a state dict of the network or of its backbone. size: side of the square input
    in pixels.
    """

    arch: Literal[
        "deeplabv3_mobilenet_v3_large",
        "deeplabv3_resnet50",
        "deeplabv3_resnet101",
        "fcn_resnet50",
        "fcn_resnet101",
        "lraspp_mobilenet_v3_large",
    ] = "lraspp_mobilenet_v3_large"
    weights: str = "none"
    size: Annotated[int, Field(ge=32)] = 224


def _build(p: TorchvisionParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.adapter import TorchSegmenter
    from registry.networks.torchvision_network import build_network

    network = build_network(p.arch, p.weights if initialise else "none", len(classes))
    return TorchSegmenter(network, _geometry(p))  # all of torchvision's weights here are made with ImageNet's mean


def _geometry(p: TorchvisionParameters) -> Geometry:
    return Geometry(p.size, p.size, "stretch")


def _recipe(_: TorchvisionParameters) -> Recipe:
    return Recipe(
        epochs=12,
        optimizer="adamw",
        learning_rate=5e-4,
        weight_decay=1e-2,
        schedule="one_cycle",
        batch_size=8,
    )


def _needs(p: TorchvisionParameters) -> list[Needed]:
    if p.weights == "none":
        return []
    if p.weights not in WORDS:
        path = users_path(p.weights).absolute()  # so that it is none of the words that other models know
        return weights_needed(str(path), list, "weights")
    from registry.networks.torchvision_network import published_file

    return [published_file(p.arch, p.weights)]


def _identity(p: TorchvisionParameters) -> dict[str, str]:
    allowed = "none, backbone, hub or a path"
    own = p.weights if p.weights in WORDS else content_hash([users_file(p.weights, "weights", allowed)])
    return {"torchvision": version("torchvision").split(".")[0], "weights": own}


def _check(p: TorchvisionParameters) -> None:
    _identity(p)


def _licence(p: TorchvisionParameters) -> str:
    if p.weights == "none":
        return ""
    return "not stated by torchvision, whose code is BSD-3-Clause" if p.weights in WORDS else "that of the file"


ENTRY = ModelEntry(
    version=1,
    summary="the segmentation networks of torchvision: DeepLabv3, FCN, LR-ASPP",
    source="torchvision, github.com/pytorch/vision",
    licence="BSD-3-Clause",
    parameters=TorchvisionParameters,
    build=_build,
    recipe=_recipe,
    geometry=_geometry,
    identity=_identity,
    pretraining=lambda p: WORDS.get(p.weights, f"the file {p.weights.rpartition('/')[2]}"),
    weights_licence=_licence,
    needs=_needs,
    check=_check,
)
