"""SAM2 trained from scratch on the suite's images: a class-agnostic mask for a click, a box or a mask.

The report's network drops paths of its trunk at random in training, at a rate of .1; this one drops none, since
transformers' Hiera cannot.
"""

from registry.networks.sam2_entry import LICENCE, PROMPTS, SEED_001, SOURCE, Side, geometry
from registry.networks.sam2_variants import Variant
from registry.networks.sam2_weights import library_identity
from registry.networks.transformers_files import needs_transformers
from registry.parameters import Parameters
from registry.recipe import Recipe
from registry.segmenter import ModelEntry, Segmenter


class Sam2Parameters(Parameters):
    """variant: one of the published sizes, or mini and micro for machines without a GPU.

    size: side of the square input in pixels. multimask: predict the best of three masks by the model's own
    estimate; false: its single mask. The defaults are the report's model: Hiera-B+ at 256.
    """

    variant: Variant = "base_plus"
    size: Side = 256
    multimask: bool = True


def _build(p: Sam2Parameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.sam2_network import from_scratch
    from registry.networks.sam2_segmenter import Sam2Segmenter
    from registry.networks.sam2_variants import configuration

    network = from_scratch(configuration(p.variant, p.size))
    return Sam2Segmenter(network, p.size, "sam2", multimask=p.multimask)


def _recipe(p: Sam2Parameters) -> Recipe:
    """Return the report's recipe; the two small ones learn in minutes at a rate of their own."""
    if p.variant in ("micro", "mini"):
        return SEED_001.model_copy(update={"batch_size": 4, "learning_rate": 5e-4, "gradient_clip": 1.0})
    return SEED_001


ENTRY = ModelEntry(
    version=1,
    summary="SAM2 (image part) from scratch: an object's mask for a click, a box or a mask",
    source=SOURCE,
    licence=LICENCE,
    parameters=Sam2Parameters,
    build=_build,
    recipe=_recipe,
    geometry=geometry,
    prompts=PROMPTS,
    prediction_only=("multimask",),
    task=lambda _: "binary",
    identity=lambda _: library_identity(),
    check=lambda _: needs_transformers("sam2"),
)
