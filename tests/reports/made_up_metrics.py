"""A made-up run with metrics of the user's own: one where less is better, one of all pixels that may be negative."""

from pathlib import Path
from typing import Any

from made_up_run import CLASSES, RunFolder

USUAL = [
    {"name": name, "title": title, "higher_is_better": True, "bounds": [0.0, 1.0], "per_class": name != "pixel_accuracy"}
    for name, title in {
        "dice": "Dice",
        "iou": "IoU",
        "pixel_accuracy": "Pixel accuracy",
        "precision": "Precision",
        "recall": "Recall",
    }.items()
]  # fmt: skip
DISTANCE: dict[str, Any] = {
    "name": "distance",
    "title": "Distance <i>, $p_x$",
    "higher_is_better": False,
    "bounds": [0.0, 100.0],
    "per_class": True,
    "source": "made up",
}
KAPPA: dict[str, Any] = {"name": "kappa", "title": "Cohen's kappa", "bounds": [-1.0, 1.0], "per_class": False}


def with_further_metrics(folder: Path, **sizes: int) -> RunFolder:
    """Return a run that records the usual metrics, `DISTANCE` and `KAPPA`; both follow from the mean Dice."""
    made = RunFolder(folder, **sizes)
    made.record["metrics"] = [DISTANCE, *USUAL, KAPPA]
    means = [row for row in made.rows if row[5:7] == ["dice", "mean"]]
    for *place, _, _, n, dice in means:
        made.rows += [[*place, "distance", name, n, distance(dice)] for name in (*CLASSES, "mean")]
        made.rows.append([*place, "kappa", "all", n, kappa(dice)])
    return made


def distance(dice: float) -> float:
    """Return the made-up distance of a model of this Dice."""
    return 95 - 90 * dice


def kappa(dice: float) -> float:
    """Return the made-up kappa of a model of this Dice: negative below a half."""
    return 2 * dice - 1
