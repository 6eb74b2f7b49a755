"""Predictions of a batch against its ground truth, as integer counts per image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from bench.evaluation.preparation import PreparedImage
from bench.metrics.counts import MATRIX_CLASSES, Counts, confusion
from bench.metrics.pooled import pooled
from registry.segmenter import Prediction

if TYPE_CHECKING:
    from bench.metrics.counts import Integers


class Tally(NamedTuple):
    """The counts of a batch, and those of each image's best candidate where there are candidates.

    pooled: of many classes the images' matrices added up (see `bench.metrics.pooled`), which their counts leave out.
    """

    counts: Counts
    oracle: Counts | None = None
    pooled: "Integers | None" = None


def count(batch: Sequence[PreparedImage], predictions: Sequence[Prediction], classes: int) -> Tally:
    """Return the confusion counts of a batch, per image, at native size."""
    foreground = [one.sample.foreground for one in batch]
    pairs = list(zip(batch, predictions, strict=True))
    matrices = [_confusion(one, prediction.labels, classes).numpy() for one, prediction in pairs]
    counts = Counts.gather(classes, matrices, foreground)
    total = pooled(np.stack(matrices), foreground) if classes > MATRIX_CLASSES else None
    if all(prediction.candidates is None for prediction in predictions):
        return Tally(counts, None, total)
    return Tally(counts, Counts.gather(classes, (_best(one, p, classes) for one, p in pairs), foreground), total)


def _best(prepared: PreparedImage, prediction: Prediction, classes: int) -> Tensor:
    """Return the matrix of the candidate with the best IoU of object and not object, as `sam2_binary` scores it.

    So no image's oracle can stand below the model's own choice there.
    """
    candidates = prediction.labels[None] if prediction.candidates is None else prediction.candidates
    matrices = [_confusion(prepared, one, classes) for one in candidates]
    return max(matrices, key=lambda matrix: _object_iou(matrix, bordered=prepared.sample.foreground > 0))


def _object_iou(matrix: Tensor, *, bordered: bool) -> float:
    """Return the IoU of everything but class 0; 1 where neither ground truth nor prediction has an object.

    bordered: the border belongs to the object; in an image without one there is nothing that it could bound, so
    its pixels do not count.
    """
    counted = matrix if bordered else matrix[:-1]
    hit, union = counted[1:, 1:].sum().double(), counted.sum() - counted[0, 0]
    return float(hit / union) if union else 1.0


def _confusion(prepared: PreparedImage, labels: Tensor, classes: int) -> Tensor:
    ground_truth = torch.from_numpy(prepared.sample.mask).to(labels.device)
    if prepared.counted is not None:
        counted = torch.from_numpy(prepared.counted).to(labels.device)
        ground_truth, labels = ground_truth[counted], labels[counted]
    return confusion(ground_truth, labels, classes).cpu()
