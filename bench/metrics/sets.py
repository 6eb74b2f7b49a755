"""Metric sets: what turns the same counts into the scores of one way of reporting."""

from dataclasses import dataclass, replace
from typing import Literal, Self

from bench.metrics.counts import Border
from registry.labels import Task

Reduction = Literal["dataset", "per_image"]
AbsentClass = Literal["skip", "one", "zero"]


@dataclass(frozen=True)
class MetricSet:
    """A named choice of border policy, reduction and absent-class rule.

    - `border`: border pixels are "background", "ignore"d or the image's "foreground" class.
    - `reduction`: "dataset" adds up the counts of all images and scores the sums; "per_image" scores each
      image and takes the mean over images.
    - `absent_class`: the score of a class that is neither in the ground truth nor in the prediction: left
      out ("skip"), 1 or 0. A class that is in one of them only has no pixel right: every score of it is 0.
    - `dice_classes`: the classes in the mean Dice, "all" or the "foreground" ones without class 0 (of data
      without a background class: all).
    - `task`: "classes", or "binary" for class 0 against the rest.
    - `epsilon`: added to the true positives of Dice and IoU, so that IoU = (I + epsilon) / (U + epsilon);
      an absent class stays what `absent_class` says.
    """

    name: str
    title: str
    border: Border
    reduction: Reduction
    absent_class: AbsentClass = "skip"
    dice_classes: Literal["all", "foreground"] = "all"
    task: Task = "classes"
    epsilon: float = 0.0

    @property
    def needs_background(self) -> bool:
        """Return whether it has no meaning where no class is the background: the border and the task speak of it."""
        return self.task == "binary" or self.border != "ignore"

    def on(self, background: bool) -> Self:
        """Return the set as it scores data with or without a background class."""
        return self if background else replace(self, dice_classes="all")

    def policy(self) -> str:
        """Return the choices in one line, for the foot of a table."""
        border = {"ignore": "border ignored", "background": "border = background"}
        pooled = "counts summed over the data set" if self.reduction == "dataset" else "mean over images"
        absent = "left out" if self.absent_class == "skip" else f"= {self.absent_class}"
        parts = [
            border.get(self.border, "border = foreground"),
            pooled,
            f"absent class {absent}",
            "class in one mask only = 0",
        ]
        if self.task == "binary":
            parts.append("foreground against background")
        if self.dice_classes == "foreground":
            parts.append("mean Dice without background")
        if self.epsilon:
            parts.append(f"epsilon {self.epsilon:g}")
        return "; ".join(parts)


_ALL = (
    MetricSet("standard", "Standard", border="ignore", reduction="dataset"),
    MetricSet("binary", "Object or not, border ignored", border="ignore", reduction="dataset", task="binary"),
    MetricSet(
        "edinburgh_000",
        "Edinburgh team 000, as its numbers were computed",
        border="background",
        reduction="per_image",
        absent_class="one",
    ),
    MetricSet(
        "edinburgh_000_as_written",
        "Edinburgh team 000, as its text defines it",
        border="background",
        reduction="dataset",
        epsilon=1e-7,
    ),
    MetricSet(
        "edinburgh_001",
        "Edinburgh team 001, three classes",
        border="ignore",
        reduction="dataset",
        dice_classes="foreground",
    ),
    MetricSet(
        "sam2_binary",
        "Edinburgh team 001, SAM2: animal or not",
        border="foreground",
        reduction="per_image",
        task="binary",
    ),
)
METRIC_SETS: dict[str, MetricSet] = {each.name: each for each in _ALL}
