"""What a recipe cannot be trained with is said before anything is."""

import subprocess
import sys

import pytest
import torch

from bench.training.checks import check_recipe
from registry.errors import BenchError
from registry.recipe import RECONSTRUCTION, Recipe

PICTURES = {"loss": "mse_ssim", "monitor": "loss"}


@pytest.mark.parametrize(
    ("stage", "asked", "devices", "message"),
    [
        ("training", {"precision": "fp16"}, 1, "precision fp16 trains on CUDA only; give precision: bf16 or fp32"),
        ("pretext", PICTURES | {"precision": "fp16"}, 1, "precision fp16 trains on CUDA only"),
        ("training", {"batch_size": 9}, 2, "batch_size 9 cannot be shared by 2 devices .*; give a multiple of 2"),
        ("pretext", PICTURES | {"batch_size": 6, "accumulate": 2}, 2, "accumulate 2; give a multiple of 4"),
        ("training", PICTURES, 1, "the loss 'mse_ssim' compares pictures, and this model learns labels"),
        ("training", {"loss": "focal_dice_iou"}, 1, "'focal_dice_iou' belongs to SAM2's own training; give .* loss: "),
        ("pretext", {"loss": "dice_cross_entropy"}, 1, "an autoencoder has no labels to learn; give one of .* mse, "),
        ("pretext", {"loss": "focal_dice_iou"}, 1, "an autoencoder has no labels to learn"),
    ],
)
def test_each_fault_is_one_line(stage, asked, devices, message):
    """The same one, word for word, that the first batch or the processes would give."""
    with pytest.raises(BenchError, match=message) as raised:
        check_recipe(Recipe(**asked), stage, "cpu", devices)
    assert "\n" not in str(raised.value)


def test_what_can_be_trained_passes():
    """Its own loss is SAM2's alone, half precision CUDA's, and no epochs are no training."""
    for loss in ("cross_entropy", "dice_cross_entropy"):
        check_recipe(Recipe(loss=loss, precision="bf16"), "training", "cpu", 2)
    for loss in RECONSTRUCTION:
        check_recipe(Recipe(loss=loss, monitor="loss"), "pretext", "cpu", 1)
    check_recipe(Recipe(loss="focal_dice_iou"), "training", "cpu", 1, own_loss=True)
    check_recipe(Recipe(precision="fp16"), "training", "cuda:1", 1)
    check_recipe(Recipe(loss="mse", monitor="loss", precision="fp16", epochs=0), "training", "cpu", 3)


def test_devices_are_counted_from_the_first_one(monkeypatch):
    """Two from cuda:1 on are number 1 and 2."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    check_recipe(Recipe(), "training", "cuda", 2)
    with pytest.raises(BenchError, match="2 devices from cuda:1: this machine shows 2 CUDA devices"):
        check_recipe(Recipe(), "training", "cuda:1", 2)


def test_the_check_is_light():
    """A command that checks suites does not wait for torch."""
    script = "import sys, bench.training.checks; print([m for m in ('torch', 'lightning') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
