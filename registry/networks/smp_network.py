"""What needs segmentation-models-pytorch, timm and torch at hand."""

import warnings
from collections.abc import Sequence
from contextlib import nullcontext

import segmentation_models_pytorch as smp
import timm
import torch
from timm.data.constants import (
    IMAGENET_DPN_MEAN,
    IMAGENET_DPN_STD,
    IMAGENET_INCEPTION_MEAN,
    IMAGENET_INCEPTION_STD,
)
from torch import nn

from registry.adapter import IMAGENET_MEAN, IMAGENET_STD
from registry.backbones.timm_library import tensor_names
from registry.errors import BenchError, suggestion
from registry.hub import fetched, hub_needed, megabytes_of, timm_licence, timm_needed
from registry.networks.trial import Build, fault, size_that_works, that_work
from registry.segmenter import Needed
from registry.weights import load_backbone, weights_file

Normalisation = tuple[Sequence[float], Sequence[float]]
PACKAGED: Normalisation = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
IMAGENET: Normalisation = IMAGENET_MEAN, IMAGENET_STD
DPN: Normalisation = IMAGENET_DPN_MEAN, IMAGENET_DPN_STD
INCEPTION: Normalisation = IMAGENET_INCEPTION_MEAN, IMAGENET_INCEPTION_STD
USUAL = ("resnet34", "tu-resnet34", "mit_b0")  # encoders to propose: every architecture takes one of them
FAMILIES: dict[str, Normalisation] = {
    "densenet": IMAGENET,
    "dpn": DPN,
    "efficientnet-": IMAGENET,
    "inception": INCEPTION,
    "mit_": IMAGENET,
    "mobilenet_v2": IMAGENET,
    "mobileone_": IMAGENET,
    "resnet": IMAGENET,
    "resnext": IMAGENET,
    "se_res": IMAGENET,
    "senet": IMAGENET,
    "timm-efficientnet-": IMAGENET,
    "timm-skres": IMAGENET,
    "timm-tf_efficientnet_lite": INCEPTION,
    "vgg": IMAGENET,
    "xception": INCEPTION,
}
"""How smp's own encoders begin, and what the hub's weights of each were made with: the table `pretrained_settings`
of smp 0.4.0, the last release to have it in the package. All want RGB in 0..1."""


def check_encoder(encoder: str) -> None:
    """Raise BenchError, with a suggestion, for an encoder that neither smp nor timm knows."""
    own, timms = list(smp.encoders.encoders), [f"tu-{name}" for name in timm.list_models()]
    if encoder not in own and encoder not in timms:
        near = suggestion(encoder, timms if encoder.startswith("tu-") else own)
        raise BenchError(f"smp has no encoder '{encoder}'; {near}")


def check_pair(arch: str, encoder: str, size: int) -> None:
    """Refuse an architecture that cannot use an encoder, or not with images of this size.

    Raises:
        BenchError: that is so; the line has a size, or architectures and encoders, that work.
    """

    def build(arch: str, encoder: str) -> Build:
        return lambda side: build_network(arch, encoder, "none", 2, side)

    reason = fault(build(arch, encoder), size)
    if reason is None:
        return
    if other := size_that_works(build(arch, encoder), size):
        raise BenchError(
            f"size: smp's {arch} on {encoder} takes no images of {size} x {size} pixels ({reason}); give size: {other}"
        )
    archs = that_work(sorted(smp.MODEL_ARCHITECTURES_MAPPING), lambda name: build(name, encoder), size)
    encoders = that_work(USUAL, lambda name: build(arch, name), size, 1)
    remedies = [f"{key}: {names}" for key, names in (("arch", archs), ("encoder", encoders)) if names]
    raise BenchError(f"encoder: smp's {arch} cannot use {encoder} ({reason}); give {' or '.join(remedies)}")


def build_network(arch: str, encoder: str, weights: str, classes: int, size: int) -> nn.Module:
    """Return smp's network with `classes` output channels; `weights` initialise its encoder.

    size: side of its square input; a timm model of one size is made for this one.
    """
    hub = _hub_tag(encoder) if weights == "hub" else None
    fixed = {"img_size": size} if _of_one_size(encoder) not in (None, size) else {}
    with fetched(*hub_files(encoder)) if hub else nullcontext(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Encoder does not have prefix tokens")  # DPT then has nothing to read out
        network: nn.Module = smp.create_model(
            arch, encoder, encoder_weights=hub, in_channels=3, classes=classes, **fixed
        )
    if path := weights_file(weights):
        assert isinstance(network.encoder, nn.Module)
        backbone = getattr(network.encoder, "model", network.encoder)  # a timm model sits inside smp's wrapper
        assert isinstance(backbone, nn.Module)
        whole = tensor_names(encoder.removeprefix("tu-")) if encoder.startswith("tu-") else ()
        load_backbone(backbone, path, by_position=weights == "package", whole=whole)
    return network


def _of_one_size(encoder: str) -> int | None:
    """Return the size that a timm model is made for, if it takes no other; None: it takes any."""
    config = timm.get_pretrained_cfg(encoder.removeprefix("tu-")) if encoder.startswith("tu-") else None
    return config.input_size[-1] if config and config.fixed_input_size else None


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


def hub_licence(encoder: str) -> str:
    """Return words for the licence of the hub's weights."""
    if encoder.startswith("tu-"):
        return timm_licence(encoder.removeprefix("tu-"))
    return f"see {_smp_file(encoder, 'config.json', 0.001).source}"


def normalisation(encoder: str, weights: str) -> Normalisation:
    """Return mean and standard deviation (RGB scaled to 0..1) that the encoder's weights were made with.

    Needs no network, so that a checkpoint can be evaluated without one. Of an encoder that a later smp brings,
    the hub alone knows them, in a small file beside the weights.

    Raises:
        BenchError: this small file is neither there nor to be had.
    """
    if weights == "package":
        return PACKAGED
    if encoder.startswith("tu-"):
        config = timm.get_pretrained_cfg(encoder.removeprefix("tu-"))
        return (config.mean, config.std) if config else IMAGENET
    if weights != "hub":
        return IMAGENET
    if known := [own for family, own in FAMILIES.items() if encoder.startswith(family)]:
        return known[0]
    return _published(encoder)


def _published(encoder: str) -> Normalisation:
    with fetched(_smp_file(encoder, "config.json", 0.001)):
        own = smp.encoders.get_preprocessing_params(encoder, _hub_tag(encoder))
    if (own["input_space"], own["input_range"]) != ("RGB", [0, 1]):
        raise BenchError(
            f"the hub's weights for {encoder} want {own['input_space']} in {own['input_range']}, not RGB in 0..1"
        )
    return own["mean"], own["std"]
