"""What a user has to mend is said before anything runs, all of it; a hub out of reach costs one model."""

import json

import pytest
import timm
from huggingface_hub import constants
from safetensors.torch import save_file

from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.runner.checks import Hardware, check_jobs
from bench.suite import load_suite
from bench.suite.faults import SuiteError
from registry import MODELS
from registry.errors import BenchError

MODEL = "{name: background}"
NET = "label: net, train: {epochs: 1, batch_size: 4}}"


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """A hub that cannot be reached and has an empty cache."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


def models(*lines):
    return MODEL, "\n  - ".join((MODEL, *lines))


@pytest.mark.parametrize("name", ["sam2_pretrained", "transformers, model: nvidia/none, label_map: [background]"])
def test_a_hub_out_of_reach_costs_that_model_alone(go, offline, tmp_path, name):
    """Taken as they are, they are fetched before the run; where that fails, the others run."""
    pytest.importorskip("transformers")
    scored = "precision: fp32", "metric_sets: [sam2_binary]\nprecision: fp32"
    outcome = go(models(f"{{name: {name}, label: far}}"), scored, only=("background", "far"))
    assert outcome.evaluated == 4
    assert len(set(outcome.failed)) == 1
    assert "cannot be fetched from huggingface.co/" in outcome.failed[0]
    assert (tmp_path / "run" / "summary.csv").is_file()


def test_a_checkpoint_stands_for_the_hubs_weights(offline, tmp_path):
    """SAM2 as published with the user's own weights: nothing is fetched to be thrown away."""
    pytest.importorskip("transformers")
    entry = MODELS["sam2_pretrained"]
    parameters = entry.parameters(variant="tiny", size=64)
    with pytest.raises(BenchError, match="cannot be fetched"):
        entry.build(parameters, ("background", "cat", "dog"), True)
    assert entry.build(parameters, ("background", "cat", "dog"), False).network is not None


def check(write, *changes, times=1):
    """Plan the changed suite and look at its jobs."""
    suite = load_suite(write(*changes))
    return check_jobs(suite, plan_jobs(suite, open_datasets(suite)) * times, Hardware("cpu"))


def test_every_faulty_model_has_its_line(write, tmp_path):
    """Each with the model's label; the same fault on a second data set is no second line."""
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    broken = f"{{name: timm, label: torn, encoder_weights: {tmp_path}/broken.safetensors}}"
    half = "{name: unet, label: half, width: 2, train: {precision: fp16}}"
    many = "{name: unet, label: many, width: 2, train: {class_weights: [1, 1, 1, 1]}}"
    turned = "{name: unet, label: turned, width: 2, label_order: [cat, dog]}"
    with pytest.raises(BenchError) as caught:
        check(write, models(broken, half, many, turned), times=2)
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["torn", "half", "many", "turned"]
    for line, words in zip(lines, ("readable", "CUDA only", "4 values for 3", "each class"), strict=True):
        assert words in line


def test_another_networks_file_is_found_before_anything_is_trained(write, tmp_path):
    """A ResNet-34's weights for a ResNet-18: all that the smaller one has is in there, and more."""
    state = timm.create_model("resnet34").state_dict()
    save_file(state, tmp_path / "deep.safetensors")
    given = f"{{name: timm, label: deep, size: 64, encoder_weights: {tmp_path}/deep.safetensors}}"
    with pytest.raises(BenchError, match="deep: .*96 unknown"):
        check(write, models(given))


def test_losses_that_cannot_be_are_faults_of_the_suite(write):
    """`bench check` says them all, each with its place."""
    faulty = (
        "{name: unet, label: a, train: {loss: mse, monitor: loss}}",
        "{name: autoencoder_simple, label: b, pretrain: {loss: cross_entropy}}",
        "{name: sam2, label: c, train: {loss: dice_cross_entropy}}",
    )
    with pytest.raises(SuiteError) as caught:
        load_suite(write(models(*faulty)))
    places = [line.split(": ")[1] for line in caught.value.lines if ": models" in line]
    assert places == ["models[1].train", "models[2].pretrain", "models[3].train"]


def test_a_loss_that_no_key_would_mend_is_said_first(write):
    """Not that `monitor` is missing, which would lead to the next refusal."""
    with pytest.raises(SuiteError, match="compares images, and this model learns labels"):
        load_suite(write(models("{name: unet, label: a, train: {loss: mse}}")))


def test_a_faulty_model_hides_no_faults_of_its_recipe(write):
    """A misspelt parameter and a misspelt key of the recipe are two lines; a label is refused in words."""
    with pytest.raises(SuiteError) as caught:
        load_suite(write(models("{name: unet, widht: 4, train: {epoch: 1}}", "{name: unet, label: a/b}")))
    said = " ".join(caught.value.lines)
    assert "'widht'" in said
    assert "'epoch'" in said
    assert (
        "characters, not beginning with = + - or @ (a spreadsheet would run it), without slashes, backslashes and control characters"
        in said
    )


PLUGIN = """\
    from torch import nn
    from registry import Geometry, ModelEntry, Recipe

    def build(parameters, classes, initialise):
        return nn.Conv2d(3, 3, 1)

    def geometry(parameters):
        return Geometry(32, 32, {mode!r})

    def recipe(parameters):
        return {recipe}

    ENTRY = ModelEntry("mine", build, recipe=recipe, geometry=geometry)
"""


@pytest.mark.parametrize(
    ("mode", "recipe", "words"),
    [
        ("stretch", "{'epochs': 1}", "mine.py:10: recipe returns a registry.Recipe, or None, not a dict"),
        ("squash", "Recipe(epochs=1)", "mine.py:7: no mode 'squash' of geometry; give stretch or letterbox"),
        ("stretch", "None", "mine.py:4: build returns a Segmenter, not a Conv2d; wrap a network in .*TorchSegmenter"),
    ],
)
def test_what_a_plug_in_returns_is_looked_at(plugin_files, go, mode, recipe, words):
    """The likeliest mistakes of a first file: a line each, with its place, before anything runs."""
    from bench.suite.plugins import load_plugins

    load_plugins(plugin_files({"models/mine.py": PLUGIN.format(mode=mode, recipe=recipe)}))
    with pytest.raises(BenchError, match=words) as caught:
        go(models("{name: mine}"), only=("mine",))
    assert "\n" not in str(caught.value)


def test_a_failed_model_leaves_its_traceback(go, plugin_files, tmp_path):
    """What is no fault of the input keeps everything that a developer needs."""
    from bench.suite.plugins import load_plugins

    text = PLUGIN.format(mode="stretch", recipe="None").replace("return nn.Conv2d(3, 3, 1)", "raise ValueError('odd')")
    load_plugins(plugin_files({"models/mine.py": text}))
    outcome = go(models("{name: mine}"), only=("mine",))
    assert set(outcome.failed) == {"mine on shapes (trainval=12, test=4): ValueError: odd"}
    failures = [json.loads(file.read_text()) for file in (tmp_path / "run").rglob("*.json") if "cells" in str(file)]
    assert any("mine.py" in failure.get("traceback", "") for failure in failures)
