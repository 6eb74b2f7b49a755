"""What is written beside pictures: what their colours mean, their ranks, titles and scores."""

from typing import TYPE_CHECKING, Any

from registry.palette import CONFIDENCE, ERRORS, FIRST_ERRORS, IGNORE_COLOUR, class_colour
from reports.record.run import CLEAN
from reports.tables.table import score

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bench.record.example_index import Example
    from reports.record.gallery import PicturedCondition
    from reports.record.run import Run

RANKS = {
    "worst 2": "second worst",
    "worst 3": "third worst",
    "worst 4": "fourth worst",
    "worst 5": "fifth worst",
}


def colour_keys(run: "Run", titles: "Collection[str]") -> dict[str, Any]:
    """Return the keys of the colours in panels of these titles: label and colours of each, and confidence's scale."""
    several = len({dataset.classes for dataset in run.record.datasets}) > 1
    labels = {data.classes: f"Classes of {data.label}" if several else "Classes" for data in run.record.datasets}
    keys: list[tuple[str, dict[str, str]]] = [
        (label, {name: class_colour(index) for index, name in enumerate(names)} | {"border": IGNORE_COLOUR})
        for names, label in labels.items()
    ]
    kinds = (("errors", "Errors", ERRORS), ("error map", "Error map", FIRST_ERRORS))
    keys += [(label, colours) for title, label, colours in kinds if title in titles]
    return {"keys": keys, "scale": CONFIDENCE if any(one.startswith("confidence") for one in titles) else ()}


def panel_titles(titles: "Sequence[str]") -> list[str]:
    """Return the titles of an example's panels that the page shows: the winner's confidence, not each class's too.

    >>> panel_titles(["image", "confidence", "confidence cat"]), panel_titles(["image", "confidence cat"])
    (['image', 'confidence'], ['image', 'confidence cat'])
    """
    return [one for one in titles if "confidence" not in titles or not one.startswith("confidence ")]


def shown_title(title: str, titles: "Collection[str]") -> str:
    """Return what stands below a panel: beside the clean image, `image` is the perturbed one."""
    return "perturbed image" if title == "image" and "clean image" in titles else title


def scores(example: "Example") -> str:
    """Return an example's own Dice and IoU."""
    return f"Dice {score(example.dice).text} · IoU {score(example.iou).text}"


def condition_words(run: "Run", condition: "PicturedCondition") -> str:
    """Return a perturbation and its strength in words."""
    name, strength = condition
    entry = run.perturbation(name)
    if name == CLEAN or entry is None:
        return "Clean images"
    unit = f" ({entry.unit})" if entry.unit else ""
    return f"{run.title(entry)} at its strongest: {strength:g}{unit}"
