"""What a folder or the hub holds of a model of transformers: nothing of it is run, nothing is left random."""

import json
import shutil

import pytest
import torch
import transformers as hf
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from tiny_transformers import CLASSES, FIVE, build, copied, saved

from bench.plan.building import check_label_order
from bench.suite import ModelSpec
from registry import MODELS
from registry.errors import BenchError
from registry.networks.transformers_config import labels
from registry.parameters import typed

__all__ = ["copied", "saved"]  # fixtures


class Malicious:
    """A pickle that writes a file when it is read by a careless loader."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (str(self.target), "w"))


def test_a_malicious_pickle_runs_nothing(copied, tmp_path):
    """Only tensors are read from a .bin, and the line states it."""
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


def test_labels_are_not_mapped_twice(saved):
    """A label_map names classes, a label_order would turn the labels round before that."""
    given = {"model": str(saved("segformer")[1]), "size": 64, "label_map": {"1": "cat"}}
    parameters = typed(MODELS["transformers"].parameters, given, "transformers")
    own = {"recipe": None, "train_on": None, "checkpoint": None, "label_order": CLASSES}
    spec = ModelSpec("mapped", "transformers", MODELS["transformers"], parameters, **own)
    with pytest.raises(BenchError, match="no classes of a network's to order; remove label_order; its label_map: says"):
        check_label_order(spec, CLASSES)


def test_another_networks_weights_are_refused(copied):
    """A body of other shapes is another network, not another head."""
    folder = copied("segformer")
    config = json.loads((folder / "config.json").read_text()) | {"hidden_sizes": [8, 16, 16, 24]}
    (folder / "config.json").write_text(json.dumps(config))
    for given in ({}, {"label_map": {"1": "cat"}}):
        with pytest.raises(BenchError, match=r"does not hold the whole model: \d+ tensors of another shape \("):
            build(folder, **given)


def test_a_configuration_of_more_labels_than_the_weights_is_refused(copied):
    """The names are those of the head."""
    folder = copied("segformer")
    config = json.loads((folder / "config.json").read_text()) | {"id2label": {str(i): f"label {i}" for i in range(7)}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        BenchError, match=r"2 tensors of another shape \(decode_head.classifier.bias, decode_head.class"
    ):
        build(folder, label_map={"1": "cat"})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"label_map": {"LABEL_9": "cat"}}, "the model has no label 'LABEL_9'; did you mean 'LABEL_"),
        ({"label_map": {"1": "cta"}}, "the data set has no class 'cta'; did you mean 'cat'"),
        ({"label_map": ("cat", "dog")}, "label_map lists 2 classes, the model has 5 labels"),
        ({"label_map": {"LABEL_1": "cat", "1": "dog"}}, "'LABEL_1' and '1' are the same label of the model, 1;"),
        ({"label_map": {}}, "label_map is empty"),
        ({"label_map": ()}, "label_map is empty"),
    ],
)
def test_a_map_that_does_not_fit_is_one_line(saved, given, message):
    """With what is known."""
    with pytest.raises(BenchError, match=message):
        build(saved("segformer")[1], **given)


def changed(file, **values):
    """Write values into a JSON file that is there, or begin one."""
    stored = json.loads(file.read_text()) if file.is_file() else {}
    file.write_text(json.dumps(stored | values))


def test_a_name_of_two_labels_needs_an_index(copied):
    """By index either is clear."""
    folder = copied("upernet")
    changed(folder / "config.json", id2label={"0": "wall", "1": "animal", "2": "cat", "3": "animal", "4": "sky"})
    with pytest.raises(BenchError, match="the model has 2 labels 'animal'; give indices: 1, 3"):
        build(folder, label_map={"animal": "dog"})
    assert build(folder, label_map={"3": "dog", "cat": "cat"}).indices == (0, 0, 1, 2, 0)


@pytest.mark.parametrize("given", [{"num_labels": 5}, {"num_labels": 5, "id2label": None}, {"num_labels": None}, {}])
def test_labels_without_names_are_those_of_the_library(tmp_path, given):
    """As many as num_labels, or two."""
    changed(tmp_path / "config.json", **given)
    known = {key: value for key, value in given.items() if value is not None}
    assert labels(tmp_path) == list(hf.SegformerConfig.from_dict(known).id2label.values())


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("preprocessor_config.json", {"image_mean": 0.5}, "'image_mean' is '0.5', not three numbers;"),
        ("preprocessor_config.json", {"image_mean": [0.5]}, "'image_mean' is '.0.5.', not three numbers;"),
        ("preprocessor_config.json", {"image_std": [1, 0, 1]}, "'image_std' is .*, not three numbers above 0;"),
        ("preprocessor_config.json", {"rescale_factor": 0}, "'rescale_factor' is '0', not a number above 0;"),
        ("preprocessor_config.json", {"size": "x"}, "'size' is 'x', not one side or two in pixels;"),
        ("preprocessor_config.json", {"size": {"width": 3}}, "'size' is .*, not one side or two in pixels;"),
        ("preprocessor_config.json", [], "holds '..', not an object with keys;"),
        ("config.json", {"image_size": {}}, "'image_size' is '{}', not one side or two"),
        ("config.json", {"id2label": []}, "'id2label' is '..', not names for the indices from 0;"),
        ("config.json", {"id2label": {"a": "cat"}}, "'id2label' is .*, not names for the indices from 0;"),
        ("config.json", {"id2label": {"0": "a", "2": "b"}}, "'id2label' does not name each index from 0 to 1;"),
        ("config.json", {"num_labels": -1, "id2label": None}, "'num_labels' is '-1', not a number of labels;"),
        ("config.json", "text", "holds 'text', not an object with keys;"),
    ],
)
def test_a_file_of_another_form_is_one_line(copied, file, content, message):
    """It is JSON, and holds something that no library would write: never a traceback."""
    path = copied("segformer") / file
    if isinstance(content, dict):
        changed(path, **content)
    else:
        path.write_text(json.dumps(content))
    with pytest.raises(BenchError, match=message) as caught:
        build(path.parent, size=None, label_map={"1": "cat"})
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_the_suite_gives_need_not_be_in_the_file(copied):
    """So a file of another form can be used as it is."""
    folder = copied("segformer")
    changed(folder / "preprocessor_config.json", size="x", image_mean=0.5, image_std=[1])
    assert build(folder, size=64, mean=(0.5,) * 3, std=(0.5,) * 3).geometry[:2] == (64, 64)


@pytest.mark.parametrize("index", [{}, {"weight_map": []}, {"weight_map": {"x": 1}}, []])
def test_an_index_of_weights_of_another_form_is_one_line(copied, index):
    """Of weights in several files."""
    folder = copied("segformer")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BenchError, match=r"model.safetensors.index.json (has no 'weight_map'|holds '\[\]')"):
        build(folder)


def test_a_plan_fetches_nothing(tmp_path, monkeypatch, saved):
    """The hub's id stands for files that are not here, and a suite's size for theirs; then the files do."""
    fetched = []
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *given, **_: fetched.append(given))
    entry = MODELS["transformers"]
    plain, sized = (entry.parameters(model="some/model", size=size) for size in (None, 96))
    assert entry.identity(plain)["files"] == "some/model"
    assert (entry.geometry(plain)[:2], entry.geometry(sized)[:2]) == ((512, 512), (96, 96))
    assert entry.recipe(plain).epochs
    assert fetched == []
    folder = saved("segformer")[1]
    place = tmp_path / "models--some--model"
    shutil.copytree(folder, place / "snapshots" / ("0" * 40))
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("0" * 40)
    assert entry.identity(plain) == entry.identity(entry.parameters(model=str(folder)))


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
    """What to type: the package itself, since an extra of ours is on no index."""
    monkeypatch.setattr("registry.networks.transformers_files.find_spec", lambda _: None)
    with pytest.raises(BenchError, match="^transformers: .* pip install 'transformers>=5.20'$"):
        build(saved("segformer")[1])
    for name in ("sam2", "sam2_pretrained", "sam2_finetuned"):
        with pytest.raises(BenchError, match="^sam2.*: .* pip install 'transformers>=5.20'$"):
            MODELS[name].check(MODELS[name].parameters())


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


@pytest.mark.parametrize("name", ["../secret.safetensors", "/etc/passwd", "sub/../../x.safetensors"])
def test_weights_outside_the_folder_are_refused(copied, name):
    """An index says in which files the tensors are; these lie beside it."""
    folder = copied("segformer")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(BenchError, match=r"index\.json names '.*', which is no file beside it; save the model anew"):
        build(folder)
