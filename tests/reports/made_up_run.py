"""A made-up run folder in the documented format, with names that try to break out of every output."""

import csv
import json
import math
import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

HEADER = ["dataset", "model", "perturbation", "strength", "metric_set", "metric", "class", "n", "value"]
STRENGTHS_HEADER = ["dataset", "perturbation", "strength", "measure", "n", "mean", "sd", "min", "max"]
RECONSTRUCTIONS_HEADER = ["dataset", "model", "n", "mse", "psnr", "ssim"]
CLASSES = ["background", "cat", "dog"]
NASTY = 'unet <b>&"w"\'$x_1$ 50%'
SAMPLE = "cat <img src=x onerror=alert(1)> & 'co'"
MESSAGE = "<script>alert('out of memory')</script> at C:\\x_1 & 50%"
Sweeps = dict[str, tuple[str, float | None, list[float]]]
PERTURBATIONS: Sweeps = {
    "additive_noise": ("standard deviation in grey levels", 0, [2, 4, 6, 8, 10, 12, 14, 16, 18]),
    "binomial_blur": ("passes of the 3 × 3 mask", 0, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    "contrast_increase": ("factor", 1.0, [1.01, 1.02, 1.03, 1.04, 1.05, 1.1, 1.15, 1.2, 1.25]),
    "contrast_decrease": ("factor", 1.0, [0.95, 0.9, 0.85, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1]),
    "brightness_increase": ("grey levels", 0, [5, 10, 15, 20, 25, 30, 35, 40, 45]),
    "brightness_decrease": ("grey levels", 0, [5, 10, 15, 20, 25, 30, 35, 40, 45]),
    "occlusion": ("edge length in pixels", 0, [5, 10, 15, 20, 25, 30, 35, 40, 45]),
    "salt_and_pepper": ("share of values", 0, [0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18]),
}
METRIC_SETS = [
    {
        "name": "standard",
        "title": "Standard",
        "border": "ignore",
        "reduction": "dataset",
        "absent_class": "skip",
    },
    {"name": "edinburgh_000", "border": "background", "reduction": "per_image", "absent_class": "one"},
]
MODELS = {"background": 0.0, NASTY: 0.78, "smp (encoder=efficientnet)": 0.94}
Rows = list[list[Any]]


def scores(quality: float, n: int, noise: random.Random) -> Rows:
    """Return (metric, class, n, value) of one condition for a model of this quality (0: all background)."""
    dice = [min(0.9 + quality / 12, 1), quality, quality * 0.97]
    dice = [value and value - noise.random() / 500 for value in dice]
    iou = [value / (2 - value) for value in dice]
    rows: Rows = []
    for metric, values in (("iou", iou), ("dice", dice), ("precision", dice), ("recall", iou)):
        rows += [[metric, name, n, value] for name, value in zip(CLASSES, values, strict=True)]
        rows.append([metric, "mean", n, sum(values) / 3])
    rows.append(["pixel_accuracy", "all", n, 0.6 + 0.39 * quality])
    rows += [[name, "mean", n, 0.3 + 0.6 * quality] for name in ("dice_per_image", "iou_per_image")]
    return rows + [[name, "mean", n, 0.1 + 0.6 * quality] for name in ("dice_worst_5", "iou_worst_5")]


def absent_as_one(rows: Rows) -> Rows:
    """Lift a background-only model's scores the way counting absent classes as 1 does."""
    lifted = {"cat": 0.66, "dog": 0.34, "mean": 0.61}
    return [
        [metric, name, n, lifted.get(name, value) if metric == "dice" and value < 0.4 else value]
        for metric, name, n, value in rows
    ]


PANELS = ["image", "ground truth", "prediction", "errors", "confidence", "confidence cat"]


def draw_images(folder: Path, size: tuple[int, int] = (48, 36)) -> dict[str, str]:
    """Write one small image of each kind, and an example of six panels, into ``examples/`` and return their paths."""
    import cv2
    import numpy as np

    (folder / "examples").mkdir(parents=True)
    names = {kind: f"examples/{kind}.png" for kind in ("truth", "prediction")}
    names |= {kind: f"examples/{kind}.webp" for kind in ("input", "error", "cat", "dog")}
    middle = (size[0] // 2, size[1] // 2)
    for number, file in enumerate(names.values()):
        image = np.full((size[1], size[0], 3), 40 + 30 * number, np.uint8)
        cv2.ellipse(image, middle, (size[0] // 3, size[1] // 3), 15 * number, 0, 360, (0, 94, 213), -1)
        cv2.imwrite(str(folder / file), image)
    names["example"] = "examples/example.webp"
    cv2.imwrite(str(folder / names["example"]), np.concatenate([image] * len(PANELS), axis=1))
    return names


class RunFolder:
    """Writes a run folder; `datasets`, `models`, `perturbations` (of `sweeps`) say how much of everything."""

    def __init__(
        self, folder: Path, datasets: int = 1, models: int = 3, perturbations: int = 8, sweeps: Sweeps = PERTURBATIONS
    ) -> None:
        self.folder = folder
        self.datasets = ["pets", "shapes <2>"][:datasets]
        self.models = dict(list(MODELS.items())[:models])
        self.perturbations = deepcopy(dict(list(sweeps.items())[:perturbations]))
        self.metric_sets = deepcopy(METRIC_SETS)
        self.rows = list(self._rows())
        self.record = self._record()
        self.index: dict[str, Any] | None = None
        self.strengths: Rows | None = None
        self.reconstructions: Rows | None = None
        self.header = HEADER
        self.tables: dict[str, Rows] = {}

    def write(self) -> Path:
        """Write the files and return the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "run.json").write_text(json.dumps(self.record), encoding="utf-8")
        with (self.folder / "summary.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([self.header, *self.rows])
        for name, lines in self.tables.items():
            with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(lines)
        if self.strengths is not None:
            with (self.folder / "strengths.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([STRENGTHS_HEADER, *self.strengths])
        if self.reconstructions is not None:
            with (self.folder / "reconstructions.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([RECONSTRUCTIONS_HEADER, *self.reconstructions])
        if self.index is not None:
            (self.folder / "examples" / "index.json").write_text(json.dumps(self.index), encoding="utf-8")
        return self.folder

    def conditions(self) -> list[tuple[str, float]]:
        """Return (perturbation, strength) of all conditions, clean first."""
        levels = [(name, s) for name, (_, _, strengths) in self.perturbations.items() for s in strengths]
        return [("clean", 0.0), *levels]

    def with_examples(self) -> "RunFolder":
        """Add images: best, median and worst of every condition, and one strip a perturbation."""
        files = draw_images(self.folder)
        self.index = {"format": 2, "examples": [], "strips": []}
        for dataset in self.datasets:
            self.index["examples"] += [
                {
                    "dataset": dataset,
                    "model": model,
                    "perturbation": name,
                    "strength": strength,
                    "rank": rank,
                    "sample": SAMPLE,
                    "score": 0.5,
                    "iou": 1 / 3,
                    "dice": 0.5,
                    "images": [{"file": files["example"], "panels": PANELS}],
                }
                for model in self.models
                for name, strength in self.conditions()
                for rank in ("best", "median", "worst")
            ]
            self.index["strips"] += [
                {
                    "key": f"{dataset} {name}",
                    "dataset": dataset,
                    "perturbation": name,
                    "sample": SAMPLE,
                    "levels": [{"strength": s, "file": files["input"]} for s in (identity or 0, *strengths)],
                }
                for name, (_, identity, strengths) in self.perturbations.items()
            ]
        return self

    def with_strengths(self) -> "RunFolder":
        """Add measures: the RMSE of level i is 4 i, so that the PSNR falls; the SSIM is 1 - 0.05 i."""
        self.strengths = []
        for dataset in self.datasets:
            for name, (_, _, strengths) in self.perturbations.items():
                for i, strength in enumerate(strengths, 1):
                    psnr = 20 * math.log10(255 / (4 * i))
                    for measure, mean in (("rmse", 4 * i), ("psnr", psnr), ("ssim", 1 - 0.05 * i)):
                        self.strengths.append([dataset, name, strength, measure, 168, mean, 0.5, mean - 1, mean + 1])
        return self

    def measure(self, perturbation: str, strength: float, measure: str, mean: float, n: int = 168) -> None:
        """Replace one measured mean."""
        for row in self.strengths or []:
            if row[1:4] == [perturbation, strength, measure]:
                row[4:6] = [n, mean]

    def _rows(self) -> Iterator[list[Any]]:
        noise = random.Random(0)
        for dataset in self.datasets:
            for model, quality in self.models.items():
                yield from self.rows_of(dataset, model, quality, noise)

    def rows_of(self, dataset: str, model: str, quality: float, noise: random.Random) -> Iterator[list[Any]]:
        """Yield the rows of one model under every condition and metric set that can score classes."""
        for name, strength in self.conditions():
            rows = scores(quality * self.left(name, strength), 168, noise)
            for metric_set in self.metric_sets:
                if metric_set.get("task") != "binary":
                    found = absent_as_one(rows) if metric_set["absent_class"] == "one" else rows
                    yield from ([dataset, model, name, strength, metric_set["name"], *row] for row in found)

    def left(self, name: str, strength: float) -> float:
        """Return how much of a model's quality a condition leaves, from 1 for the clean one downwards."""
        strengths = self.perturbations[name][2] if name != "clean" else []
        damage = (strengths.index(strength) + 1) / len(strengths) if strengths else 0
        steepness = 0.1 * (list(self.perturbations).index(name) % 8) if strengths else 0
        return 1 - steepness * damage**2

    def _record(self) -> dict[str, Any]:
        total = len(self.datasets) * len(self.models) * len(self.conditions())
        pairs = [{"dataset": dataset, "model": model} for dataset in self.datasets for model in self.models]
        left_out = [{"id": SAMPLE, "reason": "truncated <JPEG>"}]
        remarks = [{"text": "the <mask> may be turned", "images": 3, "first": [SAMPLE, "b"]}]
        named = {"classes": CLASSES, "left_out": left_out, "remarks": remarks}
        return self.template("record") | {
            "datasets": [self.template("dataset") | named | {"label": label} for label in self.datasets],
            "perturbations": [
                self.template("perturbation")
                | {"label": name, "name": name, "title": name.replace("_", " ").capitalize()}
                | {"unit": unit, "identity": identity, "strengths": strengths}
                for name, (unit, identity, strengths) in self.perturbations.items()
            ],
            "metric_sets": self.metric_sets,
            "models": [self.model(**pair) for pair in pairs],
            "cells": {"total": total, "done": total, "failed": []},
            "throughput": [self.template("throughput") | pair for pair in pairs],
        }

    def model(self, dataset: str, model: str) -> dict[str, Any]:
        """Return the record of a model of this label."""
        entry = self.template("model") | {"label": model, "dataset": dataset}
        if model == "background":
            return entry | {"parameters_total": 0, "checkpoint": None, "training": None}
        weights = self.template("weights")
        weights["training"]["dataset"] = dataset
        return entry | weights

    @staticmethod
    def template(kind: str) -> dict[str, Any]:
        """Return the constant part of a record, a copy of its own."""
        text = Path(__file__).with_name("protocol.yaml").read_text(encoding="utf-8")
        found: dict[str, Any] = yaml.safe_load(text)[kind]
        return found
