"""The strided U-Net is the one that the second report describes (UNet-B)."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from registry import MODELS
from registry.networks.unet_strided_network import strided_unet
from registry.segmenter import Geometry

WIDTHS = [32, 64, 128, 256, 512, 512]


@pytest.fixture(scope="module")
def network():
    """The default network without memory behind it."""
    with torch.device("meta"):
        return strided_unet(32, 3).eval()


def kinds(part, kind):
    return [layer for layer in part.modules() if isinstance(layer, kind)]


def test_its_size_is_the_counted_one(network):
    """19.66 million parameters."""
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(19.66, abs=0.005)


@pytest.mark.parametrize(("side", "gflop"), [(512, 128.5), (224, 24.6)])
def test_its_work_is_the_counted_one(network, side, gflop):
    """Two operations for each multiplication with its addition."""
    with FlopCounterMode(display=False) as counter:
        network(torch.empty(1, 3, side, side, device="meta"))
    assert counter.get_total_flops() / 1e9 == pytest.approx(gflop, abs=0.05)


def test_its_stages_have_the_channels_and_sides(network):
    """Halved by each stage but the first; the U-Net's output has the input's size."""
    features = network.encoder(torch.empty(1, 3, 224, 224, device="meta"))
    sides = [224, 112, 56, 28, 14, 7]
    assert [tuple(f.shape[1:]) for f in features] == [(c, s, s) for c, s in zip(WIDTHS, sides, strict=True)]
    assert network.decoder(features).shape == (1, 3, 224, 224)


def test_its_layers_are_the_reports(network):
    """Strides instead of pooling, affine instance norm with 1e-5, slope .01, dropout of whole channels by stage."""
    stages = [*network.encoder.stages, *network.decoder.steps]
    assert all([c.kernel_size for c in kinds(stage, nn.Conv2d)] == [(3, 3)] * 2 for stage in stages)
    strides = [[c.stride[0] for c in kinds(stage, nn.Conv2d)] for stage in stages]
    assert strides == [[1, 1], *[[2, 1]] * 5, *[[1, 1]] * 5]
    assert {(n.eps, n.affine) for n in kinds(network, nn.InstanceNorm2d)} == {(1e-5, True)}
    assert {a.negative_slope for a in kinds(network, nn.LeakyReLU)} == {0.01}
    dropped = [{d.p for d in kinds(stage, nn.Dropout2d)} or {0.0} for stage in stages]
    assert dropped == [{0.0}, {0.0}, {0.1}, {0.2}, {0.3}, {0.3}, {0.3}, {0.2}, {0.2}, {0.1}, {0.0}]
    assert [m.mode for m in kinds(network, nn.Upsample)] == ["bilinear"] * 5
    assert network.decoder.head.kernel_size == (1, 1)


def test_its_convolutions_are_drawn_after_he():
    """Variance 2 / (1 + slope²) over the outputs' fan, whatever the inputs'; no bias."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        convolutions = kinds(strided_unet(16, 3), nn.Conv2d)
    for convolution in convolutions[4:-1]:
        fan = convolution.out_channels * 9
        assert convolution.weight.std().item() == pytest.approx((2 / 1.0001 / fan) ** 0.5, rel=0.05)
    assert all(not convolution.bias.any() for convolution in convolutions)


def test_its_input_is_letterboxed_to_512():
    """The report's geometry, by default."""
    entry = MODELS["unet_strided"]
    assert entry.geometry(entry.parameters()) == Geometry(512, 512, "letterbox")


def test_its_recipe_is_the_reports():
    """What the report's own training configuration has; bfloat16 stands for its float16."""
    entry = MODELS["unet_strided"]
    recipe = entry.recipe(entry.parameters())
    assert (recipe.optimizer, recipe.learning_rate, recipe.momentum, recipe.weight_decay) == ("sgd", 5e-3, 0.99, 1e-4)
    assert (recipe.schedule, recipe.poly_power, recipe.epochs, recipe.batch_size) == ("poly", 0.9, 200, 32)
    assert (recipe.monitor, recipe.early_stopping, recipe.min_delta) == ("foreground_dice", 15, 1e-3)
    assert (recipe.loss, recipe.class_weights, recipe.precision) == ("dice_cross_entropy", "inverse_frequency", "bf16")
    assert recipe.augmentation.profiles == ("mild", "aggressive", "mild")
    assert recipe.augmentation.copies == (0, 5, 2)
