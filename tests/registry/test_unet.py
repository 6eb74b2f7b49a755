"""The U-Net is the one that the report describes."""

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from registry import MODELS
from registry.networks.unet_network import UNet


def test_its_size_is_the_published_one():
    """64-128-256-512-1024 channels, two 3x3 convolutions with batch norm a stage: 28.95 million parameters."""
    with torch.device("meta"):
        network = UNet(classes=3, width=64)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(28.95, abs=0.005)


def test_its_work_is_the_counted_one():
    """GFLOP at 224: every 3x3 convolution by hand, the 1x1 ones before the upsampling, and the head."""
    with torch.device("meta"):
        network = UNet(classes=3, width=64).eval()
        counter = FlopCounterMode(display=False)
        with counter:
            network(torch.empty(1, 3, 224, 224))
    c, side = [64, 128, 256, 512, 1024], [224, 112, 56, 28, 14]
    down = sum(9 * (i * o + o * o) * s * s for i, o, s in zip([3, *c], c, side, strict=False))
    up = sum(9 * (2 * o * o + o * o) * s * s for o, s in zip(c[:4], side, strict=False))
    flat = sum(deep * o * (s // 2) ** 2 for deep, o, s in zip(c[1:], c, side, strict=False))
    assert counter.get_total_flops() == 2 * (down + up + flat + 64 * 3 * 224**2)


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
    network = UNet(3, 2, norm, activation).eval()
    assert network(torch.randn(1, 3, 33, 47)).shape == (1, 3, 33, 47)


def test_the_default_input_is_the_reports():
    """224 x 224, stretched, ImageNet's mean and standard deviation."""
    entry = MODELS["unet"]
    segmenter = entry.build(entry.parameters(width=2), ("a", "b"), False)
    assert tuple(segmenter.geometry) == (224, 224, "stretch")
    grey = torch.full((3, 10, 10), 128, dtype=torch.uint8)
    expected = (128 / 255 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    assert torch.allclose(segmenter.prepare([grey], [None])[0][0, :, 5, 5], expected, atol=1e-5)
