"""The strided U-Net with a frozen backbone at its bottleneck."""

import pytest
import torch
from torch.nn import functional as F

from registry import MODELS

CLASSES = ("background", "cat", "dog")
SMALL = {"backbone": "timm:test_resnet", "encoder_weights": "none", "backbone_size": 64, "size": 128, "width": 4}


def built(**given):
    entry = MODELS["clip_fusion"]
    torch.manual_seed(0)
    return entry.build(entry.parameters(**(SMALL | given)), CLASSES, True)


def test_the_counted_size():
    """20.18 million parameters to train and 86 million frozen, for ViT-B/16 and 512 pixels (M-26)."""
    with torch.device("meta"):
        network = (
            MODELS["clip_fusion"]
            .build(MODELS["clip_fusion"].parameters(encoder_weights="none"), CLASSES, False)
            .network
        )
        image = torch.empty(1, 3, 512, 512)
        assert network(image).shape == (1, 3, 512, 512)
        assert network.features(image).shape == (1, 512, 1, 1)
    trainable = sum(p.numel() for p in network.parameters() if p.requires_grad)
    assert round(trainable / 1e6, 2) == 20.18
    assert round(sum(p.numel() for p in network.backbone.parameters()) / 1e6) == 86


def with_other_features(network):
    """Logits of one image with two unlike sets of features."""
    x = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    features = network.features(x)
    other = torch.randn(features.shape, generator=torch.Generator().manual_seed(2)) * 5
    with torch.no_grad():
        assert torch.equal(network(x), network(x, features=features))
        return network(x), network(x, features=other)


def test_a_global_vector_has_no_effect_behind_an_instance_normalisation():
    """It adds a constant to each channel, and the normalisation subtracts each channel's mean (X-09, X-10)."""
    own, other = with_other_features(built().network)
    assert torch.allclose(own, other, atol=1e-4)


def test_patch_tokens_have_an_effect():
    """A map is not constant."""
    own, other = with_other_features(built(fusion="patch_tokens").network)
    assert (own - other).abs().max() > 0.1


@pytest.mark.parametrize(
    ("norm", "mean", "std"),
    [("backbone", (0.5,) * 3, (0.5,) * 3), ("imagenet", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))],
)
def test_the_backbone_sees_a_small_copy_in_its_own_normalisation(norm, mean, std):
    """The copy of a letterboxed image is letterboxed too, its padding black (D-26, X-15)."""
    segmenter = built(backbone="timm:test_vit", backbone_size=160, size=256, norm=norm)
    image = torch.randint(0, 256, (3, 100, 256), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    seen = []
    segmenter.network.backbone.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    segmenter.predict([image])
    canvas = torch.zeros(1, 3, 256, 256)
    canvas[0, :, 78:178] = image / 255
    small = F.interpolate(canvas, (160, 160), mode="bilinear", antialias=True)
    expected = (small - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    assert torch.allclose(seen[0], expected, atol=1e-4)


def test_training_and_prediction_share_the_copy():
    """The network makes it from its one input, so nothing else has to be passed in."""
    segmenter = built()
    assert len(segmenter.prepare([torch.zeros(3, 9, 9, dtype=torch.uint8)], [None])) == 1


def test_only_the_unet_is_trained():
    """A frozen backbone in a network in training mode."""
    network = built(fusion="patch_tokens").network.train()
    network(torch.randn(2, 3, 128, 128)).square().mean().backward()
    assert [n for n, p in network.named_parameters() if (p.grad is None) != n.startswith("backbone.")] == []
    assert network.encoder.training
    assert not network.backbone.network.training


def test_the_recipe_is_the_strided_unets_with_batches_of_sixteen():
    """T-22 is T-20 but for the batch."""
    entry, other = MODELS["clip_fusion"], MODELS["unet_strided"]
    recipe, unets = (e.recipe(e.parameters()).model_dump() for e in (entry, other))
    assert recipe.pop("batch_size") == 16
    assert unets.pop("batch_size") == 32
    assert recipe == unets
    assert entry.geometry(entry.parameters()) == (512, 512, "letterbox")
