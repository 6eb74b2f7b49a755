"""Surface Dice (normalised surface distance): the share of both outlines within a tolerance of the other."""

from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.extents import Extent, in_pixels
from bench.metrics.image_entry import CellTerms, Given, ImageMetric
from bench.metrics.image_scores import of_classes, per_image
from bench.metrics.ratio import ratio
from registry.parameters import Parameters

if TYPE_CHECKING:
    from bench.metrics.quantities import Quantity
    from bench.metrics.scores import Floats
    from bench.metrics.views import SeenImage


class SurfaceDiceParameters(Parameters):
    """How near is near.

    tolerance: in pixels, or as a share of the image's short side.
    """

    tolerance: Extent = "1%"


def measure(image: "SeenImage", parameters: SurfaceDiceParameters) -> "Floats":
    """Return the length of both outlines within the tolerance, and their whole length, of each class, flat."""
    found = np.zeros((len(image.labels), 2))
    tolerance = in_pixels(parameters.tolerance, min(image.size))
    for place, label in enumerate(image.labels):
        if label in image.present:
            for one in image.outlines(label):
                found[place] += one.lengths[one.distances <= tolerance].sum(), one.lengths.sum()
    return found.ravel()


def _score(sums: "Floats") -> "Floats":
    found: Floats = ratio(sums[..., 0], sums[..., 1])
    return found


def scores(cell: CellTerms) -> "list[Quantity]":
    """Return the score of each class, their mean, and the mean over images."""
    assert cell.terms is not None
    terms = cell.terms.reshape(len(cell.terms), len(cell.names), 2)
    return [*of_classes("surface_dice", cell, terms, _score), per_image("surface_dice", terms, _score)]


ENTRY = ImageMetric(
    title="Surface Dice",
    source="Nikolov et al. 2021, Clinically applicable segmentation of head and neck anatomy, JMIR 23(7); "
    "surface-distance of Google DeepMind",
    reads="masks",
    gives=(Given("surface_dice", "Surface Dice"),),
    parameters=SurfaceDiceParameters,
    terms=lambda classes: 2 * classes,
    measure=measure,
    scores=scores,
)
