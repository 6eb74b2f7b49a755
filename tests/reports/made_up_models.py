"""A made-up run of models of every kind: prompted, class-agnostic, half frozen, with a first stage of training."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from made_up_run import NASTY, RunFolder, draw_images

SAM2_BINARY = {
    "name": "sam2_binary",
    "title": "Edinburgh team 001, SAM2: animal or not",
    "border": "foreground",
    "reduction": "per_image",
    "absent_class": "skip",
    "task": "binary",
}
POINT, BOX = "point from ground truth", "box from ground truth"
KINDS: dict[str, tuple[float, dict[str, Any]]] = {
    "clip no prompt": (0.8, {"prompt": "zero_heatmap"}),
    "clip <point>": (0.9, {"prompt": "gt_random_pixel", "supervision": POINT}),
    "sam2 point": (0.91, {"prompt": "gt_centroid", "supervision": POINT, "task": "binary"}),
    "sam2 box": (0.96, {"prompt": "gt_box", "supervision": BOX, "task": "binary"}),
    "box filled": (0.7, {"prompt": "gt_box", "supervision": BOX, "task": "binary", "name": "prompt_box"}),
}
"""What each further model is, by label, with its quality."""
FROZEN = {
    "parameters_total": 89_450_000,
    "parameters_trainable": 1_950_000,
    "parameters_frozen": 87_500_000,
    "macs": 6_760_000_000,
    "checkpoint": {"state_hash": "decade" * 5, "file": "clip.safetensors", "bytes": 357_800_000},
    "pretraining": "LAION-2B <open_clip>",
    "weights_licence": "MIT",
}
"""What is known of the models with a frozen part: all of `KINDS`."""
ORACLE = "sam2 point"
"""The model that has several masks."""


def mixed(folder: Path, perturbations: int = 2, datasets: int = 1) -> RunFolder:
    """Return a run of the three usual models and those of `KINDS`, with a binary metric set behind the usual ones."""
    made = RunFolder(folder, datasets=datasets, perturbations=perturbations)
    made.metric_sets.append(SAM2_BINARY)
    noise = random.Random(1)
    for dataset in made.datasets:
        for label, (_, kind) in KINDS.items():
            made.record["models"].append(made.model(dataset, label) | FROZEN | {"name": "any"} | kind)
        for label, quality in (made.models | {label: quality for label, (quality, _) in KINDS.items()}).items():
            if label in KINDS and KINDS[label][1].get("task") != "binary":
                made.rows += made.rows_of(dataset, label, quality, noise)
            made.rows += binary_rows(made, dataset, label, quality)
    made.models |= {label: quality for label, (quality, _) in KINDS.items()}
    return made


def binary_rows(made: RunFolder, dataset: str, label: str, quality: float) -> Iterator[list[Any]]:
    """Yield a model's rows under the binary set; the oracle's are better by a tenth of what is missing."""
    for name, strength in made.conditions():
        dice = quality * made.left(name, strength)
        values = {"dice": dice, "oracle_dice": 0.9 * dice + 0.1} | ({"iou": dice / (2 - dice)} if dice else {"iou": 0})
        values["oracle_iou"] = values["oracle_dice"] / (2 - values["oracle_dice"])
        for metric, value in values.items():
            if label == ORACLE or not metric.startswith("oracle"):
                for class_name in ("foreground", "mean"):
                    yield [dataset, label, name, strength, "sam2_binary", metric, class_name, 168, value]


def with_autoencoder(made: RunFolder) -> RunFolder:
    """Give the second model a first stage: its training, its scores and two pairs of images."""
    files = draw_images(made.folder)
    for model in made.record["models"]:
        if model["label"] == NASTY:
            curves = {
                "epoch": [1, 2],
                "train_loss": [0.1, 0.05],
                "val_loss": [0.1, 0.06],
                "learning_rate": [0.01, 0.001],
            }
            stage = made.template("weights")["training"] | {"dataset": model["dataset"], "curves": curves}
            stage["recipe"] = {"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.9, "loss": "mse_ssim"}
            model["autoencoder"] = {"file": "auto.safetensors", "state_hash": "abba" * 8, "training": stage}
    made.reconstructions = [[dataset, NASTY, 168, 0.0023, 28.23, 0.876] for dataset in made.datasets]
    pair = {"model": NASTY, "sample": "cat <1>", "original": files["input"], "reconstruction": files["error"]}
    made.index = {"format": 1, "reconstructions": [pair | {"dataset": dataset} for dataset in made.datasets] * 2}
    return made


def changed(made: RunFolder, label: str, **facts: Any) -> None:
    """Change what a run records of one model."""
    for model in made.record["models"]:
        if model["label"] == label:
            model |= facts


def clean_dice(made: RunFolder, label: str, metric_set: str, value: float) -> None:
    """Give a model a clean mean Dice."""
    for row in made.rows:
        if row[1] == label and row[2] == "clean" and row[4:7] == [metric_set, "dice", "mean"]:
            row[8] = value
