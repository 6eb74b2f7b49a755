"""A segmenter that never reads the image: the class of each pixel is drawn at random."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import torch
from torch import Tensor

from registry.prompts import Prompt
from registry.segmenter import Case, Prediction, Segmenter, Size

_RANGE = 2**32


class Guessing(Segmenter):
    """Draws every pixel's class by itself; the draw depends on the announced image's name and its size alone.

    So a prediction can be repeated, and an image gets the same one under every perturbation, in any batch and on
    any device. An image that nobody announced is drawn as one without a name.

    shares: how often each class is drawn, of sum 1.
    """

    parameters_total = 0

    def __init__(self, shares: Sequence[float]) -> None:
        ends = np.cumsum(np.asarray(shares, dtype=np.float64))
        self._ends = np.rint(ends[:-1] / ends[-1] * _RANGE).astype(np.uint64)
        self._next: tuple[str, ...] = ()

    def announce(self, case: Case) -> None:
        """Remember which images the next call of `predict` is about."""
        self._next = case.samples

    def predict_images(
        self,
        images: Sequence[Tensor],
        prompts: Sequence[Prompt | None],
        sizes: Sequence[Size],
    ) -> list[Prediction]:
        """See `Segmenter.predict`; a hard mask has no probabilities."""
        names = self._next if len(self._next) == len(images) else [""] * len(images)
        rows = zip(images, names, sizes, strict=True)
        return [Prediction(self._drawn(name, size).to(image.device)) for image, name, size in rows]

    def _drawn(self, name: str, size: Size) -> Tensor:
        """Return uint8 [H, W]. NumPy promises Philox's raw numbers for all time, those of its `Generator` not."""
        key = int.from_bytes(blake2b(name.encode(), digest_size=16).digest(), "little")
        pixels = size.height * size.width
        raw = np.random.Philox(key=key).random_raw(-(-pixels // 2))
        numbers = raw.astype("<u8").view("<u4")[:pixels]
        labels = np.searchsorted(self._ends, numbers, side="right").astype(np.uint8)
        return torch.from_numpy(labels.reshape(size))
