"""The precision follows from a rule and from agreement with fp32, never from a clock."""

import pytest
import torch

import bench.evaluation.precision as calibration
from bench.evaluation.precision import AGREEMENT, Probe, calibrate, candidates, seconds_per_batch
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


@pytest.fixture
def processor(monkeypatch):
    """Say which processor this is, whatever it is: with bf16 instructions or not, or a GPU's compute capability."""

    def become(bf16, capability=(0, 0)):
        monkeypatch.setattr(calibration, "has_bf16_instructions", lambda: bf16)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)

    return become


class Mixed(torch.nn.Module):
    """Has modules of these kinds."""

    def __init__(self, *modules):
        super().__init__()
        self.parts = torch.nn.ModuleList(modules)


NETWORKS = {
    "convolutions": Mixed(torch.nn.Conv2d(3, 2, 1)),
    "transposed convolutions": Mixed(torch.nn.ConvTranspose2d(3, 2, 1)),
    "convolutions and attention": Mixed(torch.nn.Conv2d(3, 2, 1), torch.nn.MultiheadAttention(2, 1)),
    "attention": Mixed(torch.nn.MultiheadAttention(2, 1)),
    "neither": Mixed(torch.nn.Linear(3, 2)),
}
WITH = ("bf16_channels_last", "fp32_channels_last", "fp32")
WITHOUT = ("fp32_channels_last", "fp32")
# As in docs/protocol.md: by processor, one column for each of NETWORKS.
RULE = {
    ("cpu", False, (0, 0)): (WITHOUT, WITHOUT, WITHOUT, ("fp32",), ("fp32",)),
    ("cpu", True, (0, 0)): (WITH, WITH, WITHOUT, ("fp32",), ("bf16_channels_last", "fp32")),
    ("cuda", False, (7, 5)): (WITHOUT, WITHOUT, WITHOUT, ("fp32",), ("fp32",)),
    ("cuda:1", False, (8, 0)): (WITH, WITH, WITH, *[("bf16_channels_last", "fp32")] * 2),
}


@pytest.mark.parametrize(("machine", "expected"), RULE.items(), ids=str)
def test_the_order_follows_from_processor_and_network(processor, machine, expected):
    """Every cell of the rule's table."""
    device, *kind = machine
    processor(*kind)
    assert tuple(candidates("auto", device, network) for network in NETWORKS.values()) == expected


@pytest.mark.parametrize("named", ["fp32", "bf16", "fp16"])
def test_a_precision_that_the_suite_names_is_the_only_one(processor, named):
    """Whatever the processor would gain from."""
    processor(bf16=False)
    (only,) = candidates(named, "cpu", NETWORKS["convolutions"])
    assert only.startswith(named)


def clock(monkeypatch, seconds):
    """Give the wall seconds of one batch, in place of the clock."""
    monkeypatch.setattr(calibration, "seconds_per_batch", lambda segmenter, batch: next(seconds))


@pytest.mark.parametrize("seconds", [(1.0, 2.0, 3.0), (3.0, 2.0, 1.0), (0.1, 9.0, 9.0)])
@pytest.mark.parametrize(("bf16", "chosen"), [(False, "fp32_channels_last"), (True, "bf16_channels_last")])
def test_the_clock_decides_nothing(monkeypatch, processor, seconds, bf16, chosen):
    """However long each takes, the same precision is chosen; its time is recorded."""
    processor(bf16)
    clock(monkeypatch, iter(seconds))
    segmenter = TorchSegmenter(Sure(), Geometry(8, 8, "stretch"))
    found = calibrate(segmenter, candidates("auto", "cpu", segmenter.network), "cpu", PROBE, PROBE)
    assert found.precision == chosen
    assert found.ms_per_image == pytest.approx(1000 * seconds[0] / 3)
    assert [trial.precision for trial in found.trials] == [chosen]
    assert found.trials[0].agreement == 1


class Sure(torch.nn.Module):
    """One class everywhere, by a wide margin."""

    def __init__(self):
        super().__init__()
        self.unused = torch.nn.Conv2d(3, 2, 1)
        self.tilt = torch.nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, x):
        return (x[:, :1] * 0 + 1) * self.tilt.view(1, 2, 1, 1)


class Torn(torch.nn.Module):
    """Two classes so close that bfloat16 cannot tell them apart."""

    def __init__(self):
        super().__init__()
        self.tilt = torch.nn.Parameter(torch.tensor([1.0, 1.001]))

    def forward(self, x):
        return (x[:, :1] * 0 + 1) * self.tilt.view(1, 2, 1, 1)


def test_a_precision_that_differs_is_not_taken():
    """bfloat16 has 8 bits: 1.001 is 1, and the masks differ everywhere."""
    best = calibrate(TorchSegmenter(Torn(), Geometry(8, 8, "stretch")), WITH, "cpu", PROBE, PROBE)
    assert best.precision == "fp32_channels_last"
    assert [trial.precision for trial in best.trials] == ["bf16_channels_last", "fp32_channels_last"]
    assert best.trials[0].agreement < AGREEMENT


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
    best = calibrate(TorchSegmenter(Only32(), Geometry(8, 8, "stretch")), WITH, "cpu", PROBE, PROBE)
    assert best.precision == "fp32_channels_last"
    assert best.trials[0].ms_per_image is None


def test_a_precision_asked_for_is_not_passed_over():
    """The user asked for bf16; the network's own error comes through."""
    with pytest.raises(RuntimeError, match="not implemented"):
        calibrate(TorchSegmenter(Only32(), Geometry(8, 8, "stretch")), ("bf16_channels_last",), "cpu", PROBE, PROBE)


def test_calibration_does_not_touch_the_given_network():
    """Casting to bfloat16 loses bits that casting back does not bring."""
    segmenter = unet()
    before = {k: v.clone() for k, v in segmenter.network.state_dict().items()}
    calibrate(segmenter, WITH, "cpu", PROBE, PROBE)
    assert all(torch.equal(v, before[k]) for k, v in segmenter.network.state_dict().items())


def test_the_forward_time_is_of_whole_rounds():
    """One that does not count and one that does, where there is no time for more; else 20."""
    calls = []
    segmenter = unet()
    real = segmenter.forward
    segmenter.forward = lambda batch: calls.append(1) or real(batch)
    assert seconds_per_batch(segmenter, PROBE, budget=0.0) > 0
    assert len(calls) == 2
    calls.clear()
    assert seconds_per_batch(segmenter, PROBE, budget=1e6) > 0
    assert len(calls) == 21
