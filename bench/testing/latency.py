"""`latency_check` for a user's own model in a pytest suite, and what pytest-benchmark's files hold beside its own."""

import time
import warnings
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Literal

from bench.metrics.latency import TOO_SMALL, percentiles
from bench.testing.limits import check_limits, faults, unproven
from registry.errors import BenchError

if TYPE_CHECKING:
    from bench.api.model_objects import Output
    from registry.prompts import Prompt
    from registry.segmenter import Mode, Segmenter

WARM_UP_CALLS, WARM_UP_SECONDS = 2, 0.3
"""Untimed calls: at least so many, and at least so long."""
MEANS = "a round is several calls"
"""What stands in place of the percentiles of a function so fast that pytest-benchmark times several calls at once."""


def latency_check(
    benchmark: Any,
    model: Any,
    *,
    images: Sequence[Any],
    prompts: "Sequence[Prompt | None] | None" = None,
    classes: int | None = None,
    size: int | tuple[int, int] | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    mode: "Mode" = "stretch",
    output: "Output" = "logits",
    batch_size: int = 1,
    precision: Literal["fp32", "bf16", "fp16"] = "fp32",
    device: str = "auto",
    p50_ms: float | None = None,
    p90_ms: float | None = None,
    p99_ms: float | None = None,
) -> dict[str, Any]:
    """Time a model's predictions with pytest-benchmark; fail where they are certainly slower than a limit.

    A call takes `batch_size` decoded images from host memory to labels at their own sizes in host memory:
    pre-processing, the network, resizing and argmax, with CUDA synchronised. The images are taken in turn, over and
    over. Untimed calls come first. How many calls are timed is pytest-benchmark's to say: `--benchmark-max-time` (1
    second) or `@pytest.mark.benchmark(max_time=...)`, and 5 at least. A p99 needs 662 calls, a p90 64, a p50 11.

    A limit fails when so many calls took longer that, were the percentile under the limit, it would happen in at most
    1 % of all checks: a failing check is certain, a passing one need not be. With `--benchmark-disable` there is one
    call, and no limit is checked.

    Args:
        benchmark: the fixture of pytest-benchmark.
        model: a torch `nn.Module` that turns normalised images [N, 3, h, w] into scores [N, C, h', w'] (with size, mean
            and std); a function of one image, uint8 RGB [H, W, 3], to labels [H, W] or scores [C, h, w] (with
            classes); or a `registry.Segmenter`. It keeps its own device, precision and mode.
        images: RGB as uint8: arrays [H, W, 3], tensors [3, H, W] or PIL images; sizes may differ.
        prompts: one (or None) for each image, for a promptable model.
        classes: how many classes a function tells apart; of the other models it is known.
        size, mean, std, mode, output: see `bench.evaluate`.
        batch_size: images in a call.
        precision: of a network; on a model without one it has no effect.
        device: auto, cpu, cuda or cuda:N.
        p50_ms, p90_ms, p99_ms: limits in milliseconds a call.

    Returns:
        What `benchmark.extra_info` holds; see `record`.

    Raises:
        AssertionError: a percentile is certainly over its limit.
        BenchError: something of that does not fit, in one line.
    """
    __tracebackhide__ = True
    from bench.api.model_objects import NetworkInput

    if not hasattr(benchmark, "extra_info"):
        raise BenchError(f"benchmark is a {type(benchmark).__name__}; give the fixture `benchmark` of pytest-benchmark")
    limits = {"p50_ms": p50_ms, "p90_ms": p90_ms, "p99_ms": p99_ms}
    check_limits(limits)
    network_input = NetworkInput(size, mean, std, mode, output)
    placed, facts = _placed(_segmenter(model, network_input, classes), device, precision)
    call = _call(placed, images, prompts, batch_size, facts["device"])
    warm_up(call)
    benchmark(call)
    found = record(benchmark, images=batch_size, **facts)
    milliseconds = [1000 * one for one in benchmark.stats.stats.data] if benchmark.stats else []
    if lines := faults(milliseconds, limits):
        raise AssertionError("; ".join(lines))
    if milliseconds:
        for line in unproven(len(milliseconds), limits):
            warnings.warn(line, stacklevel=2)
    return found


def record(benchmark: Any, *, images: int | None = 1, **facts: Any) -> dict[str, Any]:
    """Put percentiles and throughput of a finished benchmark into its `extra_info`, and return that.

    `calls`; `p50_ms`, `p90_ms`, `p99_ms` by MLPerf's rules, each with its early-stopping bound (`p50_bound_ms`, …), or
    "n too small"; `images_per_second`, of all calls together; and `facts`. Where pytest-benchmark is disabled the facts
    stand alone.

    images: how many a call takes; None: it is not about images, and has no throughput.
    """
    benchmark.extra_info |= facts
    if benchmark.stats:
        seconds = benchmark.stats.stats.data
        benchmark.extra_info["calls"] = len(seconds) * benchmark.stats.iterations
        if images is not None:
            benchmark.extra_info["images_per_second"] = images * len(seconds) / sum(seconds)
        for name, found in percentiles([1000 * one for one in seconds]).items():
            value, bound = found or (TOO_SMALL, TOO_SMALL)
            single = benchmark.stats.iterations == 1
            benchmark.extra_info[f"{name}_ms"] = value if single else MEANS
            benchmark.extra_info[f"{name}_bound_ms"] = bound if single else MEANS
    noted: dict[str, Any] = benchmark.extra_info
    return noted


def warm_up(call: Callable[[], object]) -> None:
    """Call a function untimed: WARM_UP_CALLS times at least, WARM_UP_SECONDS long at least."""
    begin, calls = time.perf_counter(), 0
    while calls < WARM_UP_CALLS or time.perf_counter() - begin < WARM_UP_SECONDS:
        call()
        calls += 1


def _segmenter(model: Any, network_input: Any, classes: int | None) -> "Segmenter":
    from bench.api.model_objects import model_spec
    from registry.segmenter import Segmenter

    if isinstance(model, str | dict):
        raise BenchError('latency_check takes a model, not its name; registry.MODELS["unet"].build(...) makes one')
    spec = model_spec(model, network_input, None)
    assert spec is not None
    is_function = callable(model) and spec.entry.geometry is None and not isinstance(model, Segmenter)
    if is_function and classes is None:
        raise BenchError("a function needs classes=, the number of classes that it tells apart")
    if classes is not None and not is_function:
        raise BenchError(f"classes={classes}: a {type(model).__name__} has classes of its own; leave it out")
    return spec.entry.build(spec.parameters, tuple(f"class {i}" for i in range(classes or 2)), True)


def _placed(segmenter: "Segmenter", device: str, precision: str) -> "tuple[Segmenter, dict[str, Any]]":
    """Return a segmenter on its device at its precision, the user's own left as it is, and words for both."""
    from copy import deepcopy

    import torch

    from bench.evaluation.precision import NAMED
    from bench.evaluation.readiness import EXACT
    from bench.host.devices import resolve_device
    from registry.adapter import TorchSegmenter

    if precision not in NAMED:
        raise BenchError(f"precision={precision!r}: give one of {', '.join(NAMED)}")
    resolved = resolve_device(device)
    facts = {"device": resolved, "precision": EXACT, "threads": torch.get_num_threads()}
    if not isinstance(segmenter, TorchSegmenter):
        return segmenter, facts
    placed = deepcopy(segmenter)
    placed.place(resolved, NAMED[precision])
    return placed, facts | {"precision": NAMED[precision]}


def _call(
    segmenter: "Segmenter",
    images: Sequence[Any],
    prompts: "Sequence[Prompt | None] | None",
    batch_size: int,
    device: str,
) -> Callable[[], None]:
    """Return a function that predicts the next `batch_size` images, from host memory to host memory."""
    import torch

    from bench.api.sequences import rgb_image

    if not len(images) or batch_size < 1:
        raise BenchError(f"{len(images)} images, batch_size={batch_size}: give at least one image, and a batch of one")
    if prompts is not None and len(prompts) != len(images):
        raise BenchError(f"{len(prompts)} prompts for {len(images)} images; give one (or None) for each image")
    arrays = [rgb_image(image, f"image {i}") for i, image in enumerate(images)]
    tensors = [torch.from_numpy(array).permute(2, 0, 1) for array in arrays]
    coming = cycle(zip(tensors, prompts or [None] * len(tensors), strict=True))
    on_gpu = device.startswith("cuda")

    def call() -> None:
        batch = list(islice(coming, batch_size))
        found = segmenter.predict([image.to(device) for image, _ in batch], [prompt for _, prompt in batch])
        for prediction in found:
            prediction.labels.cpu()
        if on_gpu:
            torch.cuda.synchronize(device)

    return call
