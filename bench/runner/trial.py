"""One small image through a network before the run: what cannot work together shows now, not in hours."""

import traceback
from typing import TYPE_CHECKING

from bench.suite import ModelSpec

if TYPE_CHECKING:
    from bench.data import Sample
    from registry.segmenter import Geometry, Segmenter


def try_on_one_image(spec: ModelSpec, classes: tuple[str, ...], segmenter: "Segmenter") -> None:
    """Predict a drawn image of the network's own size; a model without a size of its own takes any and is not tried.

    Raises:
        BenchError: the model does not fit the data set.
        Exception: whatever the network raises; it keeps its traceback but no network alive.
    """
    import torch

    from bench.evaluation.preparation import to_tensor
    from bench.evaluation.readiness import check_classes
    from bench.suite.prompt_policies import draw

    if spec.geometry is None:
        return
    sample = _drawn(spec.geometry)
    try:
        with torch.no_grad():
            [found] = segmenter.predict([to_tensor(sample.image, "cpu")], [draw(spec.prompt, sample, seed=0)])
            check_classes(found, spec, classes)
    except Exception as error:
        traceback.clear_frames(error.__traceback__)
        raise


def _drawn(geometry: "Geometry") -> "Sample":
    """Return grey steps with an object of class 1 in the middle, of the size of a network's input."""
    import numpy as np

    from bench.data import Sample

    height, width, _ = geometry
    steps = np.add.outer(np.arange(height), np.arange(width)) % 256
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : -(height // 4) or None, width // 4 : -(width // 4) or None] = 1
    return Sample("trial", np.repeat(steps[:, :, None], 3, 2).astype(np.uint8), mask, "", 1)
