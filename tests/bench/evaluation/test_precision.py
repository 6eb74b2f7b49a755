"""The fastest precision that still says the same wins."""

import pytest
import torch

import bench.evaluation.precision as calibration
from bench.evaluation.precision import AGREEMENT, CANDIDATES, Probe, calibrate, seconds_per_batch
from registry import MODELS
from registry.adapter import TorchSegmenter
from registry.segmenter import Geometry

PICTURES = [
    torch.randint(0, 256, (3, 40, 50), dtype=torch.uint8, generator=torch.Generator().manual_seed(i)) for i in range(3)
]
PROBE = Probe(PICTURES, [None] * 3)


def unet():
    entry = MODELS["unet"]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return entry.build(entry.parameters(width=2, size=32), ("a", "b", "c"), True)


def speeds(monkeypatch, **by_precision):
    """Say how fast each precision is, in place of the clock."""

    def seconds(segmenter, probe):
        kind = {torch.float32: "fp32", torch.bfloat16: "bf16"}[segmenter.dtype]
        return by_precision[kind + ("_last" if segmenter.layout == torch.channels_last else "")]

    monkeypatch.setattr(calibration, "seconds_per_batch", seconds)


def test_the_fastest_that_agrees_is_taken(monkeypatch):
    """Speeds given: channels_last fp32 is fastest."""
    speeds(monkeypatch, fp32=3.0, fp32_last=1.0, bf16_last=2.0)
    best = calibrate(unet(), CANDIDATES["auto"], "cpu", PROBE)
    assert best.precision == "fp32_channels_last"
    assert best.ms_per_image == pytest.approx(1000 / 3)
    assert [t.precision for t in best.trials] == list(CANDIDATES["auto"])


class Torn(torch.nn.Module):
    """Two classes so close that bfloat16 cannot tell them apart."""

    def __init__(self):
        super().__init__()
        self.tilt = torch.nn.Parameter(torch.tensor([1.0, 1.001]))

    def forward(self, x):
        return (x[:, :1] * 0 + 1) * self.tilt.view(1, 2, 1, 1)


def test_the_fastest_that_differs_is_not_taken(monkeypatch):
    """bfloat16 has 8 bits: 1.001 is 1, and the masks differ everywhere."""
    speeds(monkeypatch, fp32=3.0, fp32_last=2.0, bf16_last=1.0)
    best = calibrate(TorchSegmenter(Torn(), Geometry(8, 8, "stretch")), CANDIDATES["auto"], "cpu", PROBE)
    assert best.precision == "fp32_channels_last"
    assert best.trials[2].agreement < AGREEMENT


class Only32(torch.nn.Module):
    """Refuses bfloat16."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, x):
        if x.dtype != torch.float32:
            raise RuntimeError("not implemented for 'BFloat16'")
        return torch.cat([x * self.weight, -x], 1)


def test_a_precision_that_a_network_lacks_is_passed_over():
    """Recorded as tried, without a time."""
    best = calibrate(TorchSegmenter(Only32(), Geometry(8, 8, "stretch")), CANDIDATES["auto"], "cpu", PROBE)
    assert best.precision.startswith("fp32")
    assert best.trials[2].ms_per_image is None


def test_a_precision_asked_for_is_not_passed_over():
    """The user asked for bf16; the network's own error comes through."""
    with pytest.raises(RuntimeError, match="not implemented"):
        calibrate(TorchSegmenter(Only32(), Geometry(8, 8, "stretch")), CANDIDATES["bf16"], "cpu", PROBE)


def test_calibration_does_not_touch_the_given_network():
    """Casting to bfloat16 loses bits that casting back does not bring."""
    segmenter = unet()
    before = {k: v.clone() for k, v in segmenter.network.state_dict().items()}
    calibrate(segmenter, CANDIDATES["auto"], "cpu", PROBE)
    assert all(torch.equal(v, before[k]) for k, v in segmenter.network.state_dict().items())


def test_the_forward_time_is_of_whole_rounds():
    """At least three of them, and more than nothing."""
    calls = []
    segmenter = unet()
    real = segmenter.forward
    segmenter.forward = lambda batch: calls.append(1) or real(batch)
    assert seconds_per_batch(segmenter, PROBE, budget=0.0) > 0
    assert len(calls) == 4
