"""The measurements of a model's speed that a suite asks for, in groups that are measured together."""

from typing import Literal, NamedTuple

from registry.segmenter import Size


class Timing(NamedTuple):
    """One measurement: a scenario, a variant of the network, and the key of its file.

    scenario: `single_stream`, `offline`, `server` or `stages`. variant: a precision as `TorchSegmenter.place` calls
    it, `tf32`, `compile`, or `exact` for a model without a network. size: of the network's input; None: the model's
    own. batch_size: images in a call; `auto`: the best is searched for; of `server`: the most that are predicted at
    once.
    """

    scenario: str
    variant: str
    size: Size | None
    batch_size: int | Literal["auto"]
    key: str


class TimingGroup(NamedTuple):
    """Measurements that differ in their variant alone: their calls are interleaved in rounds."""

    scenario: str
    size: Size | None
    batch_size: int | Literal["auto"]
    timings: tuple[Timing, ...]
