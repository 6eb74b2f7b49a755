"""What the entries of SAM2 share. Imports nothing heavy."""

from typing import Annotated, Any

from pydantic import Field

from registry.models._sam2_variants import Published, repository
from registry.models._sam2_weights import (
    WEIGHTS,
    check_library,
    hub_file,
    library_identity,
    local_folder,
    weights_folder,
    weights_identity,
)
from registry.parameters import Parameters
from registry.recipe import FLIP_ONLY, Recipe
from registry.segmenter import Geometry, Needed, Segmenter
from registry.weights import load_state

SOURCE = "Ravi et al., SAM 2: Segment Anything in Images and Videos (2024), through Hugging Face's transformers"
LICENCE = "Apache-2.0"
PROMPTS = ("gt_centroid", "gt_random_pixel", "image_center", "gt_box", "full_box")
Side = Annotated[int, Field(ge=64, multiple_of=32)]

SEED_001 = Recipe(
    epochs=40,
    batch_size=1,
    optimizer="adamw",
    learning_rate=5e-6,
    weight_decay=0.01,
    gradient_clip=0.1,
    schedule="constant",
    loss="focal_dice_iou",
    augmentation=FLIP_ONLY,
)
"""The report's: AdamW at a constant 5e-6, clipped at 0.1, one picture a step, flips alone."""


class PretrainedParameters(Parameters):
    """variant: the published size; weights: hub, or a folder made by save_pretrained, which decides the size itself.

    size: side of the square input in pixels; the published weights were made with 1024. multimask: answer with
    the best of three masks by the model's own estimate; false: with its single mask.
    """

    variant: Published = "tiny"
    weights: str = "hub"
    size: Side = 1024
    multimask: bool = True


def geometry(p: Any) -> Geometry:
    """Return the stretched square input."""
    return Geometry(p.size, p.size, "stretch")


def build_pretrained(p: PretrainedParameters, initialise: bool, name: str) -> Segmenter:
    """Return the segmenter with the published weights, or without `initialise` with random ones to load over."""
    from registry.models._sam2_network import from_scratch, load_configuration, load_network
    from registry.models._sam2_segmenter import Sam2Segmenter
    from registry.models._sam2_variants import configuration

    folder = local_folder(p.weights)
    config = configuration(p.variant, p.size) if folder is None else load_configuration(folder, p.size)
    network = load_network(weights_folder(p.weights, p.variant), config) if initialise else from_scratch(config)
    return Sam2Segmenter(network, p.size, name, multimask=p.multimask)


def check_pretrained(p: PretrainedParameters) -> None:
    """Raise BenchError for a missing library or folder, and for a folder with a file that cannot be read."""
    check_library()
    if (folder := local_folder(p.weights)) is not None:
        from registry.models._sam2_network import load_configuration

        load_configuration(folder, p.size)
        load_state(folder / WEIGHTS)


def needs_pretrained(p: PretrainedParameters) -> list[Needed]:
    """Return the hub's file, unless the weights are the user's own."""
    return [hub_file(p.variant)] if p.weights == "hub" else []


def identity_pretrained(p: PretrainedParameters) -> dict[str, str]:
    """Return the library's major version and what the weights are."""
    return {**library_identity(), **weights_identity(p.weights, p.variant)}


def describe_pretrained(p: PretrainedParameters) -> str:
    """Return words for the report's column "pre-training"."""
    if p.weights == "hub":
        return f"SA-1B and SA-V, {repository(p.variant)}"
    return "the user's own weights of SAM2"


def weights_licence(p: PretrainedParameters) -> str:
    """Return the licence of the published weights; nobody knows that of the user's own."""
    return LICENCE if p.weights == "hub" else ""
