"""What needs segmentation-models-pytorch, timm and torch at hand."""

from collections.abc import Sequence
from typing import Any

import segmentation_models_pytorch as smp
import timm
from torch import nn

from registry.adapter import IMAGENET_MEAN, IMAGENET_STD
from registry.errors import BenchError, suggestion
from registry.weights import load_state, load_strictly, weights_file

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
    try:
        network: nn.Module = smp.create_model(arch, encoder, encoder_weights=hub, in_channels=3, classes=classes)
    except (OSError, ConnectionError) as error:
        raise BenchError(
            f"the hub's weights for {encoder} cannot be fetched ({type(error).__name__}); "
            "give encoder_weights: none, package or the path of a state dict"
        ) from error
    if path := weights_file(weights):
        _load_encoder(network, path, by_position=weights == "package")
    return network


def _hub_tag(encoder: str) -> str | bool:
    if encoder.startswith("tu-"):
        return True
    tags = list(smp.encoders.encoders[encoder]["pretrained_settings"])
    return "imagenet" if "imagenet" in tags else tags[0]


def _load_encoder(network: nn.Module, path: Any, *, by_position: bool) -> None:
    """Load a backbone's state dict; a classifier's head may be left over, nothing else.

    by_position: for the packaged EfficientNet-Lite0 alone, whose layers come in timm's order under other names.
    """
    encoder = network.encoder
    backbone = getattr(encoder, "model", encoder)
    assert isinstance(backbone, nn.Module)
    own, state = backbone.state_dict(), load_state(path)
    if by_position:
        shapes = [v.shape for v in list(state.values())[: len(own)]]
        if shapes != [v.shape for v in own.values()]:
            raise BenchError(f"{path} does not match the encoder: other names, and other shapes in their order")
        state = dict(zip(own, state.values(), strict=False))
    load_strictly(backbone, {k: state[k] for k in own if k in state}, str(path))


def normalisation(encoder: str, weights: str) -> tuple[Sequence[float], Sequence[float]]:
    """Return mean and standard deviation (RGB scaled to 0..1) that the encoder's weights were made with."""
    if weights == "package":
        return PACKAGED_MEAN, PACKAGED_STD
    if encoder.startswith("tu-"):
        config = timm.get_pretrained_cfg(encoder.removeprefix("tu-"))
        return (config.mean, config.std) if config else (IMAGENET_MEAN, IMAGENET_STD)
    settings = smp.encoders.encoders[encoder]["pretrained_settings"]
    tag = _hub_tag(encoder)
    own = settings.get(tag, {}) if weights == "hub" else {}
    if own and (own["input_space"], own["input_range"]) != ("RGB", [0, 1]):
        raise BenchError(
            f"the hub's weights for {encoder} want {own['input_space']} in {own['input_range']}, not RGB in 0..1"
        )
    return own.get("mean", IMAGENET_MEAN), own.get("std", IMAGENET_STD)
