"""What the entries of SAM2 share. Imports nothing heavy."""

from typing import Annotated, Any

from pydantic import Field

from registry.recipe import FLIP_ONLY, Recipe
from registry.segmenter import Geometry

SOURCE = "Ravi et al., SAM 2: Segment Anything in Images and Videos (2024), through Hugging Face's transformers"
LICENCE = "Apache-2.0"
PROMPTS = ("gt_centroid", "gt_random_pixel", "image_center", "gt_box", "full_box")
Side = Annotated[int, Field(ge=64, multiple_of=32)]

SEED_001 = Recipe(
    epochs=40,
    batch_size=1,
    optimizer="adamw",
    learning_rate=5e-6,
    weight_decay=0.01,
    gradient_clip=0.1,
    schedule="constant",
    loss="focal_dice_iou",
    augmentation=FLIP_ONLY,
)
"""The report's: AdamW at a constant 5e-6, clipped at 0.1, one image a step, flips alone."""


def geometry(p: Any) -> Geometry:
    """Return the stretched square input."""
    return Geometry(p.size, p.size, "stretch")
