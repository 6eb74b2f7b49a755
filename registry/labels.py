"""What labels and prompts mean, written once for models, metrics and reports. Imports nothing."""

from typing import Literal

Task = Literal["classes", "binary"]
"""What labels mean, to a model or to a metric set: which class a pixel has, or whether it belongs to an object."""

IGNORE = 255
"""The label of pixels that belong to no class (the border band); never a class index."""

NO_GROUND_TRUTH = "no ground truth"
POINT_FROM_GROUND_TRUTH = "point from ground truth"
BOX_FROM_GROUND_TRUTH = "box from ground truth"
SUPERVISION = (NO_GROUND_TRUTH, POINT_FROM_GROUND_TRUTH, BOX_FROM_GROUND_TRUTH)
"""What a model's prompt takes from the ground truth; only models of one group compare."""


def group_words(supervision: str) -> str:
    """Return what a title says of a group of models: what they are given when they predict."""
    given = {POINT_FROM_GROUND_TRUTH: "a point", BOX_FROM_GROUND_TRUTH: "a box"}.get(supervision, supervision)
    return (
        "given the image alone"
        if supervision == NO_GROUND_TRUTH
        else f"given the image and {given} from the ground truth"
    )


def titled(name: str, title: str) -> str:
    """Return the name that a suite takes, with the title beside it where that says more: the same in every output.

    >>> titled("additive_noise", "Gaussian pixel noise"), titled("zoom_blur", "Zoom blur"), titled("mine", "")
    ('additive_noise (Gaussian pixel noise)', 'zoom_blur', 'mine')
    """
    return name if title.lower() in ("", name.replace("_", " ").lower()) else f"{name} ({title})"


def can_score(metric_set: Task, model: Task) -> bool:
    """Return whether metrics of one task are for a model of another: a class-agnostic mask has no classes to score.

    >>> can_score("classes", "binary"), can_score("binary", "classes")
    (False, True)
    """
    return metric_set == "binary" or model == "classes"
