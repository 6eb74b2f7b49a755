"""A segmenter that looks at nothing."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from registry.segmenter import Prediction, Segmenter, Size


class ConstantSegmenter(Segmenter):
    """Says `label` for every pixel of every picture, with probability 1."""

    def __init__(self, label: int, classes: int) -> None:
        self.label, self.classes = label, classes

    def predict(
        self,
        images: Sequence[Tensor],
        prompts: Sequence[Any] | None = None,
        *,
        sizes: Sequence[Size] | None = None,
        probabilities: bool = False,
    ) -> list[Prediction]:
        """See `Segmenter.predict`."""
        wanted = sizes or [Size(*image.shape[-2:]) for image in images]
        return [self._say(image, size, probabilities) for image, size in zip(images, wanted, strict=True)]

    def _say(self, image: Tensor, size: Size, probabilities: bool) -> Prediction:
        labels = torch.full(tuple(size), self.label, dtype=torch.uint8, device=image.device)
        if not probabilities:
            return Prediction(labels)
        shares = torch.zeros(self.classes, *size, device=image.device)
        shares[self.label] = 1
        return Prediction(labels, shares)
