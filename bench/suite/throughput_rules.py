"""A suite's `throughput`: what of each model's speed is measured, and for how long."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from registry.parameters import Parameters
from registry.segmenter import Size

Scenario = Literal["single_stream", "offline", "server"]
Variant = Literal[
    "fp32", "fp32_channels_last", "bf16", "bf16_channels_last", "fp16", "fp16_channels_last", "tf32", "compile"
]
Side = Annotated[int, Field(ge=1)]
BatchSize = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ThroughputRules(Parameters):
    """What is timed of every model of a suite on each of its data sets.

    scenarios: `single_stream` predicts one image at a time, `offline` batches, `server` what has arrived by then; how
    long each stage takes is measured beside them. batch_sizes: of `offline`; `auto` searches for the best one.
    sizes: of the network's input, [height, width] in pixels, or `model`: its own. variants: how the network is run;
    null: at the precision that the suite's scores have, and in fp32. seconds: of each measurement, at least.
    latency_bound_ms: of `server`, what the 99th percentile of its latencies must stay under.
    """

    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1)] = ("single_stream", "offline", "server")
    batch_sizes: Literal["auto"] | Annotated[tuple[BatchSize, ...], Field(min_length=1)] = (1, 2, 4, 8, 16, 32, 64)
    sizes: Annotated[tuple[Literal["model"] | tuple[Side, Side], ...], Field(min_length=1)] = ("model",)
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)] | None = None
    seconds: Positive = 10.0
    latency_bound_ms: Positive = 50.0

    @field_validator("scenarios", "batch_sizes", "sizes", "variants")
    @classmethod
    def _once(cls, given: object) -> object:
        """Refuse what stands twice."""
        if isinstance(given, tuple):
            for i, one in enumerate(given):
                if one in given[:i]:
                    words = list(one) if isinstance(one, tuple) else one
                    raise ValueError(f"{words} stands twice; keep one")
        return given

    @property
    def input_sizes(self) -> tuple[Size | None, ...]:
        """The sizes of the network's input; None: the model's own."""
        return tuple(None if one == "model" else Size(*one) for one in self.sizes)

    @property
    def largest_batch(self) -> int:
        """The most images that `server` predicts at once."""
        return 64 if self.batch_sizes == "auto" else max(self.batch_sizes)
