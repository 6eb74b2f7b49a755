"""`examples/index.json`: the images that a run kept, each file relative to the run folder."""

from pydantic import Field

from bench.record.model_record import Part
from bench.record.run_record import ReconstructedImage, Strip

INDEX_FORMAT = 1


class ExampleFiles(Part):
    """The files of one example; `confidence` has one for each class. The key `truth` holds the ground truth."""

    input: str
    truth: str
    prediction: str
    error: str
    confidence: dict[str, str] = Field(default_factory=dict)


class Example(Part):
    """One image under one condition: the best, the median or the worst of its cell, with its own scores."""

    dataset: str
    model: str
    perturbation: str
    strength: float
    rank: str
    sample: str
    files: ExampleFiles
    ranked_by: str = ""
    iou: float | None = None
    dice: float | None = None


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
