"""`examples/index.json`: the images that a run kept, each file relative to the run folder."""

from typing import Any

from pydantic import Field, model_validator

from bench.record.model_record import Part
from bench.record.run_record import ReconstructedImage, Strip

INDEX_FORMAT = 3
"""Format 2 had no checksum. Format 1 had a file for each panel of an example, one for the confidence of each class."""

GAP = 4
"""White pixels at the right of each panel of an image that has several."""

_FIRST_FORMAT = {"input": "image", "truth": "ground truth", "prediction": "prediction", "error": "error map"}
"""Keys of format 1, and what such an image shows: an error map has other colours than the panel `errors`."""


class ExampleImage(Part):
    """One image file: panels of equal width side by side, and what each of them shows, from left to right."""

    file: str
    panels: tuple[str, ...] = Field(min_length=1)


class Example(Part):
    """One image under one condition with its own scores.

    rank: "best", "median", "worst", "worst 2" to "worst 5" of its cell, or "shared 1", "shared 2": the same image of
    every model and condition. An image may stand under several ranks, with the same file.
    """

    dataset: str
    model: str
    perturbation: str
    strength: float
    rank: str
    sample: str
    images: tuple[ExampleImage, ...]
    ranked_by: str = ""
    iou: float | None = None
    dice: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_the_first_format(cls, data: Any) -> Any:
        """Read the files of format 1, which cells of an older version still name."""
        if not isinstance(data, dict) or "files" not in data:
            return data
        files = dict(data["files"])
        confidence = files.pop("confidence", None) or {}
        panels = {_FIRST_FORMAT.get(key, key): file for key, file in files.items()}
        panels |= {f"confidence {name}": file for name, file in confidence.items()}
        return data | {"images": [{"file": file, "panels": [title]} for title, file in panels.items()]}


class ReconstructionPair(ReconstructedImage):
    """A reconstructed image of one model's autoencoder."""

    dataset: str
    model: str


class ExampleIndex(Part):
    """The whole of `examples/index.json`."""

    format: int
    examples: tuple[Example, ...] = ()
    strips: tuple[Strip, ...] = ()
    reconstructions: tuple[ReconstructionPair, ...] = ()
