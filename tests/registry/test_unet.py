"""The U-Net is the one that the report describes."""

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from registry import MODELS
from registry.networks.unet_network import UNet

C, SIDE = [64, 128, 256, 512, 1024], [224, 112, 56, 28, 14]
BOTTLENECKS = {"two_convolutions": False, "up_convolution": True}


@pytest.mark.parametrize(("bottleneck", "millions"), [("two_convolutions", 28.95), ("up_convolution", 21.08)])
def test_its_size_is_the_counted_one(bottleneck, millions):
    """64-128-256-512-1024 channels, 3x3 convolutions without bias but with batch norm; what leads up has a bias."""
    with torch.device("meta"):
        network = UNet(classes=3, width=64, up_convolution=BOTTLENECKS[bottleneck])
    down = sum(9 * (i * o + o * o) + 4 * o for i, o in zip([3, *C], C, strict=False))
    up = sum(9 * (2 * o * o + o * o) + 4 * o for o in C[:4])
    flat = sum(deep * o + o for deep, o in zip(C[1:], C, strict=False))
    counted = down + up + flat + 64 * 3 + 3
    if bottleneck == "up_convolution":  # no second convolution, and 2 x 2 weights where there was one
        counted += -(9 * 1024 * 1024 + 2 * 1024) + 3 * 1024 * 512
    assert sum(p.numel() for p in network.parameters()) == counted
    assert counted / 1e6 == pytest.approx(millions, abs=0.005)


@pytest.mark.parametrize(("bottleneck", "gflop"), [("two_convolutions", 71.3), ("up_convolution", 68.2)])
def test_its_work_is_the_counted_one(bottleneck, gflop):
    """GFLOP at 224: every 3x3 convolution by hand, the 1x1 ones before the upsampling, and the head."""
    with torch.device("meta"):
        network = UNet(classes=3, width=64, up_convolution=BOTTLENECKS[bottleneck]).eval()
        counter = FlopCounterMode(display=False)
        with counter:
            network(torch.empty(1, 3, 224, 224))
    down = sum(9 * (i * o + o * o) * s * s for i, o, s in zip([3, *C], C, SIDE, strict=False))
    up = sum(9 * (2 * o * o + o * o) * s * s for o, s in zip(C[:4], SIDE, strict=False))
    flat = sum(deep * o * (s // 2) ** 2 for deep, o, s in zip(C[1:], C, SIDE, strict=False))
    counted = down + up + flat + 64 * 3 * 224**2
    if bottleneck == "up_convolution":  # each of the 28 x 28 results has one product for each deep channel
        counted += -9 * 1024 * 1024 * 14**2 + 1024 * 512 * (28**2 - 14**2)
    assert counter.get_total_flops() == 2 * counted
    assert 2 * counted / 1e9 == pytest.approx(gflop, abs=0.05)


def test_the_figures_of_the_row_are_those_of_a_1x1_behind_the_upsampling():
    """M-02's 73.8 GFLOP: the same network, its 1x1 convolutions at the larger size; so the work is all that differs."""
    behind = 2 * sum(deep * o * s**2 for deep, o, s in zip(C[1:], C, SIDE, strict=False)) / 1e9
    before = behind / 4
    assert 71.30 + behind - before == pytest.approx(73.8, abs=0.05)


def test_the_up_convolution_has_no_overlap_and_is_followed_by_the_skip():
    """Each deep pixel makes four; one convolution stands before it, two behind it."""
    network = UNet(3, 2, up_convolution=True).eval()
    first = network.reduce[0]
    assert (type(first).__name__, first.kernel_size, first.stride) == ("ConvTranspose2d", (2, 2), (2, 2))
    kinds = [[type(layer).__name__ for layer in stage] for stage in (network.encoder[-1], network.decoder[0])]
    assert kinds == [["Conv2d", "BatchNorm2d", "ReLU"], ["Conv2d", "BatchNorm2d", "ReLU"] * 2]
    assert [type(step).__name__ for step in network.reduce[1:]] == ["Conv2d"] * 3
    seen = []
    network.decoder[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    deep = []
    network.encoder[-1].register_forward_hook(lambda _, __, out: deep.append(out))
    network(torch.randn(1, 3, 64, 64))
    assert torch.equal(seen[0][:, :16], first(deep[0]))


def test_reducing_before_upsampling_changes_nothing():
    """A 1x1 convolution and bilinear interpolation commute."""
    generator = torch.Generator().manual_seed(0)
    x, conv = torch.randn(1, 8, 5, 7, generator=generator), torch.nn.Conv2d(8, 4, 1)
    first = F.interpolate(conv(x), (10, 14), mode="bilinear")
    second = conv(F.interpolate(x, (10, 14), mode="bilinear"))
    assert torch.allclose(first, second, atol=1e-6)


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_every_norm_and_activation_runs(norm, activation):
    """All that a suite may give; odd sizes too."""
    for up_convolution in (False, True):
        network = UNet(3, 2, norm, activation, up_convolution=up_convolution).eval()
        assert network(torch.randn(1, 3, 33, 47)).shape == (1, 3, 33, 47)


def test_the_default_input_is_the_reports():
    """224 x 224, stretched, ImageNet's mean and standard deviation."""
    entry = MODELS["unet"]
    segmenter = entry.build(entry.parameters(width=2), ("a", "b"), False)
    assert tuple(segmenter.geometry) == (224, 224, "stretch")
    grey = torch.full((3, 10, 10), 128, dtype=torch.uint8)
    expected = (128 / 255 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    assert torch.allclose(segmenter.prepare([grey], [None])[0][0, :, 5, 5], expected, atol=1e-5)
