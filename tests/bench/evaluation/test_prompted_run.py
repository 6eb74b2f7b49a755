"""Prompts, class-agnostic masks, clean-only data and two stages of training, through a whole run."""

import csv
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from bench.data.sample_cache import SampleCache
from bench.evaluation.counting import count
from bench.evaluation.evaluator import evaluate
from bench.evaluation.pictures import Pictures
from bench.evaluation.preparation import EvaluationSettings, PreparedImage, prepare
from bench.metrics import METRIC_SETS, per_image
from bench.metrics.counts import Counts
from bench.perturb import PERTURBATIONS
from bench.plan.cells import Condition
from bench.plan.checkpoints import read_record, save_state
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.record import speeds
from bench.suite import Sweep, load_suite
from bench.suite.prompt_policies import draw
from registry.errors import BenchError
from registry.segmenter import Geometry, Prediction, Segmenter

pytestmark = pytest.mark.usefixtures("undrawn")

SUITE = """\
name: prompted
datasets:
  - {name: shapes, trainval: 12, test: 4, label: all, perturbed: false}
  - {name: shapes, trainval: 12, test: 4, label: two, limit: 2}
models:
  - {name: background}
  - {name: prompt_box, prompt: gt_box}
  - {name: prompt_box, prompt: full_box}
perturbations: [{name: occlusion, strengths: [20]}]
metric_sets: [standard, sam2_binary]
precision: fp32
"""


@pytest.fixture
def finished(go, write, tmp_path):
    """The rows of a finished run of SUITE (changed), and its record."""

    def run(text=SUITE):
        write()
        go((write().read_text(), text))
        rows = list(csv.DictReader((tmp_path / "run" / "summary.csv").read_text().splitlines()))
        return rows, json.loads((tmp_path / "run" / "run.json").read_text())

    return run


def value(rows, model, metric_set="sam2_binary", dataset="all", perturbation="clean"):
    found = [
        float(r["value"])
        for r in rows
        if (r["model"], r["metric_set"], r["dataset"], r["perturbation"]) == (model, metric_set, dataset, perturbation)
        and (r["metric"], r["class"]) == ("iou", "mean")
    ]
    return found[0] if found else None


def test_a_class_agnostic_model_is_scored_as_what_it_is(finished):
    """Rows of binary metric sets alone; the box of the truth beats the box of the image; groups are on record."""
    rows, record = finished()
    true_box, full_box = "prompt_box [gt_box]", "prompt_box [full_box]"
    assert value(rows, true_box, "standard") is None
    assert value(rows, "background", "standard") is not None
    assert value(rows, true_box) > value(rows, full_box) > 0
    groups = {m["label"]: (m["task"], m["prompt"], m["supervision"]) for m in record["models"]}
    assert groups[true_box] == ("binary", "gt_box", "box from ground truth")
    assert groups[full_box] == ("binary", "full_box", "no ground truth")
    assert groups["background"] == ("classes", "none", "no ground truth")


def test_data_can_be_for_clean_scores_only(finished):
    """4 images clean, 2 of them perturbed too; the plan's total knows."""
    rows, record = finished()
    assert {r["perturbation"] for r in rows if r["dataset"] == "all"} == {"clean"}
    assert {r["perturbation"] for r in rows if r["dataset"] == "two"} == {"clean", "occlusion"}
    assert (record["cells"]["total"], record["cells"]["done"]) == (9, 9)
    assert [d["perturbed"] for d in record["datasets"]] == [False, True]


@pytest.fixture
def subset(write):
    suite = load_suite(write(("test: 4", "test: 3")))
    return next(iter(open_datasets(suite).values())).subset


def settings(**changes):
    return EvaluationSettings(
        **{"seed": 5, "apply_at": "native", "batch_size": 2, "device": "cpu", "geometry": None, **changes}
    )


class Asked(Segmenter):
    """Remembers its prompts and answers with two candidates: nothing, and everything."""

    def __init__(self):
        self.prompts = []

    def predict_images(self, images, prompts, sizes):
        self.prompts += prompts
        planes = [torch.stack([torch.full(tuple(s), v, dtype=torch.uint8) for v in (0, 1)]) for s in sizes]
        return [Prediction(p[0], candidates=p) for p in planes]


def test_prompts_are_drawn_from_the_clean_truth_and_stay_under_perturbation(subset):
    """Also where the animal moves away: what is asked is part of the protocol, not of the image."""
    entry = PERTURBATIONS["rotate"]
    moved = Condition(Sweep("rotate", "rotate", entry, entry.parameters(), (45.0,)), 45.0)
    clean, turned = Asked(), Asked()
    for model, condition in ((clean, Condition(None, 0.0)), (turned, moved)):
        evaluate(model, Pictures(SampleCache(subset)), condition, settings(prompt="gt_centroid"))
    assert clean.prompts == turned.prompts
    assert clean.prompts == [draw("gt_centroid", subset.load(i), 5) for i in range(3)]


def test_a_prompt_follows_the_image_to_the_networks_size(subset):
    """`apply_at: model_input` gives the model another image; the click stays where it was on it."""
    sample = subset.load(0)
    at = settings(prompt="gt_centroid", apply_at="model_input", geometry=Geometry(50, 80, "stretch"))
    (x, y) = prepare(sample, Condition(None, 0.0), at).prompt.points[0]
    (nx, ny) = draw("gt_centroid", sample, 5).points[0]
    height, width = sample.mask.shape
    assert (x / 80, y / 50) == pytest.approx((nx / width, ny / height))


def test_the_oracle_is_the_best_candidate_by_the_truth(subset):
    """The model says nothing; of its two candidates "everything" has the better IoU where there is an animal."""
    result = evaluate(Asked(), Pictures(SampleCache(subset)), Condition(None, 0.0), settings(prompt="gt_centroid"))
    assert result.counts.under("ignore", "binary").tp.sum() == 0
    truth = [subset.load(i).mask for i in range(3)]
    hits = [int(((mask > 0) & (mask != 255)).sum()) for mask in truth]
    assert result.oracle.under("ignore", "binary").tp[:, 0].tolist() == hits


def test_no_oracle_stands_below_the_models_own_choice(subset):
    """Image by image, by the metric set that class-agnostic masks are scored with."""
    generator = torch.Generator().manual_seed(0)

    class Guessing(Asked):
        def predict_images(self, images, prompts, sizes):
            made = [torch.randint(0, 2, (3, *size), dtype=torch.uint8, generator=generator) for size in sizes]
            return [Prediction(one[0], candidates=one) for one in made]

    result = evaluate(Guessing(), Pictures(SampleCache(subset)), Condition(None, 0.0), settings())
    own, best = (per_image(counts, METRIC_SETS["sam2_binary"]) for counts in (result.counts, result.oracle))
    assert (best >= own).all()
    assert (best > own).any()


def test_a_model_of_one_answer_has_no_oracle(subset):
    """Nothing is stored, so nothing is shown."""
    sample = subset.load(0)
    tally = count([PreparedImage(torch.zeros(3, 4, 4), sample)], [Prediction(torch.from_numpy(sample.mask % 3))], 3)
    assert tally.oracle is None


def test_the_oracle_is_stored_beside_the_counts(tmp_path):
    """A cell's file keeps both; one without an oracle reads as before."""
    from bench.record.cell_file import StoredCell
    from bench.record.run_folder import RunFolder

    counts = Counts(2, np.array([1]), np.arange(6).reshape(1, 3, 2))
    other = Counts(2, np.array([1]), np.ones((1, 3, 2), np.int64))
    folder = RunFolder(tmp_path)
    folder.write_cell("a", StoredCell(("x",), counts, {"seconds": 1.0}, other))
    folder.write_cell("b", StoredCell(("x",), counts, {"seconds": 1.0}))
    assert (folder.read_cell("a").oracle.values == other.values).all()
    assert (folder.read_cell("a").counts.values == counts.values).all()
    assert folder.read_cell("b").oracle is None


@pytest.mark.slow
def test_oracle_scores_have_rows_of_their_own(finished):
    """Metrics named oracle_…, for the binary sets alone."""
    text = SUITE.replace(
        "{name: prompt_box, prompt: full_box}",
        "{name: sam2, variant: micro, size: 64, label: sam, train: {epochs: 0}}",
    )
    rows, record = finished(text)
    names = {(r["metric_set"], r["metric"]) for r in rows if r["model"] == "sam"}
    assert ("sam2_binary", "oracle_dice") in names
    assert {metric_set for metric_set, _ in names} == {"sam2_binary"}
    sam = next(m for m in record["models"] if m["label"] == "sam")
    assert sam["macs"] > 0
    assert sam["checkpoint"]["bytes"] > 0


@pytest.mark.slow
def test_an_order_of_labels_permutes_what_the_network_says(go, tmp_path):
    """The same weights read in another order: cat and dog change places, the background stays."""
    net = "label: net, train: {epochs: 1, batch_size: 4}}"
    go()
    weights = next((tmp_path / "cache").rglob("unet-*.safetensors"), None) or next(
        path for path in tmp_path.rglob("unet-*.safetensors")
    )
    given = f"label: net, checkpoint: {weights}}}\n  - {{name: unet, width: 2, size: 32, label: swapped, "
    go((net, given + f"checkpoint: {weights}, label_order: [background, dog, cat]}}"))
    rows = list(csv.DictReader((tmp_path / "run" / "summary.csv").read_text().splitlines()))
    said = {
        (r["model"], r["class"]): r["value"] for r in rows if (r["metric"], r["perturbation"]) == ("precision", "clean")
    }
    assert said["net", "background"] == said["swapped", "background"]
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    orders = {m["label"]: m["label_order"] for m in record["models"]}
    assert orders == {"background": None, "net": None, "swapped": ["background", "dog", "cat"]}


def test_an_order_that_is_not_the_data_sets_classes_is_refused(go):
    """One line with the classes."""
    with pytest.raises(BenchError, match="must name each class of the data set once: background, cat, dog"):
        go(
            (
                "label: net,",
                "label: net, label_order: [background, dog, dog],",
            )
        )


def test_an_order_of_labels_is_for_networks_that_name_classes(go):
    """A baseline has no outputs to order."""
    with pytest.raises(BenchError, match="no classes of a network's to order"):
        go(("{name: background}", "{name: background, label_order: [background, dog, cat]}"))


@pytest.mark.slow
def test_a_model_keeps_its_precision_on_a_second_data_set(go, monkeypatch, tmp_path):
    """Measured once: on a busier minute it could come out otherwise, and the cells of the first would be orphans."""
    from bench.evaluation import readiness

    real, seen = readiness.calibrate, []

    def calibrate(*args):
        seen.append(args[1])
        return real(*args)

    monkeypatch.setattr(readiness, "calibrate", calibrate)
    one = "{name: shapes, trainval: 12, test: 4}"
    go((f"[{one}]", f"[{one}, {one[:-1]}, label: again, limit: 3}}]"), ("precision: fp32", "precision: auto"))
    assert len(seen) == 1
    assert (
        go(
            (f"[{one}]", f"[{one}, {one[:-1]}, label: again, limit: 3}}]"), ("precision: fp32", "precision: auto")
        ).evaluated
        == 0
    )


STAGES = "{name: autoencoder_unet, width: 2, size: 32, label: net, pretrain: {epochs: 1}, train: {epochs: 1}}"
NET = "{name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}"


@pytest.mark.slow
def test_an_autoencoder_that_was_replaced_is_not_shown_as_the_one_it_began_with(go, tmp_path):
    """Another run may train the shared checkpoint anew: what began with the old one says nothing of the new."""
    go((NET, STAGES))
    first = next(tmp_path.rglob("autoencoder-*.safetensors"))
    state = {name: tensor + 1 for name, tensor in load_file(first).items()}
    save_state(state, first, read_record(first))
    go((NET, STAGES), fresh=True)
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert [m["autoencoder"] for m in record["models"]] == [None, None]


@pytest.mark.slow
def test_reconstructions_that_failed_are_tried_again(go, tmp_path, monkeypatch):
    """They cost no cell, and the next run knows that they are missing."""
    from bench.runner import job

    def fail(*_):
        raise RuntimeError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(job, "measured_reconstructions", fail)
        assert go((NET, STAGES)).failed == ()
    assert not (tmp_path / "run" / "reconstructions.csv").exists()
    assert go((NET, STAGES)).evaluated == 0
    assert (tmp_path / "run" / "reconstructions.csv").is_file()


def test_both_stages_show_perturbations(write):
    """A frozen encoder has learnt from the first stage's images alone."""
    shown = STAGES.replace("{epochs: 1}, train", "{epochs: 1, augmentation: {profiles: [aggressive]}}, train")
    assert "fog" in load_suite(write((NET, shown))).models[1].seen
    assert "fog" not in load_suite(write((NET, STAGES))).models[1].seen


def test_shared_trainings_are_estimated_once(write):
    """The same checkpoint for two data sets is trained for one of them."""
    one = "{name: shapes, trainval: 12, test: 4}"
    suite = load_suite(write((NET, STAGES), (f"[{one}]", f"[{one}, {one[:-1]}, label: again, limit: 3}}]")))
    todo = [job for job in plan_jobs(suite, open_datasets(suite)) if job.weights.training_key]
    for kind, seconds in (("evaluation", 0.0), ("training", 20.0), ("pretext", 30.0)):
        speeds.note(todo[0], kind, 10, seconds, print)
    counted = set()
    estimates = [speeds.estimate(job, missing=1, trainable=10, counted=counted) for job in todo]
    assert [one.seconds for one in estimates] == [20.0 + 30.0, 0.0]


def test_two_stages_are_planned_trained_and_kept(write, go, tmp_path):
    """The autoencoder's checkpoint is on record, and segmenters that differ behind it share it."""
    one = "{name: autoencoder_unet, width: 2, size: 32, label: with, pretrain: {epochs: 1}, train: {epochs: 1}}"
    two = one.replace("label: with", "label: without, skips: false")
    changes = ("{name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}", f"{one}\n  - {two}")
    suite = load_suite(write(changes))
    first, second = [j.weights for j in plan_jobs(suite, open_datasets(suite)) if j.weights.training_key]
    assert first.pretext_key == second.pretext_key
    assert first.training_key != second.training_key
    outcome = go(changes)
    assert outcome.failed == ()
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    stages = [m["autoencoder"] for m in record["models"] if m["name"] == "autoencoder_unet"]
    assert stages[0] == stages[1]
    assert stages[0]["training"]["epochs_run"] == 1
    lines = list(csv.DictReader((tmp_path / "run" / "reconstructions.csv").read_text().splitlines()))
    assert [(line["model"], line["n"]) for line in lines] == [("with", "4"), ("without", "4")]
    assert 0 < float(lines[0]["mse"]) < 1
    pairs = json.loads((tmp_path / "run" / "examples" / "index.json").read_text())["reconstructions"]
    assert {pair["model"] for pair in pairs} == {"with", "without"}
    assert all((tmp_path / "run" / pair[kind]).is_file() for pair in pairs for kind in ("original", "reconstruction"))


def test_words_that_need_a_library_do_not_end_a_run(go, tmp_path, monkeypatch):
    """A model that nobody chose may say "unknown" of its weights; the chosen ones are scored all the same."""
    from dataclasses import replace

    from bench.suite import models

    def lacking(_):
        raise BenchError("needs the package: pip install it")

    entry = replace(models.MODELS["unet"], pretraining=lacking)
    kind, real = type(models.MODELS), type(models.MODELS).__getitem__
    monkeypatch.setattr(kind, "__getitem__", lambda self, name: entry if name == "unet" else real(self, name))
    assert go(only=("background",)).failed == ()
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["models"][1]["pretraining"] == "unknown: needs the package: pip install it"


MISTAKES = {
    "a loss of images for labels": (
        "train: {epochs: 1}}",
        "train: {epochs: 1, loss: mse, monitor: loss}}",
        "learns labels",
    ),
    "a loss of labels for images": (
        "pretrain: {epochs: 1}",
        "pretrain: {epochs: 1, loss: cross_entropy}",
        "no labels to learn",
    ),
    "SAM2's loss": ("train: {epochs: 1}}", "train: {epochs: 1, loss: focal_dice_iou}}", "belongs to SAM2"),
    "half precision on a CPU": (
        "train: {epochs: 1}}",
        "train: {epochs: 1, precision: fp16}}",
        "fp16 trains on CUDA only",
    ),
    "a batch that devices cannot share": ("train: {epochs: 1}}", "train: {epochs: 1, batch_size: 3}}", "batch"),
}


@pytest.mark.parametrize(("old", "new", "words"), MISTAKES.values(), ids=MISTAKES)
def test_what_cannot_be_trained_is_said_before_anything_is(go, tmp_path, old, new, words):
    """Hours of a first stage must not pass before a mistake in the second is found."""
    with pytest.raises(BenchError, match=words):
        go((NET, STAGES.replace(old, new)), devices=2)
    assert not list(tmp_path.rglob("*.safetensors"))
