"""Segmentation from a frozen feature map: its counted size, its frozen part, its recipe."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from registry import MODELS
from registry.networks.clip_network import FeatureNetwork

CLASSES = ("background", "cat", "dog")
SMALL = {"backbone": "timm:test_resnet", "encoder_weights": "none", "size": 64}


def built(**given):
    entry = MODELS["clip_features"]
    torch.manual_seed(0)
    return entry.build(entry.parameters(**(SMALL | given)), CLASSES, True)


def operations(call, *inputs):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        call(*inputs)
    return counter.get_total_flops() / 1e9


def test_the_counted_size_and_cost():
    """1.95 million parameters and 4.7 GFLOP to train, on a CLIP ViT-B/32 of 87.85 million and 8.82 GFLOP (M-15)."""
    with torch.device("meta"):
        network = built(backbone="open_clip:ViT-B-32-quickgelu", size=224).network
        image = torch.empty(1, 3, 224, 224)
    trainable = sum(p.numel() for p in network.parameters() if p.requires_grad)
    frozen = sum(p.numel() for p in network.parameters() if not p.requires_grad)
    assert round(trainable / 1e6, 2) == 1.95
    assert round(frozen / 1e6, 2) == 87.85
    features = network.features(image)
    assert features.shape == (1, 768, 7, 7)
    assert round(operations(network.features, image), 2) == 8.82
    assert round(operations(network.decoder, features, image), 1) == 4.7


@pytest.mark.parametrize("backbone", ["test_vit", "test_convnext", "test_resnet"])
def test_any_backbone_gives_logits_of_the_inputs_size(backbone):
    """Maps of 10 x 10 and 5 x 5 with other channels; the input is no power of two times them."""
    network = built(backbone=f"timm:{backbone}", size=160).network
    assert network(torch.randn(2, 3, 160, 160)).shape == (2, 3, 160, 160)


def test_features_can_be_computed_once():
    """What `features` gives is all that the rest needs of the backbone."""
    network = built().network
    x = torch.randn(2, 3, 64, 64)
    assert torch.equal(network(x, features=network.features(x)), network(x))
    other = network(x, features=torch.randn_like(network.features(x)))
    assert not torch.allclose(other, network(x), atol=1e-3)


def test_low_level_features_come_from_the_image_itself():
    """With the same map another image gives other logits, and detail finer than the map gets through."""
    network = built().network
    x = torch.randn(1, 3, 64, 64)
    features = network.features(x)
    changed = x.clone()
    changed[..., 40:48, 40:48] += 5
    difference = (network(x, features=features) - network(changed, features=features)).abs().amax((0, 1))
    assert difference[36:52, 36:52].max() > 1e-3
    assert difference[:6, :6].max() < 1e-6


def test_the_map_meets_low_level_features_at_twice_and_four_times_its_size():
    """Averages of the image's features over 16 x 16 and 8 x 8 pixels, beside 256 and 128 channels (M-11, M-12)."""
    decoder = FeatureNetwork(torch.nn.Identity(), 768, 3).decoder
    seen = []
    for mix in decoder.mix:
        mix.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    image = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        decoder(torch.randn(1, 768, 7, 7), image)
        low = decoder.low(image)
    assert [s.shape for s in seen] == [(1, 320, 14, 14), (1, 192, 28, 28)]
    for found, side in zip(seen, (16, 8), strict=True):
        assert torch.allclose(found[:, -64:], torch.nn.functional.avg_pool2d(low, side), atol=1e-5)
        assert found.min() == 0  # rectified, both of them


def test_the_recipe_of_the_report():
    """100 epochs of Adam at 1e-4 with weight decay 1e-4, a plateau, cross-entropy weighted .1, 1, 1 (T-08)."""
    entry = MODELS["clip_features"]
    recipe = entry.recipe(entry.parameters())
    assert (recipe.epochs, recipe.optimizer, recipe.learning_rate, recipe.weight_decay) == (100, "adam", 1e-4, 1e-4)
    assert (recipe.schedule, recipe.loss, recipe.class_weights) == ("plateau", "cross_entropy", (0.1, 1.0))
    assert entry.geometry(entry.parameters()) == (224, 224, "stretch")


@pytest.mark.parametrize(("norm", "expected"), [("backbone", 1.0), ("imagenet", (1 - 0.485) / 0.229)])
def test_images_get_the_backbones_own_normalisation(norm, expected):
    """White in red: this backbone was trained with mean and deviation .5."""
    white = [torch.full((3, 10, 10), 255, dtype=torch.uint8)]
    (x,) = built(backbone="timm:test_vit", size=160, norm=norm).prepare(white, [None])
    assert x[0, 0, 0, 0].item() == pytest.approx(expected, abs=1e-5)
