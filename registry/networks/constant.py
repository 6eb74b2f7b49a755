"""A segmenter that predicts one class everywhere."""

from collections.abc import Sequence

import torch
from torch import Tensor

from registry.prompts import Prompt
from registry.segmenter import Prediction, Segmenter, Size


class ConstantSegmenter(Segmenter):
    """Labels every pixel of every image `label`, with probability 1."""

    def __init__(self, label: int, classes: int) -> None:
        self.label, self.classes = label, classes

    def predict_images(
        self,
        images: Sequence[Tensor],
        prompts: Sequence[Prompt | None],
        sizes: Sequence[Size],
    ) -> list[Prediction]:
        """See `Segmenter.predict`."""
        return [self._labelled(image, size) for image, size in zip(images, sizes, strict=True)]

    def _labelled(self, image: Tensor, size: Size) -> Prediction:
        def shares() -> Tensor:
            certain = torch.zeros(self.classes, *size)
            certain[self.label] = 1
            return certain

        return Prediction(torch.full(tuple(size), self.label, dtype=torch.uint8, device=image.device), shares)
