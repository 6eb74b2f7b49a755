"""Any architecture and encoder of segmentation-models-pytorch."""

import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from registry.errors import BenchError, suggestion
from registry.parameters import Parameters
from registry.recipe import Recipe
from registry.segmenter import Geometry, ModelEntry, Needed, Segmenter
from registry.weights import PACKAGED, describe_weights, weights_identity, weights_licence, weights_needed

PACKAGED_ENCODER = "tu-tf_efficientnet_lite0"


def architectures() -> list[str]:
    """Return smp's architectures as its own import lines name them, without importing it (and torch)."""
    spec = find_spec("segmentation_models_pytorch")
    text = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    lines = re.findall(r"^from \.decoders\.\w+ import (.+)$", text, flags=re.MULTILINE)
    return sorted(name.strip().lower() for line in lines for name in line.split(","))


class SmpParameters(Parameters):
    """arch, encoder: smp's names; encoder_weights: none, hub, package or the path of a state dict.

    size: side of the square input in pixels. `package` holds ImageNet weights for the encoder
    tu-tf_efficientnet_lite0 alone.
    """

    arch: str = "unet"
    encoder: str = "resnet34"
    encoder_weights: str = "none"
    size: Annotated[int, Field(ge=32, multiple_of=32)] = 224

    @field_validator("arch")
    @classmethod
    def _known(cls, arch: str) -> str:
        if arch not in (known := architectures()):
            raise ValueError(f"smp has no architecture '{arch}'; {suggestion(arch, known, limit=20)}")
        return arch


def _build(p: SmpParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.adapter import TorchSegmenter
    from registry.networks.smp_network import build_network, normalisation

    network = build_network(p.arch, p.encoder, p.encoder_weights if initialise else "none", len(classes), p.size)
    mean, std = normalisation(p.encoder, p.encoder_weights)
    return TorchSegmenter(network, _geometry(p), mean=mean, std=std)


def _geometry(p: SmpParameters) -> Geometry:
    return Geometry(p.size, p.size, "stretch")


def _recipe(_: SmpParameters) -> Recipe:
    return Recipe(
        epochs=12,
        optimizer="adamw",
        learning_rate=1e-3,
        weight_decay=1e-2,
        schedule="one_cycle",
        batch_size=8,
    )


def _check(p: SmpParameters) -> None:
    from registry.networks.smp_network import check_encoder, check_pair

    check_encoder(p.encoder)
    check_pair(p.arch, p.encoder, p.size)
    if p.encoder_weights == "package" and p.encoder != PACKAGED_ENCODER:
        raise BenchError(
            f"encoder_weights: package holds weights for {PACKAGED_ENCODER} only, not for '{p.encoder}'; "
            "give none, hub or a path"
        )
    weights_identity(p.encoder_weights)


def _needs(p: SmpParameters) -> list[Needed]:
    from registry.networks.smp_network import hub_files

    return weights_needed(p.encoder_weights, lambda: hub_files(p.encoder))


def _identity(p: SmpParameters) -> dict[str, str]:
    try:
        library = version("segmentation-models-pytorch")
    except PackageNotFoundError:
        library = "missing"
    return {"smp": library.split(".")[0], **weights_identity(p.encoder_weights)}


def _licence(p: SmpParameters) -> str:
    def of_hub() -> str:
        from registry.networks.smp_network import hub_licence

        return hub_licence(p.encoder)

    return weights_licence(p.encoder_weights, of_hub)


ENTRY = ModelEntry(
    version=1,
    summary="any architecture and encoder of segmentation-models-pytorch",
    source="segmentation-models-pytorch (P. Iakubovskii), github.com/qubvel-org/segmentation_models.pytorch",
    licence="MIT",
    parameters=SmpParameters,
    build=_build,
    recipe=_recipe,
    geometry=_geometry,
    identity=_identity,
    pretraining=lambda p: describe_weights(p.encoder_weights, p.encoder, PACKAGED),
    weights_licence=_licence,
    needs=_needs,
    check=_check,
)
