"""The honest baseline: everything is background. Any score it reaches costs nothing."""

from registry.parameters import Parameters
from registry.segmenter import ModelEntry, Segmenter


class BackgroundParameters(Parameters):
    """None: there is nothing to choose."""


def _build(_: BackgroundParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.constant import ConstantSegmenter

    return ConstantSegmenter(label=0, classes=len(classes))


ENTRY = ModelEntry(
    version=1,
    summary="labels every pixel as background: the baseline that costs nothing",
    source="segbench",
    licence="Apache-2.0",
    parameters=BackgroundParameters,
    build=_build,
    baseline="only ever predicts background",
)
