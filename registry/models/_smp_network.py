"""What needs segmentation-models-pytorch, timm and torch at hand."""

from collections.abc import Sequence
from contextlib import nullcontext

import segmentation_models_pytorch as smp
import timm
import torch
from torch import nn

from registry.adapter import IMAGENET_MEAN, IMAGENET_STD
from registry.errors import BenchError, suggestion
from registry.hub import fetched, hub_needed, megabytes_of, timm_needed
from registry.segmenter import Needed
from registry.weights import load_backbone, weights_file

PACKAGED_MEAN = PACKAGED_STD = (0.5, 0.5, 0.5)


def check_encoder(encoder: str) -> None:
    """Raise BenchError, with a suggestion, for an encoder that neither smp nor timm knows."""
    own, timms = list(smp.encoders.encoders), [f"tu-{name}" for name in timm.list_models()]
    if encoder not in own and encoder not in timms:
        near = suggestion(encoder, timms if encoder.startswith("tu-") else own)
        raise BenchError(f"smp has no encoder '{encoder}'; {near}")


def build_network(arch: str, encoder: str, weights: str, classes: int) -> nn.Module:
    """Return smp's network with `classes` output channels; `weights` initialise its encoder."""
    hub = _hub_tag(encoder) if weights == "hub" else None
    with fetched(*hub_files(encoder)) if hub else nullcontext():
        network: nn.Module = smp.create_model(arch, encoder, encoder_weights=hub, in_channels=3, classes=classes)
    if path := weights_file(weights):
        assert isinstance(network.encoder, nn.Module)
        backbone = getattr(network.encoder, "model", network.encoder)  # a timm model sits inside smp's wrapper
        assert isinstance(backbone, nn.Module)
        load_backbone(backbone, path, by_position=weights == "package")
    return network


def hub_files(encoder: str) -> list[Needed]:
    """Return the hub's files behind `encoder_weights: hub`; raise BenchError for an unknown encoder."""
    check_encoder(encoder)
    if encoder.startswith("tu-"):
        return [timm_needed(encoder.removeprefix("tu-"), "encoder_weights")]
    with torch.device("meta"):
        megabytes = megabytes_of(smp.encoders.get_encoder(encoder, weights=None))
    return [_smp_file(encoder, "config.json", 0.001), _smp_file(encoder, "model.safetensors", megabytes)]


def _smp_file(encoder: str, file: str, megabytes: float) -> Needed:
    settings = smp.encoders.encoders[encoder]["pretrained_settings"][_hub_tag(encoder)]
    key = "encoder_weights" if file.endswith(".safetensors") else None
    return hub_needed(
        f"smp's weights of {encoder}", settings["repo_id"], file, megabytes, key, revision=settings["revision"]
    )


def _hub_tag(encoder: str) -> str | bool:
    if encoder.startswith("tu-"):
        return True
    tags = list(smp.encoders.encoders[encoder]["pretrained_settings"])
    return "imagenet" if "imagenet" in tags else tags[0]


def normalisation(encoder: str, weights: str) -> tuple[Sequence[float], Sequence[float]]:
    """Return mean and standard deviation (RGB scaled to 0..1) that the encoder's weights were made with."""
    if weights == "package":
        return PACKAGED_MEAN, PACKAGED_STD
    if encoder.startswith("tu-"):
        config = timm.get_pretrained_cfg(encoder.removeprefix("tu-"))
        return (config.mean, config.std) if config else (IMAGENET_MEAN, IMAGENET_STD)
    if weights != "hub":
        return IMAGENET_MEAN, IMAGENET_STD
    with fetched(_smp_file(encoder, "config.json", 0.001)):
        own = smp.encoders.get_preprocessing_params(encoder, _hub_tag(encoder))
    if (own["input_space"], own["input_range"]) != ("RGB", [0, 1]):
        raise BenchError(
            f"the hub's weights for {encoder} want {own['input_space']} in {own['input_range']}, not RGB in 0..1"
        )
    return own["mean"], own["std"]
