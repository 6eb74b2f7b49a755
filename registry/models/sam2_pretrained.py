"""SAM2.1 with its published weights, as they are: nothing is trained."""

from registry.networks.sam2_entry import LICENCE, PROMPTS, SOURCE, Side, geometry
from registry.networks.sam2_variants import Published, repository
from registry.networks.sam2_weights import (
    WEIGHTS,
    hub_file,
    library_identity,
    local_folder,
    weights_folder,
    weights_identity,
)
from registry.networks.transformers_files import needs_transformers
from registry.parameters import Parameters
from registry.segmenter import ModelEntry, Needed, Segmenter
from registry.weights import load_state


class Sam2PretrainedParameters(Parameters):
    """variant: the published size; weights: hub, or a folder made by save_pretrained, which decides the size itself.

    size: side of the square input in pixels; the published weights were made with 1024. multimask: predict
    the best of three masks by the model's own estimate; false: its single mask.
    """

    variant: Published = "tiny"
    weights: str = "hub"
    size: Side = 1024
    multimask: bool = True


def build(p: Sam2PretrainedParameters, initialise: bool, name: str) -> Segmenter:
    """Return the segmenter with the published weights, or without `initialise` with random ones to load over."""
    from registry.networks.sam2_network import from_scratch, load_configuration, load_network
    from registry.networks.sam2_segmenter import Sam2Segmenter
    from registry.networks.sam2_variants import configuration

    folder = local_folder(p.weights)
    config = configuration(p.variant, p.size) if folder is None else load_configuration(folder, p.size)
    network = load_network(weights_folder(p.weights, p.variant), config) if initialise else from_scratch(config)
    return Sam2Segmenter(network, p.size, name, multimask=p.multimask)


def _check(p: Sam2PretrainedParameters) -> None:
    """Raise BenchError for a missing library or folder, and for a folder with a file that cannot be read."""
    needs_transformers("sam2")
    if (folder := local_folder(p.weights)) is not None:
        from registry.networks.sam2_network import load_configuration

        load_configuration(folder, p.size)
        load_state(folder / WEIGHTS)


def _needs(p: Sam2PretrainedParameters) -> list[Needed]:
    """Return the hub's file, unless the weights are the user's own."""
    return [hub_file(p.variant)] if p.weights == "hub" else []


def _identity(p: Sam2PretrainedParameters) -> dict[str, str]:
    """Return the library's major version and what the weights are."""
    return {**library_identity(), **weights_identity(p.weights, p.variant)}


def _describe(p: Sam2PretrainedParameters) -> str:
    """Return words for the report's column "pre-training"."""
    if p.weights == "hub":
        return f"SA-1B and SA-V, {repository(p.variant)}"
    return "the user's own weights of SAM2"


def _weights_licence(p: Sam2PretrainedParameters) -> str:
    """Return the licence of the published weights; "" for the user's own."""
    return LICENCE if p.weights == "hub" else ""


ENTRY = ModelEntry(
    version=1,
    summary="SAM2.1 (image part) with its published weights, as they are",
    source=SOURCE,
    licence=LICENCE,
    parameters=Sam2PretrainedParameters,
    build=lambda p, classes, initialise: build(p, initialise, name="sam2_pretrained"),
    geometry=geometry,
    prompts=PROMPTS,
    task=lambda _: "binary",
    identity=_identity,
    pretraining=_describe,
    weights_licence=_weights_licence,
    needs=_needs,
    check=_check,
)
