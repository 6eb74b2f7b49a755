"""Throughput of `TorchSegmenter.forward` as segbench times it, against the method of timm's `benchmark.py`.

Both in one process, on one network, in turns; the interval of the ratio decides. `-s` prints the ratios.
"""

import time

import pytest
import torch
from compare import ratio
from small_models import CLASSES

from bench.host.devices import resolve_device
from bench.timing.clock import clock_of
from bench.timing.samples import Interval, Log
from registry import MODELS

pytestmark = pytest.mark.speed
BAND = 1.05  # how far apart the two may be
BATCH, WARM_UP, CALLS = 8, 10, 10
ROUNDS = range(6, 41)
MODELS_COMPARED = [
    *(("timm", {"backbone": name}) for name in ("resnet18", "mobilenetv3_small_100", "tf_efficientnet_lite0")),
    *(("timm", {"backbone": name}) for name in ("convnext_atto", "regnety_002")),
    *(("smp", {"arch": arch, "encoder": "resnet18"}) for arch in ("unet", "fpn", "deeplabv3plus")),
]


def by_timm(network, inputs, device):
    """Return images a second by `InferenceBenchmarkRunner.run` of timm's `benchmark.py`, its warm-up left to the caller.

    One timestamp before the first step, one after the last; a step ends when the GPU is done.
    """

    def timestamp(sync=False):
        if sync and device.startswith("cuda"):
            torch.cuda.synchronize(device)
        return time.perf_counter()

    with torch.no_grad():
        begin = timestamp()
        for _ in range(CALLS):
            timestamp()
            network(inputs)
            timestamp(sync=True)
        return CALLS * len(inputs) / (timestamp(sync=True) - begin)


def by_segbench(segmenter, inputs, device):
    """Return images a second by the clock and the samples of an offline measurement."""
    clock, log, calls = clock_of(device), Log(), []
    for _ in range(CALLS):
        begin = clock.mark()
        segmenter.forward(inputs)
        calls.append([Interval("network", begin, clock.mark())])
    clock.settle()
    for number, intervals in enumerate(calls):
        log.add(intervals, clock, 0, number)
    return CALLS * len(inputs[0]) / (log.samples().ns.sum() / 1e9)


@pytest.mark.parametrize(("name", "given"), MODELS_COMPARED, ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else value)  # fmt: skip
def test_throughput_is_that_of_timms_method(name, given):
    """The ratio's interval (95 %) lies within 5 % of 1; rounds are added until it does."""
    device, entry = resolve_device("auto"), MODELS[name]
    segmenter = entry.build(entry.parameters(**given, encoder_weights="none", size=128), CLASSES, True)
    segmenter.place(device, "fp32")
    images = torch.randint(0, 256, (BATCH, 3, 128, 128), dtype=torch.uint8)
    inputs, random = segmenter.prepare(list(images), [None] * BATCH), torch.randn(BATCH, 3, 128, 128, device=device)
    for _ in range(WARM_UP):
        segmenter.forward(inputs)
        segmenter.forward((random,))
    pairs = []
    while len(pairs) < ROUNDS.stop:
        pairs.append(one_round(segmenter, inputs, random, device, swapped=len(pairs) % 2))
        found = ratio(pairs, 0.95) if len(pairs) >= ROUNDS.start else None
        if found and found.low > 1 / BAND and found.high < BAND:
            break
    words = f"{found.value:.3f} of timm's throughput ({found.low:.3f} to {found.high:.3f}, {len(pairs)} rounds)"
    print(f"\n{name} {given}: {pairs[-1][1]:.0f} images/s, {words}")
    assert found.low < BAND and found.high > 1 / BAND, f"the two methods differ: {words}"
    if found.low < 1 / BAND or found.high > BAND:
        pytest.skip(f"the machine was too busy to tell: {words}")


def one_round(segmenter, inputs, random, device, swapped):
    """Return images a second by timm's method and by ours; which comes first changes from round to round."""
    if swapped:
        ours = by_segbench(segmenter, inputs, device)
        return by_timm(segmenter.network, random, device), ours
    theirs = by_timm(segmenter.network, random, device)
    return theirs, by_segbench(segmenter, inputs, device)
