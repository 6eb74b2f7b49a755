"""Training and validation pictures as the network's input; each a function of (seed, epoch, sample) alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from bench.data import Sample, Subset
from bench.storage import digest
from bench.training.augment import Augmenter
from registry.adapter import TorchSegmenter
from registry.geometry import mask_to_input, to_input
from registry.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray


class EpochSampler(Sampler[tuple[int, int]]):
    """Yields (epoch, index) in an order that depends on the seed and the epoch only, so a resume goes on as planned."""

    def __init__(self, length: int, seed: int, *, shuffle: bool) -> None:
        self.length, self.seed, self.shuffle, self.epoch = length, seed, shuffle, 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes next (Lightning does)."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[tuple[int, int]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.length)
        return iter([(self.epoch, int(i)) for i in (order if self.shuffle else range(self.length))])


class Pictures(Dataset[tuple[Tensor, Tensor]]):
    """(epoch, index) -> the network's input float [3, h, w] and its labels int64 [h, w], 255 ignored."""

    def __init__(self, subset: Subset, segmenter: TorchSegmenter, augmenter: Augmenter | None, seed: int) -> None:
        self.subset, self.augmenter, self.seed = subset, augmenter, seed
        self.geometry = segmenter.geometry
        self.mean, self.std = segmenter.mean[:, None, None], segmenter.std[:, None, None]

    def __len__(self) -> int:
        return len(self.subset.rows)

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, Tensor]:
        epoch, index = place
        sample = self.subset.load(index)
        if self.augmenter is None:
            return self._sized(sample.image, sample.mask)
        return self._augmented(self.augmenter, sample, int(digest(self.seed, epoch, sample.id)[:8], 16))

    def _augmented(self, augmenter: Augmenter, sample: Sample, seed: int) -> tuple[Tensor, Tensor]:
        image, mask = augmenter.crop(sample.image, sample.mask, seed)
        sized = to_input(_planes(image), self.geometry).round().to(torch.uint8).permute(1, 2, 0)
        labels = mask_to_input(torch.from_numpy(mask), self.geometry)
        return self._sized(*augmenter.warp(sized.numpy(), labels.numpy(), seed))

    def _sized(self, image: "NDArray[Any]", mask: "NDArray[Any]") -> tuple[Tensor, Tensor]:
        inputs = (to_input(_planes(image), self.geometry) - self.mean) / self.std
        return inputs, mask_to_input(torch.from_numpy(np.ascontiguousarray(mask)), self.geometry).long()


def _planes(image: "NDArray[Any]") -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))


def loaders(
    train: Subset, held_out: Subset, segmenter: TorchSegmenter, recipe: Recipe, seed: int, workers: int
) -> tuple[DataLoader[Any], DataLoader[Any]]:
    """Return the loaders of augmented training pictures and of plain validation pictures."""
    height, width, _ = segmenter.geometry
    augmenter = Augmenter(recipe.augmentation, height, width, len(train.classes))
    made = []
    for subset, transform in ((train, augmenter), (held_out, None)):
        pictures = Pictures(subset, segmenter, transform, seed)
        sampler = EpochSampler(len(pictures), seed, shuffle=transform is not None)
        made.append(
            DataLoader(
                pictures,
                recipe.batch_size,
                sampler=sampler,
                num_workers=workers,
                persistent_workers=workers > 0,
                worker_init_fn=_one_thread,
            )
        )
    return made[0], made[1]


def _one_thread(_: int) -> None:
    import cv2

    cv2.setNumThreads(0)  # the workers together already use every core
