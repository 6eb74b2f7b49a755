"""torchvision's networks: its own numbers of parameters, its own files, a new last layer."""

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import get_model, get_model_weights

from registry import MODELS
from registry.errors import BenchError
from registry.parameters import typed

CLASSES = ("background", "cat", "dog")
SMALL, DEEP = "lraspp_mobilenet_v3_large", "deeplabv3_mobilenet_v3_large"


def build(initialise=True, classes=CLASSES, **given):
    entry = MODELS["torchvision"]
    parameters = typed(entry.parameters, {"size": 64, **given}, "torchvision")
    entry.check(parameters)
    return entry.build(parameters, classes, initialise)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files as torchvision publishes them, with random weights: a network of 21 labels, its backbone's classifier."""
    folder = tmp_path_factory.mktemp("torchvision")
    torch.manual_seed(0)
    whole = get_model(DEEP, weights=None, weights_backbone=None, num_classes=21, aux_loss=True).state_dict()
    small = get_model(SMALL, weights=None, weights_backbone=None, num_classes=21).state_dict()
    classifier = get_model("mobilenet_v3_large", weights=None).state_dict()
    classifier = {k: v for k, v in classifier.items() if not k.endswith("num_batches_tracked")}  # as old files are
    for name, state in (("whole", whole), ("small", small), ("classifier", classifier)):
        torch.save(state, folder / f"{name}.pth")
    return folder, {"whole": whole, "small": small, "classifier": classifier}


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """An empty cache of torch.hub and no network."""

    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", refuse)
    return tmp_path / "hub" / "checkpoints"


@pytest.mark.parametrize(("arch", "auxiliary"), [(SMALL, 0), ("fcn_resnet50", 1024 * 256 * 9 + 512 + 256 * 21 + 21)])
def test_the_number_of_parameters_is_torchvisions(arch, auxiliary):
    """Its list of weights counts 21 labels and, for the FCN, an auxiliary head, which is not built here."""
    published = get_model_weights(arch).DEFAULT.meta["num_params"]
    with torch.device("meta"):
        network = build(arch=arch, classes=tuple(map(str, range(21)))).network
    assert sum(p.numel() for p in network.parameters()) == published - auxiliary


@pytest.mark.parametrize("arch", [SMALL, DEEP])
def test_any_size_of_image_gets_its_labels(arch):
    """Logits come at the input's size; every parameter learns."""
    segmenter = build(arch=arch)
    assert segmenter.predict([torch.zeros(3, 50, 70, dtype=torch.uint8)])[0].labels.shape == (50, 70)
    logits = segmenter.network.train()(torch.randn(2, 3, 64, 64))
    assert logits.shape == (2, 3, 64, 64)
    logits.square().sum().backward()
    assert all(p.grad is not None for p in segmenter.network.parameters())


def test_a_whole_network_is_loaded_but_for_its_last_layer(files):
    """The auxiliary head is left over; the layer of 21 labels gives way to one of three."""
    folder, states = files
    for arch, name in ((DEEP, "whole"), (SMALL, "small")):
        network = build(arch=arch, weights=str(folder / f"{name}.pth")).network
        own, theirs = network.model.state_dict(), states[name]
        new = {k for k in own if own[k].shape != theirs[k].shape}
        heads = {k for k in own if k.startswith(("classifier.4", "classifier.low_", "classifier.high_"))}
        assert new == heads
        assert all(torch.equal(own[k], theirs[k]) for k in own.keys() - new)


def test_a_classifier_is_loaded_into_the_backbone(files):
    """Also a file from before batches were counted."""
    folder, states = files
    own = build(weights=str(folder / "classifier.pth")).network.model.backbone.state_dict()
    loaded = [k for k in own if not k.endswith("num_batches_tracked")]
    assert len(loaded) > 200
    assert all(torch.equal(own[k], states["classifier"][f"features.{k}"]) for k in loaded)


@pytest.mark.parametrize("name", ["small", "classifier"])
@pytest.mark.parametrize("prefix", ["module.", "_orig_mod."])
def test_a_wrappers_prefix_is_taken_away(files, tmp_path, name, prefix):
    """That of networks trained on several devices, or compiled: the same weights come in."""
    wrapped = {f"{prefix}{k}": v for k, v in files[1][name].items()}
    torch.save(wrapped, tmp_path / "wrapped.pth")
    own = build(weights=str(tmp_path / "wrapped.pth")).network.model.backbone.state_dict()
    plain = build(weights=str(files[0] / f"{name}.pth")).network.model.backbone.state_dict()
    assert all(torch.equal(own[k], plain[k]) for k in plain)


def test_another_networks_file_is_refused(files, tmp_path):
    """Never mapped by guess, never left random in part."""
    with pytest.raises(BenchError, match="does not match the model: tensors"):
        build(arch=SMALL, weights=str(files[0] / "whole.pth"))
    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(BenchError, match="holds neither this network nor its backbone"):
        build(weights=str(tmp_path / "x.safetensors"))
    part = dict(list(files[1]["classifier"].items())[:50])
    save_file(part, tmp_path / "part.safetensors")
    with pytest.raises(BenchError, match=r"tensors \d+ missing"):
        build(weights=str(tmp_path / "part.safetensors"))


@pytest.mark.parametrize(
    ("weights", "file", "megabytes"),
    [("hub", "lraspp_mobilenet_v3_large-d234d4ea.pth", 13), ("backbone", "mobilenet_v3_large-8738ca79.pth", 22)],
)
def test_torchvisions_weights_without_a_network_are_one_line(offline, weights, file, megabytes):
    """Which file, how big, where from, where to put it; nothing is fetched where a checkpoint follows."""
    assert build(initialise=False, weights=weights).network is not None
    with pytest.raises(BenchError, match=f"{file}.*about {megabytes} MB.*/{file} .*put it at {offline}/{file}"):
        build(weights=weights)
    entry = MODELS["torchvision"]
    (needed,) = entry.needs(entry.parameters(weights=weights))
    assert (needed.present, needed.place) == (False, f"{offline}/{file}")
    assert entry.needs(entry.parameters()) == []


def test_torchvisions_weights_are_used_where_they_lie(offline, files):
    """Put there by hand, as the line has it."""
    offline.mkdir(parents=True)
    (offline / "lraspp_mobilenet_v3_large-d234d4ea.pth").write_bytes((files[0] / "small.pth").read_bytes())
    own = build(weights="hub").network.model.state_dict()
    assert torch.equal(own["backbone.0.0.weight"], files[1]["small"]["backbone.0.0.weight"])


def test_a_missing_file_is_named(tmp_path):
    """With its absolute path and what else there is."""
    with pytest.raises(BenchError, match=f"weights: no file {tmp_path}/no.pth; give none, backbone, hub or a path"):
        build(weights="no.pth")


@pytest.mark.parametrize("name", ["no.pth", "package"])
def test_a_missing_file_is_listed_among_what_is_needed(tmp_path, name):
    """With its place; it is there once the user brings it. No word of other models is one of this one's."""
    entry = MODELS["torchvision"]
    (needed,) = entry.needs(entry.parameters(weights=name))
    assert (needed.present, needed.place) == (False, str(tmp_path / name))
    assert needed.by_hand == f"put your file at {tmp_path / name}, or fix weights:"
    (tmp_path / name).write_bytes(b"")
    assert entry.needs(entry.parameters(weights=name))[0].present


def test_the_identity_follows_the_files_bytes(files):
    """Words for the report too."""
    entry = MODELS["torchvision"]
    given = [
        entry.parameters(weights=w) for w in ("none", "hub", *(str(files[0] / f"{n}.pth") for n in ("whole", "small")))
    ]
    assert len({entry.identity(p)["weights"] for p in given}) == 4
    assert entry.pretraining(given[0]) == "none"
    assert entry.pretraining(given[3]) == "the file small.pth"
    assert entry.weights_licence(given[0]) == ""
