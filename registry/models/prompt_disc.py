"""A disc around the prompt's point: what a click alone is worth. It never reads the image."""

from typing import Annotated

from pydantic import Field

from registry.parameters import Parameters
from registry.segmenter import ModelEntry, Segmenter


class PromptDiscParameters(Parameters):
    """radius: as a share of the image's short side.

    The default is what fits training images of the Oxford-IIIT Pet data set best (centroid, 199 images, mean
    Dice 0.72; tried 0.2, 0.25, …, 0.55), so that the baseline is no weaker than a disc has to be.
    """

    radius: Annotated[float, Field(gt=0, le=2)] = 0.4


def _build(p: PromptDiscParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.prompt_shapes import PromptDisc

    return PromptDisc(p.radius)


ENTRY = ModelEntry(
    version=1,
    summary="predicts a disc around the prompt's point: the baseline of every model that is given a click",
    source="segbench",
    licence="Apache-2.0",
    parameters=PromptDiscParameters,
    build=_build,
    prompts=("gt_centroid", "gt_random_pixel", "image_center"),
    task=lambda _: "binary",
    baseline="only draws a disc around the point of its prompt",
)
