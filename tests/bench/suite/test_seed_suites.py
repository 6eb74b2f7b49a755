"""The suites of both reports: every model of theirs, made tiny, trained and evaluated end to end."""

import csv
import json
from pathlib import Path

import open_clip
import pytest
import yaml
from safetensors.torch import save_file

from bench.host.screen import Screen
from bench.plan.cells import plan_cells
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.runner.loop import Options, run
from bench.suite import load_suite, shipped_suites
from registry import MODELS

SAMPLE = Path(__file__).parents[4] / "shared" / "data"
CLIP = {
    "embed_dim": 8,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16},
    "text_cfg": {"context_length": 8, "vocab_size": 16, "width": 8, "heads": 1, "layers": 1},
}
TINY = {
    "background": {},
    "chance": {},
    "unet": {"width": 2, "size": 32},
    "unet_strided": {"width": 2, "size": 64},
    "autoencoder_simple": {"width": 2, "size": 32},
    "autoencoder_strided": {"width": 2, "size": 32},
    "autoencoder_unet": {"width": 2, "size": 32},
    "autoencoder_skip": {"width": 2, "size": 64},
    "clip_features": {"size": 32},
    "clip_prompt": {"size": 32},
    "clip_fusion": {"width": 2, "size": 64, "backbone_size": 32},
    "sam2": {"variant": "micro", "size": 64},
    "sam2_pretrained": {"size": 64},
    "sam2_finetuned": {"size": 64},
    "prompt_disc": {},
}
REPORTS = ("seeds_000", "seeds_001")


@pytest.fixture
def weights(tmp_path):
    """Tiny weights as the hubs hold the real ones: a whole CLIP's state dict, and a folder of SAM2's."""
    (tmp_path / "tiny-clip-of-suites.json").write_text(json.dumps(CLIP))
    open_clip.add_model_config(tmp_path / "tiny-clip-of-suites.json")
    state = open_clip.create_model("tiny-clip-of-suites").state_dict()
    save_file({k: v.contiguous() for k, v in state.items()}, tmp_path / "clip.safetensors")
    entry = MODELS["sam2"]
    sam2 = entry.build(entry.parameters(**TINY["sam2"]), ("background", "cat", "dog"), True)
    sam2.network.save_pretrained(tmp_path / "sam2")
    clip = {"backbone": "open_clip:tiny-clip-of-suites", "encoder_weights": str(tmp_path / "clip.safetensors")}
    folder = {"weights": str(tmp_path / "sam2")}
    return {
        **dict.fromkeys(("clip_features", "clip_prompt", "clip_fusion"), clip),
        **dict.fromkeys(("sam2_pretrained", "sam2_finetuned"), folder),
    }


def shrunk(model, weights):
    """A model of the suite with its own keys, at tiny sizes; two passes over a few images are enough."""
    entry = MODELS[model["name"]]
    small = {**model, **TINY[model["name"]], **weights.get(model["name"], {})}
    parameters = entry.parameters(**{k: v for k, v in small.items() if k in entry.parameters.model_fields})
    short = {"epochs": 1, "batch_size": 4}
    if entry.recipe and entry.recipe(parameters):
        small["train"] = {**model.get("train", {}), **short}
    if entry.pretext(parameters):
        small["pretrain"] = {**model.get("pretrain", {}), **short}
    return small


def test_the_first_reports_suite_follows_its_text():
    """ImageNet's normalisation everywhere, clicks on "object classes", the border as background; both readings of the rest."""
    models = load_suite(shipped_suites()["seeds_000"]).models
    by_label = {spec.label: spec.parameters for spec in models}
    assert {spec.recipe.border for spec in models if spec.recipe} == {"background"}
    prompted = [by_label["Prompt-A"], by_label["Prompt-A with a click"]]
    assert [p.norm for p in (by_label["CLIP-A"], *prompted)] == ["imagenet"] * 3
    assert [p.clicks for p in prompted] == ["objects"] * 2
    assert by_label["CLIP-A in CLIP's normalisation"].norm == "backbone"
    unets = [by_label[label].bottleneck for label in ("UNet-A", "UNet-A with an up-convolution")]
    assert unets == ["two_convolutions", "up_convolution"]
    assert [by_label[label].skips for label in ("AE-2", "AE-2 with skips")] == [False, True]
    thirds = ("AE-3", "AE-3 from an autoencoder without skips", "AE-3 without skips")
    skips = [(by_label[label].pretrain_skips, by_label[label].skips) for label in thirds]
    assert skips == [("full", True), ("none", True), ("none", False)]


@pytest.mark.slow
@pytest.mark.parametrize("name", REPORTS)
def test_every_model_of_a_report_is_trained_and_scored(name, weights, tmp_path):
    """Recipes, losses, schedules, augmentation, both stages and prompts as the suite has them; only sizes differ."""
    source = yaml.safe_load(shipped_suites()[name].read_text())
    suite = {
        **source,
        "datasets": [{"name": "shapes", "trainval": 10, "test": 2}],
        "models": [shrunk(model, weights) for model in source["models"]],
        "perturbations": [],
        "precision": "fp32",
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(suite))
    outcome = run(load_suite(tmp_path / "tiny.yaml"), Options(tmp_path / "run"), Screen())
    assert outcome.failed == ()
    assert outcome.done == outcome.total == len(source["models"])
    rows = list(csv.DictReader((tmp_path / "run" / "summary.csv").read_text().splitlines()))
    assert {row["model"] for row in rows} == {m.label for m in load_suite(tmp_path / "tiny.yaml").models}


@pytest.mark.slow
@pytest.mark.pets
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the Oxford-IIIT Pet sample is not on this machine")
@pytest.mark.parametrize("name", [*REPORTS, "pets_models"])
def test_the_suites_are_planned_on_real_images(name, tmp_path_factory, monkeypatch):
    """73 conditions of every model, and one of each where the data are for clean scores only."""
    manifests = tmp_path_factory.getbasetemp() / "manifests"  # of the same images, so one is enough
    monkeypatch.setenv("SEGBENCH_CACHE", str(manifests))
    suite = load_suite(shipped_suites()[name])
    jobs = plan_jobs(suite, open_datasets(suite, SAMPLE))
    cells = [len(plan_cells(suite, job, "fp32")) for job in jobs]
    assert cells == [73 if job.data.spec.keys.perturbed else 1 for job in jobs]
    assert len(jobs) == len(suite.models) * len(suite.datasets)
