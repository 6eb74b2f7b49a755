"""What is known of one measurement of a model's speed: its raw samples, and the facts beside them."""

from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from bench.record.model_record import Part

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Samples(NamedTuple):
    """One line a sample, N of them, in the order of measuring; none where a measurement failed.

    path: what took the time: `network`, `predict`, `end_to_end`, or a stage (`decode`, `perturb`, `preprocess`,
    `to_device`, `encode_image`, `decode_prompt`, `resize_argmax`, `to_host`). round: of the interleaved variants.
    call: its number in the measurement; the samples of one call share it. ns: nanoseconds. rate: of `server`: the
    arrivals per second that were tried; None for every other scenario.
    """

    path: "NDArray[np.str_]"
    round: "NDArray[np.int32]"
    call: "NDArray[np.int32]"
    ns: "NDArray[np.int64]"
    rate: "NDArray[np.float64] | None" = None


class TimingRecord(Part):
    """The facts of one measurement; what follows from its samples is computed from them.

    variant: as in the plan; precision: the one that it runs at. height, width: of the network's input in pixels; None
    for a model that takes images as they are. batch_size: images in a call, the one that was found where it was
    searched for; of `server` the most at once. rate_per_second: of `server`, the highest rate that kept the bound;
    None: no rate did. macs: multiply-accumulates of one image. peak_gflop_per_second, peak_gb_per_second: of this
    machine, measured in the same run: a matrix product in this precision, and a copy. bytes_per_image: what the
    network's operations read and write, one by one and without caches: the most. allocator_mib, process_mib: the peaks
    of CUDA's allocator and of the process. agreement: share of pixels whose label is that of fp32. device: `cpu`,
    `cuda:0`; processor: its name. load_before: the system's average
    before the start. other_cpu_share: of all cores' time, 0..1, what other processes took. clock_mhz_*, temperature_*
    (degrees Celsius), power_limit_w, throttled (the reasons; "no": none): of an NVIDIA device. caution: what a reader
    has to know. failed: why there are no samples.
    """

    dataset: str
    model: str
    scenario: str
    variant: str
    precision: str | None = None
    height: int | None = None
    width: int | None = None
    batch_size: int | None = Field(default=None, ge=1)
    warm_up_calls: int | None = None
    rate_per_second: float | None = None
    latency_bound_ms: float | None = None
    parameters: int | None = None
    macs: int | None = None
    peak_gflop_per_second: float | None = None
    peak_gb_per_second: float | None = None
    bytes_per_image: float | None = None
    allocator_mib: float | None = None
    process_mib: float | None = None
    joules_per_image: float | None = None
    agreement: float | None = None
    device: str | None = None
    processor: str | None = None
    cores: int | None = None
    threads: int | None = None
    torch: str | None = None
    load_before: float | None = None
    other_cpu_share: float | None = None
    clock_mhz_before: float | None = None
    clock_mhz_after: float | None = None
    temperature_before: float | None = None
    temperature_after: float | None = None
    power_limit_w: float | None = None
    throttled: str | None = None
    caution: str = ""
    failed: str = ""
