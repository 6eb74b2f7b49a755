"""A ready model's own labels, brought to the classes of a data set where the pixels are the image's own.

The scores are resized, then a pixel gets its best label, then the label's class: merging labels first would compare
other scores. The share of a class is the sum of the shares of its labels. So a pixel's class can have a smaller share
than another one, whose labels share it out among them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor

from registry.adapter import TorchSegmenter
from registry.errors import BenchError
from registry.geometry import from_input
from registry.segmenter import Prediction, Size, size_of

Scores = Literal["logits", "probabilities"]
Resize = Callable[[Tensor], Tensor]
TINY = 1e-30  # the smallest probability, in fp32: its share of a sum stays finite
AT_ONCE = 8  # labels at the image's size at a time: a model can have hundreds, an image millions of pixels


class MappedSegmenter(TorchSegmenter):
    """A network that is taken as it is: its channels are labels of its own.

    Args:
        indices: the class that each label means.
        classes: how many classes there are.
        given: as for `TorchSegmenter`.
    """

    def __init__(self, *given: object, indices: Sequence[int], classes: int, **more: object) -> None:
        super().__init__(*given, **more)  # type: ignore[arg-type]
        self.indices, self.classes, self.scores_per_pixel = tuple(indices), classes, len(indices)

    def finish(self, logits: Tensor, image: Tensor, size: Size) -> Prediction:
        """See `TorchSegmenter.finish`."""

        def resize(part: Tensor) -> Tensor:
            return from_input(part, self.geometry, size_of(image), size)

        return mapped_prediction(logits, resize, self.indices, self.classes, self.output, image.device)


def mapped_prediction(
    scores: Tensor, resize: Resize, indices: Sequence[int], classes: int, output: Scores, device: torch.device
) -> Prediction:
    """Return the prediction from scores [L, h, w] of L labels.

    A single label is there where its probability is above .5; elsewhere is background.

    Args:
        resize: [l, h, w] -> float32 [l, H, W], the image's own pixels.
        indices: the class that each of the L labels means, of `classes`.
        output: what the scores are; probabilities are resized as they are.
        device: where the labels are wanted.
    """
    if len(scores) == 1:
        scores, indices = with_rest(scores, output), (0, *indices)
    table = torch.tensor(indices, device=scores.device)
    labels = table[_best(scores, resize)[1]].to(device, torch.uint8)
    return Prediction(labels, lambda: _shares(scores, resize, table, classes, output))


def with_rest(scores: Tensor, output: Scores) -> Tensor:
    """Return the scores of the background and of an object from the object's [..., 1, h, w]: two channels.

    The softmax of (0, z) is (1 - s, s) with the logistic function s of z.
    """
    rest = torch.zeros_like(scores) if output == "logits" else (1 - scores).clamp_min(0)
    return torch.cat([rest, scores], -3)


def check_single_label(indices: Sequence[int]) -> None:
    """Raise where the map says that a model's only label is the background.

    Raises:
        BenchError: that is so.
    """
    if tuple(indices) == (0,):
        raise BenchError("label_map: the model's only label means background, so nothing is left; give another class")


def _parts(scores: Tensor, resize: Resize) -> Iterator[tuple[slice, Tensor]]:
    for first in range(0, len(scores), AT_ONCE):
        which = slice(first, first + AT_ONCE)
        yield which, resize(scores[which])


def _best(scores: Tensor, resize: Resize) -> tuple[Tensor, Tensor]:
    """Return the best score of each pixel and its label, the first of equal ones: [H, W] each."""
    best, label = None, None
    for which, part in _parts(scores, resize):
        value, place = part.max(0)
        place = place + which.start
        if best is not None and label is not None:
            better = value > best
            value, place = torch.where(better, value, best), torch.where(better, place, label)
        best, label = value, place
    assert best is not None and label is not None
    return best, label


def _shares(scores: Tensor, resize: Resize, table: Tensor, classes: int, output: Scores) -> Tensor:
    """Return the shares of the classes [classes, H, W], which sum to 1."""
    best, _ = _best(scores, resize)
    sums = best.new_zeros(classes, *best.shape)
    for which, part in _parts(scores, resize):
        positive = (part - best).exp() if output == "logits" else part.clamp_min(TINY)
        sums.index_add_(0, table[which], positive)
    return sums / sums.sum(0)
