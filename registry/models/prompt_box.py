"""The prompt's box, filled: what a box alone is worth. It never reads the image."""

from registry.parameters import Parameters
from registry.segmenter import ModelEntry, Segmenter


class PromptBoxParameters(Parameters):
    """None: there is nothing to choose."""


def _build(_: PromptBoxParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.prompt_shapes import PromptBox

    return PromptBox()


ENTRY = ModelEntry(
    version=1,
    summary="predicts the prompt's box, filled: the baseline of every model that is given a box",
    source="segbench",
    licence="Apache-2.0",
    parameters=PromptBoxParameters,
    build=_build,
    prompts=("gt_box", "full_box"),
    task=lambda _: "binary",
    baseline="only fills the box of its prompt",
)
