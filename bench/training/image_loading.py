"""Training and validation images as the network's input; each a function of (seed, epoch, sample, view) alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, Dataset, Sampler

from bench.data import Sample, Subset
from bench.host.children import follow_parent, leave_group
from bench.host.files import digest
from bench.suite.profiles import for_class
from bench.training.augmentation import Augmenter
from bench.training.last_batch import JoinedBatches, trains_on_one
from registry.adapter import TorchSegmenter
from registry.geometry import mask_to_input, to_input
from registry.labels import IGNORE
from registry.recipe import Augmentation, Recipe
from registry.segmenter import Geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


class View(NamedTuple):
    """One of an epoch's views: of which image of the subset, and its number; 0 is the image as it is."""

    image: int
    number: int


def views(foregrounds: Sequence[int], augmentation: Augmentation) -> list[View]:
    """Return an epoch's views of images of these classes (`ManifestRow.foreground`), in the images' order.

    With `copies` there are 1 + copies of the image's class, of which number 0 is the image as it is; without,
    there is number 1 alone. (0, 5, 2) makes of the Edinburgh report's 948 cats and 1,991 dogs its 11,661 pairs.
    """
    if not augmentation.copies:
        return [View(index, 1) for index in range(len(foregrounds))]
    return [
        View(index, number)
        for index, foreground in enumerate(foregrounds)
        for number in range(1 + for_class(augmentation.copies, foreground))
    ]


class EpochSampler(Sampler[tuple[int, int]]):
    """Yields (epoch, place) in an order that depends on the seed and the epoch only, so a resume goes on as planned.

    epoch: returns the epoch that comes next, whenever somebody begins to draw. Loader processes draw as soon as an
    iterator is made, and in a resumed training Lightning makes the first one before it says which epoch comes: so
    there is no `set_epoch` here.

    Of `world` processes, number `rank` takes every world-th place of that one order, so that the processes' batches
    together are the batch of a single process. The order is followed by its own beginning until each process has
    equally many: fewer than `world` places come twice.
    """

    def __init__(
        self, length: int, seed: int, epoch: Callable[[], int], *, shuffle: bool, rank: int = 0, world: int = 1
    ) -> None:
        self.length, self.seed, self.epoch, self.shuffle = length, seed, epoch, shuffle
        self.rank, self.world = rank, world

    def __len__(self) -> int:
        return -(-self.length // self.world)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        epoch = self.epoch()
        order = np.random.default_rng([self.seed, epoch]).permutation(self.length)
        places = np.resize(order if self.shuffle else np.arange(self.length), len(self) * self.world)
        return iter([(epoch, int(place)) for place in places[self.rank :: self.world]])


class TrainingImages(Dataset[tuple[Tensor, Tensor]]):
    """(epoch, place) -> the network's input float [3, h, w] and its labels int64 [h, w], 255 ignored.

    A place is one of `views`: an epoch's views of the training images, or, without an augmenter, each image once
    as it is.
    """

    def __init__(
        self,
        subset: Subset,
        segmenter: TorchSegmenter,
        augmenter: Augmenter | None,
        seed: int,
        border: Literal["ignore", "background"] = "ignore",
    ) -> None:
        self.subset, self.augmenter, self.seed, self.border = subset, augmenter, seed, border
        self.geometry = segmenter.geometry
        self.mean, self.std = segmenter.mean[:, None, None], segmenter.std[:, None, None]
        self.views = [View(index, 0) for index in range(len(subset.rows))]
        if augmenter:
            self.views = views([row.foreground for row in subset.rows], augmenter.augmentation)

    def __len__(self) -> int:
        return len(self.views)

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, Tensor]:
        epoch, position = place
        index, number = self.views[position]
        sample = self.subset.load(index)
        if self.border == "background":
            # Before the geometry and the transforms, whose padding stays without a class.
            sample = replace(sample, mask=np.where(sample.mask == IGNORE, 0, sample.mask).astype(np.uint8))
        image, mask = sample.image, sample.mask
        if self.augmenter and number:
            image, mask = transformed(sample, self.augmenter, self.geometry, self.seed, epoch, number)
        inputs = (to_input(_planes(image), self.geometry) - self.mean) / self.std
        return inputs, mask_to_input(torch.from_numpy(np.ascontiguousarray(mask)), self.geometry).long()


class IndexedImages(Dataset[tuple[Tensor, Tensor, int]]):
    """The same images, each with its place in the subset: what a batch is made of."""

    def __init__(self, images: TrainingImages) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, Tensor, int]:
        return *self.images[place], self.images.views[place[1]].image


def transformed(
    sample: Sample, augmenter: Augmenter, geometry: Geometry, seed: int, epoch: int = 0, number: int = 1
) -> tuple["Pixels", "Pixels"]:
    """Return transformed view `number` (1, 2, …) of an image, in the network's geometry: what training sees.

    The image is uint8 [h, w, 3], its mask uint8 [h, w]; padding is black and 255, and takes part in the transforms.
    """
    # The first view's draw has no number: it is the only one where a recipe has no copies.
    drawn = int(digest(seed, epoch, sample.id, *([number] if number > 1 else []))[:8], 16)
    image, mask = augmenter.crop(sample.image, sample.mask, drawn, sample.foreground)
    sized = to_input(_planes(image), geometry).round().to(torch.uint8).permute(1, 2, 0)
    labels = mask_to_input(torch.from_numpy(mask), geometry)
    return augmenter.warp(sized.numpy(), labels.numpy(), drawn, sample.foreground)


def _planes(image: "NDArray[Any]") -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))


def loaders(
    train: Subset,
    held_out: Subset,
    segmenter: TorchSegmenter,
    recipe: Recipe,
    seed: int,
    epoch: Callable[[], int],
    workers: int,
    rank: int = 0,
    world: int = 1,
) -> tuple[DataLoader[Any], DataLoader[Any]]:
    """Return the loaders of augmented training images and of plain validation images, for one of `world` processes.

    epoch: returns the epoch (from 0) that an iterator of them belongs to, when it begins.

    A batch is (inputs float32 [N, 3, h, w], labels int64 [N, h, w], index int64 [N]: places in the subset). N is
    the process's part of the recipe's batch: batch_size / accumulate / world, which must be a whole number. A single
    training image at the end joins the batch before it, where the network cannot be trained on one alone.
    """
    height, width, _ = segmenter.geometry
    augmenter = Augmenter(recipe.augmentation, height, width, len(train.classes))
    size = recipe.batch_size // recipe.accumulate // world
    found = []
    for subset, transform in ((train, augmenter), (held_out, None)):
        images = TrainingImages(subset, segmenter, transform, seed, recipe.border)
        sampler = EpochSampler(len(images), seed, epoch, shuffle=transform is not None, rank=rank, world=world)
        found.append(
            DataLoader(
                IndexedImages(images),
                batch_sampler=_batches(sampler, size, segmenter if transform else None),
                num_workers=workers,
                persistent_workers=workers > 0,
                worker_init_fn=_begin_worker,
            )
        )
    return found[0], found[1]


def _batches(sampler: Any, size: int, trained: TorchSegmenter | None) -> Sampler[Any]:
    joined = JoinedBatches(sampler, size)
    if trained and joined.lonely and not trains_on_one(trained):
        return joined
    return BatchSampler(sampler, size, drop_last=False)


def _begin_worker(_: int) -> None:
    import cv2

    follow_parent()
    leave_group()
    cv2.setNumThreads(0)  # the workers together already use every core
