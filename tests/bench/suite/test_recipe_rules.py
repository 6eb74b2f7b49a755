"""What of a recipe cannot be trained is reported before any training starts."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from bench.suite.recipe_rules import check_devices, check_shape, loss_fault
from registry import MODELS
from registry.entry_results import recipe_of
from registry.errors import BenchError
from registry.recipe import RECONSTRUCTION, Recipe
from registry.segmenter import Geometry

RECONSTRUCTING = {"loss": "mse_ssim", "monitor": "loss"}
SAM2 = {"loss": "focal_dice_iou"}


@pytest.mark.parametrize(
    ("given", "devices", "message"),
    [
        ({"precision": "fp16"}, 1, "precision fp16 trains on CUDA only; give precision: bf16 or fp32"),
        (RECONSTRUCTING | {"precision": "fp16"}, 1, "precision fp16 trains on CUDA only"),
        ({"batch_size": 9}, 2, "batch_size 9 cannot be shared by 2 devices .*; give a multiple of 2"),
        (RECONSTRUCTING | {"batch_size": 6, "accumulate": 2}, 2, "accumulate 2; give a multiple of 4"),
    ],
)
def test_a_recipe_that_the_devices_cannot_train_is_one_line(given, devices, message):
    """The same one, word for word, that the processes would give."""
    with pytest.raises(BenchError, match=message) as raised:
        check_devices(Recipe(**given), "cpu", devices)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("stage", "given", "default", "message"),
    [
        ("training", RECONSTRUCTING, {}, "the loss 'mse_ssim' compares images, and this model learns labels"),
        ("training", SAM2, {}, "'focal_dice_iou' belongs to SAM2's own training; give .* loss: "),
        ("training", {}, SAM2, "a loss of its own, focal_dice_iou; remove loss$"),
        ("training", SAM2 | {"class_weights": (1.0, 2.0)}, SAM2, "focal_dice_iou; remove class_weights$"),
        ("training", RECONSTRUCTING, SAM2, "compares images"),
        (
            "pretext",
            {"loss": "dice_cross_entropy"},
            RECONSTRUCTING,
            "an autoencoder has no labels to learn; give .* mse, ",
        ),
        ("pretext", SAM2, RECONSTRUCTING, "an autoencoder has no labels to learn"),
    ],
)
def test_a_loss_that_cannot_train_a_model_is_one_line(stage, given, default, message):
    """Where the first batch would fail, or the loss would silently be another one."""
    fault = loss_fault(Recipe(**given), stage, Recipe(**default))
    assert re.search(message, fault)
    assert "\n" not in fault


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"class_weights": (0.1, 1.0, 1.0, 1.0)}, "class_weights has 4 values for 3 classes; give 3 at the most"),
        ({"augmentation": {"copies": (0, 5, 2, 1)}}, "augmentation.copies has 4 values for 3 classes"),
        ({"augmentation": {"profiles": ("none",) * 4}}, "augmentation.profiles has 4 values for 3 classes"),
        (RECONSTRUCTING, "the loss 'mse_ssim' needs inputs of 11 x 11 pixels or more; raise size"),
    ],
)
def test_a_recipe_that_does_not_fit_classes_or_size_is_one_line(given, message):
    """More values than classes are a mistake; fewer are not, the last one then holds for the rest."""
    check_shape(Recipe(class_weights=(0.1, 1.0)), 3, Geometry(8, 8, "stretch"))
    with pytest.raises(BenchError, match=message):
        check_shape(Recipe(**given), 3, Geometry(8, 16, "stretch"))


def test_weights_of_nothing_but_zeros_are_refused():
    """With them the loss is 0 whatever the network predicts."""
    with pytest.raises(ValidationError, match="class_weights are all 0"):
        Recipe(class_weights=(0.0, 0.0))


def test_what_can_be_trained_passes():
    """Its own loss is SAM2's alone, half precision CUDA's, and no epochs are no training."""
    for loss in ("cross_entropy", "dice_cross_entropy"):
        check_devices(Recipe(loss=loss, precision="bf16"), "cpu", 2)
        assert loss_fault(Recipe(loss=loss), "training", Recipe()) is None
    for loss in RECONSTRUCTION:
        assert loss_fault(Recipe(loss=loss, monitor="loss"), "pretext", Recipe(**RECONSTRUCTING)) is None
    assert loss_fault(Recipe(**SAM2, learning_rate=1.0), "training", Recipe(**SAM2)) is None
    check_devices(Recipe(precision="fp16"), "cuda:1", 1)
    untrained = Recipe(loss="mse", monitor="loss", precision="fp16", epochs=0)
    check_devices(untrained, "cpu", 3)
    assert loss_fault(untrained, "training", Recipe()) is None


def test_devices_are_counted_from_the_first_one(monkeypatch):
    """Two from cuda:1 on are number 1 and 2."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    check_devices(Recipe(), "cuda", 2)
    with pytest.raises(BenchError, match="2 devices from cuda:1: this machine shows 2 CUDA devices"):
        check_devices(Recipe(), "cuda:1", 2)


def test_the_check_is_light():
    """A command that checks suites does not wait for torch."""
    script = "import sys, bench.suite.recipe_rules; print([m for m in ('torch', 'lightning') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_minutes_go_with_every_schedule_but_one_cycle():
    """The cycle would have to follow the clock; the docs name the models whose own schedule it is."""
    for schedule in ("plateau", "poly", "cosine", "constant"):
        assert Recipe(minutes=1, schedule=schedule).minutes == 1
    with pytest.raises(ValueError, match="give epochs instead of minutes, or add schedule: constant"):
        Recipe(minutes=1, schedule="one_cycle")
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text()
    line = next(line for line in page.splitlines() if line.startswith("| `minutes` |"))
    given = {"onnx": {"file": "a"}, "transformers": {"model": "a"}, "predictions": {"folder": "a"}}
    recipes = {name: recipe_of(MODELS[name], MODELS[name].parameters(**given.get(name, {}))) for name in MODELS.names()}
    cycled = {name for name, recipe in recipes.items() if recipe and recipe.schedule == "one_cycle"}
    assert {word for word in re.findall(r"`(\w+)`", line) if word in MODELS.names()} == cycled
