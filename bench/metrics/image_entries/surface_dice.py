"""Surface Dice (normalised surface distance): the share of both outlines within a tolerance of the other."""

from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.extents import Extent, in_pixels
from bench.metrics.image_entry import Given, ImageMetric
from bench.metrics.image_scores import class_scores, share
from registry.parameters import Parameters

if TYPE_CHECKING:
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


ENTRY = ImageMetric(
    title="Surface Dice",
    source="Nikolov et al. 2021, Clinically applicable segmentation of head and neck anatomy, JMIR 23(7); "
    "surface-distance of Google DeepMind",
    reads="masks",
    gives=(Given("surface_dice", "Surface Dice"),),
    parameters=SurfaceDiceParameters,
    terms=lambda classes: 2 * classes,
    measure=measure,
    scores=class_scores("surface_dice", 2, share),
)
