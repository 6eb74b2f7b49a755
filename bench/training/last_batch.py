"""The last batch of an epoch, where a single image is left and the network cannot be trained on one alone."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import torch
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.data import BatchSampler, Sampler

from registry.adapter import Batch, TorchSegmenter

Place = tuple[int, int]


class JoinedBatches(Sampler[list[Place]]):
    """Batches of `size` of a sampler's places, but a single one at the end joins the batch before it.

    With a size of 1 there is nothing to be done, and neither where that is the only batch.
    """

    def __init__(self, sampler: Any, size: int) -> None:
        self.sampler, self.size = sampler, size
        self._plain = BatchSampler(sampler, size, drop_last=False)

    @property
    def lonely(self) -> bool:
        """Whether the last batch would be of one image and has another before it."""
        n = len(self.sampler)
        return n > self.size > 1 and n % self.size == 1

    def __len__(self) -> int:
        return len(self._plain) - self.lonely

    def __iter__(self) -> Iterator[list[Place]]:
        batches: list[Any] = list(self._plain)
        if self.lonely:
            batches[-2:] = [batches[-2] + batches[-1]]
        return iter(batches)


def trains_on_one(segmenter: TorchSegmenter) -> bool:
    """Return whether the network can be trained on a single image.

    It cannot where a batch normalisation meets maps of 1 x 1, whose one value has no variance: behind a global
    pooling (DeepLabV3, PSPNet) or deep inside a network of small inputs. It is tried out, on a copy and a
    black image, for networks with batch normalisation; random numbers are left as they were.
    """
    if not any(isinstance(module, _BatchNorm) for module in segmenter.network.modules()):
        return True
    height, width, _ = segmenter.geometry
    black = Batch(
        torch.zeros(1, 3, height, width), torch.zeros(1, height, width).long(), torch.zeros(1).long(), torch.Generator()
    )
    with torch.random.fork_rng(), torch.no_grad():
        copy = deepcopy(segmenter)
        copy.network.train()
        try:
            copy.training_pass(black, lambda logits, _: logits.mean())
        except ValueError as error:
            return "Expected more than 1 value per channel" not in str(error)
    return True
