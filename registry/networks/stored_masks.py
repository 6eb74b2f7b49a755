"""A segmenter that reads its predictions from files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

import torch
from torch import Tensor

from registry.errors import BenchError
from registry.image_files import MAX_PIXELS, UnreadableImage
from registry.image_files.reading import read_mask
from registry.prompts import Prompt
from registry.remarks import hearing
from registry.segmenter import Case, Prediction, Segmenter, Size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class StoredMasks(Segmenter):
    """Reads the mask of each announced sample; hard masks, so there are no probabilities."""

    def __init__(self, folder: Path, classes: int) -> None:
        self.folder, self.classes = folder, classes
        self._next: list[Path] = []

    def announce(self, case: Case) -> None:
        """Remember which files the next call of `predict` is about."""
        place = self.folder / condition_folder(case)
        self._next = [_mask_file(place, sample) for sample in case.samples]

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
        mask = _decode(path, size)
        if mask.shape != tuple(size):
            turned = "; a mask belongs to the upright image" if mask.shape[::-1] == tuple(size) else ""
            raise BenchError(f"{path} is {mask.shape[1]}x{mask.shape[0]}, its image {size.width}x{size.height}{turned}")
        if (highest := int(mask.max())) >= self.classes:
            raise BenchError(
                f"{path} has label {highest}; allowed are 0 to {self.classes - 1}, the classes in their order"
            )
        return torch.from_numpy(mask)


def condition_folder(case: Case) -> str:
    """Return the name of a condition's sub-folder.

    >>> condition_folder(Case("additive_noise", 18.0, ())), condition_folder(Case("clean", 0.0, ()))
    ('additive_noise_18', 'clean')
    """
    return case.perturbation if case.perturbation == "clean" else f"{case.perturbation}_{case.strength:.12g}"


def _mask_file(place: Path, sample: str) -> Path:
    """Return a sample's file; its name may be in either Unicode form, as the id of an image is compared."""
    path = place / f"{sample}.png"
    return path if path.exists() else place / normalize("NFD", f"{sample}.png")


def _decode(path: Path, size: Size) -> "NDArray[np.uint8]":
    """Return the labels uint8 [H, W] by the rules for ground truth; what is doubtful there is refused here."""
    if not path.is_file():
        raise BenchError(f"no mask {path}; every sample of a condition needs one")
    try:
        with hearing() as doubts:
            mask = read_mask(path, max(MAX_PIXELS, size.height * size.width))
    except UnreadableImage as error:
        raise BenchError(f"{path} is not a readable image ({error})") from error
    if mask.ndim != 2:
        raise BenchError(f"{path} is in colours; an index mask is grey or has a palette")
    if doubts:
        raise BenchError(f"{path}: {doubts[0]}")
    return mask
