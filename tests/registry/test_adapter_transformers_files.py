"""What a folder or the hub holds of a model of transformers: nothing of it is run, nothing is left random."""

import json
import shutil

import pytest
import torch
import transformers as hf
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from tiny_transformers import FIVE, build, copied, saved

from registry import MODELS
from registry.errors import BenchError

__all__ = ["copied", "saved"]  # fixtures


class Malicious:
    """A pickle that writes a file when it is read by a careless loader."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (str(self.target), "w"))


def test_a_malicious_pickle_runs_nothing(copied, tmp_path):
    """Only tensors are read from a .bin, and the line says so."""
    folder, target = copied("segformer"), tmp_path / "owned"
    state = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save({**state, "x": Malicious(target)}, folder / "pytorch_model.bin")
    for given in ({}, {"label_map": {"1": "cat"}}):
        with pytest.raises(BenchError, match="cannot be loaded .UnpicklingError.*; save it anew as safetensors"):
            build(folder, **given)
    assert not target.exists()
    torch.load(folder / "pytorch_model.bin", weights_only=False)["x"].close()
    assert target.exists()  # the careless way would have


def test_a_plain_pickle_is_read(saved, copied):
    """Older models have no safetensors file."""
    folder = copied("segformer")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    own = build(folder, FIVE, label_map=FIVE).network.model.state_dict()
    assert all(torch.equal(own[k], v) for k, v in saved("segformer")[0].state_dict().items())


def test_code_of_a_folder_is_never_imported(copied, tmp_path):
    """`auto_map` names a class of the folder's own; of a known kind the library's is taken, any other is refused."""
    folder, target = copied("segformer"), tmp_path / "owned"
    (folder / "own.py").write_text(f"open({str(target)!r}, 'w').close()\nclass Own: pass\n")
    names = {"AutoConfig": "own.Own", "AutoModelForSemanticSegmentation": "own.Own"}
    config = json.loads((folder / "config.json").read_text()) | {"auto_map": names}
    (folder / "config.json").write_text(json.dumps(config))
    assert isinstance(build(folder).network.model, hf.SegformerForSemanticSegmentation)
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "own"}))
    with pytest.raises(BenchError, match="is a 'own', which segbench cannot use for segmentation"):
        build(folder)
    assert not target.exists()


def test_missing_weights_are_refused(copied):
    """Never silently random: of a ready model none may be missing, of one to be trained only the head's."""
    folder = copied("segformer")
    state = load_file(folder / "model.safetensors")
    head = {k for k in state if k.startswith("decode_head.")}
    save_file({k: state[k] for k in state.keys() - head}, folder / "model.safetensors", {"format": "pt"})
    assert build(folder).network is not None
    with pytest.raises(BenchError, match=r"does not hold the whole model: \d+ tensors missing \(decode_head"):
        build(folder, label_map={"1": "cat"})
    save_file({k: state[k] for k in head}, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(BenchError, match=r"\d+ tensors missing \(segformer\."):
        build(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(BenchError, match=r"no whole model.safetensors \(or pytorch_model.bin\)"):
        build(folder)


def test_another_networks_weights_are_refused(copied):
    """A body of other shapes is another network, not another head."""
    folder = copied("segformer")
    config = json.loads((folder / "config.json").read_text()) | {"hidden_sizes": [8, 16, 16, 24]}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(BenchError, match="tensors of another shape"):
        build(folder)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"label_map": {"LABEL_9": "cat"}}, "the model has no label 'LABEL_9'; did you mean 'LABEL_"),
        ({"label_map": {"1": "cta"}}, "the data set has no class 'cta'; did you mean 'cat'"),
        ({"label_map": ("cat", "dog")}, "label_map lists 2 classes, the model has 5 labels"),
    ],
)
def test_a_map_that_does_not_fit_is_one_line(saved, given, message):
    """With what is known."""
    with pytest.raises(BenchError, match=message):
        build(saved("segformer")[1], **given)


def test_a_folder_that_is_none_is_named(tmp_path):
    """With its absolute path."""
    with pytest.raises(BenchError, match=f"model: no folder {tmp_path}/nothing; give a folder"):
        build("nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BenchError, match="model: no config.json in .*empty"):
        build(tmp_path / "empty")


def test_the_hub_without_a_network_is_one_line(tmp_path, monkeypatch, saved):
    """Which files, where from, where to put them; and what lies there is used."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    place = tmp_path / "models--some--model"
    with pytest.raises(
        BenchError, match=f"some/model .*model.safetensors.*huggingface.co/some/model.*{place}"
    ) as caught:
        build("some/model")
    assert "\n" not in str(caught.value)
    entry = MODELS["transformers"]
    (needed,) = entry.needs(entry.parameters(model="some/model"))
    assert not needed.present
    shutil.copytree(saved("segformer")[1], place / "snapshots" / ("0" * 40))
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("0" * 40)
    assert entry.needs(entry.parameters(model="some/model"))[0].present
    assert build("some/model").network is not None
    assert entry.pretraining(entry.parameters(model="some/model")) == "the hub's some/model"


def test_a_missing_library_prints_its_install_line(saved, monkeypatch):
    """What to type."""
    monkeypatch.setattr("registry.models.transformers.find_spec", lambda _: None)
    with pytest.raises(BenchError, match="pip install 'transformers>=5.20'"):
        build(saved("segformer")[1])


def test_the_identity_follows_the_files_bytes(saved, copied):
    """The configuration and the weights; a folder's name does not matter."""
    entry, folder = MODELS["transformers"], copied("segformer")

    def identity(model):
        return entry.identity(entry.parameters(model=str(model)))["files"]

    assert identity(folder) == identity(saved("segformer")[1]) != identity(saved("upernet")[1])
    (folder / "preprocessor_config.json").write_text("{}")
    assert (before := identity(folder)) != identity(saved("segformer")[1])
    state = load_file(folder / "model.safetensors")
    save_file({k: v + 1 for k, v in state.items()}, folder / "model.safetensors", {"format": "pt"})
    assert identity(folder) != before
