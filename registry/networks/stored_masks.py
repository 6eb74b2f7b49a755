"""A segmenter that reads its predictions from files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from registry.errors import BenchError
from registry.prompts import Prompt
from registry.segmenter import Case, Prediction, Segmenter, Size


class StoredMasks(Segmenter):
    """Reads the mask of each announced sample; hard masks, so there are no probabilities."""

    def __init__(self, folder: Path, classes: int) -> None:
        self.folder, self.classes = folder, classes
        self._next: list[Path] = []

    def announce(self, case: Case) -> None:
        """Remember which files the next call of `predict` is about."""
        place = self.folder / condition_folder(case)
        self._next = [place / f"{sample}.png" for sample in case.samples]

    def predict_images(
        self,
        images: Sequence[Tensor],
        prompts: Sequence[Prompt | None],
        sizes: Sequence[Size],
    ) -> list[Prediction]:
        """Return the announced masks; `images` decide the device alone.

        Raises:
            BenchError: a mask is missing, of another size than its image, or has unknown labels.
        """
        rows = zip(self._next, sizes, images, strict=True)
        return [Prediction(self._read(path, size).to(image.device)) for path, size, image in rows]

    def _read(self, path: Path, size: Size) -> Tensor:
        mask = _decode(path)
        if mask.shape != tuple(size):
            raise BenchError(f"{path} is {mask.shape[1]}x{mask.shape[0]}, its image {size.width}x{size.height}")
        if (highest := int(mask.max())) >= self.classes:
            raise BenchError(f"{path} has label {highest}; allowed are 0 to {self.classes - 1}")
        return torch.from_numpy(mask)


def condition_folder(case: Case) -> str:
    """Return the name of a condition's sub-folder.

    >>> condition_folder(Case("additive_noise", 18.0, ())), condition_folder(Case("clean", 0.0, ()))
    ('additive_noise_18', 'clean')
    """
    return case.perturbation if case.perturbation == "clean" else f"{case.perturbation}_{case.strength:.12g}"


def _decode(path: Path) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Return the stored indices uint8 [H, W]: a palette PNG's indices, not its colours."""
    try:
        with Image.open(path) as image:
            if image.mode not in ("L", "P"):
                raise BenchError(f"{path} is an image of mode {image.mode}; an index mask is 8-bit grey or palette")
            return np.array(image)
    except FileNotFoundError:
        raise BenchError(f"no mask {path}; every sample of a condition needs one") from None
    except (UnidentifiedImageError, OSError) as error:
        raise BenchError(f"{path} is not a readable image ({error})") from error
