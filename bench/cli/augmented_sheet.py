"""A sheet of training images, and below each what a recipe's augmentation makes of it."""

from typing import TYPE_CHECKING

from bench.cli.contact_sheet import contact_sheet
from bench.suite.profiles import for_class
from bench.training.augmentation import Augmenter
from bench.training.image_loading import transformed

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from bench.data.dataset import Subset
    from registry.recipe import Recipe
    from registry.segmenter import Geometry

    Pixels = NDArray[np.uint8]


def augmented_sheet(
    subset: "Subset", recipe: "Recipe", geometry: "Geometry", path: "Path", count: int = 12, seed: int = 0
) -> None:
    """Write a PNG of `count` images, and below each its first transformed look in the first epoch by `seed`.

    Masks lie half over the images, and a legend names their classes: see `contact_sheet`. A look is what training
    by the recipe gives a network of this geometry, before normalisation; padding counts as border. An image
    that the recipe never transforms stands there again as it is.

    Raises:
        BenchError: `path` cannot be written, or an image can no longer be read.
    """
    augmenter = Augmenter(recipe.augmentation, geometry.height, geometry.width, len(subset.classes))
    copies = recipe.augmentation.copies

    def look(image: "Pixels", mask: "Pixels", index: int) -> "tuple[Pixels, Pixels]":
        if copies and not for_class(copies, subset.rows[index].foreground):
            return image, mask
        return transformed(subset.load(index), augmenter, geometry, seed)

    contact_sheet(subset, path, count, seed, look)
